//! Profiles: from JSON text to the program that libseccomp makes of it, and from call names to numbers and back.
//!
//! Pure but for the anonymous file through which libseccomp hands over its program. The program is the one that runc
//! and crun, which use libseccomp too, would have loaded.
#![forbid(unsafe_code)]

mod abi;
mod compile;
mod deny_list;
mod error;
mod model;
mod syscalls;

pub use abi::Abi;
pub use compile::{Compiled, compile, libseccomp_version};
pub use deny_list::deny_list;
pub use error::{Error, Place};
pub use model::{ActionName, Condition, MAX_TEXT_BYTES, Operator, Profile, Rule};
pub use syscalls::{display_name, name, number, suggest};
