//! Ending a container, or the process tree of a launched command. Never by a number off the wire.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::cgroup::Cgroup;
use crate::identity::Init;
use crate::last_words::{LastWords, Told, tell};
use crate::process::{Process, cgroups, parents};

/// Pause between two looks at what is left.
const PAUSE: Duration = Duration::from_millis(2);

/// What was ended, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StopReport {
    /// Nothing is left.
    pub done: bool,
    /// What was done: `init`, `cgroup.kill`, `cgroup.procs`, `tree`.
    pub steps: Vec<&'static str>,
    /// Processes still there at the timeout.
    pub left: BTreeSet<u32>,
    /// Where the last words are, and where they could not be written.
    pub told: Vec<Told>,
}

/// A launched command's tree: everything below the reaper, which adopts what loses its parent.
#[derive(Debug)]
pub struct Tree {
    /// Our own child, not reaped before it has told that the tree has ended.
    pub reaper_pid: u32,
    /// Set when nobody is left.
    pub ended: AtomicBool,
}

/// Writes the last words, as late as possible. Then SIGKILL to the container's init, which takes its pid namespace along, then
/// to whatever is left in its own cgroups, until they are empty or time is up.
#[must_use]
pub fn stop_container(init: &Arc<Init>, words: Option<&LastWords>, timeout: Duration) -> StopReport {
    let until = Instant::now() + timeout;
    // The runtime may have moved init since the hand-over; ask again while it certainly is that process.
    let text = cgroups(init.process.pid).filter(|_| !init.process.has_ended());
    let mut own: Vec<Cgroup> = init.cgroups.clone();
    own.extend(text.map(|text| Cgroup::owned_by(&init.id, &text)).unwrap_or_default());
    own.dedup();
    let mut report = StopReport::default();
    // Whoever reads them has read already what a process that has ended left.
    if let Some(words) = words.filter(|_| !init.process.has_ended()) {
        report.told = tell(init, words);
    }
    if init.process.signal(Signal::KILL) {
        report.steps.push("init");
    }
    loop {
        kill_rest(&own, &mut report);
        report.left = own.iter().flat_map(Cgroup::processes).collect();
        report.done = report.left.is_empty() && init.process.has_ended();
        if report.done || Instant::now() >= until {
            return report;
        }
        std::thread::sleep(PAUSE);
    }
}

fn kill_rest(own: &[Cgroup], report: &mut StopReport) {
    let mut note = |step| {
        if !report.steps.contains(&step) {
            report.steps.push(step);
        }
    };
    for cgroup in own {
        if cgroup.kill_at_once() {
            note("cgroup.kill");
        } else if !cgroup.processes().is_empty() {
            cgroup.kill_each();
            note("cgroup.procs");
        }
        cgroup.thaw();
    }
}

/// SIGKILL to every descendant of the reaper, again and again until it tells that nobody is left or time is up.
#[must_use]
pub fn stop_tree(tree: &Arc<Tree>, timeout: Duration) -> StopReport {
    let until = Instant::now() + timeout;
    let mut report = StopReport {
        steps: vec!["tree"],
        ..StopReport::default()
    };
    loop {
        report.left = if tree.ended.load(Ordering::Acquire) {
            BTreeSet::new()
        } else {
            descendants(tree.reaper_pid)
        };
        report.done = tree.ended.load(Ordering::Acquire);
        if report.done || Instant::now() >= until {
            return report;
        }
        for pid in &report.left {
            kill_descendant(*pid, tree);
        }
        std::thread::sleep(PAUSE);
    }
}

fn descendants(root: u32) -> BTreeSet<u32> {
    let parents = parents();
    let mut found = BTreeSet::new();
    let mut frontier = vec![root];
    while let Some(parent) = frontier.pop() {
        for (pid, _) in parents.iter().filter(|(_, other)| *other == parent) {
            if found.insert(*pid) {
                frontier.push(*pid);
            }
        }
    }
    found
}

fn kill_descendant(pid: u32, tree: &Tree) {
    let Some(process) = i32::try_from(pid).ok().and_then(|pid| Process::take(pid).ok()) else {
        return;
    };
    // The number may have been reused since it was listed; the process that is held now must be a descendant too.
    if descendants(tree.reaper_pid).contains(&pid) && !process.has_ended() {
        let _ = process.signal(Signal::KILL);
    }
}
