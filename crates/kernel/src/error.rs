//! The crate's one error type: what was being attempted.

use rustix::io::Errno;

/// A failed request to the kernel.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// `seccomp(SECCOMP_GET_NOTIF_SIZES)`.
    #[error("cannot ask the kernel for its notification sizes (seccomp user notification needs Linux 5.0 or newer)")]
    Sizes(#[source] Errno),
    /// The kernel's structures outgrew what this program allocates.
    #[error("the kernel reports notifications of {0} bytes, more than the {max} accepted", max = crate::notify::MAX_BYTES)]
    SizeOutOfBounds(usize),
    /// `mmap`, `pipe2` or `clone` before the command existed.
    #[error("cannot prepare the process that becomes the command")]
    Prepare(#[source] Errno),
    /// `chdir` in the new process.
    #[error("cannot change to the working directory")]
    WorkingDirectory(#[source] Errno),
    /// `seccomp(SECCOMP_SET_MODE_FILTER, NEW_LISTENER)` said EBUSY.
    #[error(
        "another seccomp listener is active for this process tree; the kernel allows one, so run outside of it \
         (seccomp_unotify(2))"
    )]
    ListenerBusy,
    /// `seccomp(SECCOMP_SET_MODE_FILTER, NEW_LISTENER)` said something else.
    #[error("cannot install the seccomp filter")]
    Install(#[source] Errno),
    /// `execve` failed.
    #[error("cannot execute the command")]
    Execute(#[source] Errno),
    /// The launching processes ended without a word.
    #[error("the process that becomes the command ended before it was ready")]
    LaunchLost,
    /// `getrlimit` or `setrlimit`.
    #[error("cannot raise the limit of open files to {wanted}")]
    FileLimit {
        /// The limit asked for.
        wanted: u64,
        /// What the kernel said.
        #[source]
        source: Errno,
    },
}
