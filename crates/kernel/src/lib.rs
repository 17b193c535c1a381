//! What rustix lacks of the kernel's seccomp user notification, as safe functions.
//!
//! The only hand-written crate with unsafe code; every file that needs it opts in and says why it is sound.
//!
//! Things it does not do: no retries, no policy, no allocation between receiving and sending.

#![deny(unsafe_code)]

mod error;
mod layout;

pub mod compare;
pub mod filter;
pub mod inherit;
pub mod limits;
pub mod memory;
pub mod notify;
pub mod peer;
pub mod probe;
pub mod remembered;
pub mod spawn;

pub use error::Error;
