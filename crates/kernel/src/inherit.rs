//! Descriptors that this process was started with.
//!
//! # Safety
//!
//! One fcntl(2) by number: it only makes another descriptor, which is ours alone; a number that is not open is refused.
//! One close_range(2), for a program that has opened nothing yet.
//! One close(2), of a number that a service manager passed (sd_listen_fds(3)) and that nothing else here uses.

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

/// `close_range(3, ~0, 0)`: closes what a program was started with beside standard input, output and error. To be called
/// before it opens anything. Kernels before 5.9 leave everything open.
///
/// # References
/// - <https://man7.org/linux/man-pages/man2/close_range.2.html>
pub fn close_all_but_standard() {
    // SAFETY: the arguments go by value, and what is closed has no owner in a program that has opened nothing.
    unsafe { libc::syscall(libc::SYS_close_range, 3_u32, u32::MAX, 0_u32) };
}

/// Takes a descriptor over that a service manager passed for good: its number is free afterwards.
///
/// # References
/// - <https://man7.org/linux/man-pages/man3/sd_listen_fds.3.html>
pub fn take_over(fd: RawFd) -> Result<OwnedFd, Errno> {
    let own = duplicate(fd)?;
    // SAFETY: close(2) touches no memory; the caller says that nobody else here knows the number.
    unsafe { libc::close(fd) };
    Ok(own)
}
