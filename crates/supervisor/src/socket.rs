//! The socket on which runtimes hand listeners over.
//!
//! Its path never exists without somebody listening, is never wider than 0600, and a live owner's is never taken.

use std::fs::{self, File};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, Mode, flock};
use rustix::io::Errno;
use rustix::net::{
    AddressFamily, SocketAddrUnix, SocketFlags, SocketType, bind, connect, listen, socket_with, sockopt,
};

use crate::Error;

/// Containers that start while the node boots queue here; the kernel lowers it to net.core.somaxconn.
const BACKLOG: i32 = 4096;

/// A listening socket, and its path if we made it.
pub(crate) struct ListeningSocket {
    socket: OwnedFd,
    _owned: Option<OwnedPath>,
}

/// Removed at the end if it is still ours.
struct OwnedPath {
    path: PathBuf,
    identity: (u64, u64),
    // Held as long as the socket; two daemons that start at once must not both find it stale.
    _lock: File,
}

impl ListeningSocket {
    /// Binds beside the path, in a folder that only we can enter, listens, and then moves it there.
    pub(crate) fn bind(path: &Path) -> Result<Self, Error> {
        let failed = |source| Error::Bind {
            path: path.to_owned(),
            source,
        };
        let directory = path
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        let name = path.file_name().ok_or_else(|| failed(Errno::INVAL))?;
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(directory)
            .map_err(|error| failed(raw(&error)))?;
        let lock = lock(path)?;
        check_stale(path)?;
        let temporary = TemporaryDirectory::beside(directory, name).map_err(|error| failed(raw(&error)))?;
        let socket = stream_socket().map_err(failed)?;
        let bound = temporary.path.join("s");
        bind(&socket, &temporary.address("s").map_err(failed)?).map_err(failed)?;
        rustix::fs::chmod(&bound, Mode::RUSR | Mode::WUSR).map_err(failed)?;
        listen(&socket, BACKLOG).map_err(failed)?;
        let metadata = fs::metadata(&bound).map_err(|error| failed(raw(&error)))?;
        fs::rename(&bound, path).map_err(|error| failed(raw(&error)))?;
        let owned = OwnedPath {
            path: path.to_owned(),
            identity: (metadata.dev(), metadata.ino()),
            _lock: lock,
        };
        Ok(Self {
            socket,
            _owned: Some(owned),
        })
    }

    /// Takes a socket over that a service manager listens on.
    pub(crate) fn inherited(socket: OwnedFd) -> Result<Self, Error> {
        let number = socket.as_raw_fd();
        let is_unix_stream = sockopt::socket_domain(&socket) == Ok(AddressFamily::UNIX)
            && sockopt::socket_type(&socket) == Ok(SocketType::STREAM);
        if !is_unix_stream || sockopt::socket_acceptconn(&socket) != Ok(true) {
            return Err(Error::NotAListeningSocket(number));
        }
        rustix::io::ioctl_fionbio(&socket, true).map_err(Error::Loop)?;
        rustix::io::fcntl_setfd(&socket, rustix::io::FdFlags::CLOEXEC).map_err(Error::Loop)?;
        Ok(Self { socket, _owned: None })
    }
}

impl AsFd for ListeningSocket {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl Drop for OwnedPath {
    fn drop(&mut self) {
        let current = fs::symlink_metadata(&self.path).map(|metadata| (metadata.dev(), metadata.ino()));
        if current.is_ok_and(|current| current == self.identity) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn lock(path: &Path) -> Result<File, Error> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let failed = |source| Error::Bind {
        path: path.to_owned(),
        source,
    };
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(name)
        .map_err(|error| failed(raw(&error)))?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(file),
        Err(Errno::WOULDBLOCK) => Err(Error::SocketInUse(path.to_owned())),
        Err(errno) => Err(failed(errno)),
    }
}

/// Only a socket that nobody listens on may be replaced.
fn check_stale(path: &Path) -> Result<(), Error> {
    let Ok(metadata) = fs::symlink_metadata(path) else {
        return Ok(());
    };
    if !metadata.file_type().is_socket() {
        return Err(Error::NotASocket(path.to_owned()));
    }
    let failed = |source| Error::Bind {
        path: path.to_owned(),
        source,
    };
    let probe = stream_socket().map_err(failed)?;
    let address = SocketAddrUnix::new(path).map_err(failed)?;
    match connect(&probe, &address) {
        Err(Errno::CONNREFUSED | Errno::NOENT) => Ok(()),
        // A full backlog (EAGAIN) has an owner too.
        Ok(()) | Err(Errno::AGAIN | Errno::INPROGRESS) => Err(Error::SocketInUse(path.to_owned())),
        Err(errno) => Err(failed(errno)),
    }
}

fn stream_socket() -> Result<OwnedFd, Errno> {
    socket_with(
        AddressFamily::UNIX,
        SocketType::STREAM,
        SocketFlags::CLOEXEC | SocketFlags::NONBLOCK,
        None,
    )
}

struct TemporaryDirectory {
    path: PathBuf,
    handle: File,
}

impl TemporaryDirectory {
    fn beside(directory: &Path, name: &std::ffi::OsStr) -> std::io::Result<Self> {
        let mut hidden = std::ffi::OsString::from(".");
        hidden.push(name);
        hidden.push(format!(".{}", std::process::id()));
        let path = directory.join(hidden);
        // Left behind by a process of the same number that was killed here.
        let _ = fs::remove_dir_all(&path);
        fs::DirBuilder::new().mode(0o700).create(&path)?;
        Ok(Self {
            handle: File::open(&path)?,
            path,
        })
    }

    /// Through the open folder, so that the path's length is not added to by ours (sun_path holds 108 bytes, unix(7)).
    fn address(&self, name: &str) -> Result<SocketAddrUnix, Errno> {
        SocketAddrUnix::new(format!("/proc/self/fd/{}/{name}", self.handle.as_raw_fd()))
    }
}

impl Drop for TemporaryDirectory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}

fn raw(error: &std::io::Error) -> Errno {
    Errno::from_io_error(error).unwrap_or(Errno::IO)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use std::os::unix::net::{UnixListener, UnixStream};

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("notifyd-socket-{}-{name}", std::process::id()));
            fs::create_dir_all(&path).unwrap();
            Self(path)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn the_socket_is_0600_and_goes_away_with_its_owner() {
        let folder = Folder::new("mode");
        let path = folder.0.join("deep/listener.sock");
        let socket = ListeningSocket::bind(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert!(UnixStream::connect(&path).is_ok());
        drop(socket);
        assert!(!path.exists());
    }

    #[test]
    fn a_stale_socket_is_replaced() {
        let folder = Folder::new("stale");
        let path = folder.0.join("s");
        drop(UnixListener::bind(&path).unwrap());
        assert!(path.exists());
        let _socket = ListeningSocket::bind(&path).unwrap();
        assert!(UnixStream::connect(&path).is_ok());
    }

    #[test]
    fn a_live_owners_socket_is_left_alone() {
        let folder = Folder::new("live");
        for (name, owner) in [("foreign", false), ("ours", true)] {
            let path = folder.0.join(name);
            let foreign = (!owner).then(|| UnixListener::bind(&path).unwrap());
            let ours = owner.then(|| ListeningSocket::bind(&path).unwrap());
            let before = fs::metadata(&path).unwrap().ino();
            assert!(
                matches!(ListeningSocket::bind(&path), Err(Error::SocketInUse(_))),
                "{name}"
            );
            assert_eq!(fs::metadata(&path).unwrap().ino(), before);
            drop((foreign, ours));
        }
    }

    #[test]
    fn a_file_that_is_no_socket_is_not_replaced() {
        let folder = Folder::new("file");
        let path = folder.0.join("s");
        fs::write(&path, "precious").unwrap();
        assert!(matches!(ListeningSocket::bind(&path), Err(Error::NotASocket(_))));
        assert_eq!(fs::read(&path).unwrap(), b"precious");
    }

    #[test]
    fn a_path_that_somebody_else_took_meanwhile_is_not_removed() {
        let folder = Folder::new("taken");
        let path = folder.0.join("s");
        let socket = ListeningSocket::bind(&path).unwrap();
        fs::remove_file(&path).unwrap();
        let _other = UnixListener::bind(&path).unwrap();
        drop(socket);
        assert!(path.exists());
    }

    #[test]
    fn a_path_of_the_kernels_full_length_works() {
        let folder = Folder::new("long");
        let name = "x".repeat(107 - folder.0.as_os_str().len() - 1);
        let path = folder.0.join(name);
        let _socket = ListeningSocket::bind(&path).unwrap();
        assert!(UnixStream::connect(&path).is_ok());
    }

    #[test]
    fn only_a_listening_unix_stream_socket_is_taken_over() {
        let folder = Folder::new("inherited");
        let listener = UnixListener::bind(folder.0.join("s")).unwrap();
        assert!(ListeningSocket::inherited(listener.into()).is_ok());
        let (one, _other) = UnixStream::pair().unwrap();
        assert!(matches!(
            ListeningSocket::inherited(one.into()),
            Err(Error::NotAListeningSocket(_))
        ));
        let file = File::open("/dev/null").unwrap();
        assert!(matches!(
            ListeningSocket::inherited(file.into()),
            Err(Error::NotAListeningSocket(_))
        ));
    }
}
