//! Classic BPF as seccomp uses it: instructions, the kernel's own checks, and an interpreter that gives the verdict
//! which the kernel would give.
//!
//! Pure: no I/O, no allocation while evaluating. Not covered: the rest of classic BPF (packet loads, ancillary data,
//! modulo), which `seccomp(2)` refuses too.
#![forbid(unsafe_code)]

mod action;
mod assemble;
mod coverage;
mod data;
mod disassemble;
mod error;
mod insn;
mod interpret;
mod program;
mod value;
mod walk;

pub use action::{Action, Errno};
pub use assemble::{Denied, Subcall, deny_list};
pub use coverage::{Coverage, compared_arches, compared_numbers};
pub use data::{AUDIT_ARCH_AARCH64, AUDIT_ARCH_ARM, AUDIT_ARCH_I386, AUDIT_ARCH_X86_64, SeccompData, X32_SYSCALL_BIT};
pub use error::Error;
pub use insn::{Insn, op};
pub use program::{MAX_INSTRUCTIONS, Program};
