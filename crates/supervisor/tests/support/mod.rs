//! A runtime and containers of our own, so that every hand-over that a runtime could make can be made.

#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use std::ffi::CString;
use std::fs;
use std::io::Write;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use notifyd_bpf::{Action, Denied, Errno, Program, deny_list};
use notifyd_kernel::spawn::{Image, Running, spawn};
use notifyd_supervisor::{Defaults, Notice, NoticeKind, Options, Policy, Supervisor, Token};
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};

/// kill(2): a shell makes one such call for its builtin `kill -0`.
#[cfg(target_arch = "x86_64")]
pub const KILL: (u32, u32) = (0xc000_003e, 62);
#[cfg(target_arch = "aarch64")]
pub const KILL: (u32, u32) = (0xc000_00b7, 129);

pub const EPERM: Policy = Policy {
    continue_all: false,
    errno: Errno::EPERM,
    defer_kill: false,
};

pub const OPTIONS: Options = Options {
    defaults: Defaults {
        policy: EPERM,
        may_continue: false,
        watched: &[],
    },
    ring_events: 1024,
    handover_timeout: Duration::from_millis(500),
    max_listeners: None,
    inspection: None,
    test_delay: None,
    test_extra_bytes: 0,
};

/// A folder that goes away with its test.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("notifyd-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A supervisor that listens, and everything that it told so far.
pub struct Bench {
    pub folder: Folder,
    pub supervisor: Supervisor,
    pub notices: Vec<Notice>,
}

impl Bench {
    pub fn new(name: &str, options: Options) -> Self {
        let folder = Folder::new(name);
        let supervisor = Supervisor::start(options, || {}).unwrap();
        supervisor.listen(&folder.0.join("listener.sock")).unwrap();
        Self {
            folder,
            supervisor,
            notices: Vec::new(),
        }
    }

    pub fn connect(&self) -> UnixStream {
        UnixStream::connect(self.folder.0.join("listener.sock")).unwrap()
    }

    /// Waits for a notice that satisfies the condition, and gives what it makes of it.
    pub fn expect<T>(&mut self, what: &str, mut find: impl FnMut(&Notice) -> Option<T>) -> T {
        let until = Instant::now() + Duration::from_secs(10);
        loop {
            self.notices.extend(self.supervisor.notices());
            if let Some(found) = self.notices.iter().find_map(&mut find) {
                return found;
            }
            assert!(Instant::now() < until, "no {what} among {:#?}", self.notices);
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// The token under which the container with the id is served.
    pub fn expect_container(&mut self, id: &str) -> Token {
        self.expect(id, |notice| match &notice.kind {
            NoticeKind::Attached(token, Some(attachment)) | NoticeKind::Identified(token, attachment)
                if attachment.state.id == id =>
            {
                Some(*token)
            }
            _ => None,
        })
    }

    pub fn expect_refusals(&mut self, count: usize) -> Vec<(&'static str, String)> {
        let until = Instant::now() + Duration::from_secs(10);
        loop {
            self.notices.extend(self.supervisor.notices());
            let refusals: Vec<_> = self.refusals();
            if refusals.len() >= count {
                return refusals;
            }
            assert!(Instant::now() < until, "{count} refusals expected: {:#?}", self.notices);
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    pub fn refusals(&self) -> Vec<(&'static str, String)> {
        let refusal = |notice: &Notice| match &notice.kind {
            NoticeKind::Refused { reason, message, .. } => Some((reason.name(), message.clone())),
            _ => None,
        };
        self.notices.iter().filter_map(refusal).collect()
    }

    pub fn total(&self, token: Token) -> u64 {
        self.supervisor.counts(token).iter().map(|count| count.count).sum()
    }

    pub fn wait_for_total(&self, token: Token, total: u64) {
        self.wait_until("counted", || self.total(token) >= total);
        assert_eq!(self.total(token), total);
    }

    pub fn wait_until(&self, what: &str, condition: impl Fn() -> bool) {
        let until = Instant::now() + Duration::from_secs(10);
        while !condition() {
            assert!(Instant::now() < until, "not {what}");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    pub fn pending(&self) -> u64 {
        self.supervisor.stats().pending_handovers.load(Ordering::Relaxed)
    }
}

/// A process under a filter, standing for a container. It runs its script when it is told to go.
pub struct Guest {
    pub listener: OwnedFd,
    pub running: Running,
    folder: Folder,
}

impl Guest {
    pub fn new(name: &str, script: &str) -> Self {
        let folder = Folder::new(&format!("guest-{name}"));
        let go = folder.0.join("go");
        let mode = rustix::fs::Mode::from_raw_mode(0o600);
        rustix::fs::mknodat(rustix::fs::CWD, &go, rustix::fs::FileType::Fifo, mode, 0).unwrap();
        let script = format!("exec 2>/dev/null; read x < {}; {script}", go.display());
        let c = |text: &str| CString::new(text).unwrap();
        let image = Image {
            executable: c("/bin/sh"),
            arguments: vec![c("sh"), c("-c"), c(&script)],
            environment: vec![c("PATH=/usr/bin:/bin")],
            directory: c("/"),
        };
        let (starting, listener, _) = spawn(&image, &denying_kill(Action::Notify)).unwrap();
        Self {
            listener,
            running: starting.wait_until_executed().unwrap(),
            folder,
        }
    }

    pub fn go(&self) {
        fs::File::options()
            .write(true)
            .open(self.folder.0.join("go"))
            .unwrap()
            .write_all(b"go\n")
            .unwrap();
    }

    /// What a runtime would say of it.
    pub fn state(&self, id: &str) -> String {
        state(id, "creating", self.running.pid, self.running.pid)
    }

    /// What the script wrote to the file of that name.
    pub fn output(&self, name: &str) -> String {
        fs::read_to_string(self.folder.0.join(name)).unwrap_or_default()
    }

    pub fn path(&self, name: &str) -> String {
        self.folder.0.join(name).display().to_string()
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        let _ = rustix::process::pidfd_send_signal(&self.running.command, rustix::process::Signal::KILL);
    }
}

pub fn denying_kill(action: Action) -> Program {
    let denied = Denied {
        arch: KILL.0,
        numbers: vec![KILL.1],
        subcalls: vec![],
    };
    deny_list(&[denied], action).unwrap()
}

pub fn state(id: &str, status: &str, pid: u32, init: u32) -> String {
    format!(
        r#"{{"ociVersion":"1.0.2","fds":["seccompFd"],"pid":{pid},"state":{{"ociVersion":"1.0.2","id":"{id}","status":"{status}","pid":{init},"bundle":"/b"}}}}"#
    )
}

/// Sends bytes and descriptors in one message.
pub fn send(socket: &UnixStream, bytes: &[u8], fds: &[BorrowedFd<'_>]) {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(253))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    if !fds.is_empty() {
        assert!(ancillary.push(SendAncillaryMessage::ScmRights(fds)));
    }
    let sent = sendmsg(
        socket,
        &[std::io::IoSlice::new(bytes)],
        &mut ancillary,
        SendFlags::NOSIGNAL,
    )
    .unwrap();
    if sent < bytes.len() {
        let _ = (&*socket).write_all(&bytes[sent..]);
    }
}

pub fn open_files() -> usize {
    fs::read_dir("/proc/self/fd").unwrap().count()
}

pub fn fds(fd: &OwnedFd) -> [BorrowedFd<'_>; 1] {
    [fd.as_fd()]
}
