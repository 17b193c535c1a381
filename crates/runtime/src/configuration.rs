//! The shim's own configuration: one small file.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use notifyd_profile::Runtime;
use serde::Deserialize;

use crate::Error;

/// Where it lies.
pub const DEFAULT_PATH: &str = "/etc/seccomp-notifyd/runtime.json";
/// Names another file.
pub const PATH_VARIABLE: &str = "SECCOMP_NOTIFYD_RUNTIME_CONFIG";
const MAX_BYTES: u64 = 64 << 10;
/// `sun_path` of unix(7) has 108 bytes, the last of which is 0.
const MAX_SOCKET_BYTES: usize = 107;

/// What the operator says. Members that are not known are refused.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Configuration {
    /// The daemon's socket, absolute.
    pub listener: PathBuf,
    /// Where the real runtimes are.
    pub runtimes: Runtimes,
    /// Which containers are watched.
    pub watch: Watch,
    /// What becomes of a container that should be watched and cannot be.
    pub failure_policy: FailurePolicy,
    /// What becomes of a container without a profile.
    pub without_profile: WithoutProfile,
    /// Where rewritten profiles are kept; nobody else may enter it.
    pub cache_dir: PathBuf,
}

/// Paths of the real runtimes, absolute. One that is not given is looked for in the usual folders.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Runtimes {
    /// opencontainers/runc.
    pub runc: Option<PathBuf>,
    /// containers/crun.
    pub crun: Option<PathBuf>,
}

/// Which containers are watched.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Watch {
    /// Those with an annotation of ours or of CRI-O's notifier.
    #[default]
    Annotated,
    /// All that have a seccomp profile.
    All,
}

/// What becomes of a container that should be watched and cannot be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FailurePolicy {
    /// It starts with its original profile, and a line in the runtime's log.
    #[default]
    Open,
    /// It does not start.
    Closed,
}

/// What becomes of a container that should be watched and has no profile, such as a privileged one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WithoutProfile {
    /// It is left alone.
    #[default]
    Leave,
    /// It gets our `runtime-default`, resolved for its bounding set, and is denied what that denies.
    RuntimeDefault,
}

impl Default for Configuration {
    fn default() -> Self {
        Self {
            listener: "/run/seccomp-notifyd/listener.sock".into(),
            runtimes: Runtimes::default(),
            watch: Watch::default(),
            failure_policy: FailurePolicy::default(),
            without_profile: WithoutProfile::default(),
            cache_dir: "/run/seccomp-notifyd/cache".into(),
        }
    }
}

impl Runtimes {
    /// The path of one.
    pub fn path(&self, runtime: Runtime) -> Option<&Path> {
        match runtime {
            Runtime::Runc => self.runc.as_deref(),
            Runtime::Crun => self.crun.as_deref(),
        }
    }
}

impl Configuration {
    /// Reads the file that the environment names, else the usual one, which may be missing.
    pub fn load() -> Result<Self, Error> {
        match std::env::var_os(PATH_VARIABLE) {
            Some(path) => Self::read(Path::new(&path)),
            None => match Self::read(Path::new(DEFAULT_PATH)) {
                Err(Error::ReadConfiguration { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                    Ok(Self::default())
                }
                read => read,
            },
        }
    }

    fn read(path: &Path) -> Result<Self, Error> {
        let mut text = Vec::new();
        let file = File::open(path).and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut text));
        let length = file.map_err(|source| Error::ReadConfiguration {
            path: path.to_owned(),
            source,
        })?;
        if length as u64 > MAX_BYTES {
            return Err(Error::LongConfiguration { path: path.to_owned() });
        }
        Self::parse(path, &text)
    }

    /// Reads a text; its path is for messages.
    pub fn parse(path: &Path, text: &[u8]) -> Result<Self, Error> {
        // A list of the members would do for serde.
        let is_object = text.trim_ascii_start().starts_with(b"{");
        let read = if is_object {
            serde_json::from_slice::<Self>(text)
        } else {
            Err(serde::de::Error::custom("it is no object"))
        };
        let read = read.map_err(|source| Error::Configuration {
            path: path.to_owned(),
            source,
        })?;
        read.check(path)?;
        Ok(read)
    }

    fn check(&self, path: &Path) -> Result<(), Error> {
        let runtimes = [
            ("runtimes.runc", &self.runtimes.runc),
            ("runtimes.crun", &self.runtimes.crun),
        ];
        let given = runtimes
            .into_iter()
            .filter_map(|(field, value)| Some((field, value.as_ref()?)));
        let absolute = given.chain([("listener", &self.listener), ("cacheDir", &self.cache_dir)]);
        let wrong = |field, value: &PathBuf, accepted| Error::ConfiguredPath {
            path: path.to_owned(),
            field,
            value: value.clone(),
            accepted,
        };
        for (field, value) in absolute {
            if !value.is_absolute() {
                return Err(wrong(field, value, "an absolute path"));
            }
        }
        if self.listener.as_os_str().as_bytes().len() > MAX_SOCKET_BYTES || self.listener.to_str().is_none() {
            return Err(wrong("listener", &self.listener, "a path of at most 107 bytes"));
        }
        Ok(())
    }
}
