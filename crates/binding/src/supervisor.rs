//! The class Supervisor.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use napi::bindgen_prelude::{AsyncTask, Function, Uint8Array};
use napi::threadsafe_function::ThreadsafeFunctionCallMode;
use napi::{Env, Task};
use napi_derive::napi;
use notifyd_kernel::inherit::duplicate;
use notifyd_supervisor::{
    Defaults, EVENT_BYTES as RECORD_BYTES, Error, LastWords as CoreWords, Options, StopReport as CoreReport, Token,
};

use crate::answer::Answer;
use crate::detail::{Detail, InspectionOptions};
use crate::error::{Code, Result, invalid, supervisor_error, to_rejection};
use crate::keeping::{KeepOptions, to_keeping};
use crate::launch::{LaunchRequest, LaunchTask};
use crate::notice::Notice;
use crate::record::{ArgumentValues, Recorded, watched};
use crate::stats::{Count, Stats, StopReport};

/// Bytes of one event record.
#[napi]
#[expect(clippy::cast_possible_truncation, reason = "112")]
pub const EVENT_BYTES: u32 = RECORD_BYTES as u32;

/// How the supervisor works.
#[napi(object)]
pub struct SupervisorOptions {
    /// Answer of a listener whose hand-over asks for none.
    pub answer: Answer,
    /// Whether a container's annotation or metadata may ask for `continue`.
    pub may_continue: bool,
    /// Events that the ring holds.
    pub ring_events: u32,
    pub handover_timeout_ms: u32,
    /// Most listeners at once; more are refused. Undefined: what RLIMIT_NOFILE leaves.
    pub max_listeners: Option<u32>,
    /// Read who makes the first calls of each kind and with what. Undefined: read nothing.
    pub inspection: Option<InspectionOptions>,
    /// For tests: wait this long between receiving and answering.
    pub test_delay_us: Option<u32>,
}

/// The running core. Its threads end with `close()` or with the process.
#[napi]
pub struct Supervisor {
    core: Arc<notifyd_supervisor::Supervisor>,
}

#[napi]
impl Supervisor {
    #[napi(constructor)]
    pub fn new(options: SupervisorOptions, wake: Function<'_, (), ()>) -> Result<Self> {
        // Weak: it must not keep the process alive. One queued call is enough, since each drains all there is.
        let wake = wake
            .build_threadsafe_function::<()>()
            .weak::<true>()
            .max_queue_size::<1>()
            .build();
        let wake = wake.map_err(|error| napi::Error::new(Code::from(error.status), error.reason.clone()))?;
        // A full queue means that a call is on its way, a closing one that nobody listens.
        let call = move || {
            let _ = wake.call((), ThreadsafeFunctionCallMode::NonBlocking);
        };
        let core = notifyd_supervisor::Supervisor::start(options.try_into()?, call);
        Ok(Self {
            core: Arc::new(core.map_err(|error| supervisor_error(&error))?),
        })
    }

    /// Listens on a unix socket path; never takes a live owner's.
    #[napi]
    pub fn listen(&self, path: String) -> Result<()> {
        self.core
            .listen(Path::new(&path))
            .map_err(|error| supervisor_error(&error))
    }

    /// Serves a duplicate of an inherited listening socket (LISTEN_FDS).
    #[napi]
    pub fn listen_on(&self, fd: i32) -> Result<()> {
        let socket = duplicate(fd).map_err(|_| supervisor_error(&Error::NotAListeningSocket(fd)))?;
        self.core.listen_on(socket).map_err(|error| match error {
            // The number that the caller knows, not that of the duplicate.
            Error::NotAListeningSocket(_) => supervisor_error(&Error::NotAListeningSocket(fd)),
            error => supervisor_error(&error),
        })
    }

    /// Serves what the service manager has kept, and keeps there what is handed over from now on; to be called once, before
    /// anything is listened on. Returns why nothing can be kept.
    #[napi]
    pub fn keep(&self, options: KeepOptions) -> Option<String> {
        to_keeping(options).and_then(|keeping| self.core.keep(keeping)).err()
    }

    /// Runs a command under a profile; resolves once it was executed.
    #[napi(ts_return_type = "Promise<Launched>")]
    pub fn launch(&self, request: LaunchRequest) -> Result<AsyncTask<LaunchTask>> {
        LaunchTask::new(Arc::clone(&self.core), request)
    }

    /// Sends a signal to the command of launch(); one that has ended is no error.
    #[napi]
    pub fn signal(&self, listener: u32, signal: i32) -> Result<()> {
        self.core
            .signal(Token(listener), signal)
            .map_err(|error| supervisor_error(&error))
    }

    /// Takes what happened to listeners since the last call, in order.
    #[napi]
    pub fn notices(&self) -> Vec<Notice> {
        self.core.notices().into_iter().map(Notice::from).collect()
    }

    /// Takes what was read of calls since the last call, in order.
    #[napi]
    pub fn details(&self) -> Vec<Detail> {
        self.core.details().into_iter().map(Detail::from).collect()
    }

    /// Copies whole event records (EVENT_BYTES each) into the buffer; returns how many.
    #[napi]
    #[allow(unsafe_code, reason = "napi has no safe way to write into JavaScript's memory")]
    pub fn drain(&self, mut into: Uint8Array) -> u32 {
        // SAFETY: JavaScript waits for this call, so nobody else uses the array meanwhile; `ts/` never shares it.
        let records = self.core.drain(unsafe { into.as_mut() });
        // A buffer of 2^32 records does not exist.
        u32::try_from(records).unwrap_or(u32::MAX)
    }

    /// Asks for one wake() at the next event or notice; false: something is there already, drain first.
    #[napi]
    pub fn arm(&self) -> bool {
        self.core.arm()
    }

    /// The counters of a listener; none for one that was released.
    #[napi]
    pub fn counts(&self, listener: u32) -> Vec<Count> {
        self.core.counts(Token(listener)).into_iter().map(Count::from).collect()
    }

    /// Takes the values of watched arguments; complete when the command's tree has ended.
    #[napi]
    pub fn arguments(&self, listener: u32) -> Vec<ArgumentValues> {
        let values = self.core.arguments(Token(listener));
        values.into_iter().map(ArgumentValues::from).collect()
    }

    /// What a listener's profile let run, where that is recorded: all of it since the listener is served.
    #[napi]
    pub fn recorded(&self, listener: u32) -> Recorded {
        self.core.recorded(Token(listener)).into()
    }

    /// Changes how a listener is answered.
    #[napi]
    pub fn set_answer(&self, listener: u32, answer: Answer) -> Result<()> {
        self.core.set_policy(Token(listener), answer.try_into()?);
        Ok(())
    }

    /// Ends the container (or process tree) of a listener. A container's last words are written before.
    #[napi(ts_return_type = "Promise<StopReport>")]
    pub fn stop(&self, listener: u32, timeout_ms: u32, last_words: Option<LastWords>) -> AsyncTask<StopTask> {
        let timeout = Duration::from_millis(timeout_ms.into());
        AsyncTask::new(StopTask {
            core: Arc::clone(&self.core),
            token: Token(listener),
            timeout,
            words: last_words.map(CoreWords::from),
            failure: None,
        })
    }

    /// Forgets a detached listener's counters.
    #[napi]
    pub fn release(&self, listener: u32) {
        self.core.release(Token(listener));
    }

    /// What the whole supervisor did.
    #[napi]
    pub fn stats(&self) -> Stats {
        self.core.stats().into()
    }

    /// Answers what is pending, closes all listeners, ends the threads.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn close(&self) -> AsyncTask<CloseTask> {
        AsyncTask::new(CloseTask {
            core: Arc::clone(&self.core),
        })
    }
}

impl TryFrom<SupervisorOptions> for Options {
    type Error = napi::Error<Code>;

    fn try_from(options: SupervisorOptions) -> Result<Self> {
        if options.ring_events == 0 {
            return Err(invalid("ringEvents is 0; at least 1 is needed"));
        }
        let defaults = Defaults {
            policy: options.answer.try_into()?,
            may_continue: options.may_continue,
            watched: watched(),
        };
        Ok(Self {
            defaults,
            ring_events: usize::try_from(options.ring_events).unwrap_or(usize::MAX),
            handover_timeout: Duration::from_millis(options.handover_timeout_ms.into()),
            max_listeners: options.max_listeners.map(u64::from),
            inspection: options.inspection.map(Into::into),
            test_delay: options.test_delay_us.map(|delay| Duration::from_micros(delay.into())),
            test_extra_bytes: 0,
        })
    }
}

/// What is written before a container is killed, and where beside its standard error.
#[napi(object)]
pub struct LastWords {
    /// Becomes one line of printable ASCII.
    pub text: String,
    /// The kubelet's file on the host: `…/pods/UID/containers/NAME/` and eight hexadecimal digits.
    pub termination_file: Option<String>,
}

impl From<LastWords> for CoreWords {
    fn from(words: LastWords) -> Self {
        Self {
            text: words.text,
            termination_file: words.termination_file.map(PathBuf::from),
        }
    }
}

pub struct StopTask {
    core: Arc<notifyd_supervisor::Supervisor>,
    token: Token,
    timeout: Duration,
    words: Option<CoreWords>,
    failure: Option<Error>,
}

impl Task for StopTask {
    type Output = CoreReport;
    type JsValue = StopReport;

    fn compute(&mut self) -> napi::Result<CoreReport> {
        let stopped = self.core.stop(self.token, self.words.as_ref(), self.timeout);
        stopped.map_err(|error| {
            self.failure = Some(error);
            napi::Error::from_reason("stop failed")
        })
    }

    fn resolve(&mut self, _env: Env, report: CoreReport) -> napi::Result<StopReport> {
        Ok(report.into())
    }

    fn reject(&mut self, env: Env, error: napi::Error) -> napi::Result<StopReport> {
        Err(self
            .failure
            .take()
            .map_or(error, |failure| to_rejection(&env, supervisor_error(&failure))))
    }
}

pub struct CloseTask {
    core: Arc<notifyd_supervisor::Supervisor>,
}

impl Task for CloseTask {
    type Output = ();
    type JsValue = ();

    fn compute(&mut self) -> napi::Result<()> {
        self.core.close();
        Ok(())
    }

    fn resolve(&mut self, _env: Env, (): ()) -> napi::Result<()> {
        Ok(())
    }
}
