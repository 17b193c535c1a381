//! Whether two descriptors are one open file: the same listener served twice would freeze the loop.
//!
//! # Safety
//!
//! The unsafe blocks are one kcmp(2) and one fcntl(2) on borrowed, hence open, descriptors; both only compare.

#![allow(unsafe_code)]

use std::cmp::Ordering;
use std::os::fd::{AsRawFd, BorrowedFd};

/// `KCMP_FILE` (include/uapi/linux/kcmp.h).
const KCMP_FILE: libc::c_int = 0;
/// `F_DUPFD_QUERY` (include/uapi/linux/fcntl.h, Linux 6.10).
const F_DUPFD_QUERY: libc::c_int = 1024 + 3;

/// `kcmp(pid, pid, KCMP_FILE, a, b)`: the kernel's own stable order of open files; equal means the same one.
///
/// `None` where the kernel lacks kcmp (CONFIG_KCMP) or refuses it.
///
/// # References
/// - <https://man7.org/linux/man-pages/man2/kcmp.2.html>
#[must_use]
pub fn order(a: BorrowedFd<'_>, b: BorrowedFd<'_>) -> Option<Ordering> {
    let pid = rustix::process::getpid().as_raw_pid();
    // SAFETY: kcmp takes all its arguments by value and only compares.
    let result = unsafe { libc::syscall(libc::SYS_kcmp, pid, pid, KCMP_FILE, a.as_raw_fd(), b.as_raw_fd()) };
    match result {
        0 => Some(Ordering::Equal),
        1 => Some(Ordering::Less),
        2 => Some(Ordering::Greater),
        _ => None,
    }
}

/// `fcntl(a, F_DUPFD_QUERY, b)`: whether both are the same open file. `None` on kernels before 6.10.
///
/// # References
/// - <https://man7.org/linux/man-pages/man2/F_DUPFD_QUERY.2const.html>
#[must_use]
pub fn same(a: BorrowedFd<'_>, b: BorrowedFd<'_>) -> Option<bool> {
    // SAFETY: the request takes its argument by value and only compares.
    match unsafe { libc::fcntl(a.as_raw_fd(), F_DUPFD_QUERY, b.as_raw_fd()) } {
        0 => Some(false),
        1 => Some(true),
        _ => None,
    }
}
