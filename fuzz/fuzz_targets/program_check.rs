//! Bytes that may be a program: whatever passes the check can be used.
#![no_main]

use libfuzzer_sys::fuzz_target;
use notifyd_bpf::{Program, SeccompData};

fuzz_target!(|bytes: &[u8]| {
    let Ok(program) = Program::from_bytes(bytes) else {
        return;
    };
    assert_eq!(program.to_bytes(), bytes);
    assert_eq!(program.to_string().lines().count(), program.len());
    program.evaluate(&SeccompData::default());
    let denies = |made: Program| made.evaluate(&SeccompData::default()).is_denial();
    assert!(!program.notifying_denials().is_ok_and(denies));
});
