//! What an engine knows of a container and its host when it resolves a profile.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use crate::capability::{CRIO_CAPABILITIES, DOCKER_CAPABILITIES, PODMAN_CAPABILITIES};
use crate::{Abi, Error};

/// What a profile's conditions are compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The host's own ABI.
    pub abi: Abi,
    /// The container's bounding set, in any spelling of [`capabilities`](crate::capabilities); `None` where its
    /// specification has no capabilities at all.
    pub capabilities: Option<BTreeSet<String>>,
    /// The host's kernel. Only a profile that asks for a version needs it.
    pub kernel: Option<KernelVersion>,
}

impl Facts {
    /// A container to which Docker gives no other capabilities than usual.
    pub fn docker(abi: Abi) -> Self {
        Self::with(abi, &DOCKER_CAPABILITIES)
    }

    /// A container to which Podman gives no other capabilities than usual.
    pub fn podman(abi: Abi) -> Self {
        Self::with(abi, &PODMAN_CAPABILITIES)
    }

    /// A container to which CRI-O gives no other capabilities than usual.
    pub fn crio(abi: Abi) -> Self {
        Self::with(abi, &CRIO_CAPABILITIES)
    }

    fn with(abi: Abi, names: &[&str]) -> Self {
        Self {
            abi,
            capabilities: Some(names.iter().map(|&name| name.to_owned()).collect()),
            kernel: None,
        }
    }
}

/// The two numbers of a kernel's version that engines compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KernelVersion {
    /// 6 of 6.18.
    pub major: u32,
    /// 18 of 6.18.
    pub minor: u32,
}

impl KernelVersion {
    /// A version in a profile: two numbers and nothing else, as moby takes it since its version 20.10.
    pub(crate) fn written(text: &str) -> Option<Self> {
        let (major, minor) = text.split_once('.')?;
        let version = Self {
            major: number(major)?,
            minor: number(minor)?,
        };
        (version.major > 0 || version.minor > 0).then_some(version)
    }
}

impl FromStr for KernelVersion {
    type Err = Error;

    /// Reads `5.10`, or what `uname -r` prints, such as `6.18.0-generic`.
    fn from_str(release: &str) -> Result<Self, Error> {
        let read = || {
            let (major, rest) = release.split_once('.')?;
            let minor = rest.split(|letter: char| !letter.is_ascii_digit()).next()?;
            Some(Self {
                major: number(major)?,
                minor: number(minor)?,
            })
        };
        read().ok_or_else(|| Error::KernelVersion {
            text: release.to_owned(),
        })
    }
}

impl fmt::Display for KernelVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// Digits only; Rust would take a sign too.
fn number(text: &str) -> Option<u32> {
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse().ok())
        .flatten()
}
