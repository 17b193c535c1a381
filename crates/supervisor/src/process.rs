//! What /proc tells of a process. None of these files involves the process's memory, so none can make the reader wait.

use std::fs;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::MetadataExt;

use notifyd_kernel::notify::{NotificationId, TargetTid, is_waiting};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::UCred;
use rustix::process::{
    Gid, Pid, PidfdFlags, PidfdGetfdFlags, Signal, Uid, getpid, pidfd_getfd, pidfd_open, pidfd_send_signal,
};
use serde::{Deserialize, Serialize};

/// SIGSYS (31) in the masks of /proc/PID/status.
const SIGSYS_BIT: u64 = 1 << 30;

/// A process held by its pidfd: what it names cannot become another process.
#[derive(Debug)]
pub struct Process {
    /// Its number while it lives, in our pid namespace.
    pub pid: u32,
    /// Clock ticks from the machine's start to the process's; with the pid it tells processes apart.
    pub start_ticks: u64,
    /// Device and inode of its pid namespace.
    pub pid_namespace: Option<(u64, u64)>,
    pidfd: OwnedFd,
}

/// An executable by device, inode and size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Executable {
    file: (u64, u64),
    size: u64,
}

impl Executable {
    /// Whether it may be a copy of the other, as far as their sizes tell.
    #[must_use]
    pub fn is_copy_of(self, other: Self) -> bool {
        self.size == other.size
    }
}

impl Process {
    /// Takes hold of a process by a number that somebody told us. The error says why it is not trusted.
    pub fn take(pid: i32) -> Result<Self, String> {
        let number = u32::try_from(pid).ok().filter(|number| *number > 1);
        let number = number.ok_or_else(|| format!("the runtime gives {pid} as its pid"))?;
        if is_self_or_ancestor(number) {
            return Err(format!(
                "the runtime gives pid {number}, which is this program or one that started it"
            ));
        }
        let handle = Pid::from_raw(pid).ok_or_else(|| format!("{pid} is no pid"))?;
        let pidfd =
            pidfd_open(handle, PidfdFlags::empty()).map_err(|error| format!("cannot open process {pid}: {error}"))?;
        let start_ticks = stat(number)
            .map(|stat| stat.start_ticks)
            .ok_or_else(|| format!("process {pid} cannot be read"))?;
        let process = Self {
            pid: number,
            start_ticks,
            pid_namespace: identity(&format!("/proc/{number}/ns/pid")),
            pidfd,
        };
        // What was read is this process's only if it still lives.
        if process.has_ended() {
            Err(format!("process {pid} has ended already"))
        } else {
            Ok(process)
        }
    }

    /// Whether it has ended.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        let timeout = Timespec { tv_sec: 0, tv_nsec: 0 };
        let mut fds = [PollFd::new(&self.pidfd, PollFlags::IN)];
        matches!(poll(&mut fds, Some(&timeout)), Ok(ready) if ready > 0)
    }

    /// Sends it a signal; false if it is gone or the kernel refuses.
    #[must_use]
    pub fn signal(&self, signal: Signal) -> bool {
        pidfd_send_signal(self.pidfd.as_fd(), signal).is_ok()
    }

    /// The process's own open file description, as if it had sent us the descriptor of that number.
    pub fn descriptor(&self, number: i32) -> Result<OwnedFd, Errno> {
        pidfd_getfd(&self.pidfd, number, PidfdGetfdFlags::empty())
    }

    /// What a peer learns of whoever writes to it, if the process did; `None` once it has ended.
    #[must_use]
    pub fn credentials(&self) -> Option<UCred> {
        let status = Status::read(self.pid).filter(|_| !self.has_ended())?;
        Some(UCred {
            pid: Pid::from_raw(i32::try_from(self.pid).ok()?)?,
            uid: Uid::from_raw(status.uid),
            gid: Gid::from_raw(status.gid),
        })
    }

    /// Whether the thread is one of this process's own.
    #[must_use]
    pub fn has_thread(&self, tid: TargetTid) -> bool {
        self.mark().has_thread(tid)
    }

    /// To recognise it by, without holding a descriptor.
    #[must_use]
    pub fn mark(&self) -> Mark {
        Mark {
            pid: self.pid,
            start_ticks: self.start_ticks,
        }
    }
}

/// Tells a process from any other that had or will have its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mark {
    pid: u32,
    start_ticks: u64,
}

impl Mark {
    /// Takes hold of the marked process again. The error says why that is not possible.
    pub fn take(self) -> Result<Process, String> {
        let pid = i32::try_from(self.pid).map_err(|_| format!("{} is no pid", self.pid))?;
        let process = Process::take(pid)?;
        if process.start_ticks == self.start_ticks {
            Ok(process)
        } else {
            Err(format!("process {pid} has ended, and another one has its number"))
        }
    }

    /// The marked process's executable.
    #[must_use]
    pub fn executable(self) -> Option<Executable> {
        executable(self.pid)
    }

    /// Whether the thread is one of the marked process's own.
    #[must_use]
    pub fn has_thread(self, tid: TargetTid) -> bool {
        let same = stat(self.pid).is_some_and(|stat| stat.start_ticks == self.start_ticks);
        same && fs::metadata(format!("/proc/{}/task/{}", self.pid, tid.0)).is_ok()
    }
}

/// The executable that a process or thread runs.
#[must_use]
pub fn executable(pid: u32) -> Option<Executable> {
    let metadata = fs::metadata(format!("/proc/{pid}/exe")).ok()?;
    Some(Executable {
        file: (metadata.dev(), metadata.ino()),
        size: metadata.size(),
    })
}

/// Device and inode of a process's or thread's pid namespace.
#[must_use]
pub fn pid_namespace(pid: u32) -> Option<(u64, u64)> {
    identity(&format!("/proc/{pid}/ns/pid"))
}

/// The text of /proc/PID/cgroup.
#[must_use]
pub fn cgroups(pid: u32) -> Option<String> {
    fs::read_to_string(format!("/proc/{pid}/cgroup")).ok()
}

/// Kills the process of a waiting thread as SECCOMP_RET_KILL_PROCESS would, as nearly as a supervisor can.
///
/// SIGSYS where that kills, so that the wait status is the same; SIGKILL where the process blocks, ignores or catches it,
/// or is the init of its pid namespace, which default actions do not kill (pid_namespaces(7)).
pub fn kill_waiting(listener: BorrowedFd<'_>, id: NotificationId, tid: TargetTid) -> bool {
    let Some(status) = Status::read(tid.0) else {
        return false;
    };
    let Some(pid) = i32::try_from(status.tgid).ok().and_then(Pid::from_raw) else {
        return false;
    };
    let Ok(pidfd) = pidfd_open(pid, PidfdFlags::empty()) else {
        return false;
    };
    // While the notification is valid its thread lives, so what was read and opened above is that thread's process.
    if pid == getpid() || !is_waiting(listener, id) {
        return false;
    }
    let signal = if status.survives_sigsys() {
        Signal::KILL
    } else {
        Signal::SYS
    };
    pidfd_send_signal(&pidfd, signal).is_ok()
}

/// Direct children by parent: one pass over /proc.
pub(crate) fn parents() -> Vec<(u32, u32)> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    let pids = entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter_map(|pid| Some((pid, stat(pid)?.parent))).collect()
}

/// The process of a thread.
pub(crate) fn process_of(tid: TargetTid) -> Option<u32> {
    Status::read(tid.0).map(|status| status.tgid)
}

struct Status {
    tgid: u32,
    /// Effective ones.
    uid: u32,
    gid: u32,
    sigsys_masked: bool,
    is_namespace_init: bool,
}

impl Status {
    fn read(tid: u32) -> Option<Self> {
        let text = fs::read_to_string(format!("/proc/{tid}/status")).ok()?;
        let field = |name: &str| {
            text.lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
                .map(str::trim)
        };
        let masked = |name| {
            field(name)
                .and_then(|mask| u64::from_str_radix(mask, 16).ok())
                .is_some_and(|mask| mask & SIGSYS_BIT != 0)
        };
        let effective = |name| field(name).and_then(|ids| ids.split_whitespace().nth(1)?.parse().ok());
        Some(Self {
            tgid: field("Tgid")?.parse().ok()?,
            uid: effective("Uid")?,
            gid: effective("Gid")?,
            sigsys_masked: masked("SigBlk") || masked("SigIgn") || masked("SigCgt"),
            is_namespace_init: field("NStgid").and_then(|ids| ids.split_whitespace().last()) == Some("1"),
        })
    }

    fn survives_sigsys(&self) -> bool {
        self.sigsys_masked || self.is_namespace_init
    }
}

struct Stat {
    parent: u32,
    start_ticks: u64,
}

/// Fields 4 and 22 of /proc/PID/stat; the second field, in parentheses, may hold anything (proc_pid_stat(5)).
///
/// The file of the thread has the same two and no sums over all threads, which take a millisecond for 10,000 of them.
fn stat(pid: u32) -> Option<Stat> {
    let text = fs::read_to_string(format!("/proc/{pid}/task/{pid}/stat")).ok()?;
    let (_, after_name) = text.rsplit_once(')')?;
    let mut fields = after_name.split_whitespace();
    let parent = fields.nth(1)?.parse().ok()?;
    let start_ticks = fields.nth(17)?.parse().ok()?;
    Some(Stat { parent, start_ticks })
}

fn is_self_or_ancestor(pid: u32) -> bool {
    let mut current = u32::try_from(getpid().as_raw_pid()).ok();
    while let Some(number) = current.filter(|number| *number > 0) {
        if number == pid {
            return true;
        }
        current = stat(number).map(|stat| stat.parent);
    }
    false
}

fn identity(path: &str) -> Option<(u64, u64)> {
    fs::metadata(path).ok().map(|metadata| (metadata.dev(), metadata.ino()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn numbers_that_can_only_be_wrong_are_not_taken() {
        let own = getpid().as_raw_pid();
        let parent = rustix::process::getppid().unwrap().as_raw_pid();
        for pid in [0, 1, -1, i32::MIN, own, parent] {
            assert!(Process::take(pid).is_err(), "{pid}");
        }
    }

    #[test]
    fn a_process_is_held_until_after_its_end() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let process = Process::take(i32::try_from(child.id()).unwrap()).unwrap();
        assert!(!process.has_ended());
        assert!(process.signal(Signal::KILL));
        child.wait().unwrap();
        assert!(process.has_ended());
        assert!(
            !process.signal(Signal::KILL),
            "a reaped process cannot be signalled through its pidfd"
        );
    }

    #[test]
    fn a_process_is_taken_again_by_its_mark_and_another_with_its_number_is_not() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let mark = Process::take(i32::try_from(child.id()).unwrap()).unwrap().mark();
        assert_eq!(mark.take().unwrap().pid, child.id());
        let other = Mark {
            start_ticks: mark.start_ticks + 1,
            ..mark
        };
        assert!(other.take().unwrap_err().contains("another one has its number"));
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(mark.take().is_err());
    }

    #[test]
    fn an_ended_process_is_not_taken() {
        let mut child = std::process::Command::new("true").spawn().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(200));
        assert!(Process::take(i32::try_from(child.id()).unwrap()).is_err());
        child.wait().unwrap();
    }
}
