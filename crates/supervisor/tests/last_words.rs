//! What a container's stop writes before the kill, and that nothing about it can keep the container alive.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod support;

use std::fs;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::time::Duration;

use notifyd_supervisor::{LastWords, StopReport, Told};
use rustix::fs::{CWD, FileType, Mode, OFlags, mknodat, open};
use support::{Bench, Guest, OPTIONS, fds, send};

const TEXT: &str = "Used forbidden syscalls: chroot (2x)";
const TIMEOUT: Duration = Duration::from_secs(10);

/// A container whose standard error is a fifo of the test's, until it is stopped. `before` is done to the fifo.
fn stop(name: &str, before: impl FnOnce(&OwnedFd), file: Option<PathBuf>) -> (StopReport, OwnedFd) {
    let mut bench = Bench::new(name, OPTIONS);
    let path = bench.folder.0.canonicalize().unwrap().join("stderr");
    mknodat(CWD, &path, FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
    let fifo = open(&path, OFlags::RDWR | OFlags::NONBLOCK, Mode::empty()).unwrap();
    let script = format!("kill -0 $$; exec 2>{}; exec sleep 600", path.display());
    let guest = Guest::new(name, &script);
    let descriptor = format!("/proc/{}/fd/2", guest.running.pid);
    send(&bench.connect(), guest.state(name).as_bytes(), &fds(&guest.listener));
    let token = bench.expect_container(name);
    guest.go();
    bench.wait_for_total(token, 1);
    bench.wait_until("writing to the fifo", || {
        fs::read_link(&descriptor).is_ok_and(|link| link == path)
    });
    before(&fifo);
    let words = LastWords {
        text: TEXT.to_owned(),
        termination_file: file,
    };
    (bench.supervisor.stop(token, Some(&words), TIMEOUT).unwrap(), fifo)
}

fn told(place: &'static str, problem: Option<&str>) -> Told {
    Told {
        place,
        problem: problem.map(str::to_owned),
    }
}

#[test]
fn the_message_is_where_people_look_before_the_container_is_gone() {
    let folder = support::Folder::new("kubelet");
    let file = folder.0.join("pods/uid/containers/name/0123abcd");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, "").unwrap();
    let (report, fifo) = stop("words", |_| {}, Some(file.clone()));
    assert!(report.done, "{report:?}");
    assert_eq!(report.told, [told("stderr", None), told("termination-file", None)]);
    let mut text = [0; 100];
    let read = rustix::io::read(&fifo, &mut text).unwrap();
    assert_eq!(String::from_utf8_lossy(&text[..read]), format!("{TEXT}\n"));
    assert_eq!(fs::read_to_string(&file).unwrap(), format!("{TEXT}\n"));
}

#[test]
fn a_container_that_takes_no_message_is_stopped_all_the_same() {
    let victim = support::Folder::new("victim");
    let file = victim.0.join("termination-log");
    fs::write(&file, "as it was").unwrap();
    let fill = |fifo: &OwnedFd| while rustix::io::write(fifo, &[b'x'; 4096]).is_ok() {};
    let (report, _fifo) = stop("no-words", fill, Some(file.clone()));
    assert!(report.done, "{report:?}");
    let full = told("stderr", Some("it was full for 200 ms, nobody reads it"));
    let path = told("termination-file", Some("its path is none that the kubelet makes"));
    assert_eq!(report.told, [full, path]);
    assert_eq!(fs::read_to_string(&file).unwrap(), "as it was");
}
