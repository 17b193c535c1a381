//! Why a rule has no effect where a profile is resolved and compiled.

use std::fmt;

use crate::{KernelVersion, libseccomp_version};

/// What keeps a rule from holding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeftOut {
    /// `includes.caps` has capabilities that the container lacks.
    LacksCapabilities(Vec<String>),
    /// `excludes.caps` has a capability that the container has.
    HasCapability(String),
    /// `includes.arches` does not have the host's architecture.
    OtherArchitectures {
        /// What it has.
        listed: Vec<String>,
        /// The host's.
        host: &'static str,
    },
    /// `excludes.arches` has the host's architecture.
    ExcludedArchitecture(&'static str),
    /// `includes.minKernel` is above the host's version.
    OlderKernel {
        /// What it asks for.
        least: KernelVersion,
        /// The host's.
        host: KernelVersion,
    },
    /// `excludes.minKernel` is not above the host's version.
    NewerKernel {
        /// From which on the rule does not hold.
        from: KernelVersion,
        /// The host's.
        host: KernelVersion,
    },
    /// It says what the default says: the runtimes pass over it, and another rule for the call wins.
    SaysTheDefault,
    /// libseccomp has no call of that name, so the runtimes pass over it.
    UnknownToLibseccomp,
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LacksCapabilities(names) => write!(f, "it needs {}", names.join(" and ")),
            Self::HasCapability(name) => write!(f, "it does not hold with {name}"),
            Self::OtherArchitectures { listed, host } => {
                write!(f, "it holds on {} only, this is {host}", listed.join(", "))
            }
            Self::ExcludedArchitecture(host) => write!(f, "it does not hold on {host}"),
            Self::OlderKernel { least, host } => write!(f, "it needs Linux {least}, this is {host}"),
            Self::NewerKernel { from, host } => write!(f, "it holds before Linux {from} only, this is {host}"),
            Self::SaysTheDefault => f.write_str("it says what the default says, and runtimes pass over such rules"),
            Self::UnknownToLibseccomp => write!(f, "libseccomp {} does not know the call", libseccomp_version()),
        }
    }
}
