//! With which values a launched command makes chosen calls: exact, where events may be lost.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use notifyd_bpf::SeccompData;

/// An argument whose values are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watched {
    /// AUDIT_ARCH_* value.
    pub arch: u32,
    /// As the kernel gives it, the x32 bit included.
    pub number: u32,
    /// Which argument, 0 to 5.
    pub index: usize,
    /// The bits that count.
    pub mask: u64,
}

/// The values that a call was made with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Values {
    /// AUDIT_ARCH_* value.
    pub arch: u32,
    /// As the kernel gave it.
    pub number: u32,
    /// Each once; `None` where there were more than [`MAX_VALUES`].
    pub values: Option<BTreeSet<u64>>,
}

/// Most values that are kept of one call: a program that makes values up must not take our memory.
pub const MAX_VALUES: usize = 64;

type Call = (u32, u32);

/// Written by the loop, read once the command has ended.
#[derive(Debug, Default)]
pub struct Arguments {
    watched: HashMap<Call, (usize, u64)>,
    seen: Mutex<HashMap<Call, Option<BTreeSet<u64>>>>,
}

impl Arguments {
    /// Keeps the values of these.
    #[must_use]
    pub fn new(watched: &[Watched]) -> Self {
        let entries = watched
            .iter()
            .map(|each| ((each.arch, each.number), (each.index, each.mask)));
        Self {
            watched: entries.collect(),
            seen: Mutex::default(),
        }
    }

    /// Notes the value of a call, if it is one of those.
    pub(crate) fn note(&self, data: &SeccompData) {
        let call = (data.arch, data.nr.cast_unsigned());
        let Some(&(index, mask)) = self.watched.get(&call) else {
            return;
        };
        let value = data.args.get(index).map_or(0, |argument| argument & mask);
        let mut seen = self.seen();
        let kept = seen.entry(call).or_insert_with(|| Some(BTreeSet::new()));
        if let Some(values) = kept {
            values.insert(value);
            if values.len() > MAX_VALUES {
                *kept = None;
            }
        }
    }

    /// All that was noted, by architecture and number.
    #[must_use]
    pub fn read(&self) -> Vec<Values> {
        let mut all: Vec<Values> = self
            .seen()
            .iter()
            .map(|(&(arch, number), values)| Values {
                arch,
                number,
                values: values.clone(),
            })
            .collect();
        all.sort_by_key(|each| (each.arch, each.number));
        all
    }

    fn seen(&self) -> MutexGuard<'_, HashMap<Call, Option<BTreeSet<u64>>>> {
        // Consistent between any two statements.
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const ARCH: u32 = 0xc000_003e;
    const SOCKET: u32 = 41;

    fn call(number: u32, value: u64) -> SeccompData {
        SeccompData {
            nr: number.cast_signed(),
            arch: ARCH,
            args: [7, value, 7, 7, 7, 7],
            ..SeccompData::default()
        }
    }

    fn arguments(mask: u64) -> Arguments {
        Arguments::new(&[Watched {
            arch: ARCH,
            number: SOCKET,
            index: 1,
            mask,
        }])
    }

    #[test]
    fn values_of_watched_calls_are_kept_once_and_masked() {
        let arguments = arguments(0xff);
        for (number, value) in [(SOCKET, 2), (SOCKET, 0x102), (SOCKET, 1), (SOCKET + 1, 9)] {
            arguments.note(&call(number, value));
        }
        let expected = Values {
            arch: ARCH,
            number: SOCKET,
            values: Some(BTreeSet::from([1, 2])),
        };
        assert_eq!(arguments.read(), [expected]);
    }

    #[test]
    fn made_up_values_become_any() {
        let arguments = arguments(u64::MAX);
        for value in 0..=u64::try_from(MAX_VALUES).unwrap() {
            let exact = arguments.read().first().is_none_or(|seen| seen.values.is_some());
            assert!(exact, "{value}");
            arguments.note(&call(SOCKET, value));
        }
        arguments.note(&call(SOCKET, 5));
        assert_eq!(arguments.read().first().unwrap().values, None);
    }
}
