//! What differs between the ABIs of one kernel.

use notifyd_bpf::{
    AUDIT_ARCH_AARCH64, AUDIT_ARCH_ARM, AUDIT_ARCH_I386, AUDIT_ARCH_X86_64, SeccompData, X32_SYSCALL_BIT,
};

/// How a call is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Abi {
    X86_64,
    X32,
    I386,
    Aarch64,
    Arm,
    Unknown,
}

impl Abi {
    pub(crate) fn of(data: &SeccompData) -> Self {
        match data.arch {
            AUDIT_ARCH_X86_64 if data.nr.cast_unsigned() & X32_SYSCALL_BIT != 0 => Self::X32,
            AUDIT_ARCH_X86_64 => Self::X86_64,
            AUDIT_ARCH_I386 => Self::I386,
            AUDIT_ARCH_AARCH64 => Self::Aarch64,
            AUDIT_ARCH_ARM => Self::Arm,
            _ => Self::Unknown,
        }
    }

    /// Bytes of a pointer in the caller's memory.
    pub(crate) const fn pointer_bytes(self) -> usize {
        match self {
            Self::X32 | Self::I386 | Self::Arm => 4,
            Self::X86_64 | Self::Aarch64 | Self::Unknown => 8,
        }
    }

    /// What the call takes of its registers: a 64-bit process that makes a 32-bit call chooses high halves that do not count.
    pub(crate) fn arguments(self, data: &SeccompData) -> [u64; 6] {
        match self {
            Self::I386 | Self::Arm => data.args.map(|argument| argument & u64::from(u32::MAX)),
            Self::X86_64 | Self::X32 | Self::Aarch64 | Self::Unknown => data.args,
        }
    }

    /// Whether files are opened with the flags of arm, of which four differ from those of x86.
    pub(crate) const fn opens_as_arm(self) -> bool {
        matches!(self, Self::Aarch64 | Self::Arm)
    }
}
