//! Reading another process's memory.
//!
//! For a process of its own only: where the page is a FUSE file's or under userfaultfd, the call may never return.
//!
//! # Safety
//!
//! One process_vm_readv(2): the kernel writes at most the length of a slice that is ours alone, and reads addresses of the
//! other process only.

#![allow(unsafe_code)]

use rustix::io::Errno;

/// `process_vm_readv(tid, [into], [address], 0)`: copies what is readable from there on; returns how many bytes.
///
/// # References
/// - <https://man7.org/linux/man-pages/man2/process_vm_readv.2.html>
pub fn read(tid: u32, address: u64, into: &mut [u8]) -> Result<usize, Errno> {
    let pid = libc::pid_t::try_from(tid).map_err(|_| Errno::SRCH)?;
    let start = usize::try_from(address).map_err(|_| Errno::FAULT)?;
    let local = libc::iovec {
        iov_base: into.as_mut_ptr().cast(),
        iov_len: into.len(),
    };
    let remote = libc::iovec {
        iov_base: std::ptr::without_provenance_mut(start),
        iov_len: into.len(),
    };
    // SAFETY: `local` describes `into`, which is borrowed for writing as long as the call takes; `remote` is not ours to read.
    let count = unsafe { libc::process_vm_readv(pid, &raw const local, 1, &raw const remote, 1, 0) };
    usize::try_from(count).map_err(|_| Errno::from_io_error(&std::io::Error::last_os_error()).unwrap_or(Errno::FAULT))
}
