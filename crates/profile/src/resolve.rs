//! A profile as it is written to what the engine hands to the runtime.
//!
//! Docker's way is `setupSeccomp` of `seccomp/seccomp_linux.go` in moby/profiles, Podman's and CRI-O's the function of
//! that name in `pkg/seccomp/seccomp_linux.go` of containers/common.

use std::collections::BTreeSet;

use libseccomp::ScmpArch;

use crate::architecture::{go_name, reads_architecture_map};
use crate::capability::canonical;
use crate::written::{ConditionalRule, Filter};
use crate::{Abi, Document, Error, Facts, Format, KernelVersion, Place, Profile};

impl Document {
    /// What the engine would hand to the runtime on such a host.
    ///
    /// A container without any capabilities exists for Podman and CRI-O only, which then keep every rule that asks for
    /// some; for Docker's format its bounding set is taken for empty.
    ///
    /// Not followed: Docker before 23.0 passes over `defaultErrnoRet`, and versions before 20.10 over `errnoRet` too.
    pub fn resolve(&self, facts: &Facts) -> Result<Profile, Error> {
        let engine = Engine::new(self.format(), facts)?;
        let mut rules = Vec::new();
        for conditional in &self.written.rules {
            if engine.keeps(conditional)? {
                rules.push(conditional.rule.clone());
            }
        }
        Ok(self.written.profile(self.mapped_architectures(facts.abi), rules))
    }

    fn mapped_architectures(&self, abi: Abi) -> Vec<ScmpArch> {
        if !reads_architecture_map(self.format(), abi) {
            return Vec::new();
        }
        let mut entries = self.written.architecture_map.iter();
        let entry = entries.find(|entry| entry.main == abi.libseccomp());
        entry.map_or_else(Vec::new, |entry| {
            [&[entry.main], entry.sub_architectures.as_slice()].concat()
        })
    }
}

/// The facts as one engine looks at them.
struct Engine {
    architecture: &'static str,
    capabilities: Option<BTreeSet<&'static str>>,
    keeps_without_capabilities: bool,
    kernel: Option<KernelVersion>,
}

impl Engine {
    fn new(format: Format, facts: &Facts) -> Result<Self, Error> {
        let names = facts.capabilities.as_ref();
        let full = names.map(|names| names.iter().map(|name| canonical(name)).collect());
        Ok(Self {
            architecture: go_name(facts.abi),
            capabilities: full.transpose()?,
            keeps_without_capabilities: format == Format::ContainersCommon,
            kernel: facts.kernel,
        })
    }

    fn keeps(&self, conditional: &ConditionalRule) -> Result<bool, Error> {
        let ConditionalRule {
            rule,
            includes,
            excludes,
        } = conditional;
        let place = rule.place();
        Ok(!self.excludes(excludes, &place)? && self.includes(includes, &place)?)
    }

    fn excludes(&self, filter: &Filter, place: &Place) -> Result<bool, Error> {
        let architecture = self.is_among(&filter.architectures);
        let capability = filter.capabilities.iter().any(|name| self.has(name).unwrap_or(false));
        Ok(architecture || capability || self.is_at_least(filter.kernel, place)?.unwrap_or(false))
    }

    fn includes(&self, filter: &Filter, place: &Place) -> Result<bool, Error> {
        let architecture = filter.architectures.is_empty() || self.is_among(&filter.architectures);
        let held = |name: &String| self.has(name).unwrap_or(self.keeps_without_capabilities);
        let capabilities = filter.capabilities.iter().all(held);
        Ok(architecture && capabilities && self.is_at_least(filter.kernel, place)?.unwrap_or(true))
    }

    fn is_among(&self, architectures: &[String]) -> bool {
        architectures.iter().any(|name| name == self.architecture)
    }

    /// `None` for a container without capabilities.
    fn has(&self, capability: &str) -> Option<bool> {
        let held = self.capabilities.as_ref()?;
        Some(held.contains(capability))
    }

    /// `None` where no version is asked for.
    fn is_at_least(&self, version: Option<KernelVersion>, place: &Place) -> Result<Option<bool>, Error> {
        let Some(version) = version else {
            return Ok(None);
        };
        let kernel = self
            .kernel
            .ok_or_else(|| Error::NoKernelVersion { place: place.clone() })?;
        Ok(Some(kernel >= version))
    }
}
