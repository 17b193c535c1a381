//! A program of a container and what it has on its stack. Eight bytes of program counter, two of the stack's length, the stack, the file.

#![no_main]

use std::fs::{File, write};
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;

/// One file, written anew for each input.
static FILE: LazyLock<std::path::PathBuf> = LazyLock::new(|| {
    let path = std::env::temp_dir().join(format!("callers-{}", std::process::id()));
    let _ = File::create(&path);
    path
});

fuzz_target!(|input: &[u8]| {
    let Some((program_counter, rest)) = input.split_first_chunk() else { return };
    let Some((length, rest)) = rest.split_first_chunk() else { return };
    let Some((stack, module)) = rest.split_at_checked(u16::from_le_bytes(*length).into()) else { return };
    if write(&*FILE, module).is_err() {
        return;
    }
    let program_counter = u64::from_le_bytes(*program_counter);
    let backtrace = notifyd_backtrace::trace_recorded(&FILE, program_counter, stack.to_vec());
    assert!(backtrace.is_some_and(|backtrace| (1..=64).contains(&backtrace.frames.len())));
});
