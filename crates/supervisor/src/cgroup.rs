//! The cgroups that belong to a container alone, found by name, and killing what is in them.
//!
//! An engine that restarts a container removes its cgroup and makes another by the same name, possibly while the one before is
//! still being ended. A cgroup is therefore known by its inode, which no other gets (kernfs counts them in 64 bits).
//!
//! A cgroup counts as the container's only if a component of its path is named for the container's id, as runtimes do
//! (`/docker/ID`, `/cri-containerd-ID.scope`, `/libpod-ID.scope/container`), and if we are not in it.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::os::fd::AsRawFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::process::Signal;

use crate::process::Process;

/// A container's own cgroup in one hierarchy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cgroup {
    directory: PathBuf,
    /// None where the directory cannot be seen.
    inode: Option<Inode>,
    /// As in /proc/PID/cgroup: `0::` or `7:pids:`, then the path.
    line: String,
    version_2: bool,
}

/// Device and number.
type Inode = (u64, u64);

/// The directory of that very cgroup. Once it is removed nothing is found in it, whatever has its name then.
struct Opened(File);

/// What is mounted where.
struct Mount {
    point: PathBuf,
    root: String,
    /// Controllers and names of a version 1 hierarchy; none for version 2.
    controllers: Option<Vec<String>>,
}

impl Cgroup {
    /// The container's own cgroups, from the text of its init's /proc/PID/cgroup.
    #[must_use]
    pub fn owned_by(id: &str, text: &str) -> Vec<Self> {
        let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        let mounts = mounts(&fs::read_to_string("/proc/self/mountinfo").unwrap_or_default());
        text.lines()
            .filter_map(|line| Self::from_line(id, line, &own, &mounts))
            .map(|cgroup| Self {
                inode: fs::metadata(&cgroup.directory).map(|data| inode(&data)).ok(),
                ..cgroup
            })
            .collect()
    }

    fn from_line(id: &str, line: &str, own: &str, mounts: &[Mount]) -> Option<Self> {
        let (hierarchy, path) = split_line(line)?;
        let path = named_prefix(id, path)?;
        let inside = own
            .lines()
            .filter_map(split_line)
            .any(|(other, mine)| other == hierarchy && is_within(mine, &path));
        if inside {
            return None;
        }
        let version_2 = hierarchy == "0:";
        let mount = mounts.iter().find(|mount| mount.holds(hierarchy))?;
        let relative = path.strip_prefix(mount.root.trim_end_matches('/'))?;
        let directory = mount.point.join(relative.trim_start_matches('/'));
        Some(Self {
            directory,
            inode: None,
            line: format!("{hierarchy}:{path}"),
            version_2,
        })
    }

    /// Whether the text of a process's /proc/PID/cgroup puts it here.
    #[must_use]
    pub fn holds(&self, text: &str) -> bool {
        let Some((hierarchy, path)) = split_line(&self.line) else {
            return false;
        };
        text.lines()
            .filter_map(split_line)
            .any(|(other, other_path)| other == hierarchy && is_within(other_path, path))
    }

    /// `echo 1 > cgroup.kill` (Linux 5.14, version 2): kills all at once. False where there is no such file.
    #[must_use]
    pub fn kill_at_once(&self) -> bool {
        let opened = self.open().filter(|_| self.version_2);
        opened.is_some_and(|opened| fs::write(opened.path().join("cgroup.kill"), "1").is_ok())
    }

    /// Lets frozen tasks of a version 1 freezer run: SIGKILL does not end them before (measured on 6.18).
    pub fn thaw(&self) {
        let Some(opened) = self.open().filter(|_| !self.version_2) else {
            return;
        };
        for directory in opened.directories() {
            // Only a freezer hierarchy has the file.
            let state = directory.join("freezer.state");
            if state.exists() {
                let _ = fs::write(state, "THAWED");
            }
        }
    }

    /// Sends SIGKILL to each process here, by pidfd, after checking that it is here.
    pub fn kill_each(&self) {
        let found = self.processes().into_iter().filter_map(|pid| i32::try_from(pid).ok());
        let held: Vec<_> = found.filter_map(|pid| Process::take(pid).ok()).collect();
        let still = self.processes();
        for process in held.iter().filter(|process| still.contains(&process.pid)) {
            let _ = process.signal(Signal::KILL);
        }
    }

    /// The processes here and below.
    #[must_use]
    pub fn processes(&self) -> BTreeSet<u32> {
        let Some(opened) = self.open() else {
            return BTreeSet::new();
        };
        let directories = opened.directories().into_iter();
        let texts = directories.filter_map(|directory| fs::read_to_string(directory.join("cgroup.procs")).ok());
        texts
            .flat_map(|text| text.lines().filter_map(|line| line.parse().ok()).collect::<Vec<u32>>())
            .collect()
    }

    fn open(&self) -> Option<Opened> {
        let file = File::open(&self.directory).ok()?;
        let is_same = file.metadata().is_ok_and(|data| Some(inode(&data)) == self.inode);
        is_same.then_some(Opened(file))
    }
}

fn inode(data: &fs::Metadata) -> Inode {
    (data.dev(), data.ino())
}

impl Opened {
    fn path(&self) -> PathBuf {
        PathBuf::from(format!("/proc/self/fd/{}", self.0.as_raw_fd()))
    }

    /// It and those below.
    fn directories(&self) -> Vec<PathBuf> {
        let mut found = vec![self.path()];
        let mut next = 0;
        while let Some(directory) = found.get(next).cloned() {
            next += 1;
            let Ok(entries) = fs::read_dir(&directory) else {
                continue;
            };
            let below = entries
                .flatten()
                .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
            found.extend(below.map(|entry| entry.path()));
        }
        found
    }
}

impl Mount {
    fn holds(&self, hierarchy: &str) -> bool {
        let Some((_, names)) = hierarchy.split_once(':') else {
            return false;
        };
        match &self.controllers {
            None => names.is_empty(),
            Some(controllers) => {
                !names.is_empty() && names.split(',').all(|name| controllers.iter().any(|c| c == name))
            }
        }
    }
}

/// `7:pids:/a/b` into `7:pids` and `/a/b`.
fn split_line(line: &str) -> Option<(&str, &str)> {
    let end = line.match_indices(':').nth(1)?.0;
    Some((line.get(..end)?, line.get(end + 1..)?))
}

/// The path up to the component that is named for the id.
fn named_prefix(id: &str, path: &str) -> Option<String> {
    if path.split('/').any(|component| component == "..") {
        return None;
    }
    let mut prefix = String::new();
    for component in path.split('/').filter(|component| !component.is_empty()) {
        prefix.push('/');
        prefix.push_str(component);
        let name = component
            .strip_suffix(".scope")
            .or_else(|| component.strip_suffix(".slice"))
            .unwrap_or(component);
        if name == id || name.strip_suffix(id).is_some_and(|before| before.ends_with('-')) {
            return Some(prefix);
        }
    }
    None
}

fn is_within(path: &str, ancestor: &str) -> bool {
    Path::new(path).starts_with(ancestor)
}

/// Cgroup mounts of /proc/self/mountinfo: `ID PARENT DEV ROOT POINT OPTIONS ... - TYPE SOURCE SUPER_OPTIONS`.
fn mounts(text: &str) -> Vec<Mount> {
    let mount = |line: &str| {
        let (before, after) = line.split_once(" - ")?;
        let mut before = before.split(' ').skip(3);
        let (root, point) = (before.next()?, before.next()?);
        let mut after = after.split(' ');
        let controllers = match after.next()? {
            "cgroup2" => None,
            "cgroup" => Some(after.nth(1)?.split(',').map(str::to_owned).collect()),
            _ => return None,
        };
        Some(Mount {
            point: PathBuf::from(point),
            root: root.to_owned(),
            controllers,
        })
    };
    text.lines().filter_map(mount).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const ID: &str = "4f2a";

    #[test]
    fn only_a_component_named_for_the_id_makes_a_cgroup_the_containers() {
        let named = |path: &str| named_prefix(ID, path);
        for path in [
            "/4f2a",
            "/docker/4f2a",
            "/system.slice/docker-4f2a.scope",
            "/a/libpod-4f2a.scope",
        ] {
            assert_eq!(named(path).as_deref(), Some(path));
        }
        assert_eq!(
            named("/libpod-4f2a.scope/container/x").as_deref(),
            Some("/libpod-4f2a.scope")
        );
        for path in ["/", "", "/user.slice", "/x4f2a", "/4f2ab", "/../4f2a", "/docker"] {
            assert_eq!(named(path), None, "{path}");
        }
    }

    #[test]
    fn a_cgroup_that_we_are_in_is_never_the_containers() {
        let mounts = mounts("30 20 0:27 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids");
        let find = |own| Cgroup::from_line(ID, "8:pids:/4f2a/inner", own, &mounts);
        assert_eq!(
            find("8:pids:/").unwrap().directory,
            Path::new("/sys/fs/cgroup/pids/4f2a")
        );
        assert!(find("8:pids:/4f2a2").is_some(), "a longer name is another cgroup");
        for own in ["8:pids:/4f2a", "8:pids:/4f2a/inner", "8:pids:/4f2a/deeper/still"] {
            assert_eq!(find(own), None, "{own}");
        }
    }

    #[test]
    fn hierarchies_are_found_by_their_controllers() {
        let mounts = mounts(
            "1 0 0:1 / /proc rw - proc proc rw\n2 0 0:2 / /cg/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n\
             3 0 0:3 /pod /cg/systemd rw - cgroup systemd rw,xattr,name=systemd\n4 0 0:4 / /cg/unified rw - cgroup2 cgroup2 rw",
        );
        let directory = |line| Cgroup::from_line(ID, line, "", &mounts).map(|found| found.directory);
        assert_eq!(
            directory("5:cpu,cpuacct:/4f2a"),
            Some(PathBuf::from("/cg/cpu,cpuacct/4f2a"))
        );
        assert_eq!(
            directory("9:name=systemd:/pod/4f2a"),
            Some(PathBuf::from("/cg/systemd/4f2a"))
        );
        assert_eq!(directory("9:name=systemd:/4f2a"), None, "outside of what is mounted");
        assert_eq!(directory("0::/4f2a"), Some(PathBuf::from("/cg/unified/4f2a")));
        assert_eq!(directory("7:pids:/4f2a"), None);
    }

    #[test]
    fn membership_is_by_hierarchy_and_path() {
        let cgroup = Cgroup {
            directory: PathBuf::new(),
            inode: None,
            line: "8:pids:/4f2a".to_owned(),
            version_2: false,
        };
        assert!(cgroup.holds("9:cpu:/x\n8:pids:/4f2a/inner\n0::/"));
        assert!(!cgroup.holds("8:pids:/4f2ab") && !cgroup.holds("9:cpu:/4f2a"));
    }
}
