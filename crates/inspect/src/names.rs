//! Names of system calls.

use notifyd_bpf::{SeccompData, X32_SYSCALL_BIT};
use syscalls::{aarch64, arm, x86, x86_64};

use crate::abi::Abi;

/// Below, x32 has numbers of its own (`arch/x86/entry/syscalls/syscall_64.tbl` of the kernel), some with other arguments.
const FIRST_X32_NUMBER: usize = 512;

/// `None` where the number has no name that is known here.
pub(crate) fn name_of(data: &SeccompData) -> Option<&'static str> {
    let number = usize::try_from(data.nr.cast_unsigned() & !X32_SYSCALL_BIT).ok()?;
    let name = match Abi::of(data) {
        Abi::X32 if number >= FIRST_X32_NUMBER => return None,
        Abi::X86_64 | Abi::X32 => x86_64::Sysno::new(number)?.name(),
        Abi::I386 => x86::Sysno::new(number)?.name(),
        Abi::Aarch64 => aarch64::Sysno::new(number)?.name(),
        Abi::Arm => arm::Sysno::new(number)?.name(),
        Abi::Unknown => return None,
    };
    Some(name.trim_start_matches("r#"))
}
