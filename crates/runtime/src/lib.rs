//! An OCI runtime in front of runc and crun: it rewrites the seccomp profile of a container that is about to be created,
//! so that our daemon hears of its denials, and then becomes the real runtime.
//!
//! Everything but `create` and `run` is passed on without a look. Whatever goes wrong before the real runtime runs ends
//! as the failure policy says: with the original profile, or with a clear error. It never ends with a guess.
#![forbid(unsafe_code)]

pub mod args;
mod bundle;
mod cache;
pub mod config_json;
pub mod configuration;
mod delegate;
mod error;
mod listener;
mod options;
mod report;
mod rewriting;
mod shim;
pub mod watching;
mod worker;

pub use error::{Error, explain};

use std::ffi::OsString;
use std::process::ExitCode;

/// Does what the command line says. Returns only if there is no real runtime to become, or the container is refused.
pub fn run(arguments: Vec<OsString>) -> ExitCode {
    let (name, rest) = match arguments.split_first() {
        Some((name, rest)) => (name.clone(), rest.to_vec()),
        None => (OsString::new(), Vec::new()),
    };
    if name == worker::NAME {
        worker::run()
    } else {
        shim::run(&name, rest)
    }
}
