//! A child process that gets a filter; a test's own process never does.
//!
//! # Safety
//!
//! The child is forked from a process with other threads. It makes system calls and reads and writes memory that was
//! there before; it does not allocate, print or panic.

#![allow(unsafe_code)]

use std::sync::atomic::{AtomicI64, Ordering};

use notifyd_bpf::Insn;

/// A result that nobody has written.
pub const PENDING: i64 = i64::MIN;

/// Results that a child writes and its parent reads.
pub struct Results {
    first: *mut AtomicI64,
    count: usize,
}

impl Results {
    pub fn new(count: usize) -> Self {
        let (protection, flags) = (
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_SHARED | libc::MAP_ANONYMOUS,
        );
        let bytes = count * size_of::<AtomicI64>();
        // SAFETY: a new anonymous mapping at an address of the kernel's choice touches no existing memory.
        let address = unsafe { libc::mmap(std::ptr::null_mut(), bytes, protection, flags, -1, 0) };
        assert_ne!(address, libc::MAP_FAILED, "{}", std::io::Error::last_os_error());
        let results = Self {
            first: address.cast(),
            count,
        };
        results.clear();
        results
    }

    pub fn clear(&self) {
        self.all()
            .iter()
            .for_each(|result| result.store(PENDING, Ordering::Relaxed));
    }

    pub fn all(&self) -> &[AtomicI64] {
        // SAFETY: the mapping is aligned to a page, holds `count` atomics and lives as long as self.
        unsafe { std::slice::from_raw_parts(self.first, self.count) }
    }
}

impl Drop for Results {
    fn drop(&mut self) {
        // SAFETY: mapped in `new` with this size; borrows of `all` cannot outlive self.
        unsafe { libc::munmap(self.first.cast(), self.count * size_of::<AtomicI64>()) };
    }
}

/// How a child ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Ended {
    Exited(i32),
    Signaled(i32),
}

/// Runs `work` in a child and waits for its end; see the file's safety section for what it may do.
pub fn in_child(work: impl FnOnce()) -> Ended {
    // SAFETY: the child keeps to the section above.
    let pid = unsafe { libc::fork() };
    if pid == 0 {
        // SAFETY: takes its arguments by value. A child killed by SIGSYS shall leave no core.
        unsafe { libc::prctl(libc::PR_SET_DUMPABLE, 0, 0, 0, 0) };
        // SAFETY: as above.
        unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) };
        work();
        // SAFETY: ends this process without running the parent's exit handlers.
        unsafe { libc::_exit(0) }
    }
    assert!(pid > 0, "cannot fork: {}", std::io::Error::last_os_error());
    let mut status = 0;
    // SAFETY: the kernel writes one int.
    let waited = unsafe { libc::waitpid(pid, &raw mut status, 0) };
    assert_eq!(waited, pid);
    if libc::WIFSIGNALED(status) {
        Ended::Signaled(libc::WTERMSIG(status))
    } else {
        Ended::Exited(libc::WEXITSTATUS(status))
    }
}

/// A program as the kernel takes it.
pub struct Raw(Vec<libc::sock_filter>);

impl Raw {
    pub fn new(instructions: &[Insn]) -> Self {
        let raw = |insn: &Insn| libc::sock_filter {
            code: insn.code,
            jt: insn.jt,
            jf: insn.jf,
            k: insn.k,
        };
        Self(instructions.iter().map(raw).collect())
    }

    /// `seccomp(SECCOMP_SET_MODE_FILTER, flags, &program)`: what it returned, or its errno below zero.
    ///
    /// # References
    /// - <https://man7.org/linux/man-pages/man2/seccomp.2.html>
    pub fn install(&self, flags: libc::c_ulong) -> i64 {
        let fprog = libc::sock_fprog {
            len: u16::try_from(self.0.len()).unwrap_or(u16::MAX),
            filter: self.0.as_ptr().cast_mut(),
        };
        // SAFETY: the kernel reads `len` instructions from `filter`, which are borrowed for the call.
        let result = unsafe {
            libc::syscall(
                libc::SYS_seccomp,
                libc::SECCOMP_SET_MODE_FILTER,
                flags,
                &raw const fprog,
            )
        };
        if result < 0 { -i64::from(errno()) } else { result }
    }
}

fn errno() -> i32 {
    // SAFETY: glibc and musl return a valid pointer to the calling thread's errno.
    let location = unsafe { libc::__errno_location() };
    // SAFETY: the pointer is valid and only this thread uses it.
    unsafe { *location }
}
