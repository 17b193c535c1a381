//! What the calls were that a recorded container's profile let run: added up here, since every call of the container comes by.

use std::sync::{Arc, Mutex, PoisonError};

use notifyd_bpf::{Action, SeccompData};

use crate::arguments::{Arguments, Values, Watched};
use crate::clock::Monotonic;
use crate::counters::{Count, CounterWriter, Counters, Key};

/// Of one listener. Written by the loop, read by anybody at any time.
#[derive(Debug)]
pub struct Recorder {
    counters: Arc<Counters>,
    /// The loop alone takes it.
    writer: Mutex<CounterWriter>,
    arguments: Arguments,
}

/// What was recorded until now.
#[derive(Clone, Debug, Default)]
pub struct Recorded {
    /// How often which call was let run.
    pub counts: Vec<Count>,
    /// The values of arguments that decide.
    pub values: Vec<Values>,
}

impl Recorder {
    /// Keeps the values of these.
    pub(crate) fn new(watched: &[Watched]) -> Self {
        let counters = Arc::new(Counters::default());
        Self {
            writer: Mutex::new(CounterWriter::new(Arc::clone(&counters))),
            counters,
            arguments: Arguments::new(watched),
        }
    }

    pub(crate) fn note(&self, data: &SeccompData, verdict: Action, init: bool, at: Monotonic) {
        let key = Key {
            arch: data.arch,
            number: data.nr.cast_unsigned(),
            verdict: verdict.raw(),
            init,
        };
        // In this order, and read in the other: no call is read of which the value is not.
        self.arguments.note(data);
        self.writer.lock().unwrap_or_else(PoisonError::into_inner).add(key, at);
    }

    pub(crate) fn read(&self) -> Recorded {
        Recorded {
            counts: self.counters.read(),
            values: self.arguments.read(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn calls_are_counted_and_values_kept_of_those_that_are_watched() {
        let watched = Watched {
            arch: 1,
            number: 41,
            index: 0,
            mask: u64::MAX,
        };
        let recorder = Recorder::new(&[watched]);
        for (number, value) in [(41, 2), (41, 1), (0, 9)] {
            let data = SeccompData {
                nr: number,
                arch: 1,
                args: [value, 0, 0, 0, 0, 0],
                ..SeccompData::default()
            };
            recorder.note(&data, Action::Allow, false, Monotonic(5));
        }
        let Recorded { counts, values } = recorder.read();
        let seen: Vec<_> = counts.iter().map(|each| (each.key.number, each.count)).collect();
        assert_eq!(seen, [(41, 2), (0, 1)]);
        let values: Vec<_> = values.into_iter().map(|each| (each.number, each.values)).collect();
        assert_eq!(values, [(41, Some(BTreeSet::from([1, 2])))]);
    }
}
