//! Who is behind a listener: the container's init, and whether the program has been executed yet.

use std::os::fd::BorrowedFd;
use std::sync::{Arc, Mutex};

use notifyd_kernel::notify::{NotificationId, TargetTid, is_waiting};

use crate::cgroup::Cgroup;
use crate::firsts::Firsts;
use crate::oci_state::ContainerState;
use crate::process::{Executable, Mark, Process, cgroups, executable, pid_namespace};

/// A container's init process and the cgroups that are its own.
#[derive(Debug)]
pub struct Init {
    /// Held since the hand-over.
    pub process: Process,
    /// The container's id, for recognising its cgroups again.
    pub id: String,
    /// As of the hand-over.
    pub cgroups: Vec<Cgroup>,
    /// Which of its calls were looked at.
    pub(crate) firsts: Arc<Mutex<Firsts>>,
}

/// Whether the runtime still prepares the container.
#[derive(Debug)]
pub enum Phase {
    /// The listener's process still runs one of the runtime's executables.
    Init {
        /// The process that the filter is for, if the runtime says.
        process: Option<Mark>,
        /// The runtime's executables; boxed, since as many are held as there are idle listeners.
        runtime: Box<[Executable]>,
    },
    /// The user's program was executed.
    Run,
}

/// What is known of a listener's container once its message is complete.
#[derive(Debug)]
pub struct Identity {
    /// The init process, or why there is none to stop.
    pub init: Result<Arc<Init>, String>,
    /// Where the listener's process stands.
    pub phase: Phase,
    membership_checked: bool,
}

impl Init {
    /// Takes hold of the init that the runtime names; it is not reaped while the runtime is still creating.
    pub fn take(state: &ContainerState) -> Result<Self, String> {
        let process = Process::take(state.init_pid)?;
        let text = cgroups(process.pid).unwrap_or_default();
        Ok(Self {
            cgroups: Cgroup::owned_by(&state.id, &text),
            id: state.id.clone(),
            process,
            firsts: Arc::default(),
        })
    }

    /// Takes hold of the init again that was taken hold of at hand-over, by a daemon before this one.
    pub fn retake(id: &str, mark: Mark) -> Result<Self, String> {
        let process = mark.take()?;
        let text = cgroups(process.pid).unwrap_or_default();
        Ok(Self {
            cgroups: Cgroup::owned_by(id, &text),
            id: id.to_owned(),
            firsts: Arc::default(),
            process,
        })
    }

    /// Whether a thread is one of the container's: by its pid namespace, or by a cgroup of the container's own.
    fn holds(&self, tid: TargetTid) -> bool {
        let namespace = pid_namespace(tid.0);
        let own = pid_namespace(std::process::id());
        let same_namespace = namespace.is_some() && namespace == self.process.pid_namespace && namespace != own;
        let text = cgroups(tid.0).unwrap_or_default();
        same_namespace || self.process.has_thread(tid) || self.cgroups.iter().any(|cgroup| cgroup.holds(&text))
    }
}

impl Identity {
    /// From a complete message. `peer` is the runtime's pid, `None` if it is outside our pid namespace; `init_of` finds
    /// or takes hold of the container's init.
    pub fn of(
        state: &ContainerState,
        peer: Option<u32>,
        init_of: impl FnOnce(&ContainerState) -> Result<Arc<Init>, String>,
    ) -> Self {
        let Some(peer) = peer else {
            let problem = "the runtime is outside of this program's pid namespace, so its pids mean nothing here; the \
                           container cannot be stopped (run the daemon in the host's pid namespace)";
            return Self {
                init: Err(problem.to_owned()),
                phase: Phase::Run,
                membership_checked: true,
            };
        };
        let process = Process::take(state.pid).ok().map(|process| process.mark());
        // runc's init runs a copy of runc (CVE-2019-5736), so a copy counts as well. Anything else that the process runs by
        // now is the user's program already: an exec does not wait for us.
        let peer = executable(peer);
        let copy = process
            .and_then(Mark::executable)
            .filter(|own| peer.is_some_and(|peer| *own != peer && own.is_copy_of(peer)));
        let runtime = [peer, copy];
        let phase = Phase::Init {
            process,
            runtime: runtime.into_iter().flatten().collect(),
        };
        Self {
            init: init_of(state),
            phase,
            membership_checked: false,
        }
    }

    /// From what was kept of it. A process that has executed the user's program meanwhile is past the runtime's calls.
    pub fn resumed(init: Result<Arc<Init>, String>, process: Option<Mark>, runtime: Vec<Executable>) -> Self {
        let current = process.and_then(Mark::executable);
        let phase = match current {
            Some(current) if runtime.contains(&current) => Phase::Init {
                process,
                runtime: runtime.into(),
            },
            _ => Phase::Run,
        };
        Self {
            init,
            phase,
            membership_checked: false,
        }
    }

    /// The process that the filter is for and the runtime's executables, for a record.
    pub fn marks(&self) -> (Option<Mark>, Vec<Executable>) {
        match &self.phase {
            Phase::Init { process, runtime } => (*process, runtime.to_vec()),
            Phase::Run => (None, vec![]),
        }
    }

    /// Whether a waiting call is the runtime's own. Once it is not, none is any more.
    pub fn is_runtime_call(&mut self, listener: BorrowedFd<'_>, id: NotificationId, tid: TargetTid) -> bool {
        let Phase::Init { process, runtime } = &self.phase else {
            return false;
        };
        let own_thread = process.is_none_or(|process| process.has_thread(tid));
        let init = own_thread && executable(tid.0).is_some_and(|executable| runtime.contains(&executable));
        if !init && is_waiting(listener, id) {
            self.phase = Phase::Run;
        }
        init
    }

    /// At the first call, whether the caller belongs to the container that the message names; a message with another's
    /// id must not make that other one answer for these calls. `None` later, and where there is no init to compare with.
    pub fn check_membership(&mut self, listener: BorrowedFd<'_>, id: NotificationId, tid: TargetTid) -> Option<bool> {
        if self.membership_checked {
            return None;
        }
        let Ok(init) = &self.init else { return None };
        let member = init.holds(tid);
        // What was read is the caller's only if the caller still waits.
        if !is_waiting(listener, id) {
            return None;
        }
        self.membership_checked = true;
        Some(member)
    }
}
