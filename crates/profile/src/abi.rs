//! The ways into the kernel, each with its own numbers.

use std::str::FromStr;

use libseccomp::ScmpArch;
use notifyd_bpf::{AUDIT_ARCH_AARCH64, AUDIT_ARCH_ARM, AUDIT_ARCH_I386, AUDIT_ARCH_X86_64, X32_SYSCALL_BIT};

use crate::Error;
use crate::architecture::{architecture_name, go_name};

/// A system call interface whose numbers are known here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Abi {
    /// 64-bit programs on x86.
    X86_64,
    /// 32-bit programs on x86.
    I386,
    /// 64-bit programs with 32-bit pointers; shares the architecture value of [`Abi::X86_64`].
    X32,
    /// 64-bit programs on arm.
    Aarch64,
    /// 32-bit programs on arm (EABI).
    Arm,
}

impl Abi {
    /// All that are known.
    pub const ALL: [Self; 5] = [Self::X86_64, Self::I386, Self::X32, Self::Aarch64, Self::Arm];

    /// The ABIs that this machine's kernel may offer, its main one first.
    pub const fn native() -> &'static [Self] {
        if cfg!(target_arch = "x86_64") {
            &[Self::X86_64, Self::I386, Self::X32]
        } else if cfg!(target_arch = "aarch64") {
            &[Self::Aarch64, Self::Arm]
        } else if cfg!(target_arch = "x86") {
            &[Self::I386]
        } else if cfg!(target_arch = "arm") {
            &[Self::Arm]
        } else {
            &[]
        }
    }

    /// The ABI of a call; `None` for an architecture that is not known here.
    pub const fn of(arch: u32, number: u32) -> Option<Self> {
        match arch {
            AUDIT_ARCH_X86_64 if is_x32(number) => Some(Self::X32),
            AUDIT_ARCH_X86_64 => Some(Self::X86_64),
            AUDIT_ARCH_I386 => Some(Self::I386),
            AUDIT_ARCH_AARCH64 => Some(Self::Aarch64),
            AUDIT_ARCH_ARM => Some(Self::Arm),
            _ => None,
        }
    }

    /// `AUDIT_ARCH_*` value.
    pub const fn arch(self) -> u32 {
        match self {
            Self::X86_64 | Self::X32 => AUDIT_ARCH_X86_64,
            Self::I386 => AUDIT_ARCH_I386,
            Self::Aarch64 => AUDIT_ARCH_AARCH64,
            Self::Arm => AUDIT_ARCH_ARM,
        }
    }

    /// Name for people.
    pub const fn label(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64",
            Self::I386 => "i386",
            Self::X32 => "x32",
            Self::Aarch64 => "aarch64",
            Self::Arm => "arm",
        }
    }

    /// The 64-bit ABI of machines that may offer this one.
    pub const fn main(self) -> Self {
        match self {
            Self::X86_64 | Self::I386 | Self::X32 => Self::X86_64,
            Self::Aarch64 | Self::Arm => Self::Aarch64,
        }
    }

    /// How much of an argument libseccomp's rules look at.
    pub(crate) const fn argument_mask(self) -> u64 {
        match self {
            Self::X86_64 | Self::Aarch64 => u64::MAX,
            Self::I386 | Self::X32 | Self::Arm => u32::MAX as u64,
        }
    }

    /// What every number of this ABI has set.
    pub(crate) const fn number_bit(self) -> u32 {
        match self {
            Self::X32 => X32_SYSCALL_BIT,
            _ => 0,
        }
    }

    pub(crate) const fn libseccomp(self) -> ScmpArch {
        match self {
            Self::X86_64 => ScmpArch::X8664,
            Self::I386 => ScmpArch::X86,
            Self::X32 => ScmpArch::X32,
            Self::Aarch64 => ScmpArch::Aarch64,
            Self::Arm => ScmpArch::Arm,
        }
    }
}

impl FromStr for Abi {
    type Err = Error;

    /// Reads its label, the name that engines have for it (`amd64`), or the one of profiles (`SCMP_ARCH_X86_64`).
    fn from_str(name: &str) -> Result<Self, Error> {
        let called = |abi: &Self| {
            [abi.label(), go_name(*abi), architecture_name(abi.libseccomp())]
                .iter()
                .any(|known| known.eq_ignore_ascii_case(name))
        };
        let found = Self::ALL.into_iter().find(called);
        found.ok_or_else(|| Error::UnknownArchitecture { name: name.to_owned() })
    }
}

/// Negative numbers have the bit too; `do_syscall_64` takes them for no call at all.
const fn is_x32(number: u32) -> bool {
    number & (X32_SYSCALL_BIT | 1 << 31) == X32_SYSCALL_BIT
}
