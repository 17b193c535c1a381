//! The hand-over thread: accepts runtimes, collects their message and descriptors, and passes listeners to the loop.
//!
//! A listener is served as soon as it is certain which descriptor it is; the message may still be on its way. We close
//! our end as soon as the message is complete: runtimes keep theirs open for as long as the container runs.

use std::collections::HashMap;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use notifyd_kernel::notify::is_listener;
use notifyd_kernel::peer::{Peer, peer_of};
use rustix::buffer::spare_capacity;
use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};
use rustix::event::{EventfdFlags, Timespec, eventfd};
use rustix::io::{Errno, IoSliceMut};
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, SocketFlags, accept_with, recvmsg,
};
use rustix::process::geteuid;

use crate::Error;
use crate::admission::Defaults;
use crate::control::Shared;
use crate::identity::Init;
use crate::notice::NoticeKind;
use crate::oci_state::{ContainerState, Frame, Framing, MAX_BYTES};
use crate::refusal::Refusal;
use crate::registrar::{Bounds, Registrar, Unidentified};
use crate::socket::ListeningSocket;
use crate::stats::Stats;

/// Most descriptors of one message: SCM_MAX_FD (include/net/scm.h).
const MAX_FDS: usize = 253;
/// Most hand-overs that are not complete at one time.
const MAX_PENDING: usize = 1024;
/// Most bytes of all messages that are not complete.
const MAX_BUFFERED: usize = 64 << 20;
/// Read at once; a message beyond it comes in pieces.
const PIECE: usize = 64 << 10;

const SOCKET: u64 = 0;
const WAKE: u64 = 1;
const FIRST_CONNECTION: u64 = 2;

/// The thread's own state.
pub(crate) struct Acceptor {
    epoll: OwnedFd,
    socket: ListeningSocket,
    wake: Arc<OwnedFd>,
    shared: Arc<Shared>,
    registrar: Registrar,
    connections: HashMap<u64, Connection>,
    next_connection: u64,
    timeout: Duration,
    /// Given up for a moment when descriptors run out, so that a connection can be taken and refused.
    reserve: Option<OwnedFd>,
    piece: Vec<u8>,
}

struct Connection {
    socket: OwnedFd,
    peer: Peer,
    deadline: Instant,
    framing: Framing,
    buffer: Vec<u8>,
    fds: Vec<OwnedFd>,
    surplus: usize,
    served: Option<Unidentified>,
}

/// What became of a connection.
enum Progress {
    Open,
    Done(ContainerState),
    Empty,
    Refused(Refusal, String),
}

impl Acceptor {
    pub(crate) fn new(
        socket: ListeningSocket,
        shared: Arc<Shared>,
        defaults: Defaults,
        bounds: Bounds,
        inits: &[Weak<Init>],
        timeout: Duration,
    ) -> Result<(Self, Arc<OwnedFd>), Error> {
        let epoll = epoll::create(CreateFlags::CLOEXEC).map_err(Error::Loop)?;
        let wake = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK).map_err(Error::Loop)?;
        epoll::add(&epoll, &socket, EventData::new_u64(SOCKET), EventFlags::IN).map_err(Error::Loop)?;
        epoll::add(&epoll, &wake, EventData::new_u64(WAKE), EventFlags::IN).map_err(Error::Loop)?;
        let wake = Arc::new(wake);
        let acceptor = Self {
            epoll,
            socket,
            wake: Arc::clone(&wake),
            registrar: Registrar::new(Arc::clone(&shared), defaults, bounds, inits),
            shared,
            connections: HashMap::new(),
            next_connection: FIRST_CONNECTION,
            timeout,
            reserve: reserve(),
            piece: vec![0; PIECE],
        };
        Ok((acceptor, wake))
    }

    /// Accepts until the supervisor is closed.
    pub(crate) fn run(mut self) {
        let mut ready = Vec::with_capacity(64);
        while !self.shared.closed.load(Ordering::Acquire) {
            ready.clear();
            let timeout = self.next_deadline();
            let _ = epoll::wait(&self.epoll, spare_capacity(&mut ready), timeout.as_ref());
            for event in &ready {
                match { event.data }.u64() {
                    SOCKET => self.accept(),
                    WAKE => drop(rustix::io::read(&*self.wake, &mut [0; 8])),
                    connection => self.progress(connection),
                }
            }
            self.drop_overdue();
        }
    }

    fn next_deadline(&self) -> Option<Timespec> {
        let deadline = self.connections.values().map(|connection| connection.deadline).min()?;
        let left = deadline.saturating_duration_since(Instant::now()) + Duration::from_millis(1);
        Some(Timespec {
            tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: left.subsec_nanos().into(),
        })
    }

    fn accept(&mut self) {
        match accept_with(&self.socket, SocketFlags::CLOEXEC | SocketFlags::NONBLOCK) {
            Ok(socket) => self.admit(socket),
            Err(Errno::MFILE | Errno::NFILE | Errno::NOMEM | Errno::NOBUFS) => self.refuse_one(),
            Err(_) => {}
        }
    }

    /// Takes one connection with the reserved descriptor and closes it: left alone it would keep the socket ready.
    fn refuse_one(&mut self) {
        self.reserve = None;
        let taken = accept_with(&self.socket, SocketFlags::CLOEXEC);
        if taken.is_err() {
            std::thread::sleep(Duration::from_millis(10));
        }
        drop(taken);
        self.reserve = reserve();
        self.refuse(Refusal::FileLimit, FILE_LIMIT.to_owned(), None);
    }

    fn admit(&mut self, socket: OwnedFd) {
        let Ok(peer) = peer_of(socket.as_fd()) else { return };
        if peer.uid != 0 && peer.uid != geteuid().as_raw() {
            let message = format!(
                "a process of user {} connected; root and user {} are accepted",
                peer.uid,
                geteuid().as_raw()
            );
            return self.refuse(Refusal::PeerUid, message, None);
        }
        if self.connections.len() >= MAX_PENDING {
            let message = format!("{MAX_PENDING} hand-overs are incomplete already; the runtime should try again");
            return self.refuse(Refusal::TooLarge, message, None);
        }
        let number = self.next_connection;
        self.next_connection += 1;
        if epoll::add(&self.epoll, &socket, EventData::new_u64(number), EventFlags::IN).is_err() {
            return self.refuse(
                Refusal::Kernel,
                "the kernel refused to watch a connection".to_owned(),
                None,
            );
        }
        self.connections
            .insert(number, Connection::new(socket, peer, Instant::now() + self.timeout));
        self.count_pending();
        self.progress(number);
    }

    fn progress(&mut self, number: u64) {
        let Some(connection) = self.connections.get_mut(&number) else {
            return;
        };
        let mut progress = connection.read(&mut self.piece);
        if matches!(progress, Progress::Open) {
            connection.serve_early(&mut self.registrar);
            let buffered: usize = self
                .connections
                .values()
                .map(|connection| connection.buffer.len())
                .sum();
            if buffered <= MAX_BUFFERED {
                return;
            }
            let message = format!("{buffered} bytes of incomplete messages are held; at most {MAX_BUFFERED} are");
            progress = Progress::Refused(Refusal::TooLarge, message);
        }
        if let Some(connection) = self.connections.remove(&number) {
            self.count_pending();
            self.finish(connection, progress);
        }
    }

    fn finish(&mut self, connection: Connection, progress: Progress) {
        let Connection {
            peer,
            fds,
            surplus,
            served,
            ..
        } = connection;
        match progress {
            Progress::Open => {}
            Progress::Empty => Stats::count(&self.shared.stats.empty_handovers),
            Progress::Refused(reason, message) => self.reject(served, reason, message, None),
            Progress::Done(mut state) => {
                if surplus > 0 {
                    state.warnings.push(format!(
                        "{surplus} descriptors beyond the one called seccompFd were closed"
                    ));
                }
                let id = state.id.clone();
                let outcome = match served {
                    Some(served) => {
                        self.registrar.identify(served, state, peer);
                        Ok(())
                    }
                    None => {
                        pick_listener(&state, fds).and_then(|listener| self.registrar.attach(listener, state, peer))
                    }
                };
                if let Err((reason, message)) = outcome {
                    self.refuse(reason, message, Some(id));
                }
            }
        }
    }

    /// A listener that was served before its message turned out bad is given up again.
    fn reject(&mut self, served: Option<Unidentified>, reason: Refusal, message: String, id: Option<String>) {
        if let Some(served) = served {
            self.registrar.give_up(served);
        }
        self.refuse(reason, message, id);
    }

    fn refuse(&self, reason: Refusal, message: String, id: Option<String>) {
        self.shared.stats.count_refusal(reason);
        self.shared.notice(NoticeKind::Refused { reason, message, id });
    }

    fn drop_overdue(&mut self) {
        let now = Instant::now();
        let overdue: Vec<u64> = self
            .connections
            .iter()
            .filter(|(_, c)| c.deadline <= now)
            .map(|(n, _)| *n)
            .collect();
        for number in overdue {
            let Some(connection) = self.connections.remove(&number) else {
                continue;
            };
            self.count_pending();
            let (held, limit) = (connection.buffer.len(), self.timeout.as_millis());
            let message = format!("a runtime sent {held} bytes and no complete message within {limit} ms");
            self.finish(connection, Progress::Refused(Refusal::Incomplete, message));
        }
    }

    fn count_pending(&self) {
        let pending = u64::try_from(self.connections.len()).unwrap_or(u64::MAX);
        self.shared.stats.pending_handovers.store(pending, Ordering::Relaxed);
    }
}

const FILE_LIMIT: &str = "no file descriptors are left, so a container's listener was refused and its forbidden calls \
    fail with ENOSYS unseen; raise the limit of open files (LimitNOFILE=, ulimit -n)";

fn reserve() -> Option<OwnedFd> {
    eventfd(0, EventfdFlags::CLOEXEC).ok()
}

/// By its name among the descriptors; all others are closed.
fn pick_listener(state: &ContainerState, fds: Vec<OwnedFd>) -> Result<OwnedFd, (Refusal, String)> {
    let count = fds.len();
    let named = state.listener_index().and_then(|index| fds.into_iter().nth(index));
    let listener = named.ok_or_else(|| {
        let message = format!(
            "the message names {:?} for its {count} descriptors; one called seccompFd is needed",
            state.fds
        );
        (Refusal::NoDescriptor, message)
    })?;
    check_listener(listener.as_fd())?;
    Ok(listener)
}

fn check_listener(fd: BorrowedFd<'_>) -> Result<(), (Refusal, String)> {
    let message = "the descriptor called seccompFd is not a seccomp listener";
    if is_listener(fd) {
        Ok(())
    } else {
        Err((Refusal::NotAListener, message.to_owned()))
    }
}

impl Connection {
    fn new(socket: OwnedFd, peer: Peer, deadline: Instant) -> Self {
        let (framing, buffer, fds) = (Framing::default(), Vec::new(), Vec::new());
        Self {
            socket,
            peer,
            deadline,
            framing,
            buffer,
            fds,
            surplus: 0,
            served: None,
        }
    }

    /// Takes what is there, up to the end of one message.
    fn read(&mut self, piece: &mut [u8]) -> Progress {
        loop {
            let received = match receive(self.socket.as_fd(), piece, &mut self.fds) {
                Ok(received) => received,
                Err(Errno::AGAIN) => return Progress::Open,
                Err(Errno::INTR) => continue,
                Err(errno) => return Progress::Refused(Refusal::Incomplete, format!("the connection failed: {errno}")),
            };
            if received.truncated {
                let message = "the kernel cut the message's descriptors short: no file descriptors are left, or more \
                               came than a message may carry";
                return Progress::Refused(Refusal::DescriptorsTruncated, message.to_owned());
            }
            self.buffer.extend(piece.iter().take(received.bytes));
            match self.advance(received.bytes == 0) {
                Progress::Open => {}
                progress => return progress,
            }
        }
    }

    fn advance(&mut self, at_end: bool) -> Progress {
        match self.framing.look_at(&self.buffer) {
            Frame::Complete(end) => self.complete(end),
            Frame::NotAnObject => {
                let message = "the message does not begin with a JSON object".to_owned();
                Progress::Refused(Refusal::Malformed, message)
            }
            Frame::Open if self.buffer.len() > MAX_BYTES => Progress::Refused(
                Refusal::TooLarge,
                format!("the message has more than {MAX_BYTES} bytes"),
            ),
            Frame::Open if at_end && self.buffer.is_empty() && self.fds.is_empty() => Progress::Empty,
            Frame::Open if at_end => {
                let message = format!(
                    "the connection ended after {} bytes of an incomplete message",
                    self.buffer.len()
                );
                Progress::Refused(Refusal::Incomplete, message)
            }
            Frame::Open => Progress::Open,
        }
    }

    fn complete(&mut self, end: usize) -> Progress {
        let (message, rest) = self.buffer.split_at_checked(end).unwrap_or((&self.buffer, &[]));
        if !rest.trim_ascii().is_empty() {
            let message = format!("{} bytes follow the message; one object is accepted", rest.len());
            return Progress::Refused(Refusal::Malformed, message);
        }
        match ContainerState::parse(message) {
            Ok(state) => {
                self.surplus = self.fds.len().saturating_sub(1);
                Progress::Done(state)
            }
            Err(message) => Progress::Refused(Refusal::Malformed, message),
        }
    }

    /// With one descriptor there is no doubt which is the listener.
    fn serve_early(&mut self, registrar: &mut Registrar) {
        if self.served.is_some() || self.fds.len() != 1 {
            return;
        }
        if let Some(fd) = self.fds.pop_if(|fd| is_listener(fd.as_fd())) {
            match registrar.attach_unidentified(fd) {
                Ok(served) => self.served = Some(served),
                // Refused when the message is complete and tells whose it is.
                Err(fd) => self.fds.push(fd),
            }
        }
    }
}

struct Piece {
    bytes: usize,
    truncated: bool,
}

/// `recvmsg(socket, ..., MSG_CMSG_CLOEXEC)`: bytes, and descriptors that are owned from the first moment.
fn receive(socket: BorrowedFd<'_>, piece: &mut [u8], fds: &mut Vec<OwnedFd>) -> Result<Piece, Errno> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_FDS))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let message = recvmsg(
        socket,
        &mut [IoSliceMut::new(piece)],
        &mut ancillary,
        RecvFlags::CMSG_CLOEXEC,
    )?;
    for part in ancillary.drain() {
        if let RecvAncillaryMessage::ScmRights(received) = part {
            let room = MAX_FDS.saturating_sub(fds.len());
            fds.extend(received.take(room));
        }
    }
    Ok(Piece {
        bytes: message.bytes,
        truncated: message.flags.contains(ReturnFlags::CTRUNC),
    })
}
