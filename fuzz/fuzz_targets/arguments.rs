//! Registers and memory of a caller, which is what its call's arguments are made of.

#![no_main]

use libfuzzer_sys::fuzz_target;
use notifyd_bpf::SeccompData;
use notifyd_inspect::{Memory, decode};

/// The same bytes wherever somebody looks.
struct Everywhere<'a>(&'a [u8]);

impl Memory for Everywhere<'_> {
    fn read(&self, address: u64, into: &mut [u8]) -> usize {
        let from = usize::try_from(address).unwrap_or(usize::MAX) % self.0.len().max(1);
        let bytes = self.0.get(from..).unwrap_or_default();
        let count = bytes.len().min(into.len());
        into[..count].copy_from_slice(&bytes[..count]);
        count
    }
}

fuzz_target!(|input: (i32, bool, [u64; 6], &[u8])| {
    let (nr, wide, args, memory) = input;
    let data = SeccompData {
        nr,
        arch: if wide { 0xc000_003e } else { 0x4000_0003 },
        instruction_pointer: 0,
        args,
    };
    let decoded = decode(&data, &Everywhere(memory));
    assert!(decoded.len() <= 6 && decoded.iter().all(|text| !text.contains('\n')));
});
