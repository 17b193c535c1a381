//! Capabilities by name, and the sets that engines give to a container of their own accord.

use std::collections::BTreeSet;

use crate::nearest::{did_you_mean, nearest};
use crate::{Error, Place};

const PREFIX: &str = "CAP_";

/// The names of `linux/capability.h` at the index of their numbers, as of Linux 6.18.
pub const CAPABILITIES: [&str; 41] = [
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_DAC_READ_SEARCH",
    "CAP_FOWNER",
    "CAP_FSETID",
    "CAP_KILL",
    "CAP_SETGID",
    "CAP_SETUID",
    "CAP_SETPCAP",
    "CAP_LINUX_IMMUTABLE",
    "CAP_NET_BIND_SERVICE",
    "CAP_NET_BROADCAST",
    "CAP_NET_ADMIN",
    "CAP_NET_RAW",
    "CAP_IPC_LOCK",
    "CAP_IPC_OWNER",
    "CAP_SYS_MODULE",
    "CAP_SYS_RAWIO",
    "CAP_SYS_CHROOT",
    "CAP_SYS_PTRACE",
    "CAP_SYS_PACCT",
    "CAP_SYS_ADMIN",
    "CAP_SYS_BOOT",
    "CAP_SYS_NICE",
    "CAP_SYS_RESOURCE",
    "CAP_SYS_TIME",
    "CAP_SYS_TTY_CONFIG",
    "CAP_MKNOD",
    "CAP_LEASE",
    "CAP_AUDIT_WRITE",
    "CAP_AUDIT_CONTROL",
    "CAP_SETFCAP",
    "CAP_MAC_OVERRIDE",
    "CAP_MAC_ADMIN",
    "CAP_SYSLOG",
    "CAP_WAKE_ALARM",
    "CAP_BLOCK_SUSPEND",
    "CAP_AUDIT_READ",
    "CAP_PERFMON",
    "CAP_BPF",
    "CAP_CHECKPOINT_RESTORE",
];

/// Docker's, and in content containerd's: `oci/caps/defaults.go` of moby.
pub const DOCKER_CAPABILITIES: [&str; 14] = [
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_FSETID",
    "CAP_FOWNER",
    "CAP_MKNOD",
    "CAP_NET_RAW",
    "CAP_SETGID",
    "CAP_SETUID",
    "CAP_SETFCAP",
    "CAP_SETPCAP",
    "CAP_NET_BIND_SERVICE",
    "CAP_SYS_CHROOT",
    "CAP_KILL",
    "CAP_AUDIT_WRITE",
];

/// Podman's: `DefaultCapabilities` of `pkg/config/default.go` of containers/common; `containers.conf` may say otherwise.
pub const PODMAN_CAPABILITIES: [&str; 11] = [
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_FOWNER",
    "CAP_FSETID",
    "CAP_KILL",
    "CAP_NET_BIND_SERVICE",
    "CAP_SETFCAP",
    "CAP_SETGID",
    "CAP_SETPCAP",
    "CAP_SETUID",
    "CAP_SYS_CHROOT",
];

/// CRI-O's: `internal/config/capabilities/capabilities_linux.go`; `crio.conf` may say otherwise.
pub const CRIO_CAPABILITIES: [&str; 9] = [
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_FSETID",
    "CAP_FOWNER",
    "CAP_SETGID",
    "CAP_SETUID",
    "CAP_SETPCAP",
    "CAP_NET_BIND_SERVICE",
    "CAP_KILL",
];

/// Capabilities as people write them, `CAP_SYS_ADMIN`, `SYS_ADMIN` or in lower case, with their full names.
pub fn capabilities<T: AsRef<str>>(names: impl IntoIterator<Item = T>) -> Result<BTreeSet<String>, Error> {
    names
        .into_iter()
        .map(|name| canonical(name.as_ref()).map(str::to_owned))
        .collect()
}

/// The full name of a capability in somebody's spelling.
pub(crate) fn canonical(name: &str) -> Result<&'static str, Error> {
    let full = full_name(name);
    listed(&full).ok_or_else(|| unknown(Place::Capabilities, name))
}

/// Nothing, if it is the full name; engines compare the text of a profile letter by letter.
pub(crate) fn check_full_name(place: &Place, name: &str) -> Result<(), Error> {
    listed(name).map(drop).ok_or_else(|| unknown(place.clone(), name))
}

fn full_name(name: &str) -> String {
    let upper = name.to_ascii_uppercase();
    if upper.starts_with(PREFIX) {
        return upper;
    }
    format!("{PREFIX}{upper}")
}

fn listed(full: &str) -> Option<&'static str> {
    CAPABILITIES.into_iter().find(|&known| known == full)
}

fn unknown(place: Place, name: &str) -> Error {
    Error::UnknownCapability {
        place,
        name: name.to_owned(),
        hint: did_you_mean(nearest_full_name(name)),
    }
}

/// Compared without the prefix, which would make short names look alike.
fn nearest_full_name(name: &str) -> Option<String> {
    let full = full_name(name);
    let bare = |full: &'static str| full.trim_start_matches(PREFIX);
    nearest(full.trim_start_matches(PREFIX), CAPABILITIES.into_iter().map(bare)).map(full_name)
}
