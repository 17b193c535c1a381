//! The bounded ring of events, and the bell that wakes its reader once per batch.
//!
//! The writer never waits: where there is no room the event is dropped and counted; the counters are not touched by it.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering, fence};
use std::sync::{Arc, Mutex, PoisonError};

use rtrb::{Consumer, Producer, RingBuffer};

use crate::event::{EVENT_BYTES, Event};
use crate::stats::Stats;

/// Wakes the reader when it asked for it, and then not again until it asks anew.
pub struct Bell {
    armed: AtomicBool,
    notices: AtomicUsize,
    wake: Mutex<Option<Wake>>,
}

type Wake = Box<dyn Fn() + Send + Sync>;

impl Bell {
    /// `wake` is called from the supervisor's threads and must not block.
    pub fn new(wake: impl Fn() + Send + Sync + 'static) -> Self {
        Self {
            armed: AtomicBool::new(false),
            notices: AtomicUsize::new(0),
            wake: Mutex::new(Some(Box::new(wake))),
        }
    }

    /// After something was made visible to the reader.
    pub(crate) fn ring(&self) {
        // Pairs with the fence in `arm`: either we see the reader's wish, or it sees what we published.
        fence(Ordering::SeqCst);
        if self.armed.load(Ordering::Relaxed) && self.armed.swap(false, Ordering::Relaxed) {
            let wake = self.wake.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(wake) = wake.as_ref() {
                wake();
            }
        }
    }

    /// Lets go of what wakes the reader, which may hold the reader itself.
    pub(crate) fn silence(&self) {
        self.wake.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    pub(crate) fn announce_notice(&self) {
        self.notices.fetch_add(1, Ordering::Release);
        self.ring();
    }

    pub(crate) fn take_notice(&self) {
        self.notices.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The loop's end.
pub(crate) struct Writer {
    producer: Producer<Event>,
    stats: Arc<Stats>,
    bell: Arc<Bell>,
}

/// The end of whoever follows events.
pub struct Reader {
    consumer: Consumer<Event>,
    bell: Arc<Bell>,
}

pub(crate) fn ring(events: usize, stats: Arc<Stats>, bell: Arc<Bell>) -> (Writer, Reader) {
    let (producer, consumer) = RingBuffer::new(events);
    (
        Writer {
            producer,
            stats,
            bell: Arc::clone(&bell),
        },
        Reader { consumer, bell },
    )
}

impl Writer {
    pub(crate) fn push(&mut self, event: Event) {
        if self.producer.push(event).is_err() {
            Stats::count(&self.stats.events_dropped);
        }
        // Rung for a dropped event too: its listener's counters have changed.
        self.bell.ring();
    }
}

impl Reader {
    /// Copies as many whole records as there are and fit; returns how many.
    pub fn drain(&mut self, into: &mut [u8]) -> usize {
        if self.consumer.is_abandoned() && self.consumer.is_empty() {
            // Nothing comes any more: the memory is given back now, not when JavaScript collects its garbage.
            self.consumer = RingBuffer::new(0).1;
        }
        let wanted = self.consumer.slots().min(into.len() / EVENT_BYTES);
        let Ok(chunk) = self.consumer.read_chunk(wanted) else {
            return 0;
        };
        for (event, place) in chunk.into_iter().zip(into.chunks_exact_mut(EVENT_BYTES)) {
            place.copy_from_slice(&event.to_bytes());
        }
        wanted
    }

    /// Asks for one wake at the next event or notice. False: something is there already, and no wake will come.
    pub fn arm(&mut self) -> bool {
        self.bell.armed.store(true, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        if self.consumer.is_empty() && self.bell.notices.load(Ordering::Acquire) == 0 {
            return true;
        }
        // Whoever swapped it meanwhile has called wake as well; one wake too many does no harm.
        self.bell.armed.store(false, Ordering::Relaxed);
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Monotonic;
    use crate::token::Token;
    use notifyd_bpf::{Action, SeccompData};
    use notifyd_kernel::notify::{Answer, NotificationId};

    fn event(sequence: u64) -> Event {
        Event {
            listener: Token(7),
            sequence,
            at: Monotonic(1_500_000),
            latency_ns: 900,
            id: NotificationId(u64::MAX),
            target: None,
            data: SeccompData {
                nr: 161,
                arch: 0xc000_003e,
                instruction_pointer: 5,
                args: [1, 2, 3, 4, 5, u64::MAX],
            },
            verdict: Action::Errno(1),
            answer: Answer::Continue,
            init: true,
            detail: true,
        }
    }

    fn rung() -> (Arc<AtomicUsize>, Arc<Bell>) {
        let count = Arc::new(AtomicUsize::new(0));
        let inner = Arc::clone(&count);
        (
            count,
            Arc::new(Bell::new(move || {
                inner.fetch_add(1, Ordering::SeqCst);
            })),
        )
    }

    #[test]
    fn one_wake_comes_per_arming_however_many_events_follow() {
        let (wakes, bell) = rung();
        let (mut writer, mut reader) = ring(8, Arc::new(Stats::default()), bell);
        assert!(reader.arm());
        for sequence in 0..5 {
            writer.push(event(sequence));
        }
        assert_eq!(wakes.load(Ordering::SeqCst), 1);
        assert!(!reader.arm(), "events are waiting");
        assert_eq!(reader.drain(&mut [0; EVENT_BYTES * 8]), 5);
        assert!(reader.arm());
        writer.push(event(5));
        assert_eq!(wakes.load(Ordering::SeqCst), 2);
    }

    #[test]
    fn a_full_ring_drops_and_counts_and_keeps_what_it_holds() {
        let (_, bell) = rung();
        let stats = Arc::new(Stats::default());
        let (mut writer, mut reader) = ring(4, Arc::clone(&stats), bell);
        for sequence in 0..10 {
            writer.push(event(sequence));
        }
        assert_eq!(stats.events_dropped.load(Ordering::Relaxed), 6);
        let mut batch = [0; EVENT_BYTES * 16];
        assert_eq!(reader.drain(&mut batch), 4);
        let sequences: Vec<u8> = batch
            .chunks_exact(EVENT_BYTES)
            .take(4)
            .map(|record| record[104])
            .collect();
        assert_eq!(sequences, [0, 1, 2, 3]);
    }

    #[test]
    fn a_batch_holds_only_whole_records() {
        let (_, bell) = rung();
        let (mut writer, mut reader) = ring(4, Arc::new(Stats::default()), bell);
        writer.push(event(0));
        writer.push(event(1));
        assert_eq!(reader.drain(&mut [0; EVENT_BYTES * 2 - 1]), 1);
        assert_eq!(reader.drain(&mut [0; EVENT_BYTES - 1]), 0);
        assert_eq!(reader.drain(&mut [0; EVENT_BYTES]), 1);
    }

    #[test]
    fn a_record_has_the_documented_layout() {
        let bytes = event(3).to_bytes();
        assert_eq!(bytes[0..4], [7, 0, 0, 0], "listener");
        assert_eq!(bytes[4..8], [0x3e, 0, 0, 0xc0], "arch");
        assert_eq!(bytes[8..12], [161, 0, 0, 0], "number");
        assert_eq!(bytes[12..16], [1, 0, 5, 0], "verdict");
        assert_eq!(bytes[16..24], [0xff; 8], "id");
        assert_eq!(bytes[24..32], 1.5_f64.to_le_bytes(), "milliseconds");
        assert_eq!(bytes[32..40], [0; 8], "no target, no error");
        assert_eq!(bytes[40..44], [7, 0, 0, 0], "init, continued, detail");
        assert_eq!(bytes[44..48], [132, 3, 0, 0], "latency");
        assert_eq!(bytes[96..104], [0xff; 8], "last argument");
        assert_eq!(bytes[104..112], [3, 0, 0, 0, 0, 0, 0, 0], "sequence");
    }

    #[test]
    fn what_the_writer_left_is_read_and_then_the_memory_is_given_back() {
        let (_, bell) = rung();
        let (mut writer, mut reader) = ring(4, Arc::new(Stats::default()), bell);
        writer.push(event(0));
        drop(writer);
        assert_eq!(reader.drain(&mut [0; EVENT_BYTES]), 1);
        assert_eq!(reader.drain(&mut [0; EVENT_BYTES]), 0);
        assert_eq!(reader.consumer.buffer().capacity(), 0);
        assert!(reader.arm());
    }
}
