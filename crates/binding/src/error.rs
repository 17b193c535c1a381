//! Error chains to JavaScript errors with a stable code.

use std::error::Error as StdError;

use napi::{Env, JsError};
use notifyd_supervisor::Error as SupervisorError;
use rustix::io::Errno;

/// A code that `docs/troubleshooting.md` lists.
pub struct Code(&'static str);

impl AsRef<str> for Code {
    fn as_ref(&self) -> &str {
        self.0
    }
}

impl From<napi::Status> for Code {
    fn from(_: napi::Status) -> Self {
        Self("ERR_ADDON")
    }
}

pub type Result<T> = std::result::Result<T, napi::Error<Code>>;

/// The whole chain in one line: what was attempted, then each cause.
fn chain(error: &dyn StdError) -> String {
    let causes = std::iter::successors(error.source(), |cause: &&dyn StdError| (*cause).source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

pub fn invalid(message: impl Into<String>) -> napi::Error<Code> {
    napi::Error::new(Code("ERR_INVALID_ARGUMENT"), message.into())
}

pub fn supervisor_error(error: &SupervisorError) -> napi::Error<Code> {
    napi::Error::new(Code(supervisor_code(error)), chain(error))
}

pub fn profile_error(error: &notifyd_profile::Error) -> napi::Error<Code> {
    napi::Error::new(Code(profile_code(error)), chain(error))
}

pub fn kernel_error(error: &notifyd_kernel::Error) -> napi::Error<Code> {
    napi::Error::new(Code(kernel_code(error)), chain(error))
}

/// For the rejection of a promise, whose error type napi fixes.
pub fn to_rejection(env: &Env, error: napi::Error<Code>) -> napi::Error {
    JsError::from(error).into_unknown(*env).into()
}

/// What the caller gave beside the profile is no fault of the profile.
fn profile_code(error: &notifyd_profile::Error) -> &'static str {
    use notifyd_profile::{Error, Place};
    match error {
        Error::KernelVersion { .. }
        | Error::NoSuchCall { .. }
        | Error::Argument { .. }
        | Error::TooManyArguments { .. }
        | Error::UnknownArchitecture { .. }
        | Error::UnknownRuntime { .. }
        | Error::UnknownFormat { .. }
        | Error::OtherFormat { .. }
        | Error::WaitKillable
        | Error::UnknownCapability {
            place: Place::Capabilities,
            ..
        } => "ERR_INVALID_ARGUMENT",
        _ => "ERR_PROFILE",
    }
}

fn supervisor_code(error: &SupervisorError) -> &'static str {
    match error {
        SupervisorError::Kernel(error) => kernel_code(error),
        SupervisorError::Loop(_) | SupervisorError::Thread(_) => "ERR_RESOURCES",
        SupervisorError::SocketInUse(_) => "ERR_SOCKET_IN_USE",
        SupervisorError::NotASocket(_) | SupervisorError::Bind { .. } | SupervisorError::NotAListeningSocket(_) => {
            "ERR_SOCKET"
        }
        SupervisorError::Nul(_) => "ERR_INVALID_ARGUMENT",
        SupervisorError::NothingDenied | SupervisorError::Program(_) => "ERR_PROFILE",
        SupervisorError::UnknownListener(_) => "ERR_UNKNOWN_LISTENER",
        SupervisorError::NothingToStop(_) => "ERR_NOTHING_TO_STOP",
        SupervisorError::Closed => "ERR_CLOSED",
    }
}

fn kernel_code(error: &notifyd_kernel::Error) -> &'static str {
    use notifyd_kernel::Error;
    match error {
        Error::ListenerBusy => "ERR_LISTENER_BUSY",
        Error::Execute(Errno::NOENT) => "ERR_COMMAND_NOT_FOUND",
        Error::Execute(_) => "ERR_EXEC",
        Error::WorkingDirectory(_) => "ERR_WORKING_DIRECTORY",
        Error::Install(_) | Error::Sizes(_) | Error::SizeOutOfBounds(_) => "ERR_FILTER",
        Error::Prepare(_) | Error::LaunchLost | Error::FileLimit { .. } => "ERR_RESOURCES",
    }
}
