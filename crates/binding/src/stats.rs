//! Counters as JavaScript numbers.

use std::sync::atomic::{AtomicU64, Ordering};

use napi_derive::napi;
use notifyd_supervisor::{
    Count as CoreCount, LATENCY_BOUNDS, Stats as CoreStats, StopReport as CoreReport, Told as CoreTold,
};

/// One counter of a listener.
#[napi(object)]
pub struct Count {
    /// AUDIT_ARCH_* value; 0 with number 4294967295 for calls beyond the bound of distinct ones.
    pub arch: u32,
    pub number: u32,
    /// SECCOMP_RET_* value with data; SECCOMP_RET_USER_NOTIF where the original profile is not known.
    pub verdict: u32,
    /// Made by the runtime before the user's program was executed.
    pub init: bool,
    /// Exact below 2^53.
    pub count: f64,
    /// Monotonic milliseconds of the first one.
    pub first_at_ms: f64,
    /// Monotonic milliseconds of the last one.
    pub last_at_ms: f64,
}

/// How often something was because of one reason.
#[napi(object)]
pub struct ReasonCount {
    pub reason: String,
    pub count: f64,
}

/// What the whole supervisor did.
#[napi(object)]
pub struct Stats {
    pub received: f64,
    pub answered: f64,
    /// RECV or SEND found the target gone (ENOENT), EINTR.
    pub aborted: f64,
    pub events_dropped: f64,
    pub listeners: f64,
    pub pending_handovers: f64,
    /// Connections that ended without a byte or descriptor (crun connects early).
    pub empty_handovers: f64,
    /// Hand-overs; every reason.
    pub refused: Vec<ReasonCount>,
    /// Looks at waiting calls that told nothing; every reason.
    pub failed_looks: Vec<ReasonCount>,
    /// Upper bounds in seconds and non-cumulative counts; the last count is +Inf.
    pub latency_bounds: Vec<f64>,
    pub latency_counts: Vec<f64>,
    pub latency_sum_seconds: f64,
    pub loop_wakeups: f64,
}

/// What was ended, and how.
#[napi(object)]
pub struct StopReport {
    /// Nothing of the container is left.
    pub done: bool,
    /// What was done: "init", "cgroup.kill", "cgroup.procs", "tree".
    pub steps: Vec<String>,
    /// Processes still there at the timeout.
    pub left: Vec<u32>,
    /// Where the last words are, and where they could not be written.
    pub told: Vec<Told>,
}

/// A place for a container's last words.
#[napi(object)]
pub struct Told {
    #[napi(ts_type = "'stderr' | 'termination-file'")]
    pub place: String,
    /// Missing where they were written.
    pub problem: Option<String>,
}

impl From<CoreTold> for Told {
    fn from(told: CoreTold) -> Self {
        Self {
            place: told.place.to_owned(),
            problem: told.problem,
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "counters stay far below 2^53")]
pub fn double(value: u64) -> f64 {
    value as f64
}

impl From<CoreCount> for Count {
    fn from(count: CoreCount) -> Self {
        Self {
            arch: count.key.arch,
            number: count.key.number,
            verdict: count.key.verdict,
            init: count.key.init,
            count: double(count.count),
            first_at_ms: count.first.milliseconds(),
            last_at_ms: count.last.milliseconds(),
        }
    }
}

impl From<&CoreStats> for Stats {
    fn from(stats: &CoreStats) -> Self {
        let load = |counter: &AtomicU64| double(counter.load(Ordering::Relaxed));
        let of = |reason: &'static str, count| ReasonCount {
            reason: reason.to_owned(),
            count: double(count),
        };
        let refused = stats
            .refused()
            .into_iter()
            .map(|(reason, count)| of(reason.name(), count));
        let failed_looks = stats
            .failed_looks()
            .into_iter()
            .map(|(reason, count)| of(reason.name(), count));
        Self {
            received: load(&stats.received),
            answered: load(&stats.answered),
            aborted: load(&stats.aborted),
            events_dropped: load(&stats.events_dropped),
            listeners: load(&stats.listeners),
            pending_handovers: load(&stats.pending_handovers),
            empty_handovers: load(&stats.empty_handovers),
            refused: refused.collect(),
            failed_looks: failed_looks.collect(),
            latency_bounds: (0..LATENCY_BOUNDS).map(|power| double(1 << power) / 1e6).collect(),
            latency_counts: stats.latency_counts.iter().map(load).collect(),
            latency_sum_seconds: load(&stats.latency_sum_ns) / 1e9,
            loop_wakeups: load(&stats.loop_wakeups),
        }
    }
}

impl From<CoreReport> for StopReport {
    fn from(report: CoreReport) -> Self {
        Self {
            done: report.done,
            steps: report.steps.into_iter().map(str::to_owned).collect(),
            left: report.left.into_iter().collect(),
            told: report.told.into_iter().map(Told::from).collect(),
        }
    }
}
