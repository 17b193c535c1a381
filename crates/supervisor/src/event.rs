//! The record of one answered notification, as it goes to JavaScript.

use notifyd_bpf::{Action, SeccompData};
use notifyd_kernel::notify::{Answer, NotificationId, TargetTid};

use crate::clock::Monotonic;
use crate::token::Token;

/// Size of a record in a batch.
pub const EVENT_BYTES: usize = 112;

const FLAG_INIT: u32 = 1;
const FLAG_CONTINUED: u32 = 2;
const FLAG_DETAIL: u32 = 4;

/// One answered notification.
#[derive(Clone, Copy, Debug)]
pub struct Event {
    /// The listener that it came from.
    pub listener: Token,
    /// Counts all events of the supervisor; a gap is what the ring had no room for.
    pub sequence: u64,
    /// When it was answered.
    pub at: Monotonic,
    /// From readiness to answer.
    pub latency_ns: u64,
    /// The notification's id.
    pub id: NotificationId,
    /// The thread that waited, if it is in our pid namespace.
    pub target: Option<TargetTid>,
    /// Number, architecture, arguments.
    pub data: SeccompData,
    /// What the original profile says.
    pub verdict: Action,
    /// What we said.
    pub answer: Answer,
    /// Made by the runtime before the user's program was executed.
    pub init: bool,
    /// Whether there is a [`Detail`](crate::Detail) of it.
    pub detail: bool,
}

impl Event {
    /// The record, little-endian; `ts/native.ts` reads the same layout.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; EVENT_BYTES] {
        let mut record = Record {
            bytes: [0; EVENT_BYTES],
            length: 0,
        };
        record.put(self.listener.0.to_le_bytes());
        record.put(self.data.arch.to_le_bytes());
        record.put(self.data.nr.to_le_bytes());
        record.put(self.verdict.raw().to_le_bytes());
        record.put(self.id.0.to_le_bytes());
        record.put(self.at.milliseconds().to_le_bytes());
        record.put(self.target.map_or(0, |tid| tid.0).to_le_bytes());
        record.put(error_of(self.answer).to_le_bytes());
        record.put(self.flags().to_le_bytes());
        record.put(u32::try_from(self.latency_ns).unwrap_or(u32::MAX).to_le_bytes());
        record.put(self.data.instruction_pointer.to_le_bytes());
        for argument in self.data.args {
            record.put(argument.to_le_bytes());
        }
        record.put(self.sequence.to_le_bytes());
        record.bytes
    }

    fn flags(&self) -> u32 {
        let continued = if self.answer == Answer::Continue {
            FLAG_CONTINUED
        } else {
            0
        };
        let init = if self.init { FLAG_INIT } else { 0 };
        continued | init | if self.detail { FLAG_DETAIL } else { 0 }
    }
}

fn error_of(answer: Answer) -> i32 {
    match answer {
        Answer::Errno(errno) => -i32::from(errno.get()),
        Answer::Zero | Answer::Continue => 0,
    }
}

struct Record {
    bytes: [u8; EVENT_BYTES],
    length: usize,
}

impl Record {
    fn put<const N: usize>(&mut self, field: [u8; N]) {
        if let Some(place) = self.bytes.get_mut(self.length..self.length + N) {
            place.copy_from_slice(&field);
        }
        self.length += N;
    }
}
