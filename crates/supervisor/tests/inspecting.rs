//! Calls that are looked at while they wait, and a program that does not do what it should.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use notifyd_bpf::{Action, Denied, deny_list};
use notifyd_supervisor::{Detail, Ended, Inspection, Launch, Launched, Missing, NoticeKind, Options, Reading};
use support::{Bench, EPERM, Folder, KILL, OPTIONS};

/// A program that does this, instead of looking at calls.
fn program(folder: &Folder, script: &str) -> PathBuf {
    let path = folder.0.join("inspect");
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
    path
}

fn bench(name: &str, executable: PathBuf, patience: Duration) -> Bench {
    let options = Options {
        inspection: Some(Inspection {
            executable,
            patience,
            backtraces: false,
        }),
        ..OPTIONS
    };
    Bench::new(name, options)
}

/// Makes so many denied calls, and exits with how many of them failed.
fn calls(bench: &Bench, count: u32) -> Launched {
    let denied = Denied {
        arch: KILL.0,
        numbers: vec![KILL.1],
        subcalls: vec![],
    };
    let each = "kill -0 $$ 2>/dev/null || n=$((n+1)); ";
    let script = format!("n=0; {}exit $n", each.repeat(usize::try_from(count).unwrap()));
    bench
        .supervisor
        .launch(Launch {
            command: "sh".to_owned(),
            arguments: vec!["sh".to_owned(), "-c".to_owned(), script],
            environment: vec!["PATH=/usr/bin:/bin".to_owned()],
            directory: "/".to_owned(),
            program: deny_list(&[denied], Action::Errno(1)).unwrap(),
            policy: EPERM,
            watched: Vec::new(),
        })
        .unwrap()
}

fn exit(bench: &mut Bench, launched: Launched) -> Ended {
    bench.expect("exit", |notice| match notice.kind {
        NoticeKind::Exited(token, ended) if token == launched.token => Some(ended),
        _ => None,
    })
}

fn missing(details: &[Detail]) -> Vec<Missing> {
    let of = |detail: &Detail| match detail.reading {
        Reading::Missing(missing) => missing,
        Reading::Read(ref text) => panic!("{text}"),
    };
    details.iter().map(of).collect()
}

/// In the order of the metric: timed out, failed, gone.
fn failed_looks(bench: &Bench) -> Vec<u64> {
    let counts = bench.supervisor.stats().failed_looks();
    counts.into_iter().map(|(_, count)| count).collect()
}

/// Whether this process has a child, dead or alive, that was started from the file.
fn has_child(executable: &Path) -> bool {
    let name = executable.file_name().unwrap().to_str().unwrap();
    let mine = format!("PPid:\t{}\n", std::process::id());
    let statuses = fs::read_dir("/proc").unwrap().filter_map(|entry| {
        let path = entry.ok()?.path().join("status");
        fs::read_to_string(path).ok()
    });
    // The script has become what it executes.
    statuses.filter(|status| status.contains(&mine)).any(|status| {
        [name, "sleep"]
            .iter()
            .any(|name| status.starts_with(&format!("Name:\t{name}\n")))
    })
}

#[test]
fn calls_are_answered_though_the_program_says_nothing_and_after_three_times_it_is_not_asked() {
    let folder = Folder::new("silent");
    let executable = program(
        &folder,
        &format!("echo x >> {}/starts; exec sleep 1000", folder.0.display()),
    );
    let mut bench = bench("silent-bench", executable.clone(), Duration::from_millis(400));
    let launched = calls(&bench, 30);
    assert_eq!(exit(&mut bench, launched), Ended::Exited(30));
    assert_eq!(bench.total(launched.token), 30);
    let missing = missing(&bench.supervisor.details());
    // The second failure makes a pause, in which nothing is asked.
    assert!((2..=3).contains(&missing.len()), "{missing:?}");
    assert_eq!(missing[0], Missing::TimedOut);
    assert_eq!(
        failed_looks(&bench).iter().sum::<u64>(),
        u64::try_from(missing.len()).unwrap()
    );
    assert!(failed_looks(&bench)[0] >= 1, "timed out");
    bench.wait_until("buried", || !has_child(&executable));
}

#[test]
fn a_program_that_cannot_run_or_ends_delays_nobody_for_long() {
    let folder = Folder::new("dead");
    for executable in [program(&folder, "exit 1"), folder.0.join("none")] {
        let mut bench = bench("dead-bench", executable, Duration::from_secs(600));
        let launched = calls(&bench, 20);
        assert_eq!(exit(&mut bench, launched), Ended::Exited(20));
        let missing = missing(&bench.supervisor.details());
        assert!(
            !missing.is_empty() && missing.iter().all(|each| *each == Missing::Failed),
            "{missing:?}"
        );
        assert_eq!(failed_looks(&bench), [0, u64::try_from(missing.len()).unwrap(), 0]);
    }
}

#[test]
fn a_closing_supervisor_answers_what_it_looks_at() {
    let folder = Folder::new("closing");
    let started = folder.0.join("started");
    let executable = program(&folder, &format!("touch {}; exec sleep 1000", started.display()));
    let mut bench = bench("closing-bench", executable, Duration::from_secs(5));
    let launched = calls(&bench, 1);
    bench.wait_until("started", || started.exists());
    assert_eq!(bench.total(launched.token), 0, "it waits");
    bench.supervisor.close();
    assert_eq!(exit(&mut bench, launched), Ended::Exited(1));
    assert_eq!(bench.total(launched.token), 1);
    assert!(bench.supervisor.details().is_empty());
}

#[test]
fn a_caller_that_is_killed_while_it_is_looked_at_is_let_go() {
    let folder = Folder::new("victim");
    let started = folder.0.join("started");
    let executable = program(&folder, &format!("touch {}; exec sleep 1000", started.display()));
    let mut bench = bench("victim-bench", executable, Duration::from_secs(600));
    let launched = calls(&bench, 1);
    bench.wait_until("started", || started.exists());
    bench.supervisor.signal(launched.token, 9).unwrap();
    assert_eq!(exit(&mut bench, launched), Ended::Signaled(9));
    bench.expect("detached", |notice| match notice.kind {
        NoticeKind::Detached(token, _) if token == launched.token => Some(()),
        _ => None,
    });
    assert_eq!(bench.total(launched.token), 0);
    assert!(bench.supervisor.details().is_empty());
}
