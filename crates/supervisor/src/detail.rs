//! What was read of a call while it waited, on its way to JavaScript.

use notifyd_bpf::Action;

use crate::inspector::{Missing, Read};
use crate::token::Token;

/// Belongs to the event of the same sequence, which says so by a flag. It is there before the event is.
#[derive(Clone, Debug)]
pub struct Detail {
    /// The listener that the call came from.
    pub listener: Token,
    /// The event's.
    pub sequence: u64,
    /// AUDIT_ARCH_* value.
    pub arch: u32,
    /// As the kernel gave it.
    pub number: u32,
    /// The registers of its arguments, as the kernel gave them.
    pub args: [u64; 6],
    /// What the original profile says.
    pub verdict: Action,
    /// What was read.
    pub reading: Reading,
}

/// What was read of a call while it waited.
#[derive(Clone, Debug)]
pub enum Reading {
    /// As JSON. The target's own word: untrusted.
    Read(String),
    /// Nothing, and why.
    Missing(Missing),
}

impl From<Read> for Reading {
    fn from(read: Read) -> Self {
        read.map_or_else(Self::Missing, |told| Self::Read(told.text))
    }
}
