//! What was read of a call while it waited.

use std::time::Duration;

use napi_derive::napi;
use notifyd_supervisor::{Detail as CoreDetail, Inspection, Reading};

/// By which program calls are looked at, and how long one waits for it at most.
#[napi(object)]
pub struct InspectionOptions {
    /// Path of `seccomp-notifyd-inspect`.
    pub executable: String,
    pub patience_ms: u32,
    /// Whether the code that makes such a call is looked for too; false where it is left out.
    pub backtraces: Option<bool>,
}

/// What was read of one call. Belongs to the event of the same sequence, and is there before it.
#[napi(object)]
pub struct Detail {
    pub listener: u32,
    /// Exact up to 2^53.
    pub sequence: f64,
    pub arch: u32,
    pub number: u32,
    /// The six registers in hexadecimal.
    pub args: Vec<String>,
    /// SECCOMP_RET_* value of the original profile.
    pub verdict: u32,
    /// JSON: `pid`, `comm`, `exe`, `cmdline`, `args`, `site`, `frames`. The target's own word: untrusted.
    pub text: Option<String>,
    /// Why nothing was read: `timed out`, `failed`.
    pub missing: Option<String>,
}

impl From<InspectionOptions> for Inspection {
    fn from(options: InspectionOptions) -> Self {
        Self {
            executable: options.executable.into(),
            patience: Duration::from_millis(options.patience_ms.into()),
            backtraces: options.backtraces.unwrap_or(false),
        }
    }
}

impl From<CoreDetail> for Detail {
    #[expect(clippy::cast_precision_loss, reason = "2^53 calls take longer than a century")]
    fn from(detail: CoreDetail) -> Self {
        let (text, missing) = match detail.reading {
            Reading::Read(text) => (Some(text), None),
            Reading::Missing(missing) => (None, Some(missing.name().to_owned())),
        };
        Self {
            listener: detail.listener.0,
            sequence: detail.sequence as f64,
            arch: detail.arch,
            number: detail.number,
            args: detail.args.iter().map(|arg| format!("{arg:#x}")).collect(),
            verdict: detail.verdict.raw(),
            text,
            missing,
        }
    }
}
