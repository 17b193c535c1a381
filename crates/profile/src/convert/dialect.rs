//! The formats in which profiles are handed about.

use std::str::FromStr;

use libseccomp::ScmpArch;

use crate::operator::Version;
use crate::{Error, Format};

/// A format, by who reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// The runtimes.
    Oci,
    /// Docker.
    Docker,
    /// Podman, CRI-O and Buildah.
    ContainersCommon,
    /// `SeccompProfile` of the Security Profiles Operator up to 0.10.
    SpoV1beta1,
    /// `SeccompProfile` of the Security Profiles Operator from 1.0.
    SpoV1,
    /// The blob of an OCI artifact that CRI-O pulls for `seccomp-profile.crio.io`: what Podman reads.
    CrioArtifact,
}

/// Native architectures that containers/common looks up in `archMap` (`nativeToSeccomp` of `pkg/seccomp`).
const PODMANS: [ScmpArch; 7] = [
    ScmpArch::X8664,
    ScmpArch::Aarch64,
    ScmpArch::Mips64,
    ScmpArch::Mips64N32,
    ScmpArch::Mipsel64,
    ScmpArch::Mipsel64N32,
    ScmpArch::S390X,
];

pub(super) fn is_in_podmans_map(architecture: ScmpArch) -> bool {
    PODMANS.contains(&architecture)
}

impl Dialect {
    /// All that are known.
    pub const ALL: [Self; 6] = [
        Self::Oci,
        Self::Docker,
        Self::ContainersCommon,
        Self::SpoV1beta1,
        Self::SpoV1,
        Self::CrioArtifact,
    ];

    /// Its name.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Oci => "oci",
            Self::Docker => "docker",
            Self::ContainersCommon => "containers-common",
            Self::SpoV1beta1 => "spo-v1beta1",
            Self::SpoV1 => "spo-v1",
            Self::CrioArtifact => "crio-artifact",
        }
    }

    /// The version of the operator's objects, if it is one of those.
    pub(super) const fn version(self) -> Option<Version> {
        match self {
            Self::SpoV1beta1 => Some(Version::V1beta1),
            Self::SpoV1 => Some(Version::V1),
            _ => None,
        }
    }

    pub(super) const fn is_podmans(self) -> bool {
        matches!(self, Self::ContainersCommon | Self::CrioArtifact)
    }

    pub(super) const fn of(format: Format) -> Self {
        match format {
            Format::Oci => Self::Oci,
            Format::Docker => Self::Docker,
            Format::ContainersCommon => Self::ContainersCommon,
        }
    }
}

impl FromStr for Dialect {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        let found = Self::ALL.into_iter().find(|dialect| dialect.label() == name);
        found.ok_or_else(|| Error::UnknownFormat { name: name.to_owned() })
    }
}

impl Version {
    pub(super) const fn dialect(self) -> Dialect {
        match self {
            Self::V1beta1 => Dialect::SpoV1beta1,
            Self::V1 => Dialect::SpoV1,
        }
    }
}
