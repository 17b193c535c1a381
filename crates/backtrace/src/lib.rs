//! Which code made a system call that waits: a backtrace with symbols, taken without stopping or tracing the target.
//!
//! [`Capture`] copies what is needed while the call waits (some ten microseconds and one per file); [`Tracer`] finds the callers
//! afterwards, from the copy. What it reads is the target's and may lie: each read, table and search is bounded, nothing is
//! opened but the regular files that the target has mapped and, by build id, debug files below `/usr/lib/debug`.
//!
//! Things it does not do: stop, trace or write anything; look inside interpreters; look for callers of 32-bit programs or on other
//! architectures than x86_64 and arm64. A read can wait for ever (see [`Capture::of`]), so it belongs into a process that may be killed.

#![forbid(unsafe_code)]

mod arm64;
mod bytes;
mod call_site;
mod capture;
mod cfi;
mod debug_info;
mod elf;
mod error;
mod frame;
mod frame_records;
mod go_table;
mod limits;
mod maps;
mod module;
mod modules;
mod proc_files;
mod recorded;
mod registers;
mod search;
mod search_table;
mod symbols;
mod tracer;
mod unwind;

pub use capture::Capture;
pub use error::Error;
pub use frame::{Backtrace, End, Found, Frame};
pub use limits::Limits;
pub use notifyd_kernel::notify::TargetTid;
#[doc(hidden)]
pub use recorded::trace_recorded;
pub use registers::Registers;
pub use tracer::Tracer;

/// Reads everything of a module that may be hostile; how many functions lie at an address of it. For the fuzzer.
#[doc(hidden)]
#[must_use]
pub fn functions_at(module: &[u8], address: u64) -> usize {
    let most = Limits::default();
    let module = module::Module::parse(bytes::Source::Memory(module.to_vec()));
    module.map_or(0, |module| {
        let row = module.cfi().row(address);
        let start = module.function_start(address);
        let lines = module.lines(address, most.frames, most.debug_bytes);
        let caller = module.go().and_then(|table| table.caller(address));
        lines.len() + usize::from(row.is_some()) + usize::from(start.is_some()) + usize::from(caller.is_some())
    })
}
