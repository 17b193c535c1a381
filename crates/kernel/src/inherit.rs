//! Descriptors that this process was started with.
//!
//! # Safety
//!
//! One fcntl(2) by number: it only makes another descriptor, which is ours alone; a number that is not open is refused.

#![allow(unsafe_code)]

use std::os::fd::{FromRawFd, OwnedFd, RawFd};

use rustix::io::Errno;

/// `fcntl(fd, F_DUPFD_CLOEXEC, 0)`: an own descriptor for an inherited one.
///
/// # References
/// - <https://man7.org/linux/man-pages/man2/fcntl.2.html>
pub fn duplicate(fd: RawFd) -> Result<OwnedFd, Errno> {
    // SAFETY: the request takes its arguments by value and touches no memory.
    let copy = unsafe { libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, 0) };
    if copy < 0 {
        return Err(Errno::from_io_error(&std::io::Error::last_os_error()).unwrap_or(Errno::BADF));
    }
    // SAFETY: the kernel just made this descriptor, and nobody else knows of it.
    Ok(unsafe { OwnedFd::from_raw_fd(copy) })
}
