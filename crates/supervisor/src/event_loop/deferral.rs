//! Calls that wait a moment longer, until it has been read who makes them and with what.

use std::collections::VecDeque;
use std::os::fd::AsFd;
use std::time::Instant;

use notifyd_inspect::wire::Request;
use notifyd_kernel::notify::{Notification, is_waiting};
use rustix::event::Timespec;

use super::{Caller, EventLoop, Served};
use crate::detail::Reading;
use crate::firsts::Look;
use crate::inspector::{Inspector, Missing};
use crate::look_failure::LookFailure;
use crate::looks::Call;
use crate::verdict::Decision;

/// The calls that wait, the one that has waited longest first.
pub(super) struct Deferral {
    /// None where nothing is to be read, and when the loop ends.
    inspector: Option<Inspector>,
    waiting: VecDeque<Deferred>,
    serial: u64,
}

struct Deferred {
    serial: u64,
    until: Instant,
    look: Look,
    answer: Pending,
}

/// A call that is to be answered, and all that was found out about it.
#[derive(Clone, Copy)]
pub(super) struct Pending {
    pub(super) index: usize,
    pub(super) notification: Notification,
    pub(super) decision: Decision,
    pub(super) caller: Caller,
}

impl Deferral {
    pub(super) const fn new(inspector: Option<Inspector>) -> Self {
        Self {
            inspector,
            waiting: VecDeque::new(),
            serial: 0,
        }
    }

    /// Whether the call is looked at, and is to be answered later.
    pub(super) fn takes(&mut self, served: &mut Served, pending: &Pending) -> bool {
        let Pending {
            notification,
            decision,
            caller,
            ..
        } = pending;
        let (Some(inspector), Some(target)) = (&self.inspector, notification.target) else {
            return false;
        };
        // What the runtime calls is not the container's, and its start is not made to wait. What is only recorded is allowed.
        if caller.init || served.rule.recorder(decision).is_some() {
            return false;
        }
        let call = Call::of(&notification.data, decision.verdict.raw());
        if !served.looks.wants(call, inspector.backtraces) || !inspector.is_available(caller.since) {
            return false;
        }
        let until = Instant::now() + inspector.patience;
        let request = Request {
            serial: self.serial + 1,
            tid: target.0,
            data: notification.data,
            backtrace_ms: inspector.backtrace_ms(),
        };
        if !inspector.ask(request, until) {
            return false;
        }
        self.serial += 1;
        self.waiting.push_back(Deferred {
            serial: self.serial,
            until,
            look: served.looks.begin(call),
            answer: *pending,
        });
        true
    }

    /// How long the loop may sleep; `None` for ever.
    pub(super) fn timeout(&self) -> Option<Timespec> {
        let first = self.waiting.front()?;
        Timespec::try_from(first.until.saturating_duration_since(Instant::now())).ok()
    }

    fn take(&mut self, which: impl Fn(&Deferred) -> bool) -> Option<Deferred> {
        let place = self.waiting.iter().position(which)?;
        self.waiting.remove(place)
    }
}

impl EventLoop {
    /// Answers the call whose reading has come to an end, if it has not been answered for lack of time.
    pub(super) fn inspected(&mut self, serial: u64, read: crate::inspector::Read) {
        if let Some(deferred) = self.deferral.take(|deferred| deferred.serial == serial) {
            self.conclude(deferred, read);
        }
    }

    /// Answers what has waited long enough.
    pub(super) fn answer_overdue(&mut self) {
        if self.deferral.waiting.is_empty() {
            return;
        }
        let now = Instant::now();
        while let Some(deferred) = self.deferral.take(|deferred| deferred.until <= now) {
            self.conclude(deferred, Err(Missing::TimedOut));
        }
    }

    fn conclude(&mut self, deferred: Deferred, read: crate::inspector::Read) {
        let Pending {
            index, notification, ..
        } = deferred.answer;
        let served = self.slots.get_mut(index).and_then(Option::as_mut);
        // Otherwise it was read of whoever has the number by now.
        let own = served
            .as_ref()
            .is_some_and(|served| is_waiting(served.listener.as_fd(), notification.id));
        match &read {
            Ok(read) => deferred.look.found(read.site.filter(|_| own)),
            Err(_) => deferred.look.failed(),
        }
        if let Some(served) = served {
            served.looks.ask_again();
        }
        if let Some(failure) = LookFailure::of(&read, own) {
            self.shared.stats.count_failed_look(failure);
        }
        self.send(&deferred.answer, own.then_some(read).map(Reading::from));
    }

    /// Answers all that wait at a listener, before it is closed.
    pub(super) fn answer_deferred_of(&mut self, index: usize) {
        while let Some(deferred) = self.deferral.take(|deferred| deferred.answer.index == index) {
            self.send(&deferred.answer, None);
        }
    }

    /// Answers all that wait, and from now on each call at once.
    pub(super) fn end_deferral(&mut self) {
        self.deferral.inspector = None;
        while let Some(deferred) = self.deferral.waiting.pop_front() {
            self.send(&deferred.answer, None);
        }
    }
}
