//! The hot loop: epoll, receive, verdict, answer, record. Nothing here waits for anybody but the kernel.
//!
//! One reader per listener, one RECV per readiness, level-triggered: under these rules RECV cannot block and epoll is a
//! fair round robin. The target's memory is never read here.

mod answering;
mod deferral;
mod orphans;

use std::collections::HashMap;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use notifyd_kernel::notify::{Buffers, Notification, Received, Sizes, wake_synchronously};
use notifyd_kernel::remembered::Slot;
use notifyd_kernel::spawn::Execution;
use rustix::buffer::spare_capacity;
use rustix::event::Timespec;
use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};
use rustix::io::Errno;

use crate::Error;
use crate::arguments::Arguments;
use crate::burst::Bursts;
use crate::clock::Monotonic;
use crate::control::{Arrival, Control, Shared, Subject};
use crate::counters::CounterWriter;
use crate::files::{Files, Place};
use crate::identity::Identity;
use crate::inspector::Inspector;
use crate::looks::Looks;
use crate::notice::{DetachReason, NoticeKind};
use crate::refusal::Refusal;
use crate::ring::Writer;
use crate::stats::Stats;
use crate::token::Token;
use crate::verdict::Rule;
use deferral::Deferral;

/// Epoll data of the eventfd that announces control messages.
const CONTROL: u64 = u64::MAX;
/// Readiness taken from the kernel at once. Few, because what becomes ready meanwhile queues behind all that is taken,
/// and again behind whoever of them has called once more; one at a time would cost a tenth of the throughput.
const BATCH: usize = 4;
/// Longest time that a closing loop goes on answering a flood.
const CLOSING: Duration = Duration::from_secs(1);

/// Of the loop of a command: enough to be chosen first among ordinary processes.
const COMMAND_NICENESS: i32 = -10;

const NOT_COMPARABLE: &str = "the kernel can tell neither by kcmp(2) nor by F_DUPFD_QUERY (Linux 6.10) whether the \
    listener is served already, and serving it twice would block everything";

/// The loop's own state; it lives on one thread.
pub(crate) struct EventLoop {
    epoll: OwnedFd,
    shared: Arc<Shared>,
    controls: Receiver<Control>,
    slots: Vec<Option<Box<Served>>>,
    free: Vec<usize>,
    positions: HashMap<Token, usize>,
    files: Files,
    buffers: Buffers,
    ring: Writer,
    sequence: u64,
    deferral: Deferral,
    /// For tests: a supervisor that is slow between receiving and answering.
    delay: Option<Duration>,
}

struct Served {
    token: Token,
    listener: OwnedFd,
    rule: Rule,
    identity: Option<Identity>,
    execution: Option<Execution>,
    arguments: Option<Arc<Arguments>>,
    counters: CounterWriter,
    bursts: Bursts,
    looks: Looks,
    /// Where the next daemon finds what was received last.
    last: Option<Slot>,
    /// Calls wait that a former process received, and no id near theirs is known yet.
    orphaned: bool,
}

/// What was found out while the caller waited.
#[derive(Clone, Copy)]
struct Caller {
    /// Whether the call is the runtime's own.
    init: bool,
    /// Its process, where that decides whether the call is counted.
    process: Option<u32>,
    /// When readiness was seen.
    since: Monotonic,
}

impl EventLoop {
    pub(crate) fn new(
        shared: Arc<Shared>,
        controls: Receiver<Control>,
        ring: Writer,
        sizes: Sizes,
        inspector: Option<Inspector>,
        delay: Option<Duration>,
    ) -> Result<Self, Error> {
        let epoll = epoll::create(CreateFlags::CLOEXEC).map_err(Error::Loop)?;
        let wake = shared.wake_fd().ok_or(Error::Closed)?;
        epoll::add(&epoll, &*wake, EventData::new_u64(CONTROL), EventFlags::IN).map_err(Error::Loop)?;
        let buffers = Buffers::new(sizes);
        Ok(Self {
            epoll,
            shared,
            controls,
            slots: Vec::new(),
            free: Vec::new(),
            positions: HashMap::new(),
            files: Files::default(),
            buffers,
            ring,
            sequence: 0,
            deferral: Deferral::new(inspector),
            delay,
        })
    }

    /// Serves until it is told to close.
    pub(crate) fn run(mut self) {
        let mut ready = Vec::with_capacity(BATCH);
        loop {
            let timeout = self.deferral.timeout();
            self.wait(&mut ready, timeout.as_ref());
            if self.serve_ready(&ready) {
                break;
            }
            self.answer_overdue();
        }
        self.close(&mut ready);
    }

    fn wait(&mut self, ready: &mut Vec<epoll::Event>, timeout: Option<&Timespec>) {
        ready.clear();
        match epoll::wait(&self.epoll, spare_capacity(ready), timeout) {
            Ok(_) | Err(Errno::INTR) => {}
            // The epoll descriptor is ours and valid, and the buffer is writable, so no other error exists (epoll_wait(2)).
            Err(errno) => debug_assert!(false, "epoll_wait: {errno}"),
        }
        self.shared.stats.loop_wakeups.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether it was told to close.
    fn serve_ready(&mut self, ready: &[epoll::Event]) -> bool {
        let since = Monotonic::now();
        let mut told = false;
        for event in ready {
            let data = { event.data }.u64();
            if data == CONTROL {
                told = true;
            } else if let Some(index) = self.index_of(data) {
                self.serve(index, event.flags, since);
            }
        }
        told && self.obey()
    }

    /// One RECV at most. HUP without IN means that no task uses the filter any more.
    fn serve(&mut self, index: usize, flags: EventFlags, since: Monotonic) {
        if !flags.contains(EventFlags::IN) {
            return self.detach(index, DetachReason::HangUp);
        }
        let Some(Some(served)) = self.slots.get_mut(index) else {
            return;
        };
        match self.buffers.receive(served.listener.as_fd()) {
            Received::Notification(notification) => {
                Stats::count(&self.shared.stats.received);
                if let Some(last) = &served.last {
                    last.note(&notification);
                }
                let orphaned = std::mem::take(&mut served.orphaned);
                self.answer(index, &notification, since);
                if orphaned {
                    self.answer_orphans(index, notification.id);
                }
            }
            Received::Gone | Received::Interrupted => Stats::count(&self.shared.stats.aborted),
            Received::Failed(_) => self.detach(index, DetachReason::Failed),
        }
    }

    /// Carries out control messages; true for the one that says to close.
    fn obey(&mut self) -> bool {
        let mut announced = [0; 8];
        if let Some(wake) = self.shared.wake_fd() {
            let _ = rustix::io::read(&*wake, &mut announced);
        }
        while let Ok(control) = self.controls.try_recv() {
            match control {
                Control::Attach(arrival) => self.attach(*arrival),
                Control::Adopt(arrival, slot) => {
                    let token = arrival.token;
                    self.attach(*arrival);
                    self.resume(token, slot);
                }
                Control::Identify(token, rule, identity) => {
                    if let Some(served) = self.find(token) {
                        served.looks = looks_of(&identity);
                        (served.rule, served.identity) = (rule, Some(*identity));
                    }
                }
                Control::SetPolicy(token, policy) => {
                    if let Some(served) = self.find(token) {
                        served.rule.policy = policy;
                    }
                }
                Control::Detach(token, reason) => {
                    if let Some(index) = self.positions.get(&token).copied() {
                        self.detach(index, reason);
                    }
                }
                Control::Inspected(serial, read) => self.inspected(serial, read),
                Control::Remember(token, slot) => {
                    if let Some(served) = self.find(token) {
                        served.last = Some(slot);
                    }
                }
                Control::Close => return true,
            }
        }
        false
    }

    fn attach(&mut self, arrival: Arrival) {
        let Arrival {
            token,
            listener,
            rule,
            identity,
            execution,
            arguments,
            attachment,
            counters,
        } = arrival;
        let index = self.free.last().copied().unwrap_or(self.slots.len());
        if let Err((refusal, message)) = self.watch(index, token, &listener) {
            let id = attachment.map(|attachment| attachment.state.id);
            return self.refuse(token, refusal, message.to_owned(), id);
        }
        wake_synchronously(listener.as_fd());
        if execution.is_some() {
            hurry();
        }
        let served = Box::new(Served {
            looks: identity.as_ref().map(looks_of).unwrap_or_default(),
            token,
            listener,
            rule,
            identity,
            execution,
            arguments,
            counters: CounterWriter::new(counters),
            bursts: Bursts::default(),
            last: None,
            orphaned: false,
        });
        self.positions.insert(token, index);
        match self.free.pop().and_then(|index| self.slots.get_mut(index)) {
            Some(slot) => *slot = Some(served),
            None => self.slots.push(Some(served)),
        }
        self.shared.notice(NoticeKind::Attached(token, attachment));
    }

    fn watch(&mut self, index: usize, token: Token, listener: &OwnedFd) -> Result<(), (Refusal, &'static str)> {
        let slots = &self.slots;
        let held = |index: usize| slots.get(index)?.as_ref().map(|served| served.listener.as_fd());
        match self.files.look_up(listener.as_fd(), held) {
            Place::New(position) => self.files.insert(position, index),
            Place::Held(_) => return Err((Refusal::Duplicate, "the same listener is being served already")),
            Place::Unknown => return Err((Refusal::Kernel, NOT_COMPARABLE)),
        }
        let data = EventData::new_u64(pack(index, token));
        epoll::add(&self.epoll, listener, data, EventFlags::IN).map_err(|_| {
            self.files.remove(index);
            (
                Refusal::Kernel,
                "the kernel refused to watch one more listener (epoll_ctl(2))",
            )
        })
    }

    fn refuse(&self, token: Token, reason: Refusal, message: String, id: Option<String>) {
        self.shared.known().remove(&token);
        self.shared.stats.listeners.fetch_sub(1, Ordering::Relaxed);
        self.shared.stats.count_refusal(reason);
        self.shared.notice(NoticeKind::Refused { reason, message, id });
    }

    fn detach(&mut self, index: usize, reason: DetachReason) {
        self.answer_deferred_of(index);
        let Some(served) = self.slots.get_mut(index).and_then(Option::take) else {
            return;
        };
        // Explicitly, since a duplicate held elsewhere would keep the registration alive (epoll(7)).
        let _ = epoll::delete(&self.epoll, &served.listener);
        self.free.push(index);
        self.files.remove(index);
        self.positions.remove(&served.token);
        self.shared.stats.listeners.fetch_sub(1, Ordering::Relaxed);
        self.shared.notice(NoticeKind::Detached(served.token, reason));
    }

    /// Answers what waits already, then closes all listeners.
    fn close(mut self, ready: &mut Vec<epoll::Event>) {
        self.end_deferral();
        let until = Instant::now() + CLOSING;
        let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
        while Instant::now() < until {
            self.wait(ready, Some(&at_once));
            if !ready.iter().any(|event| { event.data }.u64() != CONTROL) {
                break;
            }
            self.serve_ready(ready);
        }
        for index in 0..self.slots.len() {
            self.detach(index, DetachReason::Closed);
        }
    }

    fn find(&mut self, token: Token) -> Option<&mut Served> {
        let index = *self.positions.get(&token)?;
        self.slots.get_mut(index)?.as_deref_mut()
    }

    /// `None` for readiness of a listener that was detached in the same batch.
    fn index_of(&self, data: u64) -> Option<usize> {
        let index = usize::try_from(data & u64::from(u32::MAX)).ok()?;
        let served = self.slots.get(index)?.as_ref()?;
        (pack(index, served.token) == data).then_some(index)
    }
}

/// Until a call is received, a signal makes it fail with EINTR where the target's handler has no SA_RESTART, whatever the call is. A
/// command shares processors with us, so on busy ones its own children end before this thread gets a turn. Refused without
/// CAP_SYS_NICE. Costs a quarter of a call's time, so it is not done for containers, which have processors of their own.
fn hurry() {
    let _ = rustix::process::setpriority_process(None, COMMAND_NICENESS);
}

/// All listeners of a container share its first calls.
fn looks_of(identity: &Identity) -> Looks {
    identity
        .init
        .as_ref()
        .map(|init| Looks::at(&init.firsts))
        .unwrap_or_default()
}

fn pack(index: usize, token: Token) -> u64 {
    u64::from(token.0) << 32 | u64::try_from(index).unwrap_or(u64::MAX) & u64::from(u32::MAX)
}

impl Served {
    /// Whether the call is the runtime's own; on the way, once, whether the caller is the container's at all.
    fn identify(&mut self, notification: &Notification, shared: &Shared) -> bool {
        if self.execution.is_some_and(|execution| execution.is(&notification.data)) {
            return true;
        }
        self.execution = None;
        let (Some(identity), Some(target)) = (&mut self.identity, notification.target) else {
            return false;
        };
        let listener = self.listener.as_fd();
        if let Some(member) = identity.check_membership(listener, notification.id, target) {
            if !member {
                let problem = "its calls come from outside of the container that its hand-over names";
                if let Some(known) = shared.known().get_mut(&self.token) {
                    known.subject = Subject::Nothing(problem.to_owned());
                }
            }
            shared.notice(NoticeKind::Membership(self.token, member));
        }
        identity.is_runtime_call(listener, notification.id, target)
    }
}
