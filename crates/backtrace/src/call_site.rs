//! Whether an address lies behind a call instruction of x86_64, and where that call leads.

use crate::bytes::{i32_at, slice};

/// Longest call instruction that compilers write, in bytes, without prefixes.
pub const BYTES: usize = 8;
/// Longest stub through which a function of another module is called, in bytes.
pub const STUB_BYTES: usize = 16;

/// What a call instruction calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// The code at this address.
    Direct(u64),
    /// The code whose address lies at this address.
    Through(u64),
    /// What a register says.
    Register,
}

/// The call that ends right before `address`, whose preceding bytes are `before`.
pub fn call_before(before: &[u8; BYTES], address: u64) -> Option<Target> {
    let at = |back: usize| BYTES.checked_sub(back).and_then(|start| before.get(start)).copied();
    if at(5) == Some(0xe8) {
        return address
            .checked_add_signed(i64::from(i32_at(before, BYTES - 4)?))
            .map(Target::Direct);
    }
    if at(6) == Some(0xff) && at(5) == Some(0x15) {
        return address
            .checked_add_signed(i64::from(i32_at(before, BYTES - 4)?))
            .map(Target::Through);
    }
    (2..=7)
        .any(|length| at(length) == Some(0xff) && at(length - 1).is_some_and(|modrm| is_call(modrm, length)))
        .then_some(Target::Register)
}

/// Whether `FF modrm` is a near call of that length (Intel SDM, volume 2, table 2-2).
fn is_call(modrm: u8, length: usize) -> bool {
    let (mode, operation, base) = (modrm >> 6, (modrm >> 3) & 7, modrm & 7);
    let displacement = match mode {
        0 if base == 5 => 4,
        0 | 3 => 0,
        1 => 1,
        _ => 4,
    };
    let scale = usize::from(mode != 3 && base == 4);
    operation == 2 && length == 2 + scale + displacement
}

/// Where the stub at `address` keeps the address that it jumps to: `endbr64`? `bnd`? `jmp *offset(%rip)`.
pub fn stub_slot(code: &[u8], address: u64) -> Option<u64> {
    let mut skipped = 0;
    for prefix in [&[0xf3, 0x0f, 0x1e, 0xfa][..], &[0xf2]] {
        if code.get(skipped..)?.starts_with(prefix) {
            skipped += prefix.len();
        }
    }
    if slice(code, skipped, 2)? != [0xff, 0x25] {
        return None;
    }
    let next = address.checked_add(u64::try_from(skipped).ok()?.checked_add(6)?)?;
    next.checked_add_signed(i64::from(i32_at(code, skipped + 2)?))
}

/// Where the jumps to a distant place lead that `code` at `address` may hold: its bytes are taken for jumps at every position, so some
/// are none.
pub fn jumps(code: &[u8], address: u64) -> impl Iterator<Item = u64> {
    let jump = move |(start, pair): (usize, &[u8])| {
        let length = match pair {
            [0xe9, _] => 5,
            [0x0f, condition] if condition >> 4 == 8 => 6,
            _ => return None,
        };
        let next = address.checked_add(u64::try_from(start + length).ok()?)?;
        next.checked_add_signed(i64::from(i32_at(code, start + length - 4)?))
    };
    code.windows(2).enumerate().filter_map(jump)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn before(code: &[u8]) -> [u8; BYTES] {
        let mut bytes = [0x90; BYTES];
        bytes[BYTES - code.len()..].copy_from_slice(code);
        bytes
    }

    #[test]
    fn calls_are_told_from_other_code() {
        let call = |code: &[u8]| call_before(&before(code), 0x1000);
        assert_eq!(call(&[0xe8, 0xf0, 0xff, 0xff, 0xff]), Some(Target::Direct(0xff0)));
        assert_eq!(call(&[0xff, 0x15, 0x10, 0, 0, 0]), Some(Target::Through(0x1010)));
        // call *%rax; call *%r11; call *0x18(%rbx); call *0x10(%r12); call *(%rax,%rbx,8)
        for code in [
            &[0xff, 0xd0][..],
            &[0x41, 0xff, 0xd3],
            &[0xff, 0x53, 0x18],
            &[0x41, 0xff, 0x54, 0x24, 0x10],
            &[0xff, 0x14, 0xd8],
        ] {
            assert_eq!(call(code), Some(Target::Register), "{code:x?}");
        }
        // jmp *%rax; push *%rax; ret; nothing
        for code in [&[0xff, 0xe0][..], &[0xff, 0xf0], &[0xc3], &[]] {
            assert_eq!(call(code), None, "{code:x?}");
        }
    }

    #[test]
    fn jumps_are_found_at_any_position() {
        // push %rbp; jne +0x10; jmp -5
        let code = [0x55, 0x0f, 0x85, 0x10, 0, 0, 0, 0xe9, 0xfb, 0xff, 0xff, 0xff];
        assert_eq!(jumps(&code, 0x1000).collect::<Vec<_>>(), [0x1017, 0x1007]);
        assert_eq!(jumps(&code[..10], 0x1000).collect::<Vec<_>>(), [0x1017]);
    }

    #[test]
    fn a_stub_tells_where_its_target_is_kept() {
        let plain = [0xff, 0x25, 0x0a, 0, 0, 0];
        let branded = [0xf3, 0x0f, 0x1e, 0xfa, 0xf2, 0xff, 0x25, 0x0a, 0, 0, 0];
        assert_eq!(stub_slot(&plain, 0x1000), Some(0x1010));
        assert_eq!(stub_slot(&branded, 0x1000), Some(0x1015));
        assert_eq!(stub_slot(&[0x55, 0x48], 0x1000), None);
        assert_eq!(stub_slot(&[], 0), None);
    }
}
