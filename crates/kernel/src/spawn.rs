//! Starting a command under a filter, so that the supervisor holds its listener before the command runs.
//!
//! ```text
//! supervisor ── clone(FILES) ──> reaper ── clone(FILES|VFORK) ──> command: seccomp(NEW_LISTENER), execve
//!      └── takes the listener's number from a shared page; the descriptor table is shared until execve
//! ```
//!
//! Between the filter and `execve` the command makes no other call, so no filter can keep it from handing over. The
//! reaper adopts (PR_SET_CHILD_SUBREAPER) and reaps every process that the command leaves behind; it ends with the last.
//!
//! # Safety
//!
//! The cloned processes own a private copy of this process's memory in which other threads, and locks they held, are
//! frozen. Up to `execve` or exit they only make system calls and read what was prepared before; nothing allocates,
//! formats, panics or returns into the caller's frames.

#![allow(unsafe_code)]

use std::ffi::CString;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Duration;

use notifyd_bpf::{Program, SeccompData};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::pipe::{PipeFlags, pipe_with};

use crate::Error;
use crate::filter::{RawErrno, RawProgram, errno, install_with_listener};

/// What is executed, prepared for execve(2).
pub struct Image {
    /// Path of the executable; PATH is not searched.
    pub executable: CString,
    /// Arguments, the first being the program's name.
    pub arguments: Vec<CString>,
    /// `NAME=value` each.
    pub environment: Vec<CString>,
    /// Working directory.
    pub directory: CString,
}

/// A process that has its filter; it may not have executed the command yet.
pub struct Starting {
    page: Page,
    reports: OwnedFd,
    reports_writer: OwnedFd,
    reaper: Reaper,
}

/// Registers of the calls by which the command's process becomes the command, to tell them from the command's own.
///
/// They hold addresses of the supervisor's memory, so a program has the same ones by intention only.
#[derive(Clone, Copy, Debug)]
pub struct Execution {
    /// Path and arguments of each attempt.
    attempts: [[u64; 2]; 2],
    environment: u64,
}

/// A command that was executed.
pub struct Running {
    /// Its process id, in our pid namespace.
    pub pid: u32,
    /// Its pidfd.
    pub command: OwnedFd,
    /// The process that adopts whatever the command leaves behind.
    pub reaper_pid: u32,
    /// Says how the command ended.
    pub reports: Reports,
}

/// How the command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// `exit(code)`.
    Exited(u32),
    /// Killed by this signal.
    Signaled(u32),
}

/// What the reaper tells.
pub struct Reports {
    pipe: OwnedFd,
    reaper: Reaper,
}

/// Our child, which sends no signal when it ends and must be reaped by hand.
struct Reaper {
    pidfd: OwnedFd,
}

const UNSET: i32 = -1;
const REPORT_EXECUTED: u32 = 1;
const REPORT_EXITED: u32 = 2;
const REPORT_SIGNALED: u32 = 3;
const REPORT_BYTES: usize = 8;

const STEP_NONE: i32 = 0;
const STEP_CLONE: i32 = 1;
const STEP_DIRECTORY: i32 = 2;
const STEP_FILTER: i32 = 3;
const STEP_EXECUTE: i32 = 4;

/// Starts the command's process and returns as soon as its listener is here.
pub fn spawn(image: &Image, filter: &Program) -> Result<(Starting, OwnedFd, Execution), Error> {
    let plan = Plan::new(image, filter)?;
    let page = Page::new()?;
    let (reports, reports_writer) = pipe_with(PipeFlags::CLOEXEC).map_err(Error::Prepare)?;
    let reaper = clone_reaper(&plan, page.words(), reports_writer.as_raw_fd())?;
    let mut starting = Starting {
        page,
        reports,
        reports_writer,
        reaper,
    };
    let listener = starting.take_listener()?;
    Ok((starting, listener, plan.execution()))
}

impl Execution {
    /// Whether a call is one of these.
    #[must_use]
    pub fn is(&self, data: &SeccompData) -> bool {
        let [path, arguments, environment, ..] = data.args;
        i64::from(data.nr) == libc::SYS_execve
            && self.attempts.contains(&[path, arguments])
            && environment == self.environment
    }
}

impl Starting {
    /// Waits for execve(2) to succeed or fail. The listener must be served meanwhile: execve itself may be notified.
    pub fn wait_until_executed(self) -> Result<Running, Error> {
        let Self {
            page,
            reports,
            reports_writer,
            reaper,
        } = self;
        let words = page.words();
        let first = read_report(&reports);
        // The reaper has its own descriptor table by now; closing ours earlier would have closed its end as well.
        drop(reports_writer);
        let command = take_fd(&words.command_pidfd);
        if first.map(|(kind, _)| kind) != Some(REPORT_EXECUTED) {
            return Err(Error::LaunchLost);
        }
        words.failure()?;
        let pid = words.command_pid.load(Ordering::Acquire);
        Ok(Running {
            pid: u32::try_from(pid).map_err(|_| Error::LaunchLost)?,
            command: command.ok_or(Error::LaunchLost)?,
            reaper_pid: u32::try_from(words.reaper_pid.load(Ordering::Acquire)).map_err(|_| Error::LaunchLost)?,
            reports: Reports { pipe: reports, reaper },
        })
    }

    /// Polls the shared page: the command cannot tell us, since any call that it made might wait for our answer.
    fn take_listener(&mut self) -> Result<OwnedFd, Error> {
        let mut pause = Duration::from_micros(20);
        loop {
            let reported = is_readable(&self.reports, pause) || is_readable(&self.reaper.pidfd, Duration::ZERO);
            if let Some(listener) = take_fd(&self.page.words().listener) {
                return Ok(listener);
            }
            if reported {
                self.page.words().failure()?;
                return Err(Error::LaunchLost);
            }
            pause = (pause * 2).min(Duration::from_millis(1));
        }
    }
}

impl Reports {
    /// Waits for the command's end; `None` if the reaper ended without telling.
    #[must_use]
    pub fn wait_for_command(&self) -> Option<Ended> {
        match read_report(&self.pipe)? {
            (REPORT_EXITED, code) => Some(Ended::Exited(code)),
            (REPORT_SIGNALED, signal) => Some(Ended::Signaled(signal)),
            _ => None,
        }
    }

    /// Waits until no process of the command's tree is left.
    pub fn wait_for_tree(&self) {
        while read_report(&self.pipe).is_some() {}
        self.reaper.reap();
    }
}

impl Drop for Reaper {
    fn drop(&mut self) {
        // Where the command never ran, the reaper has nothing to wait for and ends at once.
        if is_readable(&self.pidfd, Duration::from_millis(200)) {
            self.reap();
        }
    }
}

impl Reaper {
    /// `waitid(P_PIDFD, reaper, NULL, WEXITED | __WALL)`: it sends no SIGCHLD, which libuv would take for its own child's.
    fn reap(&self) {
        let id = self.pidfd.as_raw_fd().cast_unsigned();
        // SAFETY: siginfo_t is plain data for which all zeroes is a value.
        let mut info: libc::siginfo_t = unsafe { core::mem::zeroed() };
        // SAFETY: the kernel writes one siginfo_t to the pointer.
        unsafe { libc::waitid(libc::P_PIDFD, id, &raw mut info, libc::WEXITED | libc::__WALL) };
    }
}

/// Words shared by the three processes.
#[repr(C)]
struct Words {
    listener: AtomicI32,
    command_pid: AtomicI32,
    command_pidfd: AtomicI32,
    reaper_pid: AtomicI32,
    failed_step: AtomicI32,
    failed_errno: AtomicI32,
}

impl Words {
    fn fail(&self, step: i32, errno: RawErrno) {
        self.failed_errno.store(errno, Ordering::Relaxed);
        self.failed_step.store(step, Ordering::Release);
    }

    fn failure(&self) -> Result<(), Error> {
        let step = self.failed_step.load(Ordering::Acquire);
        if step == STEP_NONE {
            return Ok(());
        }
        let errno = Errno::from_raw_os_error(self.failed_errno.load(Ordering::Relaxed));
        match step {
            STEP_DIRECTORY => Err(Error::WorkingDirectory(errno)),
            STEP_FILTER if errno == Errno::BUSY => Err(Error::ListenerBusy),
            STEP_FILTER => Err(Error::Install(errno)),
            STEP_EXECUTE => Err(Error::Execute(errno)),
            _ => Err(Error::Prepare(errno)),
        }
    }
}

/// One shared anonymous mapping that holds [`Words`].
struct Page {
    words: *mut Words,
}

// SAFETY: the mapping belongs to this value alone and holds only atomics.
unsafe impl Send for Page {}

impl Page {
    fn new() -> Result<Self, Error> {
        let (protection, flags) = (
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_SHARED | libc::MAP_ANONYMOUS,
        );
        // SAFETY: a new anonymous mapping at an address of the kernel's choice touches no existing memory.
        let address = unsafe { libc::mmap(null_mut(), size_of::<Words>(), protection, flags, -1, 0) };
        if address == libc::MAP_FAILED {
            return Err(Error::Prepare(Errno::from_raw_os_error(errno())));
        }
        let page = Self { words: address.cast() };
        let words = page.words();
        words.listener.store(UNSET, Ordering::Relaxed);
        words.command_pidfd.store(UNSET, Ordering::Release);
        Ok(page)
    }

    fn words(&self) -> &Words {
        // SAFETY: the mapping is page-aligned, larger than Words, zeroed by the kernel, and lives as long as self; all
        // fields are atomics, for which sharing with other processes is sharing with other threads.
        unsafe { &*self.words }
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        // SAFETY: the mapping was made in `new` with this size, and `words()` borrows cannot outlive self.
        unsafe { libc::munmap(self.words.cast(), size_of::<Words>()) };
    }
}

/// Everything that the new processes need, in the form the kernel takes it.
struct Plan {
    executable: CString,
    arguments: Vec<*const libc::c_char>,
    shell_arguments: Vec<*const libc::c_char>,
    environment: Vec<*const libc::c_char>,
    directory: CString,
    filter: RawProgram,
    // The pointers above lead here.
    _strings: Vec<CString>,
}

const SHELL: &core::ffi::CStr = c"/bin/sh";

impl Plan {
    fn new(image: &Image, filter: &Program) -> Result<Self, Error> {
        let strings: Vec<CString> = image.arguments.iter().chain(&image.environment).cloned().collect();
        let executable = image.executable.clone();
        let (arguments, environment) = strings.split_at(image.arguments.len());
        let pointers = |strings: &[CString]| -> Vec<*const libc::c_char> {
            strings.iter().map(|string| string.as_ptr()).chain([null()]).collect()
        };
        let (arguments, environment) = (pointers(arguments), pointers(environment));
        let rest = arguments.iter().skip(1).copied();
        let shell_arguments = [SHELL.as_ptr(), executable.as_ptr()].into_iter().chain(rest).collect();
        Ok(Self {
            arguments,
            shell_arguments,
            environment,
            directory: image.directory.clone(),
            filter: RawProgram::new(filter.instructions()).ok_or(Error::Prepare(Errno::TOOBIG))?,
            executable,
            _strings: strings,
        })
    }

    fn execution(&self) -> Execution {
        let itself = [address(self.executable.as_ptr()), address(self.arguments.as_ptr())];
        let by_shell = [address(SHELL.as_ptr()), address(self.shell_arguments.as_ptr())];
        Execution {
            attempts: [itself, by_shell],
            environment: address(self.environment.as_ptr()),
        }
    }
}

/// As a register holds it.
fn address<T>(pointer: *const T) -> u64 {
    u64::try_from(pointer.addr()).unwrap_or(u64::MAX)
}

/// Clones the reaper with every signal blocked: a handler of this process must not run in the copy.
fn clone_reaper(plan: &Plan, words: &Words, report: i32) -> Result<Reaper, Error> {
    let before = block_signals();
    let mut pidfd = UNSET;
    // SAFETY: the child runs `reaper`, which neither allocates nor returns.
    let cloned = unsafe { clone_process(libc::CLONE_FILES | libc::CLONE_PIDFD, &raw mut pidfd) };
    if let Ok(0) = cloned {
        reaper(plan, words, report, &before)
    }
    set_signal_mask(&before);
    let pid = cloned.map_err(|errno| Error::Prepare(Errno::from_raw_os_error(errno)))?;
    words.reaper_pid.store(pid, Ordering::Release);
    // SAFETY: CLONE_PIDFD stored a new descriptor that nobody else owns.
    let pidfd = unsafe { OwnedFd::from_raw_fd(pidfd) };
    Ok(Reaper { pidfd })
}

/// `clone(flags, NULL, &pidfd, ...)`: a fork with some things shared.
///
/// # Safety
///
/// In the child (which gets 0) the caller may only make system calls until it executes or exits.
pub(crate) unsafe fn clone_process(flags: libc::c_int, pidfd: *mut libc::c_int) -> Result<i32, RawErrno> {
    let flags = libc::c_long::from(flags);
    // SAFETY: without CLONE_VM the child has its own copy of this stack; the kernel writes one int to `pidfd`.
    let result = unsafe { libc::syscall(libc::SYS_clone, flags, null::<u8>(), pidfd, null::<u8>(), null::<u8>()) };
    i32::try_from(result).ok().filter(|pid| *pid >= 0).ok_or_else(errno)
}

fn reaper(plan: &Plan, words: &Words, report: i32, mask: &libc::sigset_t) -> ! {
    // SAFETY: prctl takes all its arguments by value here.
    unsafe { libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) };
    // SAFETY: the name is a nul-terminated string that lives for ever.
    unsafe { libc::prctl(libc::PR_SET_NAME, c"notifyd-reaper".as_ptr()) };
    let mut pidfd = UNSET;
    let flags = libc::CLONE_FILES | libc::CLONE_VFORK | libc::CLONE_PIDFD | libc::SIGCHLD;
    // SAFETY: the child runs `command`, which neither allocates nor returns.
    let cloned = unsafe { clone_process(flags, &raw mut pidfd) };
    if let Ok(0) = cloned {
        command(plan, words, mask)
    }
    // CLONE_VFORK: the command has executed, or is gone.
    match cloned {
        Ok(pid) => {
            words.command_pid.store(pid, Ordering::Release);
            words.command_pidfd.store(pidfd, Ordering::Release);
            keep_only(report);
            send_report(report, REPORT_EXECUTED, 0);
            reap_all(pid, report)
        }
        Err(errno) => {
            words.fail(STEP_CLONE, errno);
            keep_only(report);
            send_report(report, REPORT_EXECUTED, 0);
        }
    }
    exit_now()
}

fn command(plan: &Plan, words: &Words, mask: &libc::sigset_t) -> ! {
    // SAFETY: the path is a nul-terminated string in the plan.
    if unsafe { libc::chdir(plan.directory.as_ptr()) } != 0 {
        words.fail(STEP_DIRECTORY, errno());
        exit_now()
    }
    pass_standard_streams_on();
    restore_signals(mask);
    match install_with_listener(&plan.filter) {
        // A write to memory, not a call: from here on every call may be one that waits for an answer.
        Ok(listener) => words.listener.store(listener, Ordering::Release),
        Err(errno) => {
            words.fail(STEP_FILTER, errno);
            exit_now()
        }
    }
    let mut failed = execute(&plan.executable, &plan.arguments, &plan.environment);
    if failed == libc::ENOEXEC {
        // As execvp(3) does for a script without an interpreter line.
        failed = execute(SHELL, &plan.shell_arguments, &plan.environment);
    }
    words.fail(STEP_EXECUTE, failed);
    exit_now()
}

/// Node marks every descriptor close-on-exec when it starts, the standard streams too, and makes pipes among them
/// non-blocking once it uses them; programs expect neither.
fn pass_standard_streams_on() {
    for fd in 0..=2 {
        // SAFETY: the request takes its argument by value; a closed descriptor is refused.
        unsafe { libc::fcntl(fd, libc::F_SETFD, 0) };
        // SAFETY: as above.
        let status = unsafe { libc::fcntl(fd, libc::F_GETFL) };
        if status >= 0 && status & libc::O_NONBLOCK != 0 {
            // SAFETY: as above.
            unsafe { libc::fcntl(fd, libc::F_SETFL, status & !libc::O_NONBLOCK) };
        }
    }
}

fn execute(path: &core::ffi::CStr, arguments: &[*const libc::c_char], environment: &[*const libc::c_char]) -> RawErrno {
    // SAFETY: path and the null-terminated arrays of nul-terminated strings were prepared before the clone.
    unsafe { libc::execve(path.as_ptr(), arguments.as_ptr(), environment.as_ptr()) };
    errno()
}

/// Gives the reaper a descriptor table of its own with nothing but the report pipe: it must not keep listeners open.
fn keep_only(report: i32) {
    // SAFETY: unshare takes its argument by value.
    if unsafe { libc::unshare(libc::CLONE_FILES) } != 0 {
        return;
    }
    let report = report.cast_unsigned();
    close_range(0, report.saturating_sub(1));
    close_range(report + 1, u32::MAX);
}

/// `close_range(first, last, 0)`, Linux 5.9.
fn close_range(first: u32, last: u32) {
    // SAFETY: the table is this process's own, and nothing here uses the closed descriptors.
    unsafe { libc::syscall(libc::SYS_close_range, first, last, 0) };
}

/// Reaps until no child is left, telling how the command ended.
fn reap_all(command: i32, report: i32) {
    loop {
        // SAFETY: siginfo_t is plain data for which all zeroes is a value.
        let mut info: libc::siginfo_t = unsafe { core::mem::zeroed() };
        // SAFETY: the kernel writes one siginfo_t to the pointer.
        let result = unsafe { libc::waitid(libc::P_ALL, 0, &raw mut info, libc::WEXITED | libc::__WALL) };
        if result != 0 && errno() != libc::EINTR {
            return;
        }
        // SAFETY: waitid filled the fields of a child's end.
        let pid = unsafe { info.si_pid() };
        // SAFETY: as above.
        let status = unsafe { info.si_status() };
        if result == 0 && pid == command {
            let kind = if info.si_code == libc::CLD_EXITED {
                REPORT_EXITED
            } else {
                REPORT_SIGNALED
            };
            send_report(report, kind, status.cast_unsigned());
        }
    }
}

fn send_report(pipe: i32, kind: u32, value: u32) {
    let message = [kind, value];
    // SAFETY: the kernel reads eight bytes from the array; such a short write to a pipe is atomic (pipe(7)).
    unsafe { libc::write(pipe, message.as_ptr().cast(), REPORT_BYTES) };
}

/// Ends this process even where exit_group and exit are denied: an undefined instruction needs no system call.
fn exit_now() -> ! {
    // SAFETY: ends this process.
    unsafe { libc::syscall(libc::SYS_exit_group, 127) };
    // SAFETY: ends this thread, the only one.
    unsafe { libc::syscall(libc::SYS_exit, 127) };
    trap()
}

fn trap() -> ! {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: raises SIGILL, whose disposition is the default and which is not blocked.
    unsafe {
        core::arch::asm!("ud2", options(noreturn))
    }
    #[cfg(target_arch = "aarch64")]
    // SAFETY: as above.
    unsafe {
        core::arch::asm!("udf #0", options(noreturn))
    }
}

fn block_signals() -> libc::sigset_t {
    // SAFETY: sigset_t is plain data for which all zeroes is a value.
    let (mut all, mut before): (libc::sigset_t, libc::sigset_t) = unsafe { core::mem::zeroed() };
    // SAFETY: the pointer is to a sigset_t of ours.
    unsafe { libc::sigfillset(&raw mut all) };
    // SAFETY: both pointers are to sigset_t of ours.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const all, &raw mut before) };
    before
}

fn set_signal_mask(mask: &libc::sigset_t) {
    // SAFETY: the pointer is to a valid sigset_t.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, mask, null_mut()) };
}

/// Default dispositions first, then the mask: a signal that waits must not find a handler of the supervisor's.
fn restore_signals(mask: &libc::sigset_t) {
    for signal in 1..=64 {
        // SAFETY: SIG_DFL runs no code of ours; numbers that cannot be set are refused.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
    set_signal_mask(mask);
}

/// Takes a published descriptor over, once.
fn take_fd(word: &AtomicI32) -> Option<OwnedFd> {
    let fd = word.swap(UNSET, Ordering::AcqRel);
    // SAFETY: the child published a descriptor that it opened in the shared table and leaves to us; the swap makes this
    // the only owner.
    (fd >= 0).then(|| unsafe { OwnedFd::from_raw_fd(fd) })
}

fn is_readable(fd: &OwnedFd, wait: Duration) -> bool {
    let timeout = Timespec {
        tv_sec: 0,
        tv_nsec: wait.subsec_nanos().into(),
    };
    let mut fds = [PollFd::new(fd, PollFlags::IN)];
    matches!(poll(&mut fds, Some(&timeout)), Ok(ready) if ready > 0)
}

/// `None` when the reaper has closed its end.
fn read_report(pipe: &OwnedFd) -> Option<(u32, u32)> {
    let mut bytes = [0_u8; REPORT_BYTES];
    let length = rustix::io::retry_on_intr(|| rustix::io::read(pipe, &mut bytes)).ok()?;
    let [a, b, c, d, e, f, g, h] = bytes;
    (length == REPORT_BYTES).then(|| (u32::from_ne_bytes([a, b, c, d]), u32::from_ne_bytes([e, f, g, h])))
}
