//! Calls that a former process received and did not answer: the kernel tells nobody of them again.
//!
//! Ids of one listener are consecutive, and a listener is writable for as long as such a call waits; so each is found
//! near any id that is known.

use std::os::fd::{AsFd, BorrowedFd};

use notifyd_kernel::notify::{Answer, Buffers, NotificationId, Sent, awaits_answer, is_waiting};
use notifyd_kernel::remembered::Slot;

use super::EventLoop;
use crate::clock::Monotonic;
use crate::notice::NoticeKind;
use crate::stats::Stats;
use crate::token::Token;

/// Ids that are tried on either side. Notifications that were cancelled use ids up as well.
const MOST_DISTANT: u64 = 1 << 18;
/// Ids that are tried between two looks whether any call still waits.
const AT_ONCE: u64 = 32;

impl EventLoop {
    /// What a former process received and did not answer is answered: the last one as its call, others by an errno.
    pub(super) fn resume(&mut self, token: Token, slot: Option<Slot>) {
        let Some(index) = self.positions.get(&token).copied() else {
            return;
        };
        let orphan = slot.as_ref().and_then(Slot::last);
        let Some(Some(served)) = self.slots.get_mut(index) else {
            return;
        };
        served.last = slot;
        let Some(orphan) = orphan else {
            served.orphaned = awaits_answer(served.listener.as_fd());
            return;
        };
        if is_waiting(served.listener.as_fd(), orphan.id) {
            Stats::count(&self.shared.stats.received);
            self.answer(index, &orphan, Monotonic::now());
        }
        self.answer_orphans(index, orphan.id);
    }

    /// To be called when an id is known for the first time and calls wait that this process has not received.
    pub(super) fn answer_orphans(&mut self, index: usize, near: NotificationId) {
        // What waits after that is nobody's.
        self.answer_deferred_of(index);
        let Some(Some(served)) = self.slots.get_mut(index) else {
            return;
        };
        let answer = Answer::Errno(served.rule.policy.errno);
        let answered = answer_near(served.listener.as_fd(), &mut self.buffers, near, answer);
        if answered > 0 {
            self.shared.notice(NoticeKind::Orphans(served.token, answered));
        }
    }
}

/// Answers all that wait, whatever call they are; returns how many.
fn answer_near(listener: BorrowedFd<'_>, buffers: &mut Buffers, near: NotificationId, answer: Answer) -> u64 {
    let mut answered = 0;
    for distance in 0..MOST_DISTANT {
        if distance % AT_ONCE == 0 && !awaits_answer(listener) {
            break;
        }
        for id in [near.0.wrapping_add(distance), near.0.wrapping_sub(distance)] {
            if buffers.send(listener, NotificationId(id), answer) == Sent::Answered {
                answered += 1;
            }
        }
    }
    answered
}
