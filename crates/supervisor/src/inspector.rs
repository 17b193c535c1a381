//! Keeps the program that reads who makes a waiting call and with what, on a thread of its own.
//!
//! ```text
//! loop ── bounded channel, never waited for ──> this thread ── socket, with a deadline ──> seccomp-notifyd-inspect
//!   └──────────────── control message ───────────┘
//! ```
//!
//! The loop keeps time by itself as well: whatever happens here, no call waits longer than it says.

use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use notifyd_inspect::wire::{MAX_REPLY_BYTES, Request, split_reply};
use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use rustix::io::Errno;
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, recv, send, socketpair};

use crate::Error;
use crate::clock::Monotonic;
use crate::control::{Control, Shared};

/// Requests that wait for their turn. More calls than that are answered without a look.
const MOST_WAITING: usize = 64;
/// Until the program is started again after it failed twice without a success; doubled each time.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// How long a killed program is waited for before the next one is started, and how often it is looked for after that.
const BURIAL: Duration = Duration::from_millis(20);
/// How long the end waits for the killed program.
const FAREWELL: Duration = Duration::from_secs(1);

/// What is to be read of waiting calls.
#[derive(Clone, Debug)]
pub struct Inspection {
    /// Path of `seccomp-notifyd-inspect`.
    pub executable: PathBuf,
    /// Longest time that a call waits for it.
    pub patience: Duration,
    /// Whether the code that makes the call is looked for too.
    pub backtraces: bool,
}

/// Why nothing was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// It took too long: the machine is busy, or the caller's memory is such that reading it hangs.
    TimedOut,
    /// The program ended, or cannot be started.
    Failed,
}

impl Missing {
    /// The stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::TimedOut => "timed out",
            Self::Failed => "failed",
        }
    }
}

/// What was read.
pub type Read = Result<Told, Missing>;

/// What the program tells of a call.
#[derive(Clone, Debug)]
pub struct Told {
    /// As it wrote it: JSON.
    pub text: String,
    /// A number for the place in the code that made the call, where it was found: the same for all calls made there.
    pub site: Option<u64>,
}

/// The loop's end.
pub(crate) struct Inspector {
    orders: SyncSender<Order>,
    available_from: Arc<AtomicU64>,
    /// Makes the thread leave off.
    end: Arc<OwnedFd>,
    pub(crate) patience: Duration,
    pub(crate) backtraces: bool,
}

struct Order {
    request: Request,
    until: Instant,
}

/// The thread's end.
struct Keeper {
    inspection: Inspection,
    shared: Arc<Shared>,
    orders: Receiver<Order>,
    available_from: Arc<AtomicU64>,
    end: Arc<OwnedFd>,
    program: Option<Program>,
    /// Killed, and not gone yet.
    dying: Vec<Child>,
    failures: u32,
}

struct Program {
    child: Child,
    socket: OwnedFd,
}

impl Inspector {
    /// Starts the thread; the program is started with the first call.
    pub(crate) fn start(inspection: Inspection, shared: Arc<Shared>) -> Result<(Self, JoinHandle<()>), Error> {
        let (sender, orders) = sync_channel(MOST_WAITING);
        let available_from = Arc::new(AtomicU64::new(0));
        let end = Arc::new(eventfd(0, EventfdFlags::CLOEXEC).map_err(Error::Loop)?);
        let inspector = Self {
            orders: sender,
            available_from: Arc::clone(&available_from),
            end: Arc::clone(&end),
            patience: inspection.patience,
            backtraces: inspection.backtraces,
        };
        let keeper = Keeper {
            inspection,
            shared,
            orders,
            available_from,
            end,
            program: None,
            dying: Vec::new(),
            failures: 0,
        };
        let thread = Builder::new()
            .name("notifyd-inspect".to_owned())
            .spawn(|| keeper.run())
            .map_err(Error::Thread)?;
        Ok((inspector, thread))
    }

    /// Whether the program runs or may be started.
    pub(crate) fn is_available(&self, now: Monotonic) -> bool {
        self.available_from.load(Ordering::Relaxed) <= now.0
    }

    /// How long the program may look for callers: half of the half that one call has, since its last step may take longer.
    pub(crate) fn backtrace_ms(&self) -> u32 {
        let time = self.patience / 4;
        if self.backtraces {
            u32::try_from(time.as_millis()).unwrap_or(u32::MAX).max(1)
        } else {
            0
        }
    }

    /// Whether there was room. The reply comes as a control message.
    pub(crate) fn ask(&self, request: Request, until: Instant) -> bool {
        self.orders.try_send(Order { request, until }).is_ok()
    }
}

impl Drop for Inspector {
    fn drop(&mut self) {
        let _ = rustix::io::write(&*self.end, &1_u64.to_ne_bytes());
    }
}

impl Keeper {
    /// Until the loop lets go of its end.
    fn run(mut self) {
        while let Some(order) = self.next() {
            let serial = order.request.serial;
            let read = self.look(&order);
            self.shared.control(Control::Inspected(serial, read));
        }
        self.kill();
        self.bury_within(FAREWELL);
    }

    /// Waits for an order, and meanwhile for those that are dying: none is left a zombie until somebody calls again.
    fn next(&mut self) -> Option<Order> {
        while !self.bury() {
            match self.orders.recv_timeout(BURIAL) {
                Ok(order) => return Some(order),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return None,
            }
        }
        self.orders.recv().ok()
    }

    fn look(&mut self, order: &Order) -> Read {
        // Half, so that those who wait behind a call that hangs still have the other half.
        let until = order.until.min(Instant::now() + self.inspection.patience / 2);
        if until <= Instant::now() {
            return Err(Missing::TimedOut);
        }
        let end = Arc::clone(&self.end);
        let read = self
            .started()
            .and_then(|socket| exchange(socket, &end, &order.request, until));
        match read {
            Ok(_) => self.failures = 0,
            Err(_) => self.give_up(),
        }
        read
    }

    fn started(&mut self) -> Result<&OwnedFd, Missing> {
        // One that somebody killed in the meantime is nobody's failure.
        self.program.take_if(Program::has_ended);
        if self.program.is_none() {
            self.bury();
            self.program = Some(self.spawn().map_err(|_| Missing::Failed)?);
        }
        self.program
            .as_ref()
            .map(|program| &program.socket)
            .ok_or(Missing::Failed)
    }

    fn spawn(&self) -> std::io::Result<Program> {
        let (ours, theirs) = socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)?;
        let child = Command::new(&self.inspection.executable)
            .stdin(theirs)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .env_clear()
            // A terminal's interrupt is for us.
            .process_group(0)
            .spawn()?;
        Ok(Program { child, socket: ours })
    }

    /// What hangs or has died is started anew: at once the first time, so that others are looked at.
    fn give_up(&mut self) {
        self.kill();
        let pause = FIRST_PAUSE.saturating_mul(1 << self.failures.min(10)) / 2;
        if self.failures > 0 {
            let from = Monotonic::now().after(pause.min(LONGEST_PAUSE));
            self.available_from.store(from.0, Ordering::Relaxed);
        }
        self.failures = self.failures.saturating_add(1);
    }

    fn kill(&mut self) {
        if let Some(Program { mut child, .. }) = self.program.take() {
            let _ = child.kill();
            self.dying.push(child);
        }
        self.bury_within(BURIAL);
    }

    fn bury_within(&mut self, time: Duration) {
        let until = Instant::now() + time;
        while !self.bury() && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Whether nobody is dying any more. What hangs in a page may not even obey SIGKILL, and is left to later.
    fn bury(&mut self) -> bool {
        self.dying.retain_mut(|child| matches!(child.try_wait(), Ok(None)));
        self.dying.is_empty()
    }
}

impl Program {
    fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }
}

fn exchange(socket: &OwnedFd, end: &OwnedFd, request: &Request, until: Instant) -> Read {
    let failed = |_: Errno| Missing::Failed;
    send(socket, &request.to_bytes(), SendFlags::DONTWAIT | SendFlags::NOSIGNAL).map_err(failed)?;
    wait(socket, end, until)?;
    let mut reply = vec![0; MAX_REPLY_BYTES];
    let (count, _) = recv(socket, &mut reply[..], RecvFlags::DONTWAIT).map_err(failed)?;
    match split_reply(reply.get(..count).unwrap_or_default()) {
        Some(reply) if reply.serial == request.serial => Ok(Told {
            text: reply.text.to_owned(),
            site: reply.site,
        }),
        _ => Err(Missing::Failed),
    }
}

fn wait(socket: &OwnedFd, end: &OwnedFd, until: Instant) -> Result<(), Missing> {
    let readable = |fd| PollFd::new(fd, PollFlags::IN);
    loop {
        let left = until.saturating_duration_since(Instant::now());
        let timeout = Timespec::try_from(left).map_err(|_| Missing::TimedOut)?;
        let mut fds = [readable(end), readable(socket)];
        match poll(&mut fds, Some(&timeout)) {
            Ok(0) => return Err(Missing::TimedOut),
            Ok(_) if fds.first().is_some_and(|end| !end.revents().is_empty()) => return Err(Missing::Failed),
            Ok(_) => return Ok(()),
            Err(Errno::INTR) => {}
            Err(_) => return Err(Missing::Failed),
        }
    }
}
