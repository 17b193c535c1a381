//! What is said to the service manager, and its store for descriptors: sd_notify(3), sd_pid_notify_with_fds(3).

use std::io::IoSlice;
use std::mem::MaybeUninit;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::time::Duration;

use rustix::io::Errno;
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{
    AddressFamily, SendAncillaryBuffer, SendAncillaryMessage, SendFlags, SocketAddrUnix, SocketFlags, SocketType,
    sendmsg_addr, socket_with,
};

/// Longest time that a busy service manager is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// The service manager that started this process.
#[derive(Debug)]
pub struct ServiceManager {
    socket: OwnedFd,
    address: SocketAddrUnix,
}

impl ServiceManager {
    /// The one whose socket has this address, as in NOTIFY_SOCKET: a path, or `@` and an abstract name.
    pub fn at(address: &str) -> Result<Self, Errno> {
        let address = match address.strip_prefix('@') {
            Some(name) => SocketAddrUnix::new_abstract_name(name.as_bytes())?,
            None if address.starts_with('/') => SocketAddrUnix::new(address)?,
            None => return Err(Errno::AFNOSUPPORT),
        };
        let socket = socket_with(AddressFamily::UNIX, SocketType::DGRAM, SocketFlags::CLOEXEC, None)?;
        set_socket_timeout(&socket, Timeout::Send, Some(PATIENCE))?;
        Ok(Self { socket, address })
    }

    /// Says something, `READY=1` for example.
    pub fn tell(&self, text: &str) -> Result<(), Errno> {
        self.send(text, &[], SendFlags::NOSIGNAL)
    }

    /// Gives it a duplicate of a descriptor, which comes back under this name when we are started again. It drops by
    /// itself what hangs up.
    pub(crate) fn store(&self, name: &str, fd: BorrowedFd<'_>) -> Result<(), Errno> {
        self.send(&format!("FDSTORE=1\nFDNAME={name}"), &[fd], SendFlags::NOSIGNAL)
    }

    /// Lets it forget a descriptor, without waiting for it.
    pub(crate) fn remove(&self, name: &str) -> Result<(), Errno> {
        let flags = SendFlags::NOSIGNAL | SendFlags::DONTWAIT;
        self.send(&format!("FDSTOREREMOVE=1\nFDNAME={name}"), &[], flags)
    }

    fn send(&self, text: &str, fds: &[BorrowedFd<'_>], flags: SendFlags) -> Result<(), Errno> {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut ancillary = SendAncillaryBuffer::new(&mut space);
        if !fds.is_empty() && !ancillary.push(SendAncillaryMessage::ScmRights(fds)) {
            return Err(Errno::INVAL);
        }
        let text = [IoSlice::new(text.as_bytes())];
        sendmsg_addr(&self.socket, &self.address, &text, &mut ancillary, flags).map(drop)
    }
}
