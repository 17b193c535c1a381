//! What the running kernel can do.

use napi::bindgen_prelude::AsyncTask;
use napi::{Env, Task};
use napi_derive::napi;
use notifyd_kernel::probe::{Features, features};

use crate::error::{kernel_error, to_rejection};

/// The kernel's features, each tried.
#[napi(object)]
pub struct KernelReport {
    pub release: String,
    pub features: Vec<KernelFeature>,
}

/// One feature.
#[napi(object)]
pub struct KernelFeature {
    pub name: String,
    pub works: bool,
    /// What follows if it does not work, in words.
    pub detail: String,
}

pub struct ProbeTask {
    failure: Option<notifyd_kernel::Error>,
}

/// Tests the kernel by doing: forks children that install filters, notify, are answered.
#[napi(ts_return_type = "Promise<KernelReport>")]
pub fn probe_kernel() -> AsyncTask<ProbeTask> {
    AsyncTask::new(ProbeTask { failure: None })
}

impl Task for ProbeTask {
    type Output = Features;
    type JsValue = KernelReport;

    fn compute(&mut self) -> napi::Result<Features> {
        features().map_err(|error| {
            self.failure = Some(error);
            napi::Error::from_reason("probe failed")
        })
    }

    fn resolve(&mut self, _env: Env, features: Features) -> napi::Result<KernelReport> {
        Ok(features.into())
    }

    fn reject(&mut self, env: Env, error: napi::Error) -> napi::Result<KernelReport> {
        Err(self
            .failure
            .take()
            .map_or(error, |failure| to_rejection(&env, kernel_error(&failure))))
    }
}

impl From<Features> for KernelReport {
    fn from(features: Features) -> Self {
        let feature = |name: &str, works, detail: &str| KernelFeature {
            name: name.to_owned(),
            works,
            detail: detail.to_owned(),
        };
        let listener_problem = features.listener.as_ref().err().cloned().unwrap_or_default();
        let rest = [
            (
                "continue",
                features.continue_answer,
                "the answer continue is refused; Linux 5.5 has it",
            ),
            (
                "wait_killable",
                features.wait_killable,
                "a signal cancels a call that waits for its answer, and it is made again; Linux 5.19 has the flag",
            ),
            (
                "sync_wake_up",
                features.sync_wake_up,
                "answers take longer; Linux 6.6 has it",
            ),
            (
                "hang_up_at_exit",
                features.hang_up_at_exit,
                "a container's end is seen when its last process is reaped; from Linux 6.11 on, when it ends",
            ),
            (
                "compare_files",
                features.compare,
                "a listener handed over twice cannot be told, so none is served; needs kcmp(2) or Linux 6.10",
            ),
        ];
        let head = feature("listener", features.listener.is_ok(), &listener_problem);
        let rest = rest
            .into_iter()
            .map(|(name, works, detail)| feature(name, works, if works { "" } else { detail }));
        Self {
            release: features.release,
            features: std::iter::once(head).chain(rest).collect(),
        }
    }
}
