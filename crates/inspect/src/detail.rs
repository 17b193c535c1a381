//! All that is told of one waiting call.

use serde::{Serialize, Serializer};

use crate::callers::{Callers, CodeFrame};
use crate::decode::decode;
use crate::memory::Target;
use crate::process::Caller;
use crate::wire::{MAX_REPLY_BYTES, REPLY_HEAD_BYTES, Request};

/// The target's own words, escaped and cut. What could not be read is missing.
#[derive(Debug, Default, Serialize)]
pub struct Detail {
    /// Who calls.
    #[serde(flatten)]
    pub caller: Caller,
    /// The call's arguments, each as strace(1) writes it.
    pub args: Vec<String>,
    /// The place in the code that made the call, if it was found: the same for all calls made there, in any process.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "as_digits")]
    pub site: Option<u64>,
    /// Where the call was made: the active functions, the innermost first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub frames: Vec<CodeFrame>,
    /// Why the last one is not the thread's first function, if frames were looked for.
    #[serde(rename = "framesEnd", skip_serializing_if = "Option::is_none")]
    pub frames_end: Option<String>,
}

impl Detail {
    /// Reads it while the call waits. Nothing of it counts unless the call still waits afterwards.
    #[must_use]
    pub fn read(request: &Request, callers: &mut Callers) -> Self {
        let mut detail = Self {
            caller: Caller::read(request.tid),
            args: decode(&request.data, &Target(request.tid)),
            ..Self::default()
        };
        if request.backtrace_ms != 0 {
            let code = callers.of(request.tid, request.backtrace_ms);
            (detail.site, detail.frames, detail.frames_end) = (code.site, code.frames, code.end);
        }
        detail
    }

    /// As it goes into a reply; without its outer frames, and then without the caller, where it would not fit.
    #[must_use]
    pub fn to_json(mut self) -> String {
        let room = MAX_REPLY_BYTES - REPLY_HEAD_BYTES;
        loop {
            match serde_json::to_string(&self) {
                Ok(text) if text.len() <= room => return text,
                Ok(_) if !self.frames.is_empty() => {
                    self.frames.truncate(self.frames.len() / 2);
                    self.frames_end = Some("they are too long to be told".to_owned());
                }
                Ok(_) if self.caller.cmdline.is_some() => self.caller = Caller::default(),
                Ok(_) | Err(_) => return "{}".to_owned(),
            }
        }
    }
}

/// JavaScript's numbers have 53 bits.
#[expect(clippy::ref_option, reason = "as serde calls it")]
fn as_digits<S: Serializer>(site: &Option<u64>, serializer: S) -> Result<S::Ok, S::Error> {
    site.map(|site| format!("{site:016x}")).serialize(serializer)
}
