//! What a runtime makes of a profile beyond what libseccomp does.

use std::fmt;
use std::str::FromStr;

use crate::Error;
use crate::record::HANDLER_RETURNS;

/// The runtime that is to load a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Runtime {
    /// opencontainers/runc, measured with 1.1.5.
    Runc,
    /// containers/crun, measured with 1.8.1.
    Crun,
}

/// What runc's init calls between loading the filter and executing the program; measured with a profile that notifies
/// all calls.
const RUNC_CALLS: [&str; 24] = [
    "write",
    "prctl",
    "close",
    "openat",
    "read",
    "getdents64",
    "fcntl",
    "epoll_ctl",
    "fstat",
    "fstatfs",
    "capget",
    "execve",
    "futex",
    "getpid",
    "newfstatat",
    "chdir",
    "setgroups",
    "setgid",
    "setuid",
    "getcwd",
    "capset",
    "getppid",
    "faccessat2",
    "rt_sigreturn",
];
/// What the runtime of the language that runc is written in may call at any time, on the thread that has the filter too: for
/// memory, for other threads, for signals. Threads are started by another one, so `clone` is not among them.
const GO_CALLS: [&str; 19] = [
    "clock_gettime",
    "epoll_pwait",
    "futex",
    "getpid",
    "gettid",
    "madvise",
    "mmap",
    "mprotect",
    "munmap",
    "nanosleep",
    "prctl",
    "restart_syscall",
    "rt_sigaction",
    "rt_sigprocmask",
    "rt_sigreturn",
    "sched_yield",
    "sigaltstack",
    "tgkill",
    "write",
];
/// The same of crun.
const CRUN_CALLS: [&str; 12] = [
    "rt_sigaction",
    "prctl",
    "close",
    "wait4",
    "kill",
    "munmap",
    "execve",
    "setresgid",
    "setresuid",
    "capset",
    "rt_sigprocmask",
    "write",
];

impl Runtime {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Runc, Self::Crun];

    /// Name of its executable.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Runc => "runc",
            Self::Crun => "crun",
        }
    }

    /// Calls that it needs before anybody can answer a notification. runc's init tells its parent with `write` that there
    /// is a listener, and refuses a profile that notifies it; crun hands over by a process without the filter.
    pub(crate) const fn unanswerable(self) -> &'static [&'static str] {
        match self {
            Self::Runc => &["write"],
            Self::Crun => &[],
        }
    }

    /// Calls that it may make before anybody can answer a notification, and returns from handlers of signals: another signal makes
    /// a call fail that nobody has received yet, and a program crashes where that return fails. Where all others notify, these do only if they are
    /// denied; a recorded profile allows them, seen or not.
    pub(crate) const fn unrecordable(self) -> &'static [&'static str] {
        match self {
            Self::Runc => &GO_CALLS,
            Self::Crun => &HANDLER_RETURNS,
        }
    }

    /// Calls that it makes itself once the filter is loaded. A profile that denies one may keep a container from starting.
    pub const fn own_calls(self) -> &'static [&'static str] {
        match self {
            Self::Runc => &RUNC_CALLS,
            Self::Crun => &CRUN_CALLS,
        }
    }

    /// Whether it answers numbers above all that a profile names with ENOSYS, in front of the profile's program.
    pub(crate) const fn answers_newer_numbers(self) -> bool {
        matches!(self, Self::Runc)
    }
}

impl fmt::Display for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Runtime {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        let mut all = Self::ALL.into_iter();
        all.find(|runtime| runtime.name() == name)
            .ok_or_else(|| Error::UnknownRuntime { name: name.to_owned() })
    }
}
