//! Testing the kernel by doing: a child installs a filter, makes a call, and is answered.
//!
//! # Safety
//!
//! The cloned child only makes system calls and ends; it touches nothing but one shared page of atomics.

#![allow(unsafe_code)]

use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};
use std::sync::atomic::{AtomicI32, AtomicI64, Ordering};
use std::time::{Duration, Instant};

use notifyd_bpf::{Errno as ErrnoAnswer, Insn};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use crate::filter::{RawProgram, errno, install, set_no_new_privs};
use crate::notify::{Answer, Buffers, Received, Sent, Sizes, wake_synchronously};
use crate::spawn::clone_process;
use crate::{Error, compare};

/// What the running kernel can do, each tried.
#[derive(Clone, Debug)]
pub struct Features {
    /// `uname -r`.
    pub release: String,
    /// A listener could be installed, and a call was answered with an errno.
    pub listener: Result<(), String>,
    /// A call was continued (Linux 5.5).
    pub continue_answer: bool,
    /// WAIT_KILLABLE_RECV was accepted (Linux 5.19).
    pub wait_killable: bool,
    /// Synchronous wake-up was accepted (Linux 6.6).
    pub sync_wake_up: bool,
    /// The listener reported the end of its last task before that was reaped (Linux 6.11).
    pub hang_up_at_exit: bool,
    /// Two descriptors can be told to be one file, by kcmp or F_DUPFD_QUERY.
    pub compare: bool,
}

/// Longest wait for the child; it needs microseconds.
const PATIENCE: Duration = Duration::from_secs(2);

/// Tries each feature in a child of its own.
pub fn features() -> Result<Features, Error> {
    let sizes = Sizes::query()?;
    let plain = libc::SECCOMP_FILTER_FLAG_NEW_LISTENER;
    let eacces = ErrnoAnswer::new(13).map_or(Answer::Zero, Answer::Errno);
    let listener = Child::start(plain).and_then(|child| child.expect(sizes, eacces, |result| result == -13));
    let continued = Child::start(plain).and_then(|child| child.expect(sizes, Answer::Continue, |result| result > 0));
    let killable = Child::start(plain | libc::SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV)
        .and_then(|child| child.expect(sizes, eacces, |result| result == -13));
    let details = Child::start(plain).and_then(|child| child.details(sizes, eacces));
    let (sync_wake_up, hang_up_at_exit, compare) = details.unwrap_or_default();
    let release = rustix::system::uname().release().to_string_lossy().into_owned();
    Ok(Features {
        release,
        listener,
        continue_answer: continued.is_ok(),
        wait_killable: killable.is_ok(),
        sync_wake_up,
        hang_up_at_exit,
        compare,
    })
}

#[repr(C)]
struct Words {
    listener: AtomicI32,
    failed: AtomicI32,
    result: AtomicI64,
}

const PENDING: i64 = i64::MIN;

struct Child {
    words: *mut Words,
    pidfd: OwnedFd,
    listener: OwnedFd,
}

impl Child {
    fn start(flags: libc::c_ulong) -> Result<Self, String> {
        let call = u32::try_from(libc::SYS_getppid).map_err(|error| error.to_string())?;
        let program = RawProgram::new(&notify_on(call)).ok_or("the probe's filter is too long")?;
        let words = map_words()?;
        let mut pidfd = -1;
        // SAFETY: the child runs `probe_child`, which neither allocates nor returns.
        let cloned = unsafe { clone_process(libc::CLONE_FILES | libc::CLONE_PIDFD, &raw mut pidfd) };
        if let Ok(0) = cloned {
            // SAFETY: the page is mapped, shared and never unmapped in the child.
            probe_child(&program, flags, unsafe { &*words })
        }
        cloned.map_err(|errno| format!("cannot clone: {}", Errno::from_raw_os_error(errno)))?;
        // SAFETY: CLONE_PIDFD stored a new descriptor that nobody else owns.
        let pidfd = unsafe { OwnedFd::from_raw_fd(pidfd) };
        let listener = wait_for_listener(words, &pidfd)?;
        Ok(Self { words, pidfd, listener })
    }

    fn words(&self) -> &Words {
        // SAFETY: the page is mapped until `drop`, and all of its fields are atomics.
        unsafe { &*self.words }
    }

    /// Answers the child's one call and checks what the child saw.
    fn expect(&self, sizes: Sizes, answer: Answer, seen: impl Fn(i64) -> bool) -> Result<(), String> {
        if !readable(&self.listener, PATIENCE) {
            return Err("no notification arrived".to_owned());
        }
        let mut buffers = Buffers::new(sizes);
        let Received::Notification(notification) = buffers.receive(self.listener.as_fd()) else {
            return Err("the notification could not be received".to_owned());
        };
        if buffers.send(self.listener.as_fd(), notification.id, answer) != Sent::Answered {
            return Err("the answer was refused".to_owned());
        }
        let until = Instant::now() + PATIENCE;
        while self.words().result.load(Ordering::Acquire) == PENDING && Instant::now() < until {
            std::thread::sleep(Duration::from_micros(50));
        }
        let result = self.words().result.load(Ordering::Acquire);
        if seen(result) {
            Ok(())
        } else {
            Err(format!("the call returned {result}"))
        }
    }

    /// (synchronous wake-up, hang-up at exit, files can be compared)
    fn details(&self, sizes: Sizes, answer: Answer) -> Result<(bool, bool, bool), String> {
        let sync = wake_synchronously(self.listener.as_fd());
        let copy = self.listener.try_clone().map_err(|error| error.to_string())?;
        let comparable = compare::order(self.listener.as_fd(), copy.as_fd()).is_some()
            || compare::same(self.listener.as_fd(), copy.as_fd()).is_some();
        self.expect(sizes, answer, |result| result == -13)?;
        readable(&self.pidfd, PATIENCE);
        let mut fds = [PollFd::new(&self.listener, PollFlags::IN)];
        let timeout = Timespec {
            tv_sec: 0,
            tv_nsec: 50_000_000,
        };
        let _ = poll(&mut fds, Some(&timeout));
        let [polled] = &fds;
        Ok((sync, polled.revents().contains(PollFlags::HUP), comparable))
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        let _ = rustix::process::pidfd_send_signal(&self.pidfd, rustix::process::Signal::KILL);
        reap(&self.pidfd);
        // SAFETY: mapped in `map_words` with this size; the child is gone and no borrow outlives self.
        unsafe { libc::munmap(self.words.cast(), size_of::<Words>()) };
    }
}

fn probe_child(program: &RawProgram, flags: libc::c_ulong, words: &Words) -> ! {
    let installed = install(program, flags).or_else(|errno| {
        if errno != libc::EACCES {
            return Err(errno);
        }
        set_no_new_privs()?;
        install(program, flags)
    });
    match installed {
        Ok(listener) => {
            words.listener.store(listener, Ordering::Release);
            // SAFETY: getppid takes no argument.
            let result = unsafe { libc::syscall(libc::SYS_getppid) };
            let seen = if result < 0 { -i64::from(errno()) } else { result };
            words.result.store(seen, Ordering::Release);
        }
        Err(errno) => words.failed.store(errno, Ordering::Release),
    }
    // SAFETY: ends this process.
    unsafe { libc::_exit(0) }
}

fn wait_for_listener(words: *mut Words, pidfd: &OwnedFd) -> Result<OwnedFd, String> {
    // SAFETY: mapped by the caller, all fields are atomics.
    let shared = unsafe { &*words };
    let until = Instant::now() + PATIENCE;
    loop {
        let fd = shared.listener.swap(-1, Ordering::AcqRel);
        if fd >= 0 {
            // SAFETY: the child opened it in the shared table and leaves it to us; the swap makes this the only owner.
            return Ok(unsafe { OwnedFd::from_raw_fd(fd) });
        }
        match shared.failed.load(Ordering::Acquire) {
            0 if Instant::now() < until => std::thread::sleep(Duration::from_micros(50)),
            0 => return Err("the child did not install its filter in time".to_owned()),
            errno => {
                reap(pidfd);
                return Err(refusal(errno));
            }
        }
    }
}

fn refusal(errno: i32) -> String {
    match Errno::from_raw_os_error(errno) {
        Errno::BUSY => "another seccomp listener is active for this process tree".to_owned(),
        Errno::INVAL => "the kernel does not know the flag".to_owned(),
        errno => format!("cannot install a filter: {errno}"),
    }
}

fn map_words() -> Result<*mut Words, String> {
    let (protection, flags) = (
        libc::PROT_READ | libc::PROT_WRITE,
        libc::MAP_SHARED | libc::MAP_ANONYMOUS,
    );
    // SAFETY: a new anonymous mapping at an address of the kernel's choice touches no existing memory.
    let address = unsafe { libc::mmap(std::ptr::null_mut(), size_of::<Words>(), protection, flags, -1, 0) };
    if address == libc::MAP_FAILED {
        return Err("cannot map a page".to_owned());
    }
    let words: *mut Words = address.cast();
    // SAFETY: just mapped, aligned to a page, large enough.
    let shared = unsafe { &*words };
    shared.listener.store(-1, Ordering::Release);
    shared.result.store(PENDING, Ordering::Release);
    Ok(words)
}

fn reap(pidfd: &OwnedFd) {
    // SAFETY: siginfo_t is plain data for which all zeroes is a value.
    let mut info: libc::siginfo_t = unsafe { core::mem::zeroed() };
    let id = pidfd.as_raw_fd().cast_unsigned();
    // SAFETY: the kernel writes one siginfo_t to the pointer.
    unsafe { libc::waitid(libc::P_PIDFD, id, &raw mut info, libc::WEXITED | libc::__WALL) };
}

fn readable(fd: &OwnedFd, wait: Duration) -> bool {
    let seconds = i64::try_from(wait.as_secs()).unwrap_or(i64::MAX);
    let timeout = Timespec {
        tv_sec: seconds,
        tv_nsec: wait.subsec_nanos().into(),
    };
    matches!(poll(&mut [PollFd::new(fd, PollFlags::IN)], Some(&timeout)), Ok(ready) if ready > 0)
}

/// `ld [0]; jeq call, 0, 1; ret USER_NOTIF; ret ALLOW`: for calls of this process's own ABI.
fn notify_on(call: u32) -> [Insn; 4] {
    [
        Insn {
            code: 0x20,
            jt: 0,
            jf: 0,
            k: 0,
        },
        Insn {
            code: 0x15,
            jt: 0,
            jf: 1,
            k: call,
        },
        Insn {
            code: 0x06,
            jt: 0,
            jf: 0,
            k: 0x7fc0_0000,
        },
        Insn {
            code: 0x06,
            jt: 0,
            jf: 0,
            k: 0x7fff_0000,
        },
    ]
}
