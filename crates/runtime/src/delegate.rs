//! Which runtime is the real one, and becoming it.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use notifyd_profile::Runtime;

use crate::Error;
use crate::configuration::Runtimes;

/// Podman calls `kill` and `delete` without a PATH.
const FOLDERS: [&str; 6] = [
    "/usr/local/sbin",
    "/usr/local/bin",
    "/usr/sbin",
    "/usr/bin",
    "/sbin",
    "/bin",
];

/// A runtime and its executable.
pub struct Delegate {
    /// Which.
    pub runtime: Runtime,
    /// Its executable.
    pub path: PathBuf,
}

impl Delegate {
    /// By the name that we are called by; by any other name it is the only one that is configured.
    pub fn find(called: &OsStr, configured: &Runtimes) -> Result<Self, Error> {
        let name = Path::new(called).file_name().unwrap_or(called).to_string_lossy();
        let runtime = Runtime::ALL.into_iter().find(|runtime| runtime.name() == name);
        let runtime = runtime.map_or_else(|| only_one(&name, configured), Ok)?;
        let path = configured
            .path(runtime)
            .map_or_else(|| in_folders(runtime), |path| Ok(path.to_owned()))?;
        if is_this_program(&path) {
            return Err(Error::Itself { path });
        }
        Ok(Self { runtime, path })
    }

    /// Becomes it: the same process, its descriptors and its environment. Returns only if that fails.
    pub fn run(&self, arguments: &[OsString]) -> Error {
        Error::Become {
            path: self.path.clone(),
            source: Command::new(&self.path).args(arguments).exec(),
        }
    }
}

fn only_one(name: &str, configured: &Runtimes) -> Result<Runtime, Error> {
    let all: Vec<_> = Runtime::ALL
        .into_iter()
        .filter(|runtime| configured.path(*runtime).is_some())
        .collect();
    match all.as_slice() {
        [runtime] => Ok(*runtime),
        _ => Err(Error::WhichRuntime {
            name: name.to_owned(),
            count: all.len(),
        }),
    }
}

fn in_folders(runtime: Runtime) -> Result<PathBuf, Error> {
    let paths = FOLDERS.map(|folder| Path::new(folder).join(runtime.name()));
    let found = paths.into_iter().find(|path| path.is_file() && !is_this_program(path));
    found.ok_or_else(|| Error::NoRuntime {
        runtime: runtime.name(),
        folders: FOLDERS.join(", "),
    })
}

/// Else it would become itself for ever.
fn is_this_program(path: &Path) -> bool {
    let identity = |path: &Path| fs::metadata(path).ok().map(|file| (file.dev(), file.ino()));
    identity(path).is_some_and(|other| identity(Path::new("/proc/self/exe")) == Some(other))
}
