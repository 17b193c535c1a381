//! Names to a program that denies them on every ABI of the machine.

use notifyd_bpf::{Denied, Errno, Program, Subcall, X32_SYSCALL_BIT};

use crate::nearest::did_you_mean;
use crate::{Abi, Error, number, suggest};

/// Numbers of `socketcall` and `ipc` in `asm/unistd_32.h`.
const SOCKETCALL: u32 = 102;
const IPC: u32 = 117;

/// `SYS_*` of `linux/net.h`, from 1.
const SOCKET_CALLS: [&str; 20] = [
    "socket",
    "bind",
    "connect",
    "listen",
    "accept",
    "getsockname",
    "getpeername",
    "socketpair",
    "send",
    "recv",
    "sendto",
    "recvfrom",
    "shutdown",
    "setsockopt",
    "getsockopt",
    "sendmsg",
    "recvmsg",
    "accept4",
    "recvmmsg",
    "sendmmsg",
];

/// `linux/ipc.h`.
const IPC_CALLS: [(&str, u32); 12] = [
    ("semop", 1),
    ("semget", 2),
    ("semctl", 3),
    ("semtimedop", 4),
    ("msgsnd", 11),
    ("msgrcv", 12),
    ("msgget", 13),
    ("msgctl", 14),
    ("shmat", 21),
    ("shmdt", 22),
    ("shmget", 23),
    ("shmctl", 24),
];
/// `ksys_ipc` of `ipc/syscall.c` keeps a version in the upper half.
const IPC_CALL_MASK: u32 = 0xffff;

/// A program that fails the named calls (`syscall_600` for a number) with an errno and allows the rest.
///
/// A name means the call of that name only: denying `chown` leaves `fchownat`, and on i386 `chown32`.
pub fn deny_list(names: &[&str], errno: Errno) -> Result<Program, Error> {
    if names.is_empty() {
        return Err(Error::EmptyList);
    }
    names.iter().try_for_each(|name| check(name))?;
    let rules: Vec<Denied> = Abi::native().iter().map(|&abi| rules(abi, names)).collect();
    notifyd_bpf::deny_list(&rules, errno.into()).map_err(|source| Error::Program { source })
}

fn rules(abi: Abi, names: &[&str]) -> Denied {
    let numbers = names
        .iter()
        .filter_map(|name| number(abi, name))
        .flat_map(|number| aliases(abi, number))
        .collect();
    let subcalls = names.iter().flat_map(|name| subcalls(abi, name)).collect();
    Denied {
        arch: abi.arch(),
        numbers,
        subcalls,
    }
}

/// Before Linux 5.4 x86_64 and x32 shared one table and the x32 bit was masked off, so that each number could be called
/// with the bit and without it (kernel commit 6365b842aae4).
fn aliases(abi: Abi, number: u32) -> Vec<u32> {
    match abi {
        Abi::X86_64 | Abi::X32 => vec![number, number ^ X32_SYSCALL_BIT],
        _ => vec![number],
    }
}

/// Calls that i386 has behind others, and those others.
pub(crate) fn multiplexed() -> impl Iterator<Item = &'static str> {
    let ipc = IPC_CALLS.iter().map(|&(name, _)| name);
    SOCKET_CALLS.into_iter().chain(ipc).chain(["socketcall", "ipc"])
}

/// i386 has two calls that carry others.
pub(crate) fn subcalls(abi: Abi, name: &str) -> Vec<Subcall> {
    if abi != Abi::I386 {
        return Vec::new();
    }
    let socket = (1..).zip(SOCKET_CALLS).filter(|(_, call)| *call == name);
    let socket = socket.map(|(value, _)| Subcall {
        number: SOCKETCALL,
        mask: u32::MAX,
        value,
    });
    let ipc = IPC_CALLS.iter().filter(|(call, _)| *call == name);
    let ipc = ipc.map(|&(_, value)| Subcall {
        number: IPC,
        mask: IPC_CALL_MASK,
        value,
    });
    socket.chain(ipc).collect()
}

/// Whether the ABI has the call, be it behind another.
pub(crate) fn exists(abi: Abi, name: &str) -> bool {
    number(abi, name).is_some() || !subcalls(abi, name).is_empty()
}

fn check(name: &str) -> Result<(), Error> {
    if Abi::native().iter().any(|&abi| exists(abi, name)) {
        return Ok(());
    }
    let abis: Vec<&str> = Abi::ALL
        .iter()
        .filter(|&&abi| exists(abi, name))
        .map(|abi| abi.label())
        .collect();
    if abis.is_empty() {
        let hint = did_you_mean(suggest(name));
        return Err(Error::UnknownCall {
            name: name.to_owned(),
            hint,
        });
    }
    Err(Error::ForeignCall {
        name: name.to_owned(),
        abis: abis.join(", "),
    })
}
