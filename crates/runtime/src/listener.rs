//! Whether somebody listens for hand-overs.

use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with};

use crate::Error;

/// How long a full backlog may take to empty.
const LIMIT: Duration = Duration::from_millis(250);
const PAUSE: Duration = Duration::from_millis(10);

/// Connects and leaves again; the daemon takes that for nothing.
pub fn probe(path: &Path) -> Result<(), Error> {
    let began = Instant::now();
    loop {
        match try_connect(path) {
            Err(Errno::AGAIN | Errno::INTR) if began.elapsed() < LIMIT => std::thread::sleep(PAUSE),
            result => return result.map_err(|errno| failed(path, errno)),
        }
    }
}

/// Never waits: runc does not either.
fn try_connect(path: &Path) -> Result<(), Errno> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    connect(&socket, &SocketAddrUnix::new(path)?)
}

fn failed(path: &Path, errno: Errno) -> Error {
    Error::Listener {
        path: path.to_owned(),
        answer: io::Error::from(errno),
    }
}
