//! What targets experience, and what is counted of it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod support;

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use notifyd_bpf::Action;
use notifyd_supervisor::{EVENT_BYTES, Options};
use support::{Bench, Guest, KILL, OPTIONS, fds, send};

/// One that is served under the given options, with the token of its listener.
fn served(name: &str, script: &str, options: Options) -> (Bench, Guest, notifyd_supervisor::Token) {
    let mut bench = Bench::new(name, options);
    let guest = Guest::new(name, script);
    send(&bench.connect(), guest.state(name).as_bytes(), &fds(&guest.listener));
    let token = bench.expect_container(name);
    (bench, guest, token)
}

/// Makes `count` calls, writing "ok" or the error of each to the file.
fn calls(count: u32, file: &str) -> String {
    format!(
        "i=0; while [ $i -lt {count} ]; do kill -0 $$ 2>>{file} && echo ok >>{file}; i=$((i+1)); done; echo end >>{file}"
    )
}

#[test]
fn counts_stay_exact_while_nobody_drains_the_ring() {
    let (bench, guest, token) = served(
        "overflow",
        "i=0; while [ $i -lt 5000 ]; do kill -0 $$; i=$((i+1)); done",
        Options {
            ring_events: 16,
            ..OPTIONS
        },
    );
    guest.go();
    bench.wait_for_total(token, 5000);
    let stats = bench.supervisor.stats();
    assert_eq!(stats.events_dropped.load(Ordering::Relaxed), 5000 - 16);
    assert_eq!(bench.supervisor.drain(&mut vec![0; EVENT_BYTES * 64]), 16);
    assert_eq!(stats.answered.load(Ordering::Relaxed), 5000);
    let latencies: u64 = stats
        .latency_counts
        .iter()
        .map(|count| count.load(Ordering::Relaxed))
        .sum();
    assert_eq!(latencies, 5000);
}

#[test]
fn calls_are_counted_by_architecture_number_and_verdict() {
    let (bench, guest, token) = served("key", "kill -0 $$; kill -0 $$", OPTIONS);
    guest.go();
    bench.wait_for_total(token, 2);
    let counts = bench.supervisor.counts(token);
    assert_eq!(counts.len(), 1);
    assert_eq!((counts[0].key.arch, counts[0].key.number), KILL);
    assert_eq!(Action::from_raw(counts[0].key.verdict), Action::Notify);
}

#[test]
fn a_kernel_with_larger_structures_is_served() {
    let file = std::env::temp_dir().join(format!("notifyd-larger-{}", std::process::id()));
    let (bench, guest, token) = served(
        "sizes",
        &calls(100, &file.display().to_string()),
        Options {
            test_extra_bytes: 64,
            ..OPTIONS
        },
    );
    guest.go();
    bench.wait_for_total(token, 100);
    let read = || std::fs::read_to_string(&file).unwrap_or_default();
    bench.wait_until("ended", || read().contains("end"));
    assert_eq!(read().matches("not permitted").count(), 100, "{}", read());
    let counts = bench.supervisor.counts(token);
    assert_eq!(
        counts
            .iter()
            .map(|count| (count.key.arch, count.key.number))
            .collect::<Vec<_>>(),
        [KILL]
    );
    std::fs::remove_file(&file).unwrap();
}

#[test]
fn a_listener_that_nobody_holds_fails_with_enosys_at_once() {
    let file = std::env::temp_dir().join(format!("notifyd-dead-{}", std::process::id()));
    let (bench, guest, _) = served("dead", &calls(3, &file.display().to_string()), OPTIONS);
    let Guest { listener, .. } = &guest;
    let _ = listener;
    bench.supervisor.close();
    drop(bench);
    let guest = release_listener(guest);
    guest.go();
    let until = Instant::now() + Duration::from_secs(5);
    let read = || std::fs::read_to_string(&file).unwrap_or_default();
    while !read().contains("end") {
        assert!(Instant::now() < until, "it hangs");
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(read().matches("not implemented").count(), 3, "{}", read());
    std::fs::remove_file(&file).unwrap();
}

/// The test itself, playing the runtime, holds a duplicate.
fn release_listener(mut guest: Guest) -> Guest {
    guest.listener = rustix::event::eventfd(0, rustix::event::EventfdFlags::CLOEXEC).unwrap();
    guest
}

#[test]
fn a_flooding_container_does_not_keep_another_waiting() {
    let mut bench = Bench::new("flood", OPTIONS);
    let flood = Guest::new("flood", "while :; do kill -0 $$; done");
    let quiet = Guest::new(
        "quiet",
        "i=0; while [ $i -lt 500 ]; do kill -0 $$; i=$((i+1)); done; exec sleep 60",
    );
    send(&bench.connect(), flood.state("flood").as_bytes(), &fds(&flood.listener));
    send(&bench.connect(), quiet.state("quiet").as_bytes(), &fds(&quiet.listener));
    let (flooding, calm) = (bench.expect_container("flood"), bench.expect_container("quiet"));
    flood.go();
    bench.wait_until("flooding", || bench.total(flooding) > 10_000);
    quiet.go();
    bench.wait_for_total(calm, 500);
    assert!(bench.total(flooding) > 10_000);
}

/// Several calls of one listener, since each readiness of it gives one call: the stop comes between two of them.
#[test]
fn a_clean_stop_answers_every_call_that_waits() {
    const CALLERS: usize = 50;
    let delay = Duration::from_millis(5);
    let file = std::env::temp_dir().join(format!("notifyd-waiting-{}", std::process::id()));
    let caller = calls(1, &file.display().to_string());
    let options = Options {
        test_delay: Some(delay),
        ..OPTIONS
    };
    let script = format!("j=0; while [ $j -lt {CALLERS} ]; do ({caller}) & j=$((j+1)); done; wait");
    let (bench, guest, token) = served("stopping", &script, options);
    let guest = release_listener(guest);
    guest.go();
    bench.wait_until("answering", || bench.total(token) > 0);
    // The callers need some milliseconds altogether, and their answers 250.
    std::thread::sleep(delay * 10);
    assert!(bench.total(token) < 40, "too few calls wait when the stop begins");
    bench.supervisor.close();
    let read = || std::fs::read_to_string(&file).unwrap_or_default();
    bench.wait_until("ended", || read().matches("end").count() == CALLERS);
    assert_eq!(read().matches("not permitted").count(), CALLERS, "{}", read());
    assert_eq!(bench.total(token), u64::try_from(CALLERS).unwrap());
    std::fs::remove_file(&file).unwrap();
}
