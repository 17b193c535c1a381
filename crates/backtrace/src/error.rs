//! Why nothing can be told of a thread.

use rustix::io::Errno;

/// What was attempted of the thread.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Opening or reading a file below `/proc/<tid>`.
    #[error("cannot read {name} of thread {tid} (it ended, or CAP_SYS_PTRACE is missing)")]
    Proc {
        /// The thread.
        tid: u32,
        /// The file, below `/proc/<tid>`.
        name: &'static str,
        /// What the kernel said.
        #[source]
        source: Errno,
    },
    /// The thread runs, so its registers change.
    #[error("thread {tid} does not wait in a system call")]
    Running {
        /// The thread.
        tid: u32,
    },
}
