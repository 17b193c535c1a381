//! A module of a container: any file that it has mapped as code.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u64, &[u8])| {
    let (address, module) = input;
    let _ = notifyd_backtrace::functions_at(module, address);
});
