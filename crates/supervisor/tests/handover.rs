//! What runtimes, and what hostile peers, do on the listener socket.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod support;

use std::io::Write;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Mutex;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use notifyd_supervisor::{DetachReason, NoticeKind, Options};
use rustix::event::{EventfdFlags, eventfd};
use support::{Bench, Guest, OPTIONS, fds, open_files, send, state};

/// Descriptors are counted, so these tests run one at a time.
static ALONE: Mutex<()> = Mutex::new(());

fn alone() -> std::sync::MutexGuard<'static, ()> {
    ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[test]
fn a_container_is_served_while_its_runtime_keeps_the_connection_open() {
    let _alone = alone();
    let mut bench = Bench::new("open", OPTIONS);
    let guest = Guest::new("open", "kill -0 $$; kill -0 $$; exec sleep 60");
    let connection = bench.connect();
    send(&connection, guest.state("web").as_bytes(), &fds(&guest.listener));
    let token = bench.expect_container("web");
    guest.go();
    bench.wait_for_total(token, 2);
    bench.wait_until("free of connections", || bench.pending() == 0);
}

#[test]
fn a_message_in_pieces_makes_one_container_that_is_served_before_its_end() {
    let _alone = alone();
    let mut bench = Bench::new(
        "pieces",
        Options {
            handover_timeout: Duration::from_secs(5),
            ..OPTIONS
        },
    );
    let guest = Guest::new("pieces", "kill -0 $$; exec sleep 60");
    let (connection, text) = (bench.connect(), guest.state("cut"));
    let (first, rest) = text.as_bytes().split_at(10);
    send(&connection, first, &fds(&guest.listener));
    let early = bench.expect("served listener", |notice| match &notice.kind {
        NoticeKind::Attached(token, None) => Some(*token),
        _ => None,
    });
    guest.go();
    bench.wait_for_total(early, 1);
    for piece in rest.chunks(rest.len().div_ceil(3)) {
        std::thread::sleep(Duration::from_millis(50));
        (&connection).write_all(piece).unwrap();
    }
    assert_eq!(bench.expect_container("cut"), early);
    assert_eq!(bench.supervisor.stats().listeners.load(Ordering::Relaxed), 1);
}

#[test]
fn a_silent_peer_is_dropped_in_time_and_delays_nobody() {
    let _alone = alone();
    let mut bench = Bench::new("silent", OPTIONS);
    let silent = bench.connect();
    send(&silent, b"{", &[]);
    let guest = Guest::new("silent", "kill -0 $$; exec sleep 60");
    send(
        &bench.connect(),
        guest.state("prompt").as_bytes(),
        &fds(&guest.listener),
    );
    let token = bench.expect_container("prompt");
    guest.go();
    bench.wait_for_total(token, 1);
    assert_eq!(bench.refusals(), [], "the silent peer still has time");
    let refusals = bench.expect_refusals(1);
    assert_eq!(refusals[0].0, "incomplete");
    assert_eq!(bench.pending(), 0);
}

#[test]
fn malformed_hand_overs_leave_one_reason_each_and_no_descriptor() {
    let _alone = alone();
    let mut bench = Bench::new("malformed", OPTIONS);
    let guest = Guest::new("malformed", "exec sleep 60");
    let pipe = eventfd(0, EventfdFlags::CLOEXEC).unwrap();
    let pipes: Vec<OwnedFd> = (0..253).map(|_| pipe.try_clone().unwrap()).collect();
    let many: Vec<BorrowedFd<'_>> = pipes.iter().map(AsFd::as_fd).collect();
    let good = guest.state("x");
    let listener = guest.listener.as_fd();
    let with = |from: &str, to: &str| good.replace(from, to);
    let before = open_files();
    let cases: Vec<(&str, Vec<u8>, Vec<BorrowedFd<'_>>)> = vec![
        ("no_descriptor", good.clone().into(), vec![]),
        ("not_a_listener", good.clone().into(), many),
        ("not_a_listener", good.clone().into(), vec![pipe.as_fd()]),
        ("malformed", b"[1]".to_vec(), vec![listener]),
        (
            "malformed",
            with(&format!("\"pid\":{}", guest.running.pid), "\"pid\":\"7\"").into(),
            vec![listener],
        ),
        ("malformed", with("\"id\":\"x\",", "").into(), vec![listener]),
        (
            "malformed",
            with("\"id\":\"x\"", "\"id\":\"x\\n\\\"y\"").into(),
            vec![listener],
        ),
        (
            "malformed",
            [b"{\"state\":{\"id\":\"\xc3".as_slice(), b"\"}}"].concat(),
            vec![listener],
        ),
        ("malformed", [good.as_bytes(), good.as_bytes()].concat(), vec![listener]),
        (
            "not_a_listener",
            with("[\"seccompFd\"]", "[\"pidFd\",\"seccompFd\"]").into(),
            vec![listener, pipe.as_fd()],
        ),
        ("no_descriptor", with("seccompFd", "other").into(), vec![listener]),
        ("malformed", b"\0\0\0\0".to_vec(), vec![listener]),
    ];
    for (count, (reason, bytes, fds)) in cases.iter().enumerate() {
        send(&bench.connect(), bytes, fds);
        let refusals = bench.expect_refusals(count + 1);
        assert_eq!(refusals.len(), count + 1, "one reason for case {count}");
        assert_eq!(refusals[count].0, *reason, "case {count}: {}", refusals[count].1);
    }
    bench.wait_until("back to the descriptors of before", || open_files() == before);
    let total: u64 = bench.supervisor.stats().refused().iter().map(|(_, count)| count).sum();
    assert_eq!(total, cases.len() as u64);
    send(&bench.connect(), good.as_bytes(), &[listener]);
    bench.expect_container("x");
}

#[test]
fn descriptors_are_told_apart_by_name_and_surplus_ones_are_closed() {
    let _alone = alone();
    let mut bench = Bench::new("swapped", OPTIONS);
    let (guest, other) = (
        Guest::new("swapped", "kill -0 $$; exec sleep 60"),
        eventfd(0, EventfdFlags::CLOEXEC).unwrap(),
    );
    let before = open_files();
    let text = guest
        .state("swapped")
        .replace("[\"seccompFd\"]", "[\"pidFd\",\"seccompFd\"]");
    send(
        &bench.connect(),
        text.as_bytes(),
        &[other.as_fd(), guest.listener.as_fd(), other.as_fd()],
    );
    let token = bench.expect_container("swapped");
    guest.go();
    bench.wait_for_total(token, 1);
    let warnings = bench.expect("warning", |notice| match &notice.kind {
        NoticeKind::Attached(_, Some(attachment)) => Some(attachment.warnings.clone()),
        _ => None,
    });
    assert!(warnings[0].contains("2 descriptors"), "{warnings:?}");
    // The listener, the pidfd of init, and the pidfd that tells the runtime's calls apart until the first other call.
    bench.wait_until("free of surplus descriptors", || open_files() <= before + 3);
}

#[test]
fn an_id_with_quotes_and_a_megabyte_of_annotation_are_served() {
    let _alone = alone();
    let mut bench = Bench::new("odd", OPTIONS);
    let guest = Guest::new("odd", "exec sleep 60");
    let big = "x".repeat(1 << 20);
    let text = guest.state("q\\\"\\\\").replace(
        "\"bundle\"",
        &format!("\"annotations\":{{\"big\":\"{big}\"}},\"bundle\""),
    );
    send(&bench.connect(), text.as_bytes(), &fds(&guest.listener));
    bench.expect_container("q\"\\");
}

#[test]
fn an_oversized_message_is_refused_at_its_bound() {
    let _alone = alone();
    let mut bench = Bench::new(
        "large",
        Options {
            handover_timeout: Duration::from_secs(10),
            ..OPTIONS
        },
    );
    let connection = bench.connect();
    let sending = std::thread::spawn(move || {
        let piece = vec![b'x'; 1 << 20];
        let _ = (&connection).write_all(b"{\"a\":\"");
        while (&connection).write_all(&piece).is_ok() {}
    });
    assert_eq!(bench.expect_refusals(1)[0].0, "too_large");
    sending.join().unwrap();
}

#[test]
fn a_connection_without_a_byte_is_counted_and_is_no_refusal() {
    let _alone = alone();
    let mut bench = Bench::new("empty", OPTIONS);
    drop(bench.connect());
    bench.wait_until("counted", || {
        bench.supervisor.stats().empty_handovers.load(Ordering::Relaxed) == 1
    });
    bench.notices.extend(bench.supervisor.notices());
    assert_eq!(bench.refusals(), []);
}

#[test]
fn three_hundred_hand_overs_at_once_are_all_registered() {
    let _alone = alone();
    let mut bench = Bench::new(
        "many",
        Options {
            handover_timeout: Duration::from_secs(10),
            ..OPTIONS
        },
    );
    let guests: Vec<Guest> = (0..300)
        .map(|n| Guest::new(&format!("many{n}"), "exec sleep 60"))
        .collect();
    std::thread::scope(|scope| {
        for (number, guest) in guests.iter().enumerate() {
            let connection = bench.connect();
            scope.spawn(move || {
                send(
                    &connection,
                    guest.state(&format!("c{number}")).as_bytes(),
                    &fds(&guest.listener),
                )
            });
        }
    });
    for number in 0..300 {
        bench.expect_container(&format!("c{number}"));
    }
    assert_eq!(bench.refusals(), []);
}

#[test]
fn the_same_listener_twice_is_refused_and_the_first_goes_on() {
    let _alone = alone();
    let mut bench = Bench::new("twice", OPTIONS);
    let guest = Guest::new("twice", "kill -0 $$; kill -0 $$; kill -0 $$; exec sleep 60");
    for _ in 0..2 {
        send(&bench.connect(), guest.state("twice").as_bytes(), &fds(&guest.listener));
    }
    let token = bench.expect_container("twice");
    assert_eq!(bench.expect_refusals(1)[0].0, "duplicate");
    guest.go();
    bench.wait_for_total(token, 3);
}

#[test]
fn listeners_beyond_the_bound_are_refused_by_name_and_cost_nothing() {
    let _alone = alone();
    let mut bench = Bench::new(
        "bound",
        Options {
            max_listeners: Some(1),
            ..OPTIONS
        },
    );
    let (first, second) = (
        Guest::new("bound1", "kill -0 $$; exec sleep 60"),
        Guest::new("bound2", "exec sleep 60"),
    );
    send(&bench.connect(), first.state("first").as_bytes(), &fds(&first.listener));
    let token = bench.expect_container("first");
    send(
        &bench.connect(),
        second.state("second").as_bytes(),
        &fds(&second.listener),
    );
    let refusals = bench.expect_refusals(1);
    assert_eq!(refusals[0].0, "file_limit");
    assert!(refusals[0].1.contains("ulimit -n"), "{}", refusals[0].1);
    first.go();
    bench.wait_for_total(token, 1);
}

#[test]
fn several_listeners_of_one_container_end_one_by_one() {
    let _alone = alone();
    let mut bench = Bench::new("exec", OPTIONS);
    let (init, exec) = (
        Guest::new("init", "kill -0 $$; exec sleep 60"),
        Guest::new("exec", "kill -0 $$"),
    );
    send(&bench.connect(), init.state("pod").as_bytes(), &fds(&init.listener));
    let first = bench.expect_container("pod");
    let text = state("pod", "running", exec.running.pid, init.running.pid);
    bench.notices.clear();
    send(&bench.connect(), text.as_bytes(), &fds(&exec.listener));
    let second = bench.expect_container("pod");
    exec.go();
    bench.expect("end of the exec", |notice| {
        matches!(notice.kind, NoticeKind::Detached(token, DetachReason::HangUp) if token == second).then_some(())
    });
    assert_eq!(bench.total(second), 1, "counts outlive the listener");
    init.go();
    bench.wait_for_total(first, 1);
}

#[test]
fn a_hand_over_with_anothers_id_cannot_have_that_one_stopped() {
    let _alone = alone();
    let mut bench = Bench::new("fake", OPTIONS);
    let (victim, liar) = (
        Guest::new("victim", "exec sleep 60"),
        Guest::new("liar", "kill -0 $$; exec sleep 60"),
    );
    send(
        &bench.connect(),
        victim.state("victim").as_bytes(),
        &fds(&victim.listener),
    );
    bench.expect_container("victim");
    bench.notices.clear();
    let text = state("victim", "running", liar.running.pid, victim.running.pid);
    send(&bench.connect(), text.as_bytes(), &fds(&liar.listener));
    let token = bench.expect_container("victim");
    liar.go();
    bench.wait_for_total(token, 1);
    let member = bench.expect("membership", |notice| match notice.kind {
        NoticeKind::Membership(of, member) if of == token => Some(member),
        _ => None,
    });
    assert!(!member);
    let refused = bench
        .supervisor
        .stop(token, None, Duration::from_secs(1))
        .unwrap_err()
        .to_string();
    assert!(refused.contains("outside of the container"), "{refused}");
    assert!(
        rustix::process::test_kill_process(pid(victim.running.pid)).is_ok(),
        "the victim lives"
    );
}

#[test]
fn pids_that_no_container_can_have_are_never_taken() {
    let _alone = alone();
    let mut bench = Bench::new("pids", OPTIONS);
    for (number, init) in [0, 1, std::process::id()].into_iter().enumerate() {
        let guest = Guest::new(&format!("pids{number}"), "kill -0 $$; exec sleep 60");
        let id = format!("p{number}");
        send(
            &bench.connect(),
            state(&id, "creating", init, init).as_bytes(),
            &fds(&guest.listener),
        );
        let token = bench.expect_container(&id);
        guest.go();
        bench.wait_for_total(token, 1);
        assert!(
            bench.supervisor.stop(token, None, Duration::from_secs(1)).is_err(),
            "{init}"
        );
    }
}

#[test]
fn a_container_is_stopped_by_its_init_and_its_listener_ends() {
    let _alone = alone();
    let mut bench = Bench::new("stop", OPTIONS);
    let guest = Guest::new("stop", "kill -0 $$; exec sleep 60");
    send(
        &bench.connect(),
        guest.state("doomed").as_bytes(),
        &fds(&guest.listener),
    );
    let token = bench.expect_container("doomed");
    guest.go();
    bench.wait_for_total(token, 1);
    let report = bench.supervisor.stop(token, None, Duration::from_secs(5)).unwrap();
    assert!(report.done && report.steps.contains(&"init"), "{report:?}");
    let ended = guest.running.reports.wait_for_command();
    assert_eq!(ended, Some(notifyd_supervisor::Ended::Signaled(9)));
}

#[test]
fn closing_ends_all_threads_and_leaves_no_descriptor_and_no_path() {
    let _alone = alone();
    let before = open_files();
    let mut bench = Bench::new("close", OPTIONS);
    let guest = Guest::new("close", "kill -0 $$; exec sleep 60");
    send(&bench.connect(), guest.state("web").as_bytes(), &fds(&guest.listener));
    bench.expect_container("web");
    let since = Instant::now();
    bench.supervisor.close();
    assert!(since.elapsed() < Duration::from_secs(5));
    assert!(!bench.folder.0.join("listener.sock").exists());
    drop((bench, guest));
    assert_eq!(open_files(), before);
}

fn pid(number: u32) -> rustix::process::Pid {
    rustix::process::Pid::from_raw(i32::try_from(number).unwrap()).unwrap()
}
