//! Instructions of arm64: which call a return address lies behind, and where that leads (Arm ARM, C6.2).

use crate::bytes::u32_at;

/// Of each instruction.
pub const BYTES: u64 = 4;
/// Longest stub through which a function of another module is called, in bytes.
pub const STUB_BYTES: usize = 20;

/// What a call instruction calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// The code at this address.
    Direct(u64),
    /// What a register says.
    Register,
}

/// The call that the instruction at `address` is, if it is one: BL, BLR, and BLR of signed addresses.
pub fn call(instruction: u32, address: u64) -> Option<Target> {
    if instruction & 0xfc00_0000 == 0x9400_0000 {
        return address
            .checked_add_signed(branch_offset(instruction))
            .map(Target::Direct);
    }
    let through_register = instruction & 0xffff_fc1f == 0xd63f_0000
        || instruction & 0xffff_f81f == 0xd63f_081f
        || instruction & 0xffff_f800 == 0xd73f_0800;
    through_register.then_some(Target::Register)
}

/// 26 bits, of instructions, signed.
fn branch_offset(instruction: u32) -> i64 {
    i64::from((instruction << 6).cast_signed() >> 6) * 4
}

/// Where the stub at `address` keeps the address that it jumps to: `bti c`? `adrp x16` `ldr x17, [x16, #offset]`.
pub fn stub_slot(code: &[u8], address: u64) -> Option<u64> {
    const BTI_C: u32 = 0xd503_245f;
    let skipped = if u32_at(code, 0)? == BTI_C { 4 } else { 0 };
    let (page, load) = (u32_at(code, skipped)?, u32_at(code, skipped + 4)?);
    if page & 0x9f00_001f != 0x9000_0010 || load & 0xffc0_03ff != 0xf940_0211 {
        return None;
    }
    let pages = ((page >> 5) & 0x7_ffff) << 2 | ((page >> 29) & 3);
    let pages = i64::from((pages << 11).cast_signed() >> 11);
    let here = address.checked_add(u64::try_from(skipped).ok()?)? & !0xfff;
    let offset = u64::from((load >> 10) & 0xfff) * 8;
    here.checked_add_signed(pages * 4096)?.checked_add(offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_told_from_other_code() {
        assert_eq!(call(0x9400_0023, 0x40_01b4), Some(Target::Direct(0x40_0240)));
        assert_eq!(call(0x97ff_fffa, 0x40_01ec), Some(Target::Direct(0x40_01d4)));
        // blr x8; blraa x8, x9; blrab x8, sp; blraaz x8; blrabz x8
        for instruction in [0xd63f_0100, 0xd73f_0909, 0xd73f_0d1f, 0xd63f_091f, 0xd63f_0d1f] {
            assert_eq!(call(instruction, 0), Some(Target::Register), "{instruction:x}");
        }
        // b .+4; br x8; ret; retaa; svc #0; nop
        for instruction in [
            0x1400_0001,
            0xd61f_0100,
            0xd65f_03c0,
            0xd65f_0bff,
            0xd400_0001,
            0xd503_201f,
        ] {
            assert_eq!(call(instruction, 0x1000), None, "{instruction:x}");
        }
        assert_eq!(call(0x97ff_fffa, 0), None, "before all addresses");
    }

    #[test]
    fn a_stub_tells_where_its_target_is_kept() {
        // adrp x16, .+0x1f000; ldr x17, [x16, #0xfc8]; add x16, x16, #0xfc8; br x17
        let plain: Vec<u8> = [0xf000_00f0_u32, 0xf947_e611, 0x913f_2210, 0xd61f_0220]
            .iter()
            .flat_map(|word| word.to_le_bytes())
            .collect();
        assert_eq!(stub_slot(&plain, 0x5a0), Some(0x1f_fc8));
        let branded = [&0xd503_245f_u32.to_le_bytes()[..], &plain].concat();
        assert_eq!(stub_slot(&branded, 0x5a0), Some(0x1f_fc8));
        // adrp x16, .-0x1000
        let back: Vec<u8> = [0xf0ff_fff0_u32, 0xf947_e611]
            .iter()
            .flat_map(|word| word.to_le_bytes())
            .collect();
        assert_eq!(stub_slot(&back, 0x1_05a0), Some(0xf_fc8));
        assert_eq!(stub_slot(&back, 0x5a0), None);
        assert_eq!(stub_slot(&[0; 8], 0), None);
        assert_eq!(stub_slot(&[], 0), None);
    }
}
