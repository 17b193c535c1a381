//! Ending containers that share the host's pid namespace: there SIGKILL to init takes nobody along, and only the cgroup
//! tells who belongs to the container.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::Duration;

use notifyd_supervisor::StopReport;
use rustix::process::{Pid, Signal, kill_process, pidfd_send_signal};
use support::{Bench, Guest, OPTIONS, fds, send};

const TIMEOUT: Duration = Duration::from_secs(10);
/// Init and two children, one of them with a child of its own.
const SEVERAL: &str = "sleep 600 & (sleep 600; true) & kill -0 $$; sleep 600";
const PROCESSES: usize = 5;

/// A cgroup that the test made; it and those below go away with it.
struct Cgroup(PathBuf);

impl Cgroup {
    fn make(path: PathBuf) -> Self {
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn take_in(&self, pid: u32) {
        fs::write(self.0.join("cgroup.procs"), pid.to_string()).unwrap();
    }

    fn processes(&self) -> Vec<String> {
        let text = fs::read_to_string(self.0.join("cgroup.procs")).unwrap();
        text.lines().map(str::to_owned).collect()
    }
}

/// Whatever a failed stop left behind, frozen or not, goes away too.
impl Drop for Cgroup {
    fn drop(&mut self) {
        let _ = fs::write(self.0.join("freezer.state"), "THAWED");
        for _ in 0..200 {
            if fs::remove_dir(&self.0).is_ok() || !self.0.exists() {
                return;
            }
            let pids = self
                .processes()
                .into_iter()
                .filter_map(|pid| pid.parse().ok())
                .filter_map(Pid::from_raw);
            for pid in pids {
                let _ = kill_process(pid, Signal::KILL);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

/// Somebody else's process, in a cgroup beside the container's.
struct Bystander {
    process: Child,
    _cgroup: Cgroup,
}

impl Bystander {
    fn beside(cgroup: &Cgroup) -> Self {
        let mut name = cgroup.0.clone().into_os_string();
        name.push("-beside");
        Self::within(Cgroup::make(PathBuf::from(name)))
    }

    fn within(cgroup: Cgroup) -> Self {
        let process = Command::new("sleep").arg("600").spawn().unwrap();
        cgroup.take_in(process.id());
        Self {
            process,
            _cgroup: cgroup,
        }
    }

    fn lives(&mut self) -> bool {
        self.process.try_wait().unwrap().is_none()
    }
}

impl Drop for Bystander {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Where a hierarchy is mounted that has the file in each cgroup; says so where there is none.
fn hierarchy(what: &str, candidates: &[&str], file: &str) -> Option<PathBuf> {
    let usable = |root: &&PathBuf| {
        let probe = root.join(format!("notifyd-probe-{what}-{}", std::process::id()));
        let has = fs::create_dir(&probe).is_ok() && probe.join(file).exists();
        let _ = fs::remove_dir(&probe);
        has
    };
    let found = candidates.iter().map(PathBuf::from).collect::<Vec<_>>();
    let found = found.iter().find(usable).cloned();
    if found.is_none() {
        eprintln!("skipped: no {what} hierarchy can be written to (root, and a cgroup mount with {file}, are needed)");
    }
    found
}

/// A container of several processes in that cgroup, stopped after its first call. `before` is done in between.
fn stop(id: &str, cgroup: &Cgroup, before: impl FnOnce()) -> StopReport {
    let mut bench = Bench::new(id, OPTIONS);
    let guest = Guest::new(id, SEVERAL);
    cgroup.take_in(guest.running.pid);
    send(&bench.connect(), guest.state(id).as_bytes(), &fds(&guest.listener));
    let token = bench.expect_container(id);
    guest.go();
    bench.wait_for_total(token, 1);
    bench.wait_until("all there", || cgroup.processes().len() == PROCESSES);
    before();
    bench.supervisor.stop(token, None, TIMEOUT).unwrap()
}

fn check(root: &Path, kind: &str, step: &'static str, before: impl FnOnce(&Path)) {
    let id = format!("notifyd-{kind}-{}", std::process::id());
    let cgroup = Cgroup::make(root.join(&id));
    let mut bystander = Bystander::beside(&cgroup);
    let report = stop(&id, &cgroup, || before(&cgroup.0));
    assert!(report.done && report.left.is_empty(), "{report:?}");
    assert_eq!(report.steps, ["init", step]);
    assert_eq!(cgroup.processes(), Vec::<String>::new());
    assert!(bystander.lives(), "a process beside the container was ended");
}

#[test]
fn a_version_2_cgroup_is_killed_at_once_and_nothing_beside_it() {
    let candidates = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"];
    if let Some(root) = hierarchy("version 2", &candidates, "cgroup.kill") {
        check(&root, "v2", "cgroup.kill", |_| {});
        check(&root, "v2-frozen", "cgroup.kill", |cgroup| {
            fs::write(cgroup.join("cgroup.freeze"), "1").unwrap();
        });
    }
}

/// What an engine does that starts a container again while it is still being ended: the new cgroup has the name of the old one.
fn check_restarted(root: &Path, kind: &str) {
    let id = format!("notifyd-{kind}-{}", std::process::id());
    let mut bench = Bench::new(&id, OPTIONS);
    let guest = Guest::new(&id, "sleep 600 & kill -0 $$; sleep 600");
    let first = Cgroup::make(root.join(&id));
    first.take_in(guest.running.pid);
    send(&bench.connect(), guest.state(&id).as_bytes(), &fds(&guest.listener));
    let token = bench.expect_container(&id);
    guest.go();
    bench.wait_for_total(token, 1);
    bench.wait_until("all there", || first.processes().len() == 3);
    // With somebody left who has the filter, the listener is still there to be stopped.
    let left = Cgroup::make(root.join(format!("{id}-left")));
    let init = guest.running.pid.to_string();
    let survivors = first.processes().into_iter().filter(|pid| *pid != init);
    survivors.for_each(|pid| left.take_in(pid.parse().unwrap()));
    pidfd_send_signal(&guest.running.command, Signal::KILL).unwrap();
    bench.wait_until("empty", || fs::remove_dir(&first.0).is_ok());
    let mut next = Bystander::within(Cgroup::make(first.0.clone()));
    let report = bench.supervisor.stop(token, None, TIMEOUT).unwrap();
    assert!(report.done, "{report:?}");
    assert!(next.lives(), "the next one of that name was ended: {report:?}");
}

#[test]
fn what_an_engine_started_since_by_the_same_name_is_left_alone() {
    let version_2 = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"];
    if let Some(root) = hierarchy("version 2", &version_2, "cgroup.kill") {
        check_restarted(&root, "v2-again");
    }
    if let Some(root) = hierarchy("freezer", &["/sys/fs/cgroup/freezer"], "freezer.state") {
        check_restarted(&root, "v1-again");
    }
}

#[test]
fn processes_of_a_version_1_cgroup_are_killed_one_by_one_frozen_or_not() {
    if let Some(root) = hierarchy("freezer", &["/sys/fs/cgroup/freezer"], "freezer.state") {
        check(&root, "v1", "cgroup.procs", |_| {});
        check(&root, "v1-frozen", "cgroup.procs", |cgroup| {
            fs::write(cgroup.join("freezer.state"), "FROZEN").unwrap();
        });
    }
}
