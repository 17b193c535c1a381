//! Profiles and call names.

use napi::bindgen_prelude::Buffer;
use napi_derive::napi;
use notifyd_bpf::Errno;
use notifyd_profile::{Abi, Document};

use crate::error::{Result, invalid, profile_error};
use crate::host::{ProfileFacts, facts, machine};

/// A compiled profile.
#[napi(object, object_from_js = false)]
pub struct CompiledProfile {
    /// struct sock_filter[].
    pub program: Buffer,
    /// Whether some rule, or the default action, may keep a call from running.
    pub restricts: bool,
    /// What libseccomp or the kernel cannot do with it, in words.
    pub warnings: Vec<String>,
}

/// A profile's JSON, in the format of the runtimes, of Docker or of Podman and CRI-O, to the program that libseccomp makes
/// of the rules that hold.
#[napi]
pub fn compile_profile(json: String, given: Option<ProfileFacts>) -> Result<CompiledProfile> {
    let facts = facts(given)?;
    let document = Document::parse(&json).map_err(|error| profile_error(&error))?;
    let profile = document.resolve(&facts).map_err(|error| profile_error(&error))?;
    let compiled = notifyd_profile::compile(&profile, facts.abi).map_err(|error| profile_error(&error))?;
    Ok(CompiledProfile {
        program: compiled.program.to_bytes().into(),
        restricts: compiled.restricts,
        warnings: compiled.warnings,
    })
}

/// A program that denies the named calls (syscall_600 for a number) on every ABI with the errno and allows the rest.
#[napi]
pub fn compile_deny_list(names: Vec<String>, errno: u32) -> Result<Buffer> {
    let errno = Errno::new(errno).ok_or_else(|| invalid(format!("errno {errno} is not in 1..4095")))?;
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let program = notifyd_profile::deny_list(&names, errno).map_err(|error| profile_error(&error))?;
    Ok(program.to_bytes().into())
}

/// The call's name; `syscall_<number>` where it has none, `other` for what was counted together.
#[napi]
pub fn syscall_name(arch: u32, number: u32) -> String {
    if arch == 0 {
        "other".to_owned()
    } else {
        notifyd_profile::display_name(arch, number)
    }
}

/// x86_64, i386, x32, aarch64, arm; 0x… for an unknown one, `other` for what was counted together.
#[napi]
pub fn abi_name(arch: u32, number: u32) -> String {
    match Abi::of(arch, number) {
        Some(abi) => abi.label().to_owned(),
        None if arch == 0 => "other".to_owned(),
        None => format!("{arch:#x}"),
    }
}

/// AUDIT_ARCH_* value of this machine's own ABI.
#[napi]
pub fn native_arch() -> Result<u32> {
    Ok(machine()?.arch())
}

/// Version of the library that is linked in.
#[napi]
pub fn libseccomp_version() -> String {
    notifyd_profile::libseccomp_version()
}
