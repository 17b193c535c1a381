//! One call's answer, and the record of it.

use std::os::fd::AsFd;

use notifyd_bpf::Action;
use notifyd_kernel::notify::{Answer, Notification, Sent};

use super::deferral::Pending;
use super::{Caller, EventLoop};
use crate::clock::Monotonic;
use crate::counters::Key;
use crate::detail::{Detail, Reading};
use crate::event::Event;
use crate::process::kill_waiting;
use crate::stats::Stats;
use crate::verdict::Decision;

impl EventLoop {
    pub(super) fn answer(&mut self, index: usize, notification: &Notification, since: Monotonic) {
        let Some(Some(served)) = self.slots.get_mut(index) else {
            return;
        };
        let decision = served.rule.decide(&notification.data);
        let caller = Caller {
            init: served.identify(notification, &self.shared),
            process: notification
                .target
                .and_then(|target| served.bursts.caller(target, &notification.data)),
            since,
        };
        let pending = Pending {
            index,
            notification: *notification,
            decision,
            caller,
        };
        if !self.deferral.takes(served, &pending) {
            self.send(&pending, None);
        }
    }

    pub(super) fn send(&mut self, pending: &Pending, reading: Option<Reading>) {
        let Pending {
            index,
            ref notification,
            decision,
            caller,
        } = *pending;
        let Some(Some(served)) = self.slots.get_mut(index) else {
            return;
        };
        let kills = decision.kill && !caller.init;
        if let (true, Some(target)) = (kills, notification.target) {
            kill_waiting(served.listener.as_fd(), notification.id, target);
        }
        if let Some(delay) = self.delay {
            std::thread::sleep(delay);
        }
        match self
            .buffers
            .send(served.listener.as_fd(), notification.id, decision.answer)
        {
            Sent::Answered => self.record(pending, reading),
            // A process that was killed for this call is gone before its answer; the call was made and denied.
            Sent::Gone if kills => self.record(pending, reading),
            Sent::Gone => Stats::count(&self.shared.stats.aborted),
            Sent::Failed(_) => self.answer_plainly(index, notification),
        }
    }

    /// The kernel refused an answer (CONTINUE before Linux 5.5): the call must not hang, and must not run.
    fn answer_plainly(&mut self, index: usize, notification: &Notification) {
        let Some(Some(served)) = self.slots.get_mut(index) else {
            return;
        };
        let answer = Answer::Errno(served.rule.policy.errno);
        if self.buffers.send(served.listener.as_fd(), notification.id, answer) == Sent::Answered {
            let decision = Decision {
                verdict: Action::Notify,
                answer,
                kill: false,
            };
            let caller = Caller {
                init: false,
                process: None,
                since: Monotonic::now(),
            };
            let pending = Pending {
                index,
                notification: *notification,
                decision,
                caller,
            };
            self.record(&pending, None);
        }
    }

    fn record(&mut self, pending: &Pending, reading: Option<Reading>) {
        let Pending {
            index,
            ref notification,
            decision,
            caller: Caller { init, process, since },
        } = *pending;
        let at = Monotonic::now();
        let latency_ns = at.nanoseconds_since(since);
        let Some(Some(served)) = self.slots.get_mut(index) else {
            return;
        };
        let data = notification.data;
        Stats::count(&self.shared.stats.answered);
        self.shared.stats.observe_latency(latency_ns);
        let made = process.zip(notification.target);
        if made.is_some_and(|(process, target)| served.bursts.repeats(process, target, &data, at)) {
            return;
        }
        if let Some(recorder) = served.rule.recorder(&decision) {
            return recorder.note(&data, decision.verdict, init, at);
        }
        // Before the counters too: whoever sees the call has to find what was read of it.
        self.sequence += 1;
        let detail = reading.is_some();
        if let Some(reading) = reading {
            self.shared.detail(Detail {
                listener: served.token,
                sequence: self.sequence,
                arch: data.arch,
                number: data.nr.cast_unsigned(),
                args: data.args,
                verdict: decision.verdict,
                reading,
            });
        }
        let key = Key {
            arch: data.arch,
            number: data.nr.cast_unsigned(),
            verdict: decision.verdict.raw(),
            init,
        };
        served.counters.add(key, at);
        if let Some(arguments) = &served.arguments {
            arguments.note(&data);
        }
        self.ring.push(Event {
            listener: served.token,
            sequence: self.sequence,
            at,
            latency_ns,
            id: notification.id,
            target: notification.target,
            data,
            verdict: decision.verdict,
            answer: decision.answer,
            init,
            detail,
        });
    }
}
