//! Receiving and answering notifications: the ioctls of seccomp_unotify(2).
//!
//! # Safety
//!
//! Every unsafe block here is one ioctl on a borrowed, hence open, descriptor. The kernel writes at most the size that
//! it reported by SECCOMP_GET_NOTIF_SIZES, and the buffers are at least that long ([`Sizes::query`]). A descriptor that
//! is no listener makes the kernel refuse the request (ENOTTY), which is harmless.

#![allow(unsafe_code)]

use std::os::fd::{AsRawFd, BorrowedFd};

use notifyd_bpf::{Errno as ErrnoAnswer, SeccompData};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use crate::Error;

/// Most bytes a kernel may report for one structure; far above the 80 of Linux 5.0 to 7.3.
pub const MAX_BYTES: usize = 4096;

/// `SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP` (include/uapi/linux/seccomp.h, Linux 6.6); missing in crate libc.
const SYNC_WAKE_UP: u64 = 1;

/// `SECCOMP_USER_NOTIF_FLAG_CONTINUE` (include/uapi/linux/seccomp.h, Linux 5.5).
const FLAG_CONTINUE: u32 = 1;

/// How large the running kernel's structures are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    notification: usize,
    response: usize,
}

impl Sizes {
    /// `seccomp(SECCOMP_GET_NOTIF_SIZES, 0, &sizes)`: asks the kernel once.
    ///
    /// # References
    /// - <https://man7.org/linux/man-pages/man2/seccomp.2.html>
    pub fn query() -> Result<Self, Error> {
        let mut sizes = libc::seccomp_notif_sizes {
            seccomp_notif: 0,
            seccomp_notif_resp: 0,
            seccomp_data: 0,
        };
        // SAFETY: the kernel writes one seccomp_notif_sizes to the pointer, which is ours alone and of that type.
        let result = unsafe { libc::syscall(libc::SYS_seccomp, libc::SECCOMP_GET_NOTIF_SIZES, 0, &raw mut sizes) };
        if result != 0 {
            return Err(Error::Sizes(last_errno()));
        }
        Self::of(usize::from(sizes.seccomp_notif), usize::from(sizes.seccomp_notif_resp))
    }

    /// Sizes as a kernel might report them: never smaller than the structures known here, never beyond [`MAX_BYTES`].
    pub fn of(notification: usize, response: usize) -> Result<Self, Error> {
        let larger = notification.max(response);
        if larger > MAX_BYTES {
            return Err(Error::SizeOutOfBounds(larger));
        }
        Ok(Self {
            notification: notification.max(size_of::<libc::seccomp_notif>()),
            response: response.max(size_of::<libc::seccomp_notif_resp>()),
        })
    }

    /// The same with `extra` bytes more, as a future kernel may report.
    pub fn grown_by(self, extra: usize) -> Result<Self, Error> {
        Self::of(self.notification + extra, self.response + extra)
    }
}

/// Id of one waiting call; unique per listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NotificationId(pub u64);

/// A thread id in our pid namespace; `None` in [`Notification::target`] where the target is outside of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TargetTid(pub u32);

/// One waiting call.
#[derive(Clone, Copy, Debug)]
pub struct Notification {
    /// For the answer.
    pub id: NotificationId,
    /// The waiting thread. It may be gone, and the number may name another, unless the id is still valid.
    pub target: Option<TargetTid>,
    /// What the filter saw.
    pub data: SeccompData,
}

/// What receiving came to. All but `Failed` is weather.
#[derive(Debug)]
pub enum Received {
    /// A call waits for its answer.
    Notification(Notification),
    /// ENOENT: the target was killed or interrupted before we received.
    Gone,
    /// EINTR: a signal reached this thread.
    Interrupted,
    /// The descriptor is of no use any more.
    Failed(Errno),
}

/// What sending came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// The target has its answer.
    Answered,
    /// ENOENT: the target was killed or interrupted while it waited.
    Gone,
    /// The kernel refused the answer.
    Failed(Errno),
}

/// An answer that the kernel takes as meant: no wrong sign, no number outside the errno range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The call returns -1 with this errno.
    Errno(ErrnoAnswer),
    /// The call returns 0 without being made, as SECCOMP_RET_ERRNO with data 0 does.
    Zero,
    /// The kernel executes the call.
    Continue,
}

/// The buffers of one receiving thread.
pub struct Buffers {
    notification: Vec<u64>,
    response: Vec<u64>,
}

impl Buffers {
    /// Buffers for the sizes of the running kernel.
    #[must_use]
    pub fn new(sizes: Sizes) -> Self {
        Self {
            notification: vec![0; sizes.notification.div_ceil(8)],
            response: vec![0; sizes.response.div_ceil(8)],
        }
    }

    /// `ioctl(fd, SECCOMP_IOCTL_NOTIF_RECV, &buffer)`: takes one notification into a zeroed buffer.
    ///
    /// Blocks when none waits, whatever O_NONBLOCK says: call it once per fresh EPOLLIN, and from one thread only.
    ///
    /// # References
    /// - <https://man7.org/linux/man-pages/man2/seccomp_unotify.2.html>
    pub fn receive(&mut self, listener: BorrowedFd<'_>) -> Received {
        self.notification.fill(0);
        let buffer = self.notification.as_mut_ptr();
        // SAFETY: the kernel writes one seccomp_notif of at most its reported size; the buffer is at least that long.
        let result = unsafe { libc::ioctl(listener.as_raw_fd(), libc::SECCOMP_IOCTL_NOTIF_RECV, buffer) };
        if result == 0 {
            return Received::Notification(decode(&self.notification));
        }
        match last_errno() {
            Errno::NOENT => Received::Gone,
            Errno::INTR => Received::Interrupted,
            other => Received::Failed(other),
        }
    }

    /// `ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, &response)`: answers one notification; does not block.
    ///
    /// # References
    /// - <https://man7.org/linux/man-pages/man2/seccomp_unotify.2.html>
    pub fn send(&mut self, listener: BorrowedFd<'_>, id: NotificationId, answer: Answer) -> Sent {
        encode(&mut self.response, id, answer);
        let response = self.response.as_mut_ptr();
        // SAFETY: the kernel reads one seccomp_notif_resp of at most its reported size; the buffer is at least that long.
        let result = unsafe { libc::ioctl(listener.as_raw_fd(), libc::SECCOMP_IOCTL_NOTIF_SEND, response) };
        if result == 0 {
            return Sent::Answered;
        }
        match last_errno() {
            Errno::NOENT => Sent::Gone,
            other => Sent::Failed(other),
        }
    }
}

/// `ioctl(fd, SECCOMP_IOCTL_NOTIF_ID_VALID, &id)`: whether the target still waits. Ask after reading anything about it.
///
/// # References
/// - <https://man7.org/linux/man-pages/man2/seccomp_unotify.2.html>
#[must_use]
pub fn is_waiting(listener: BorrowedFd<'_>, id: NotificationId) -> bool {
    // SAFETY: the kernel reads one u64, which lives until the call returns.
    unsafe {
        libc::ioctl(
            listener.as_raw_fd(),
            libc::SECCOMP_IOCTL_NOTIF_ID_VALID,
            &raw const id.0,
        ) == 0
    }
}

/// `poll(fd, POLLOUT)`: whether a call waits that somebody received and has not answered.
#[must_use]
pub fn awaits_answer(listener: BorrowedFd<'_>) -> bool {
    let mut fds = [PollFd::new(&listener, PollFlags::OUT)];
    let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
    let ready = poll(&mut fds, Some(&at_once)).is_ok();
    ready && fds.iter().any(|fd| fd.revents().contains(PollFlags::OUT))
}

/// Whether the descriptor is a seccomp listener: only such a file knows the request and misses the id (ENOENT).
#[must_use]
pub fn is_listener(fd: BorrowedFd<'_>) -> bool {
    let unknown = 0_u64;
    // SAFETY: the kernel reads one u64, which lives until the call returns; other files refuse the request (ENOTTY).
    let result = unsafe { libc::ioctl(fd.as_raw_fd(), libc::SECCOMP_IOCTL_NOTIF_ID_VALID, &raw const unknown) };
    result == 0 || last_errno() == Errno::NOENT
}

/// `ioctl(fd, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SYNC_WAKE_UP)`: asks that target and supervisor wake each other on one CPU.
///
/// Returns whether the kernel has it (Linux 6.6).
pub fn wake_synchronously(listener: BorrowedFd<'_>) -> bool {
    // SAFETY: the request takes its argument by value.
    unsafe { libc::ioctl(listener.as_raw_fd(), libc::SECCOMP_IOCTL_NOTIF_SET_FLAGS, SYNC_WAKE_UP) == 0 }
}

fn last_errno() -> Errno {
    Errno::from_io_error(&std::io::Error::last_os_error()).unwrap_or(Errno::IO)
}

/// struct seccomp_notif { u64 id; u32 pid; u32 flags; struct seccomp_data { int nr; u32 arch; u64 ip; u64 args[6]; } }
fn decode(words: &[u64]) -> Notification {
    let word = |index: usize| words.get(index).copied().unwrap_or(0);
    let halves = |index: usize| {
        let [a, b, c, d, e, f, g, h] = word(index).to_ne_bytes();
        (u32::from_ne_bytes([a, b, c, d]), u32::from_ne_bytes([e, f, g, h]))
    };
    let (pid, _flags) = halves(1);
    let (number, arch) = halves(2);
    Notification {
        id: NotificationId(word(0)),
        target: (pid != 0).then_some(TargetTid(pid)),
        data: SeccompData {
            nr: number.cast_signed(),
            arch,
            instruction_pointer: word(3),
            args: [word(4), word(5), word(6), word(7), word(8), word(9)],
        },
    }
}

/// struct seccomp_notif_resp { u64 id; s64 val; s32 error; u32 flags; }
fn encode(words: &mut [u64], id: NotificationId, answer: Answer) {
    let (error, flags) = match answer {
        Answer::Errno(errno) => (-i32::from(errno.get()), 0),
        Answer::Zero => (0, 0),
        Answer::Continue => (0, FLAG_CONTINUE),
    };
    let [a, b, c, d] = error.to_ne_bytes();
    let [e, f, g, h] = flags.to_ne_bytes();
    for (word, value) in words
        .iter_mut()
        .zip([id.0, 0, u64::from_ne_bytes([a, b, c, d, e, f, g, h])])
    {
        *word = value;
    }
}
