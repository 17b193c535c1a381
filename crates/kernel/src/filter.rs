//! Installing a filter whose notifications come to us: seccomp(2).
//!
//! # Safety
//!
//! The functions run in a child between clone and exec: they only make system calls and touch the caller's memory.

#![allow(unsafe_code)]

use notifyd_bpf::Insn;

/// Raw errno of a failed call, as the child hands it to its parent.
pub(crate) type RawErrno = i32;

/// A program as seccomp(2) takes it, built before the process is cloned; the child must not allocate.
pub(crate) struct RawProgram {
    instructions: Vec<libc::sock_filter>,
}

impl RawProgram {
    /// `None` if the program is longer than its length field (the kernel accepts 4096 instructions).
    pub(crate) fn new(instructions: &[Insn]) -> Option<Self> {
        u16::try_from(instructions.len()).ok()?;
        let raw = |insn: &Insn| libc::sock_filter {
            code: insn.code,
            jt: insn.jt,
            jf: insn.jf,
            k: insn.k,
        };
        Some(Self {
            instructions: instructions.iter().map(raw).collect(),
        })
    }

    fn as_fprog(&self) -> libc::sock_fprog {
        let len = u16::try_from(self.instructions.len()).unwrap_or(u16::MAX);
        libc::sock_fprog {
            len,
            filter: self.instructions.as_ptr().cast_mut(),
        }
    }
}

/// `seccomp(SECCOMP_SET_MODE_FILTER, NEW_LISTENER | ..., &program)`: filters the calling thread, returns the listener.
///
/// Asks for WAIT_KILLABLE_RECV (Linux 5.19), so that a signal does not cancel a call that waits for its answer, and does
/// without where the kernel lacks it. Sets no_new_privs only where the kernel demands it, since a program may notice.
///
/// # References
/// - <https://man7.org/linux/man-pages/man2/seccomp.2.html>
pub(crate) fn install_with_listener(program: &RawProgram) -> Result<i32, RawErrno> {
    let base = libc::SECCOMP_FILTER_FLAG_NEW_LISTENER | libc::SECCOMP_FILTER_FLAG_SPEC_ALLOW;
    let killable = base | libc::SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
    match install(program, killable) {
        Err(libc::EACCES) => {
            set_no_new_privs()?;
            install(program, killable).or_else(|errno| without_killable(program, base, errno))
        }
        Err(errno) => without_killable(program, base, errno),
        listener => listener,
    }
}

fn without_killable(program: &RawProgram, flags: libc::c_ulong, errno: RawErrno) -> Result<i32, RawErrno> {
    if errno != libc::EINVAL {
        return Err(errno);
    }
    match install(program, flags) {
        Err(libc::EACCES) => {
            set_no_new_privs()?;
            install(program, flags)
        }
        listener => listener,
    }
}

/// One attempt with exactly these flags.
pub(crate) fn install(program: &RawProgram, flags: libc::c_ulong) -> Result<i32, RawErrno> {
    let fprog = program.as_fprog();
    // SAFETY: the kernel reads `len` instructions from `filter`, which point into `program`, alive during the call.
    let result = unsafe {
        libc::syscall(
            libc::SYS_seccomp,
            libc::SECCOMP_SET_MODE_FILTER,
            flags,
            &raw const fprog,
        )
    };
    i32::try_from(result).ok().filter(|fd| *fd >= 0).ok_or_else(errno)
}

/// `prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)`: what lets an unprivileged process install a filter.
pub(crate) fn set_no_new_privs() -> Result<(), RawErrno> {
    // SAFETY: prctl takes all its arguments by value here.
    match unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) } {
        0 => Ok(()),
        _ => Err(errno()),
    }
}

/// The calling thread's errno.
pub(crate) fn errno() -> RawErrno {
    // SAFETY: glibc and musl return a valid pointer to the calling thread's errno.
    let location = unsafe { libc::__errno_location() };
    // SAFETY: the pointer is valid and only this thread uses it.
    unsafe { *location }
}
