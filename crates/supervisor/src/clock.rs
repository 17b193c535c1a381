//! CLOCK_MONOTONIC, the clock of debounces and of `process.hrtime()`; not affected when the wall clock is set.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// Nanoseconds since an arbitrary point before the machine's start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Monotonic(pub u64);

impl Monotonic {
    /// The time now.
    #[must_use]
    pub fn now() -> Self {
        let time = clock_gettime(ClockId::Monotonic);
        let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
        Self(
            seconds
                .saturating_mul(1_000_000_000)
                .saturating_add(u64::try_from(time.tv_nsec).unwrap_or(0)),
        )
    }

    /// So much later.
    #[must_use]
    pub fn after(self, pause: Duration) -> Self {
        Self(
            self.0
                .saturating_add(u64::try_from(pause.as_nanos()).unwrap_or(u64::MAX)),
        )
    }

    /// Nanoseconds since an earlier time.
    #[must_use]
    pub fn nanoseconds_since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// As milliseconds; exact to a microsecond for more than 100 years.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a double holds a century of microseconds")]
    pub fn milliseconds(self) -> f64 {
        self.0 as f64 / 1e6
    }
}
