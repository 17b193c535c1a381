//! What a filter looks at.

/// `AUDIT_ARCH_X86_64` of `linux/audit.h`; x32 calls carry it too, see [`X32_SYSCALL_BIT`].
pub const AUDIT_ARCH_X86_64: u32 = 0xc000_003e;
/// `AUDIT_ARCH_I386` of `linux/audit.h`.
pub const AUDIT_ARCH_I386: u32 = 0x4000_0003;
/// `AUDIT_ARCH_AARCH64` of `linux/audit.h`.
pub const AUDIT_ARCH_AARCH64: u32 = 0xc000_00b7;
/// `AUDIT_ARCH_ARM` of `linux/audit.h`.
pub const AUDIT_ARCH_ARM: u32 = 0x4000_0028;
/// `__X32_SYSCALL_BIT` of `asm/unistd.h`: set in the number of an x32 call.
pub const X32_SYSCALL_BIT: u32 = 0x4000_0000;

/// `struct seccomp_data` of `linux/seccomp.h`.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct SeccompData {
    /// System call number.
    pub nr: i32,
    /// `AUDIT_ARCH_*` value.
    pub arch: u32,
    /// Where the call was made.
    pub instruction_pointer: u64,
    /// Arguments. Those of a 32-bit process are zero-extended; a 64-bit one that makes a 32-bit call (`int 0x80`) chooses
    /// the high halves too, which the call then ignores.
    pub args: [u64; 6],
}

const _: () = assert!(size_of::<SeccompData>() == 64);

impl SeccompData {
    /// Size in bytes, what `BPF_LEN` loads.
    pub const SIZE: u32 = 64;
    /// Offset of `nr`.
    pub const NR: u32 = 0;
    /// Offset of `arch`.
    pub const ARCH: u32 = 4;

    /// The 32-bit word at a byte offset, as `BPF_LD | BPF_W | BPF_ABS` reads it; `None` where the kernel refuses the
    /// load (not a multiple of 4, or 64 and above).
    pub fn word(&self, offset: u32) -> Option<u32> {
        let aligned = offset.is_multiple_of(4);
        self.words()
            .get(usize::try_from(offset / 4).ok()?)
            .copied()
            .filter(|_| aligned)
    }

    #[inline]
    pub(crate) fn words(&self) -> [u32; 16] {
        let [a, b, c, d, e, f] = self.args.map(halves);
        let ip = halves(self.instruction_pointer);
        [
            self.nr.cast_unsigned(),
            self.arch,
            ip[0],
            ip[1],
            a[0],
            a[1],
            b[0],
            b[1],
            c[0],
            c[1],
            d[0],
            d[1],
            e[0],
            e[1],
            f[0],
            f[1],
        ]
    }

    pub(crate) fn from_words(words: [u32; 16]) -> Self {
        let [nr, arch, ip0, ip1, a0, a1, b0, b1, c0, c1, d0, d1, e0, e1, f0, f1] = words;
        Self {
            nr: nr.cast_signed(),
            arch,
            instruction_pointer: joined([ip0, ip1]),
            args: [[a0, a1], [b0, b1], [c0, c1], [d0, d1], [e0, e1], [f0, f1]].map(joined),
        }
    }
}

/// The value whose halves are in the order of the machine's memory.
fn joined([first, second]: [u32; 2]) -> u64 {
    let ([a, b, c, d], [e, f, g, h]) = (first.to_ne_bytes(), second.to_ne_bytes());
    u64::from_ne_bytes([a, b, c, d, e, f, g, h])
}

/// Both halves in the order of the machine's memory.
#[inline]
fn halves(value: u64) -> [u32; 2] {
    let [a, b, c, d, e, f, g, h] = value.to_ne_bytes();
    [u32::from_ne_bytes([a, b, c, d]), u32::from_ne_bytes([e, f, g, h])]
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const DATA: SeccompData = SeccompData {
        nr: -1,
        arch: AUDIT_ARCH_X86_64,
        instruction_pointer: 0x1111_2222_3333_4444,
        args: [
            0xa1_0000_00a0,
            0xb1_0000_00b0,
            0xc1_0000_00c0,
            0xd1_0000_00d0,
            0xe1_0000_00e0,
            0xf1_0000_00f0,
        ],
    };

    #[test]
    fn number_and_architecture_lead() {
        assert_eq!(DATA.word(0), Some(0xffff_ffff));
        assert_eq!(DATA.word(4), Some(0xc000_003e));
    }

    #[test]
    #[cfg(target_endian = "little")]
    fn low_half_of_an_argument_comes_first() {
        assert_eq!(DATA.word(8), Some(0x3333_4444));
        assert_eq!(DATA.word(12), Some(0x1111_2222));
        assert_eq!(DATA.word(16), Some(0xa0));
        assert_eq!(DATA.word(20), Some(0xa1));
        assert_eq!(DATA.word(56), Some(0xf0));
        assert_eq!(DATA.word(60), Some(0xf1));
    }

    #[test]
    fn words_make_the_data_again() {
        assert_eq!(SeccompData::from_words(DATA.words()), DATA);
    }

    #[test]
    fn unaligned_and_outside_offsets_have_no_word() {
        for offset in [1, 2, 3, 61, 64, 68, u32::MAX] {
            assert_eq!(DATA.word(offset), None, "{offset}");
        }
    }
}
