//! What happens to listeners, as plain objects.

use std::collections::HashMap;

use napi_derive::napi;
use notifyd_supervisor::{Attachment, Ended, Init, Notice as CoreNotice, NoticeKind};

use crate::answer::Answer;

/// OCI runtime-spec ContainerProcessState, as sent by the runtime; strings are hostile.
#[napi(object)]
pub struct ContainerState {
    pub oci_version: String,
    pub id: String,
    pub status: String,
    pub pid: i32,
    pub init_pid: i32,
    pub bundle: String,
    pub annotations: HashMap<String, String>,
    pub metadata: Option<String>,
}

/// The container's init process, taken at hand-over by pidfd.
#[napi(object)]
pub struct InitProcess {
    pub pid: u32,
    /// Start time in clock ticks since boot; with pid it identifies the process.
    pub start_ticks: f64,
}

/// One thing that happened to a listener.
#[napi(object)]
#[derive(Default)]
pub struct Notice {
    /// attached: a listener is served. identified: its JSON is complete (same fields). detached: it is closed.
    /// refused: a hand-over was refused. membership: first call seen; member tells whether the caller belongs to the
    /// container that the hand-over names. exited: the command of launch() ended. ended: nobody of its process tree is
    /// left. unkept: the service manager does not hold this listener. orphans: calls that waited for a former daemon were
    /// answered with the default errno.
    #[napi(
        ts_type = "'attached' | 'identified' | 'detached' | 'refused' | 'membership' | 'exited' | 'ended' | 'unkept' | 'orphans'"
    )]
    pub kind: String,
    /// CLOCK_MONOTONIC in milliseconds, the clock of process.hrtime().
    pub at_ms: f64,
    pub listener: Option<u32>,
    pub state: Option<ContainerState>,
    pub init: Option<InitProcess>,
    /// Why there is no init process to stop, in words.
    pub init_problem: Option<String>,
    pub peer_pid: Option<u32>,
    pub answer: Option<Answer>,
    /// attached, identified: the hand-over carried the original profile's program.
    pub has_program: Option<bool>,
    /// attached, identified: something was off but served all the same, e.g. surplus descriptors, bad metadata.
    pub warnings: Option<Vec<String>>,
    /// attached, identified: the name under which the service manager holds the listener.
    pub kept: Option<String>,
    /// attached: why nothing is known of a listener that came back.
    pub kept_problem: Option<String>,
    pub member: Option<bool>,
    /// orphans: how many.
    pub count: Option<f64>,
    /// refused: a code of REFUSALS; detached: hup, refused, error, closed.
    pub reason: Option<String>,
    pub message: Option<String>,
    /// refused: the container's id, if it was told.
    pub id: Option<String>,
    /// exited: exactly one of both.
    pub exit_code: Option<u32>,
    pub signal: Option<u32>,
}

impl From<CoreNotice> for Notice {
    fn from(notice: CoreNotice) -> Self {
        let at_ms = notice.at.milliseconds();
        let of = |kind: &str, listener| Self {
            kind: kind.to_owned(),
            at_ms,
            listener,
            ..Self::default()
        };
        match notice.kind {
            NoticeKind::Attached(token, attachment) => of("attached", Some(token.0)).with(attachment),
            NoticeKind::Identified(token, attachment) => of("identified", Some(token.0)).with(Some(attachment)),
            NoticeKind::Detached(token, reason) => Self {
                reason: Some(reason.name().to_owned()),
                ..of("detached", Some(token.0))
            },
            NoticeKind::Refused { reason, message, id } => Self {
                reason: Some(reason.name().to_owned()),
                message: Some(message),
                id,
                ..of("refused", None)
            },
            NoticeKind::Membership(token, member) => Self {
                member: Some(member),
                ..of("membership", Some(token.0))
            },
            NoticeKind::Exited(token, Ended::Exited(code)) => Self {
                exit_code: Some(code),
                ..of("exited", Some(token.0))
            },
            NoticeKind::Exited(token, Ended::Signaled(signal)) => Self {
                signal: Some(signal),
                ..of("exited", Some(token.0))
            },
            NoticeKind::Ended(token) => of("ended", Some(token.0)),
            NoticeKind::Unkept(token, problem) => Self {
                message: Some(problem),
                ..of("unkept", Some(token.0))
            },
            NoticeKind::Orphans(token, answered) => Self {
                count: Some(crate::stats::double(answered)),
                ..of("orphans", Some(token.0))
            },
        }
    }
}

impl Notice {
    fn with(mut self, attachment: Option<Box<Attachment>>) -> Self {
        let Some(attachment) = attachment else { return self };
        let Attachment {
            state,
            init,
            peer,
            policy,
            has_program,
            kept,
            kept_problem,
            warnings,
        } = *attachment;
        self.state = Some(state.into());
        match init {
            Ok(init) => self.init = Some(InitProcess::from(&*init)),
            Err(problem) => self.init_problem = Some(problem),
        }
        self.peer_pid = peer;
        self.answer = Some(policy.into());
        self.has_program = Some(has_program);
        self.kept = kept;
        self.kept_problem = kept_problem;
        self.warnings = Some(warnings);
        self
    }
}

impl From<notifyd_supervisor::ContainerState> for ContainerState {
    fn from(state: notifyd_supervisor::ContainerState) -> Self {
        Self {
            oci_version: state.oci_version,
            id: state.id,
            status: state.status,
            pid: state.pid,
            init_pid: state.init_pid,
            bundle: state.bundle,
            annotations: state.annotations.into_iter().collect(),
            metadata: state.metadata,
        }
    }
}

impl From<&Init> for InitProcess {
    fn from(init: &Init) -> Self {
        Self {
            pid: init.process.pid,
            start_ticks: crate::stats::double(init.process.start_ticks),
        }
    }
}
