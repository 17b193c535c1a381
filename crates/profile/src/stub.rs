//! runc's answer to calls that are newer than a profile.
//!
//! In front of a profile's program runc puts one of its own: a number above all that the profile names for an architecture
//! fails with ENOSYS, so that a libc falls back on an older call where a profile is older than the libc
//! (`libcontainer/seccomp/patchbpf/enosys_linux.go` of runc).

use libseccomp::{ScmpArch, ScmpSyscall};
use notifyd_bpf::{Action, Insn, Program, SeccompData, X32_SYSCALL_BIT, op};

use crate::model::ActionName;
use crate::{Abi, Error, Profile};

/// `ENOSYS` of `asm-generic/errno.h`.
const ENOSYS: u16 = 38;

/// The program as runc loads it.
pub(crate) fn with_stub(profile: &Profile, program: Program, native: Abi) -> Result<Program, Error> {
    if knows_newer(profile) {
        return Ok(program);
    }
    let largest = largest_named(profile, native).into_iter();
    let mut instructions: Vec<Insn> = largest.flat_map(|(abi, largest)| section(abi, largest)).collect();
    instructions.extend(program.instructions());
    Program::new(instructions).map_err(|source| Error::Program { source })
}

/// The largest number that the profile names, for each ABI of which runc answers those above itself.
pub(crate) fn largest_named(profile: &Profile, native: Abi) -> Vec<(Abi, u32)> {
    if knows_newer(profile) {
        return Vec::new();
    }
    let abis = listed(profile, native).into_iter();
    abis.filter_map(|abi| Some((abi, largest_number(profile, abi)?)))
        .collect()
}

/// A tracer is thought to know newer calls itself; what is allowed needs no errno.
const fn knows_newer(profile: &Profile) -> bool {
    matches!(
        profile.default_action,
        ActionName::Allow | ActionName::Log | ActionName::Trace
    )
}

/// Only architectures that the profile lists; what this machine's kernel cannot run needs no answer.
fn listed(profile: &Profile, native: Abi) -> Vec<Abi> {
    let is_listed = |abi: &Abi| {
        let listed = |&architecture: &ScmpArch| {
            architecture == abi.libseccomp() || (architecture == ScmpArch::Native && *abi == native)
        };
        profile.architectures.iter().any(listed)
    };
    Abi::ALL.into_iter().filter(is_listed).collect()
}

/// By libseccomp's table alone, whose pseudo numbers are negative.
fn largest_number(profile: &Profile, abi: Abi) -> Option<u32> {
    let names = profile.rules.iter().flat_map(|rule| &rule.names);
    let numbers = names.filter_map(|name| ScmpSyscall::from_name_by_arch(name, abi.libseccomp()).ok());
    let largest = numbers.map(ScmpSyscall::as_raw_syscall).max()?;
    u32::try_from(largest).ok().filter(|&number| number > 0)
}

/// Numbers with the x32 bit are looked at for x32 only, even where they are above all others.
fn section(abi: Abi, largest: u32) -> Vec<Insn> {
    let refuse = [
        Insn::jump(op::JGT_K, largest, 0, 1),
        Insn::statement(op::RET_K, Action::Errno(ENOSYS).raw()),
    ];
    let ours = match abi {
        Abi::X86_64 => Some(Insn::jump(op::JSET_K, X32_SYSCALL_BIT, 2, 0)),
        Abi::X32 => Some(Insn::jump(op::JSET_K, X32_SYSCALL_BIT, 0, 2)),
        _ => None,
    };
    let body: Vec<Insn> = [Insn::statement(op::LD_ABS, SeccompData::NR)]
        .into_iter()
        .chain(ours)
        .chain(refuse)
        .collect();
    let skip = if ours.is_some() { 4 } else { 3 };
    [
        Insn::statement(op::LD_ABS, SeccompData::ARCH),
        Insn::jump(op::JEQ_K, abi.arch(), 0, skip),
    ]
    .into_iter()
    .chain(body)
    .collect()
}
