//! Exact counts of one listener: written by the loop alone, read by anybody without a lock.
//!
//! Slots are only ever appended, so a reader sees each count as it was at some moment after it asked. Not promised:
//! one moment for all of them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use crate::clock::Monotonic;

/// What is counted apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// AUDIT_ARCH_* value; 0 with number `u32::MAX` for everything beyond [`MAX_KEYS`].
    pub arch: u32,
    /// As the kernel gave it, the x32 bit included.
    pub number: u32,
    /// SECCOMP_RET_* value with its data.
    pub verdict: u32,
    /// Made before the user's program was executed.
    pub init: bool,
}

/// One count as read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// What was counted.
    pub key: Key,
    /// How often.
    pub count: u64,
    /// When first.
    pub first: Monotonic,
    /// When last.
    pub last: Monotonic,
}

/// Most keys of one listener: a target that calls every number there is must not take our memory.
pub const MAX_KEYS: usize = 2048;

/// Where calls beyond [`MAX_KEYS`] are counted; number and architecture are no real ones.
pub const OTHER: Key = Key {
    arch: 0,
    number: u32::MAX,
    verdict: 0,
    init: false,
};

const FIRST_CHUNK: usize = 4;
const CHUNKS: usize = 10;

/// The shared side. Of an idle listener, and most are, it is no more than this.
#[derive(Debug, Default)]
pub struct Counters {
    length: AtomicUsize,
    chunks: OnceLock<Box<Chunks>>,
}

/// 4, 8, 16, ... slots.
type Chunks = [OnceLock<Box<[Slot]>>; CHUNKS];

#[derive(Debug, Default)]
struct Slot {
    arch: AtomicU32,
    number: AtomicU32,
    verdict: AtomicU32,
    init: AtomicBool,
    count: AtomicU64,
    first: AtomicU64,
    last: AtomicU64,
}

impl Counters {
    /// All counts.
    #[must_use]
    pub fn read(&self) -> Vec<Count> {
        let length = self.length.load(Ordering::Acquire);
        (0..length)
            .filter_map(|index| self.slot(index))
            .map(Slot::read)
            .collect()
    }

    fn slot(&self, index: usize) -> Option<&Slot> {
        let (chunk, offset) = place(index);
        self.chunks.get()?.get(chunk)?.get()?.get(offset)
    }

    fn append(&self, key: Key, at: Monotonic) -> Option<usize> {
        let index = self.length.load(Ordering::Relaxed);
        let (chunk, offset) = place(index);
        let slots = self
            .chunks
            .get_or_init(Box::default)
            .get(chunk)?
            .get_or_init(|| (0..FIRST_CHUNK << chunk).map(|_| Slot::default()).collect());
        slots.get(offset)?.begin(key, at);
        self.length.store(index + 1, Ordering::Release);
        Some(index)
    }
}

/// Chunk `n` holds the indexes from `4 * (2^n - 1)` on.
fn place(index: usize) -> (usize, usize) {
    let chunk = (index / FIRST_CHUNK + 1).ilog2();
    let chunk = usize::try_from(chunk).unwrap_or(CHUNKS);
    (chunk, index - FIRST_CHUNK * ((1 << chunk) - 1))
}

impl Slot {
    fn begin(&self, key: Key, at: Monotonic) {
        self.first.store(at.0, Ordering::Relaxed);
        self.arch.store(key.arch, Ordering::Relaxed);
        self.number.store(key.number, Ordering::Relaxed);
        self.verdict.store(key.verdict, Ordering::Relaxed);
        self.init.store(key.init, Ordering::Relaxed);
    }

    /// There is one writer, so a load and a store are an increment.
    fn increment(&self, at: Monotonic) {
        self.last.store(at.0, Ordering::Relaxed);
        self.count
            .store(self.count.load(Ordering::Relaxed) + 1, Ordering::Release);
    }

    fn read(&self) -> Count {
        let count = self.count.load(Ordering::Acquire);
        let key = Key {
            arch: self.arch.load(Ordering::Relaxed),
            number: self.number.load(Ordering::Relaxed),
            verdict: self.verdict.load(Ordering::Relaxed),
            init: self.init.load(Ordering::Relaxed),
        };
        Count {
            key,
            count,
            first: Monotonic(self.first.load(Ordering::Relaxed)),
            last: Monotonic(self.last.load(Ordering::Relaxed)),
        }
    }
}

/// The loop's side.
#[derive(Debug)]
pub struct CounterWriter {
    shared: Arc<Counters>,
    index: HashMap<Key, usize>,
    latest: Option<(Key, usize)>,
}

impl CounterWriter {
    /// The only writer of these counters.
    #[must_use]
    pub fn new(shared: Arc<Counters>) -> Self {
        Self {
            shared,
            index: HashMap::new(),
            latest: None,
        }
    }

    /// Counts one answered call.
    pub fn add(&mut self, key: Key, at: Monotonic) {
        let index = match self.latest {
            Some((latest, index)) if latest == key => index,
            _ => self.find(key, at),
        };
        self.latest = Some((key, index));
        if let Some(slot) = self.shared.slot(index) {
            slot.increment(at);
        }
    }

    fn find(&mut self, key: Key, at: Monotonic) -> usize {
        if let Some(index) = self.index.get(&key) {
            return *index;
        }
        let key = if self.index.len() < MAX_KEYS {
            key
        } else {
            Key {
                init: key.init,
                verdict: key.verdict,
                ..OTHER
            }
        };
        let shared = &self.shared;
        // Verdicts are few, so the keys that `OTHER` becomes fit beyond MAX_KEYS; were they not to, the first takes all.
        *self
            .index
            .entry(key)
            .or_insert_with(|| shared.append(key, at).unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: u32) -> Key {
        Key {
            arch: 0xc000_003e,
            number,
            verdict: 0x0005_0001,
            init: false,
        }
    }

    #[test]
    fn calls_are_counted_apart_by_key() {
        let shared = Arc::new(Counters::default());
        let mut writer = CounterWriter::new(Arc::clone(&shared));
        for (number, at) in [(83, 1), (83, 2), (161, 3), (83, 4)] {
            writer.add(key(number), Monotonic(at));
        }
        let counts: Vec<_> = shared
            .read()
            .iter()
            .map(|c| (c.key.number, c.count, c.first.0, c.last.0))
            .collect();
        assert_eq!(counts, [(83, 3, 1, 4), (161, 1, 3, 3)]);
    }

    #[test]
    fn a_listener_that_called_nothing_holds_no_slots() {
        let shared = Counters::default();
        assert!(shared.read().is_empty());
        assert!(shared.chunks.get().is_none());
    }

    #[test]
    fn numbers_beyond_the_cap_are_counted_together_and_none_is_lost() {
        let shared = Arc::new(Counters::default());
        let mut writer = CounterWriter::new(Arc::clone(&shared));
        for number in 0..10_000 {
            writer.add(key(number), Monotonic(1));
            writer.add(key(number), Monotonic(2));
        }
        let counts = shared.read();
        assert_eq!(counts.len(), MAX_KEYS + 1);
        assert_eq!(counts.iter().map(|c| c.count).sum::<u64>(), 20_000);
        let other: u64 = counts.iter().filter(|c| c.key.arch == 0).map(|c| c.count).sum();
        assert_eq!(other, 2 * (10_000 - MAX_KEYS as u64));
    }

    #[test]
    fn a_reader_beside_the_writer_never_sees_a_count_shrink() {
        let shared = Arc::new(Counters::default());
        let reader = Arc::clone(&shared);
        let watching = std::thread::spawn(move || {
            let mut before = 0;
            while before < 200_000 {
                let now: u64 = reader.read().iter().map(|c| c.count).sum();
                assert!(now >= before);
                before = now;
            }
        });
        let mut writer = CounterWriter::new(shared);
        for step in 0..200_000_u32 {
            writer.add(key(step % 100), Monotonic(u64::from(step)));
        }
        assert!(watching.join().is_ok());
    }
}
