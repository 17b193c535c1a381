//! Who connected to a unix socket.
//!
//! # Safety
//!
//! One getsockopt(2) on a borrowed, hence open, descriptor, into a structure of the size that is told.

#![allow(unsafe_code)]

use std::os::fd::{AsRawFd, BorrowedFd};

use rustix::io::Errno;

/// The peer as of its connect(2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Its pid; `None` if it is outside our pid namespace. (rustix's `UCred` cannot hold that 0.)
    pub pid: Option<u32>,
    /// Its effective user id.
    pub uid: u32,
}

/// `getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &length)`: the credentials of the connected peer.
///
/// # References
/// - <https://man7.org/linux/man-pages/man7/unix.7.html>
pub fn peer_of(socket: BorrowedFd<'_>) -> Result<Peer, Errno> {
    let mut credentials = libc::ucred {
        pid: 0,
        uid: u32::MAX,
        gid: u32::MAX,
    };
    let mut length = libc::socklen_t::try_from(size_of::<libc::ucred>()).map_err(|_| Errno::INVAL)?;
    let (level, name) = (libc::SOL_SOCKET, libc::SO_PEERCRED);
    let place = (&raw mut credentials).cast();
    // SAFETY: the kernel writes at most `length` bytes, the size of the structure, to it.
    let result = unsafe { libc::getsockopt(socket.as_raw_fd(), level, name, place, &raw mut length) };
    if result != 0 {
        return Err(Errno::from_io_error(&std::io::Error::last_os_error()).unwrap_or(Errno::IO));
    }
    Ok(Peer {
        pid: u32::try_from(credentials.pid).ok().filter(|pid| *pid != 0),
        uid: credentials.uid,
    })
}
