//! A profile as it is written to what the engine hands to the runtime.
//!
//! Docker's way is `setupSeccomp` of `seccomp/seccomp_linux.go` in moby/profiles, Podman's and CRI-O's the function of
//! that name in `pkg/seccomp/seccomp_linux.go` of containers/common.

use std::collections::BTreeSet;

use libseccomp::ScmpArch;

use crate::architecture::{go_name, reads_architecture_map};
use crate::capability::canonical;
use crate::written::{ConditionalRule, Filter};
use crate::{Abi, Document, Error, Facts, Format, KernelVersion, LeftOut, Place, Profile, Rule};

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
            if engine.left_out(conditional)?.is_none() {
                rules.push(conditional.rule.clone());
            }
        }
        Ok(self.written.profile(self.mapped_architectures(facts.abi), rules))
    }

    /// The rules that do not hold there, and why.
    pub(crate) fn left_out(&self, facts: &Facts) -> Result<Vec<(&Rule, LeftOut)>, Error> {
        let engine = Engine::new(self.format(), facts)?;
        let why = |conditional| {
            let left_out = engine.left_out(conditional).transpose()?;
            Some(left_out.map(|left_out| (&conditional.rule, left_out)))
        };
        self.written.rules.iter().filter_map(why).collect()
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

    /// What keeps the rule out; `None` where it holds.
    fn left_out(&self, conditional: &ConditionalRule) -> Result<Option<LeftOut>, Error> {
        let place = conditional.rule.place();
        match self.excluded(&conditional.excludes, &place)? {
            None => self.not_included(&conditional.includes, &place),
            excluded => Ok(excluded),
        }
    }

    fn excluded(&self, filter: &Filter, place: &Place) -> Result<Option<LeftOut>, Error> {
        if self.is_among(&filter.architectures) {
            return Ok(Some(LeftOut::ExcludedArchitecture(self.architecture)));
        }
        let mut capabilities = filter.capabilities.iter();
        if let Some(name) = capabilities.find(|name| self.has(name).unwrap_or(false)) {
            return Ok(Some(LeftOut::HasCapability(name.clone())));
        }
        let newer = self.compared(filter.kernel, place)?.filter(|(from, host)| host >= from);
        Ok(newer.map(|(from, host)| LeftOut::NewerKernel { from, host }))
    }

    fn not_included(&self, filter: &Filter, place: &Place) -> Result<Option<LeftOut>, Error> {
        if !filter.architectures.is_empty() && !self.is_among(&filter.architectures) {
            return Ok(Some(LeftOut::OtherArchitectures {
                listed: filter.architectures.clone(),
                host: self.architecture,
            }));
        }
        let held = |name: &&String| self.has(name).unwrap_or(self.keeps_without_capabilities);
        let lacking: Vec<_> = filter.capabilities.iter().filter(|name| !held(name)).cloned().collect();
        if !lacking.is_empty() {
            return Ok(Some(LeftOut::LacksCapabilities(lacking)));
        }
        let older = self
            .compared(filter.kernel, place)?
            .filter(|(least, host)| host < least);
        Ok(older.map(|(least, host)| LeftOut::OlderKernel { least, host }))
    }

    fn is_among(&self, architectures: &[String]) -> bool {
        architectures.iter().any(|name| name == self.architecture)
    }

    /// `None` for a container without capabilities.
    fn has(&self, capability: &str) -> Option<bool> {
        let held = self.capabilities.as_ref()?;
        Some(held.contains(capability))
    }

    /// The version that is asked for, and the host's.
    fn compared(
        &self,
        asked: Option<KernelVersion>,
        place: &Place,
    ) -> Result<Option<(KernelVersion, KernelVersion)>, Error> {
        let missing = || Error::NoKernelVersion { place: place.clone() };
        asked
            .map(|asked| Ok((asked, self.kernel.ok_or_else(missing)?)))
            .transpose()
    }
}
