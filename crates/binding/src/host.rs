//! What a profile's conditions are compared with: as asked for, else as this host and this process are.

use napi_derive::napi;
use notifyd_profile::{Abi, CAPABILITIES, Facts, KernelVersion};
use rustix::process::{Signal, set_parent_process_death_signal};
use rustix::thread::{CapabilitySet, capability_is_in_bounding_set};

use crate::error::{Result, invalid, profile_error};

/// What a profile's conditions are compared with. What is not given is taken from this host and this process.
#[derive(Default)]
#[napi(object)]
pub struct ProfileFacts {
    /// The container's bounding set: CAP_SYS_ADMIN, SYS_ADMIN or sys_admin. Not given: that of this process.
    pub capabilities: Option<Vec<String>>,
    /// Version of the container's kernel: 5.10, or what `uname -r` prints.
    pub kernel: Option<String>,
    /// Architecture of the container's host: x86_64 or aarch64, amd64 or arm64. Not given: this machine's.
    pub architecture: Option<String>,
}

/// This process is killed when the thread that started it ends (PR_SET_PDEATHSIG of prctl(2)).
#[napi]
pub fn end_with_parent() -> Result<()> {
    set_parent_process_death_signal(Some(Signal::KILL))
        .map_err(|errno| invalid(format!("asking to end with the parent process: {errno}")))
}

/// The facts; a name that is not known is an error.
pub fn facts(given: Option<ProfileFacts>) -> Result<Facts> {
    let given = given.unwrap_or_default();
    let abi = given.architecture.map_or_else(machine, |name| architecture(&name))?;
    let names = given.capabilities.unwrap_or_else(bounding_set);
    let capabilities = notifyd_profile::capabilities(&names).map_err(|error| profile_error(&error))?;
    Ok(Facts {
        abi,
        capabilities: Some(capabilities),
        kernel: given
            .kernel
            .map_or_else(|| Ok(running_kernel()), |text| version(&text).map(Some))?,
    })
}

/// The facts where calls of one ABI are asked about: for the host's other ABIs nothing changes, for those of other machines
/// the host is such a machine.
pub fn facts_for(abi: Option<String>, given: Option<ProfileFacts>) -> Result<(Facts, Option<Abi>)> {
    let Some(abi) = abi.map(|name| architecture(&name)).transpose()? else {
        return Ok((facts(given)?, None));
    };
    let mut given = given.unwrap_or_default();
    if !Abi::native().contains(&abi) && given.architecture.is_none() {
        given.architecture = Some(abi.main().label().to_owned());
    }
    Ok((facts(Some(given))?, Some(abi)))
}

/// This machine's own ABI.
pub fn machine() -> Result<Abi> {
    Abi::native()
        .first()
        .copied()
        .ok_or_else(|| invalid("this machine's architecture is not known; x86_64 and arm64 are"))
}

fn architecture(name: &str) -> Result<Abi> {
    name.parse().map_err(|error| profile_error(&error))
}

/// None for a release that is no version; only a profile that asks for one needs it.
fn running_kernel() -> Option<KernelVersion> {
    rustix::system::uname().release().to_string_lossy().parse().ok()
}

fn version(text: &str) -> Result<KernelVersion> {
    text.parse().map_err(|error| profile_error(&error))
}

/// A capability that the running kernel does not have yet is in nobody's set.
fn bounding_set() -> Vec<String> {
    let held = |&(number, _): &(usize, &str)| {
        capability_is_in_bounding_set(CapabilitySet::from_bits_retain(1 << number)).unwrap_or(false)
    };
    let names = CAPABILITIES.into_iter().enumerate().filter(held);
    names.map(|(_, name)| name.to_owned()).collect()
}
