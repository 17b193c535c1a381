//! What the whole supervisor did, in atomics that metrics copy.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::look_failure::LookFailure;
use crate::refusal::Refusal;

/// Upper bounds of the latency buckets are 2^n microseconds for n below this; the last bucket has none.
pub const LATENCY_BOUNDS: usize = 21;

/// Counters of the whole supervisor.
#[derive(Default)]
pub struct Stats {
    /// Notifications received.
    pub received: AtomicU64,
    /// Answers that the kernel accepted.
    pub answered: AtomicU64,
    /// Notifications whose target was gone, or that a signal cancelled.
    pub aborted: AtomicU64,
    /// Events for which the ring had no room.
    pub events_dropped: AtomicU64,
    /// Listeners being served.
    pub listeners: AtomicU64,
    /// Hand-overs that are not complete.
    pub pending_handovers: AtomicU64,
    /// Connections that ended without a byte or descriptor.
    pub empty_handovers: AtomicU64,
    /// Returns from `epoll_wait`.
    pub loop_wakeups: AtomicU64,
    /// Answers by latency, not cumulative.
    pub latency_counts: [AtomicU64; LATENCY_BOUNDS + 1],
    /// Sum of all latencies.
    pub latency_sum_ns: AtomicU64,
    refused: [AtomicU64; Refusal::ALL.len()],
    failed_looks: [AtomicU64; LookFailure::ALL.len()],
}

impl Stats {
    /// Adds one to a counter of which this thread is the only writer, or one of several.
    pub(crate) fn count(counter: &AtomicU64) {
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn observe_latency(&self, nanoseconds: u64) {
        let microseconds = nanoseconds.div_ceil(1000);
        let bucket = microseconds.max(1).next_power_of_two().trailing_zeros();
        let bucket = usize::try_from(bucket).unwrap_or(LATENCY_BOUNDS).min(LATENCY_BOUNDS);
        if let Some(counter) = self.latency_counts.get(bucket) {
            Self::count(counter);
        }
        self.latency_sum_ns.fetch_add(nanoseconds, Ordering::Relaxed);
    }

    pub(crate) fn count_refusal(&self, refusal: Refusal) {
        let place = Refusal::ALL.iter().position(|other| *other == refusal);
        if let Some(counter) = place.and_then(|place| self.refused.get(place)) {
            Self::count(counter);
        }
    }

    pub(crate) fn count_failed_look(&self, failure: LookFailure) {
        let place = LookFailure::ALL.iter().position(|other| *other == failure);
        if let Some(counter) = place.and_then(|place| self.failed_looks.get(place)) {
            Self::count(counter);
        }
    }

    /// Refused hand-overs by reason, all reasons.
    #[must_use]
    pub fn refused(&self) -> Vec<(Refusal, u64)> {
        let counts = self.refused.iter().map(|counter| counter.load(Ordering::Relaxed));
        Refusal::ALL.into_iter().zip(counts).collect()
    }

    /// Looks at calls that told nothing by reason, all reasons.
    #[must_use]
    pub fn failed_looks(&self) -> Vec<(LookFailure, u64)> {
        let counts = self.failed_looks.iter().map(|counter| counter.load(Ordering::Relaxed));
        LookFailure::ALL.into_iter().zip(counts).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latencies_fall_into_the_bucket_that_bounds_them() {
        let stats = Stats::default();
        for nanoseconds in [0, 1000, 1001, 2000, 3_000_000_000] {
            stats.observe_latency(nanoseconds);
        }
        let counts: Vec<u64> = stats.latency_counts.iter().map(|c| c.load(Ordering::Relaxed)).collect();
        assert_eq!(counts[0], 2, "up to 1 us");
        assert_eq!(counts[1], 2, "up to 2 us");
        assert_eq!(counts[LATENCY_BOUNDS], 1, "beyond the last bound");
        assert_eq!(counts.iter().sum::<u64>(), 5);
    }
}
