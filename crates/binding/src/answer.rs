//! How listeners are answered.

use napi_derive::napi;
use notifyd_bpf::Errno;
use notifyd_supervisor::Policy;

use crate::error::{Result, invalid};

/// How the loop answers a listener, and what it does about verdicts that kill.
#[napi(object)]
#[derive(Clone, Copy)]
pub struct Answer {
    /// Let every call run (CONTINUE) and only count it.
    #[napi(js_name = "continue")]
    pub continue_all: bool,
    /// Errno 1..4095 for calls whose verdict the profile does not tell.
    pub errno: u32,
    /// Answer kill verdicts with ENOSYS instead of killing (policy `stop`: one run then finds several calls).
    pub defer_kill: bool,
}

impl TryFrom<Answer> for Policy {
    type Error = napi::Error<crate::error::Code>;

    fn try_from(answer: Answer) -> Result<Self> {
        let refuse = || invalid(format!("errno {} is not in 1..4095", answer.errno));
        let errno = Errno::new(answer.errno).ok_or_else(refuse)?;
        Ok(Self {
            continue_all: answer.continue_all,
            errno,
            defer_kill: answer.defer_kill,
        })
    }
}

impl From<Policy> for Answer {
    fn from(policy: Policy) -> Self {
        Self {
            continue_all: policy.continue_all,
            errno: u32::from(policy.errno.get()),
            defer_kill: policy.defer_kill,
        }
    }
}
