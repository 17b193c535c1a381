//! Messages into the loop, and what its threads share.

use std::collections::HashMap;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use notifyd_kernel::remembered::Slot;
use notifyd_kernel::spawn::Execution;
use rustix::event::{EventfdFlags, eventfd};

use crate::Error;
use crate::arguments::Arguments;
use crate::clock::Monotonic;
use crate::counters::Counters;
use crate::detail::Detail;
use crate::identity::{Identity, Init};
use crate::inspector::Read;
use crate::keeper::Keeper;
use crate::notice::{Attachment, DetachReason, Notice, NoticeKind};
use crate::recorder::Recorder;
use crate::ring::Bell;
use crate::stats::Stats;
use crate::stop::Tree;
use crate::token::Token;
use crate::verdict::{Policy, Rule};

/// A listener on its way into the loop.
pub(crate) struct Arrival {
    pub(crate) token: Token,
    pub(crate) listener: OwnedFd,
    pub(crate) rule: Rule,
    pub(crate) identity: Option<Identity>,
    /// Of a launched command: the calls that are not its own yet.
    pub(crate) execution: Option<Execution>,
    /// Of a launched command: where the values of its arguments are kept.
    pub(crate) arguments: Option<Arc<Arguments>>,
    /// What its message told, for the notice that it is served.
    pub(crate) attachment: Option<Box<Attachment>>,
    pub(crate) counters: Arc<Counters>,
}

/// What the loop is told.
pub(crate) enum Control {
    Attach(Box<Arrival>),
    /// A listener that came back, and where its last notification is: what a former process left waiting is answered first.
    Adopt(Box<Arrival>, Option<Slot>),
    Identify(Token, Rule, Box<Identity>),
    SetPolicy(Token, Policy),
    Detach(Token, DetachReason),
    /// What was read of a deferred call.
    Inspected(u64, Read),
    /// What is received from now on is noted there.
    Remember(Token, Slot),
    Close,
}

/// What can be ended on behalf of a listener.
#[derive(Clone)]
pub(crate) enum Subject {
    Container(Arc<Init>),
    Tree(Arc<Tree>, Arc<OwnedFd>),
    Nothing(String),
}

/// What outside callers need to know of a listener.
pub(crate) struct Known {
    pub(crate) counters: Arc<Counters>,
    pub(crate) recorder: Option<Arc<Recorder>>,
    pub(crate) subject: Subject,
}

/// Shared by the loop, the acceptor, launches and callers.
pub(crate) struct Shared {
    pub(crate) stats: Arc<Stats>,
    pub(crate) bell: Arc<Bell>,
    pub(crate) closed: AtomicBool,
    /// Where listeners are kept for the next daemon.
    pub(crate) keeper: OnceLock<Keeper>,
    /// None once the loop has ended.
    wake: Mutex<Option<Arc<OwnedFd>>>,
    controls: Sender<Control>,
    notices: Sender<Notice>,
    details: Sender<Detail>,
    known: Mutex<HashMap<Token, Known>>,
    arguments: Mutex<HashMap<Token, Arc<Arguments>>>,
    next_token: AtomicU32,
}

impl Shared {
    pub(crate) fn new(
        stats: Arc<Stats>,
        bell: Arc<Bell>,
        controls: Sender<Control>,
        notices: Sender<Notice>,
        details: Sender<Detail>,
    ) -> Result<Self, Error> {
        let wake = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK).map_err(Error::Loop)?;
        Ok(Self {
            stats,
            bell,
            closed: AtomicBool::new(false),
            keeper: OnceLock::new(),
            wake: Mutex::new(Some(Arc::new(wake))),
            controls,
            notices,
            details,
            known: Mutex::new(HashMap::new()),
            arguments: Mutex::new(HashMap::new()),
            next_token: AtomicU32::new(1),
        })
    }

    /// The eventfd by which the loop learns of control messages.
    pub(crate) fn wake_fd(&self) -> Option<Arc<OwnedFd>> {
        self.wake.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Lets go of all that the loop needed, once it has ended: callers may keep this for long to read its counters.
    pub(crate) fn let_go(&self) {
        self.wake.lock().unwrap_or_else(PoisonError::into_inner).take();
        self.bell.silence();
    }

    pub(crate) fn next_token(&self) -> Token {
        Token(self.next_token.fetch_add(1, Ordering::Relaxed))
    }

    /// Tells the loop something. After the loop has ended nobody listens, and nothing is lost by that.
    pub(crate) fn control(&self, control: Control) {
        if self.controls.send(control).is_ok()
            && let Some(wake) = self.wake_fd()
        {
            let _ = rustix::io::write(&*wake, &1_u64.to_ne_bytes());
        }
    }

    pub(crate) fn notice(&self, kind: NoticeKind) {
        if self
            .notices
            .send(Notice {
                at: Monotonic::now(),
                kind,
            })
            .is_ok()
        {
            self.bell.announce_notice();
        }
    }

    /// Before the event that it belongs to, whose record rings the bell.
    pub(crate) fn detail(&self, detail: Detail) {
        let _ = self.details.send(detail);
    }

    /// A listener is on its way into the loop.
    pub(crate) fn enter(&self, token: Token, known: Known) {
        self.known().insert(token, known);
        self.stats.listeners.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn known(&self) -> MutexGuard<'_, HashMap<Token, Known>> {
        // The map is consistent between any two statements, so a panic elsewhere leaves nothing half done.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is kept until somebody takes it, its listener being gone.
    pub(crate) fn arguments(&self) -> MutexGuard<'_, HashMap<Token, Arc<Arguments>>> {
        self.arguments.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
