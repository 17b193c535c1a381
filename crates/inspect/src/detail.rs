//! All that is told of one waiting call.

use notifyd_bpf::SeccompData;
use serde::Serialize;

use crate::decode::decode;
use crate::memory::Target;
use crate::process::Caller;
use crate::wire::{MAX_REPLY_BYTES, REPLY_HEAD_BYTES};

/// The target's own words, escaped and cut. What could not be read is missing.
#[derive(Debug, Default, Serialize)]
pub struct Detail {
    /// Who calls.
    #[serde(flatten)]
    pub caller: Caller,
    /// The call's arguments, each as strace(1) writes it.
    pub args: Vec<String>,
    /// Where the call was made, the innermost first, one line each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub frames: Vec<String>,
}

impl Detail {
    /// Reads it while the call waits. Nothing of it counts unless the call still waits afterwards.
    #[must_use]
    pub fn read(tid: u32, data: &SeccompData) -> Self {
        Self {
            caller: Caller::read(tid),
            args: decode(data, &Target(tid)),
            frames: Vec::new(),
        }
    }

    /// As it goes into a reply; without its frames where it would not fit.
    #[must_use]
    pub fn to_json(&self) -> String {
        let room = MAX_REPLY_BYTES - REPLY_HEAD_BYTES;
        let text = serde_json::to_string(self).unwrap_or_default();
        if text.len() <= room {
            return text;
        }
        let short = Self {
            args: self.args.clone(),
            ..Self::default()
        };
        serde_json::to_string(&short)
            .ok()
            .filter(|text| text.len() <= room)
            .unwrap_or_else(|| "{}".to_owned())
    }
}
