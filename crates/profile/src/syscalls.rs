//! Names and numbers of system calls.
//!
//! libseccomp's tables come first, because a profile's names mean what libseccomp takes them for. What is newer than
//! libseccomp comes from crate `syscalls`.

use std::borrow::Cow;
use std::ops::Range;

use libseccomp::ScmpSyscall;
use syscalls::{aarch64, arm, loongarch64, mips64, powerpc64, riscv64, s390x, x86, x86_64};

use crate::Abi;
use crate::nearest::nearest;

/// How a number without a name is written.
const UNNAMED: &str = "syscall_";
/// Above every number that any kernel has; arm's private calls excepted.
const NUMBERS: u32 = 1024;
/// `__ARM_NR_BASE` and what follows it in `asm/unistd.h` of arm.
const ARM_PRIVATE: Range<u32> = 0xf_0000..0xf_0010;
/// Since Linux 5.1 new calls have one number everywhere (`scripts/syscall.tbl` of the kernel). Below, x32 lacks calls that
/// x86_64 has, and libseccomp's table is complete.
const FIRST_COMMON_NUMBER: u32 = 424;

/// The call's name on its ABI; `None` where it has none, or the architecture is not known.
pub fn name(arch: u32, number: u32) -> Option<Cow<'static, str>> {
    let abi = Abi::of(arch, number)?;
    named_by_libseccomp(abi, number)
        .map(Cow::Owned)
        .or_else(|| named_by_table(abi, number).map(Cow::Borrowed))
}

/// The call's name, or `syscall_` and its number without the x32 bit.
pub fn display_name(arch: u32, number: u32) -> String {
    let bit = Abi::of(arch, number).map_or(0, Abi::number_bit);
    name(arch, number).map_or_else(|| format!("{UNNAMED}{}", number & !bit), Cow::into_owned)
}

/// The number that a call has on an ABI, with the x32 bit there; takes `syscall_600` too.
pub fn number(abi: Abi, name: &str) -> Option<u32> {
    number_by_libseccomp(abi, name)
        .or_else(|| number_by_table(abi, name))
        .or_else(|| number_as_written(abi, name))
}

/// Whether some architecture of Linux has a call of that name.
pub(crate) fn exists_anywhere(name: &str) -> bool {
    Abi::ALL.iter().any(|&abi| table_id(abi, name).is_some())
        || name.parse::<loongarch64::Sysno>().is_ok()
        || name.parse::<mips64::Sysno>().is_ok()
        || name.parse::<powerpc64::Sysno>().is_ok()
        || name.parse::<riscv64::Sysno>().is_ok()
        || name.parse::<s390x::Sysno>().is_ok()
}

/// The known name nearest to one that is not known, for the text of an error.
pub fn suggest(name: &str) -> Option<String> {
    let names = Abi::native().iter().flat_map(|&abi| names(abi));
    nearest(name, names).map(Cow::into_owned)
}

/// All that the ABI has.
pub(crate) fn names(abi: Abi) -> impl Iterator<Item = Cow<'static, str>> {
    let private = if abi == Abi::Arm { ARM_PRIVATE } else { 0..0 };
    let numbers = (0..NUMBERS).chain(private);
    numbers.filter_map(move |number| name(abi.arch(), number | abi.number_bit()))
}

/// Whether libseccomp can make a rule for the number.
pub(crate) fn is_in_libseccomp(arch: u32, number: u32) -> bool {
    Abi::of(arch, number).is_some_and(|abi| named_by_libseccomp(abi, number).is_some())
}

/// Real numbers only: libseccomp's pseudo numbers are negative.
pub(crate) fn named_by_libseccomp(abi: Abi, number: u32) -> Option<String> {
    let number = i32::try_from(number).ok()?;
    ScmpSyscall::from_raw_syscall(number)
        .get_name_by_arch(abi.libseccomp())
        .ok()
}

/// The number that libseccomp makes rules for.
pub(crate) fn number_by_libseccomp(abi: Abi, name: &str) -> Option<u32> {
    let call = ScmpSyscall::from_name_by_arch(name, abi.libseccomp()).ok()?;
    u32::try_from(call.as_raw_syscall()).ok()
}

fn named_by_table(abi: Abi, number: u32) -> Option<&'static str> {
    let index = usize::try_from(number & !abi.number_bit()).ok()?;
    let name = match abi {
        Abi::X32 if number & !abi.number_bit() < FIRST_COMMON_NUMBER => return None,
        Abi::X86_64 | Abi::X32 => x86_64::Sysno::new(index)?.name(),
        Abi::I386 => x86::Sysno::new(index)?.name(),
        Abi::Aarch64 => aarch64::Sysno::new(index)?.name(),
        Abi::Arm => arm::Sysno::new(index)?.name(),
    };
    Some(name.trim_start_matches("r#"))
}

/// Only what [`named_by_table`] names, so that both directions agree.
fn number_by_table(abi: Abi, name: &str) -> Option<u32> {
    let number = u32::try_from(table_id(abi, name)?).ok()? | abi.number_bit();
    named_by_table(abi, number).is_some().then_some(number)
}

fn table_id(abi: Abi, name: &str) -> Option<i32> {
    // Crate `syscalls` writes i386's `break` as Rust has to.
    let name = if name == "break" { "r#break" } else { name };
    match abi {
        Abi::X86_64 | Abi::X32 => name.parse().ok().map(|call: x86_64::Sysno| call.id()),
        Abi::I386 => name.parse().ok().map(|call: x86::Sysno| call.id()),
        Abi::Aarch64 => name.parse().ok().map(|call: aarch64::Sysno| call.id()),
        Abi::Arm => name.parse().ok().map(|call: arm::Sysno| call.id()),
    }
}

fn number_as_written(abi: Abi, name: &str) -> Option<u32> {
    let digits = name.strip_prefix(UNNAMED)?;
    let number: u32 = digits.parse().ok()?;
    let canonical = number.to_string() == digits && number & abi.number_bit() == 0;
    canonical.then_some(number | abi.number_bit())
}
