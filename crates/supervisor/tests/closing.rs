//! What a closed supervisor still holds.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use std::sync::Arc;

use notifyd_supervisor::Supervisor;
use support::OPTIONS;

/// Those of this process whose target has the name.
fn descriptors(name: &str) -> usize {
    let fds = std::fs::read_dir("/proc/self/fd").unwrap();
    fds.filter_map(|entry| std::fs::read_link(entry.unwrap().path()).ok())
        .filter(|target| target.to_string_lossy().contains(name))
        .count()
}

#[test]
fn a_closed_supervisor_holds_no_descriptor_and_not_what_it_was_to_wake() {
    let held = Arc::new(());
    let wake = Arc::clone(&held);
    let (eventfds, epolls) = (descriptors("[eventfd]"), descriptors("[eventpoll]"));
    let supervisor = Supervisor::start(OPTIONS, move || drop(Arc::clone(&wake))).unwrap();
    assert_eq!(Arc::strong_count(&held), 2);
    supervisor.close();
    assert_eq!(Arc::strong_count(&held), 1);
    assert_eq!(
        (descriptors("[eventfd]"), descriptors("[eventpoll]")),
        (eventfds, epolls)
    );
    // Its books can still be read, and closing it again does nothing.
    assert!(supervisor.notices().is_empty());
    supervisor.close();
}
