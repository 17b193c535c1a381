//! What a filter returns, as the kernel reads it.

use std::fmt;

// linux/seccomp.h
const RET_KILL_PROCESS: u32 = 0x8000_0000;
const RET_KILL_THREAD: u32 = 0x0000_0000;
const RET_TRAP: u32 = 0x0003_0000;
const RET_ERRNO: u32 = 0x0005_0000;
const RET_USER_NOTIF: u32 = 0x7fc0_0000;
const RET_TRACE: u32 = 0x7ff0_0000;
const RET_LOG: u32 = 0x7ffc_0000;
const RET_ALLOW: u32 = 0x7fff_0000;
const RET_ACTION_FULL: u32 = 0xffff_0000;

/// `MAX_ERRNO` of `linux/err.h`.
const MAX_ERRNO: u16 = 4095;

/// A `SECCOMP_RET_*` value. Data that the kernel ignores is not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// The process dies of SIGSYS.
    KillProcess,
    /// The thread dies.
    KillThread,
    /// The thread gets SIGSYS with this data.
    Trap(u16),
    /// The call fails; see [`Action::errno`] for what the caller sees.
    Errno(u16),
    /// The supervisor is asked.
    Notify,
    /// The tracer is told, with this data.
    Trace(u16),
    /// The call runs and is logged.
    Log,
    /// The call runs.
    Allow,
}

impl Action {
    /// Reads a filter's return value; an action unknown to `__seccomp_filter` of `kernel/seccomp.c` kills the process.
    pub const fn from_raw(raw: u32) -> Self {
        let [_, _, high, low] = raw.to_be_bytes();
        let data = u16::from_be_bytes([high, low]);
        match raw & RET_ACTION_FULL {
            RET_ALLOW => Self::Allow,
            RET_ERRNO => Self::Errno(data),
            RET_USER_NOTIF => Self::Notify,
            RET_KILL_THREAD => Self::KillThread,
            RET_TRAP => Self::Trap(data),
            RET_TRACE => Self::Trace(data),
            RET_LOG => Self::Log,
            _ => Self::KillProcess,
        }
    }

    /// The value that a filter returns for this action.
    pub const fn raw(self) -> u32 {
        match self {
            Self::KillProcess => RET_KILL_PROCESS,
            Self::KillThread => RET_KILL_THREAD,
            Self::Trap(data) => RET_TRAP | widen(data),
            Self::Errno(data) => RET_ERRNO | widen(data),
            Self::Notify => RET_USER_NOTIF,
            Self::Trace(data) => RET_TRACE | widen(data),
            Self::Log => RET_LOG,
            Self::Allow => RET_ALLOW,
        }
    }

    /// Whether the call is refused in a way that a supervisor can imitate. TRAP and TRACE are not: a supervisor can
    /// neither send their SIGSYS nor wake their tracer.
    pub const fn is_denial(self) -> bool {
        matches!(self, Self::Errno(_) | Self::KillThread | Self::KillProcess)
    }

    /// Whether a call does not simply run: what is a denial, and what raises SIGSYS or stops for a tracer.
    pub const fn is_restriction(self) -> bool {
        self.is_denial() || matches!(self, Self::Trap(_) | Self::Trace(_))
    }

    /// What the caller finds in errno. `None`: no ERRNO action, or one with data 0, which the kernel turns into a call
    /// that is not made and returns 0.
    pub const fn errno(self) -> Option<Errno> {
        match self {
            Self::Errno(data) => Errno::clamped(data),
            _ => None,
        }
    }
}

/// `u32::from` is not callable in a constant.
const fn widen(data: u16) -> u32 {
    let [high, low] = data.to_be_bytes();
    u32::from_be_bytes([0, 0, high, low])
}

impl From<Errno> for Action {
    fn from(errno: Errno) -> Self {
        Self::Errno(errno.get())
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::KillProcess => f.write_str("kill process"),
            Self::KillThread => f.write_str("kill thread"),
            Self::Trap(data) => write!(f, "trap {data}"),
            Self::Errno(data) => write!(f, "errno {data}"),
            Self::Notify => f.write_str("notify"),
            Self::Trace(data) => write!(f, "trace {data}"),
            Self::Log => f.write_str("log"),
            Self::Allow => f.write_str("allow"),
        }
    }
}

/// An error number that a system call can return: 1 to 4095.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Errno(u16);

impl Errno {
    /// `EPERM` of `asm-generic/errno-base.h`.
    pub const EPERM: Self = Self(1);
    /// `EBUSY` of `asm-generic/errno-base.h`.
    pub const EBUSY: Self = Self(16);
    /// `ENOSYS` of `asm-generic/errno.h`.
    pub const ENOSYS: Self = Self(38);

    /// `None` outside 1 to 4095.
    pub fn new(value: impl TryInto<u16>) -> Option<Self> {
        value
            .try_into()
            .ok()
            .filter(|value| (1..=MAX_ERRNO).contains(value))
            .map(Self)
    }

    /// The errno of `SECCOMP_RET_ERRNO` data: `__seccomp_filter` lowers data above 4095 to 4095; 0 is no error.
    pub const fn clamped(data: u16) -> Option<Self> {
        match data {
            0 => None,
            1..=MAX_ERRNO => Some(Self(data)),
            _ => Some(Self(MAX_ERRNO)),
        }
    }

    /// The number.
    pub const fn get(self) -> u16 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raw_values_are_the_headers() {
        let pairs = [
            (0x8000_0000, Action::KillProcess),
            (0x0000_0000, Action::KillThread),
            (0x0003_0007, Action::Trap(7)),
            (0x0005_0026, Action::Errno(38)),
            (0x7fc0_0000, Action::Notify),
            (0x7ff0_0400, Action::Trace(1024)),
            (0x7ffc_0000, Action::Log),
            (0x7fff_0000, Action::Allow),
        ];
        for (raw, action) in pairs {
            assert_eq!(Action::from_raw(raw), action);
            assert_eq!(action.raw(), raw);
        }
    }

    #[test]
    fn unknown_actions_kill_the_process() {
        for raw in [0x0001_0000, 0x7ffd_0000, 0x7ffe_ffff, 0x8000_0001, 0xffff_ffff] {
            assert_eq!(Action::from_raw(raw), Action::KillProcess, "{raw:#x}");
        }
    }

    #[test]
    fn ignored_data_is_dropped() {
        assert_eq!(Action::from_raw(0x7fff_1234), Action::Allow);
        assert_eq!(Action::from_raw(0x7fc0_1234), Action::Notify);
        assert_eq!(Action::from_raw(0x0000_1234), Action::KillThread);
    }

    #[test]
    fn errno_data_is_clamped_and_zero_is_success() {
        assert_eq!(Action::from_raw(0x0005_ffff).errno().map(Errno::get), Some(4095));
        assert_eq!(Action::from_raw(0x0005_1000).errno().map(Errno::get), Some(4095));
        assert_eq!(Action::Errno(1).errno(), Some(Errno::EPERM));
        assert_eq!(Action::Errno(0).errno(), None);
        assert_eq!(Action::KillProcess.errno(), None);
    }

    #[test]
    fn errno_holds_1_to_4095() {
        assert_eq!(Errno::new(1_i32), Some(Errno::EPERM));
        assert_eq!(Errno::new(4095_u16).map(Errno::get), Some(4095));
        assert_eq!(Errno::new(0_u16), None);
        assert_eq!(Errno::new(4096_u16), None);
        assert_eq!(Errno::new(-1_i32), None);
        assert_eq!(Errno::new(65_537_u32), None);
    }

    #[test]
    fn only_errno_and_kill_are_denials() {
        let denials = [
            Action::Errno(0),
            Action::Errno(1),
            Action::KillThread,
            Action::KillProcess,
        ];
        assert!(denials.into_iter().all(Action::is_denial));
        let others = [
            Action::Trap(0),
            Action::Notify,
            Action::Trace(0),
            Action::Log,
            Action::Allow,
        ];
        assert!(!others.into_iter().any(Action::is_denial));
    }
}
