//! Why a look at a waiting call told nothing: a label of bounded variety.

use crate::inspector::Missing;

/// A reason with a stable name; metrics and `docs/metrics.md` use it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LookFailure {
    /// It took too long: the machine is busy, or the caller's memory is such that reading it hangs.
    TimedOut,
    /// The program that reads ended, or cannot be started.
    Failed,
    /// The call did not wait any more: what was read may be another's.
    Gone,
}

impl LookFailure {
    /// All reasons, in the order of the metric.
    pub const ALL: [Self; 3] = [Self::TimedOut, Self::Failed, Self::Gone];

    /// `waits`: the call was still waiting when its look was over.
    pub(crate) const fn of<T>(read: &Result<T, Missing>, waits: bool) -> Option<Self> {
        match read {
            Err(Missing::TimedOut) => Some(Self::TimedOut),
            Err(Missing::Failed) => Some(Self::Failed),
            Ok(_) if !waits => Some(Self::Gone),
            Ok(_) => None,
        }
    }

    /// The stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::TimedOut => "timed_out",
            Self::Failed => "failed",
            Self::Gone => "gone",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_counts_only_of_a_call_that_still_waits() {
        let read = Ok(());
        assert_eq!(LookFailure::of(&read, true), None);
        assert_eq!(LookFailure::of(&read, false), Some(LookFailure::Gone));
        let failed = Err::<(), _>(Missing::Failed);
        assert_eq!(LookFailure::of(&failed, false), Some(LookFailure::Failed));
        assert_eq!(
            LookFailure::of(&Err::<(), _>(Missing::TimedOut), true),
            Some(LookFailure::TimedOut)
        );
    }
}
