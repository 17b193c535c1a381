//! Who makes a waiting call, and with what: read from `/proc` and from the caller's memory, and written as strace(1) does.
//!
//! Runs in a process of its own, `seccomp-notifyd-inspect`, which the supervisor may kill at any time: a container can make
//! the reading of its memory hang. All that is read is the target's own word, bounded in size, and escaped here.
//! The environment is never read, nor what a call is to write or send.

#![forbid(unsafe_code)]

mod abi;
mod bits;
mod callers;
mod decode;
mod detail;
mod flags;
mod kind;
mod memory;
mod names;
mod process;
mod serve;
mod signature;
mod site;
mod text;
pub mod wire;

pub use callers::{Callers, CodeFrame};
pub use decode::decode;
pub use detail::Detail;
pub use memory::{Memory, Target};
pub use serve::serve;
