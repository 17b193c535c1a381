//! Without descriptors: hand-overs are refused by name, nothing spins, nothing hangs. Alone in its process, whose limit
//! it lowers.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod support;

use std::time::Duration;

use rustix::event::{EventfdFlags, eventfd};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketType, connect, socket};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::time::{ClockId, clock_gettime};
use support::{Bench, Guest, OPTIONS, fds, send};

#[test]
fn without_descriptors_hand_overs_are_refused_and_the_acceptor_sleeps() {
    let mut bench = Bench::new("limit", OPTIONS);
    let guest = Guest::new("limit", "kill -0 $$; exec sleep 60");
    let address = SocketAddrUnix::new(bench.folder.0.join("listener.sock")).unwrap();
    let sockets: Vec<_> = (0..5)
        .map(|_| socket(AddressFamily::UNIX, SocketType::STREAM, None).unwrap())
        .collect();
    let limit = getrlimit(Resource::Nofile);
    setrlimit(
        Resource::Nofile,
        Rlimit {
            current: Some(100),
            maximum: limit.maximum,
        },
    )
    .unwrap();
    let filling: Vec<_> = std::iter::from_fn(|| eventfd(0, EventfdFlags::CLOEXEC).ok()).collect();
    for socket in &sockets {
        connect(socket, &address).unwrap();
    }
    let refusals = bench.expect_refusals(sockets.len());
    assert!(
        refusals
            .iter()
            .all(|(reason, message)| *reason == "file_limit" && message.contains("LimitNOFILE"))
    );
    let before = processor_time();
    std::thread::sleep(Duration::from_secs(1));
    assert!(processor_time() - before < Duration::from_millis(200), "it spins");
    assert_eq!(
        bench.expect_refusals(1).len(),
        sockets.len(),
        "one refusal per connection"
    );
    drop(filling);
    setrlimit(Resource::Nofile, limit).unwrap();
    send(&bench.connect(), guest.state("after").as_bytes(), &fds(&guest.listener));
    let token = bench.expect_container("after");
    guest.go();
    bench.wait_for_total(token, 1);
}

fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(
        u64::try_from(time.tv_sec).unwrap(),
        u32::try_from(time.tv_nsec).unwrap(),
    )
}
