//! The crate's one error type.

use std::path::PathBuf;

use rustix::io::Errno;

/// Why the supervisor could not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Something of the kernel's.
    #[error(transparent)]
    Kernel(#[from] notifyd_kernel::Error),
    /// epoll, eventfd or thread.
    #[error("cannot set up the event loop")]
    Loop(#[source] Errno),
    /// A thread could not be started.
    #[error("cannot start a thread")]
    Thread(#[source] std::io::Error),
    /// Another process listens on the path.
    #[error("another process listens on {}; stop it or choose another path for the listener socket", .0.display())]
    SocketInUse(PathBuf),
    /// Something that is no socket is at the path.
    #[error("{} exists and is not a socket; remove it or choose another path for the listener socket", .0.display())]
    NotASocket(PathBuf),
    /// The socket could not be made.
    #[error("cannot listen on {}", path.display())]
    Bind {
        /// The path asked for.
        path: PathBuf,
        /// What the kernel said.
        #[source]
        source: Errno,
    },
    /// An inherited descriptor is not what socket activation passes.
    #[error("descriptor {0} is not a listening unix stream socket; pass one by LISTEN_FDS (sd_listen_fds(3))")]
    NotAListeningSocket(i32),
    /// A string with a nul byte.
    #[error("the {0} holds a nul byte")]
    Nul(&'static str),
    /// A program that denies nothing.
    #[error("the profile denies no call, so there is nothing to supervise")]
    NothingDenied,
    /// The profile's program.
    #[error("the profile's program is not valid")]
    Program(#[from] notifyd_bpf::Error),
    /// An unknown token.
    #[error("listener {0} is not known")]
    UnknownListener(u32),
    /// A listener that belongs to no container or tree that could be ended.
    #[error("cannot stop: {0}")]
    NothingToStop(String),
    /// The supervisor was closed.
    #[error("the supervisor is closed")]
    Closed,
}
