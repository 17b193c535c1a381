//! Lists of names, and what their programs say of single calls.
#![cfg(target_arch = "x86_64")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use notifyd_bpf::{AUDIT_ARCH_I386, AUDIT_ARCH_X86_64, Action, Errno, Program, SeccompData, X32_SYSCALL_BIT};
use notifyd_profile::{Abi, deny_list, name, number};

fn denied(program: &Program, arch: u32, number: u32, first: u64) -> bool {
    let args = [first, 0, 0, 0, 0, 0];
    let verdict = program.evaluate(&SeccompData {
        nr: number.cast_signed(),
        arch,
        instruction_pointer: 0,
        args,
    });
    assert!([Action::Errno(1), Action::Allow].contains(&verdict));
    verdict == Action::Errno(1)
}

fn refusal(names: &[&str]) -> String {
    deny_list(names, Errno::EPERM).unwrap_err().to_string()
}

#[test]
fn a_name_is_denied_on_every_abi() {
    let program = deny_list(&["mkdir", "swapoff", "execve"], Errno::EPERM).unwrap();
    for (arch, number) in [
        (AUDIT_ARCH_X86_64, 83),
        (AUDIT_ARCH_X86_64, 168),
        (AUDIT_ARCH_X86_64, 59),
        (AUDIT_ARCH_I386, 39),
        (AUDIT_ARCH_I386, 115),
        (AUDIT_ARCH_I386, 11),
        (AUDIT_ARCH_X86_64, 83 | X32_SYSCALL_BIT),
        (AUDIT_ARCH_X86_64, 168 | X32_SYSCALL_BIT),
        (AUDIT_ARCH_X86_64, 520 | X32_SYSCALL_BIT),
    ] {
        assert!(denied(&program, arch, number, 0), "{arch:#x} {number:#x}");
    }
    for (arch, number) in [
        (AUDIT_ARCH_X86_64, 39),
        (AUDIT_ARCH_X86_64, 115),
        (AUDIT_ARCH_I386, 83),
        (AUDIT_ARCH_I386, 59),
        (AUDIT_ARCH_X86_64, 39 | X32_SYSCALL_BIT),
        (0xc000_00b7, 83),
    ] {
        assert!(!denied(&program, arch, number, 0), "{arch:#x} {number:#x}");
    }
}

#[test]
fn numbers_that_kernels_before_5_4_take_too_are_denied() {
    let program = deny_list(&["execve"], Errno::EPERM).unwrap();
    assert!(denied(&program, AUDIT_ARCH_X86_64, 59 | X32_SYSCALL_BIT, 0));
    assert!(denied(&program, AUDIT_ARCH_X86_64, 520, 0));
}

#[test]
fn calls_inside_socketcall_and_ipc_are_denied() {
    let program = deny_list(&["socket", "shmget", "semop"], Errno::EPERM).unwrap();
    let i386 = |number, first| denied(&program, AUDIT_ARCH_I386, number, first);
    assert!(i386(359, 2) && i386(102, 1) && i386(395, 0) && i386(117, 23) && i386(117, 0x1_0017) && i386(117, 1));
    assert!(!i386(102, 2) && !i386(117, 24) && !i386(117, 2));
    assert!(denied(&program, AUDIT_ARCH_X86_64, 41, 0));
}

#[test]
fn a_number_is_denied_on_every_abi() {
    let program = deny_list(&["syscall_600"], Errno::EPERM).unwrap();
    assert!(denied(&program, AUDIT_ARCH_X86_64, 600, 0));
    assert!(denied(&program, AUDIT_ARCH_X86_64, 600 | X32_SYSCALL_BIT, 0));
    assert!(denied(&program, AUDIT_ARCH_I386, 600, 0));
    assert!(!denied(&program, AUDIT_ARCH_X86_64, 601, 0));
}

#[test]
fn the_errno_is_the_callers() {
    let program = deny_list(&["mkdir"], Errno::ENOSYS).unwrap();
    let data = SeccompData {
        nr: 83,
        arch: AUDIT_ARCH_X86_64,
        ..SeccompData::default()
    };
    assert_eq!(program.evaluate(&data), Action::Errno(38));
}

#[test]
fn all_names_of_the_machine_fit_one_program() {
    let names =
        |abi: Abi| (0..1024).filter_map(move |plain| name(abi.arch(), plain | number(abi, "syscall_0").unwrap()));
    let all: Vec<_> = Abi::native().iter().flat_map(|&abi| names(abi)).collect();
    let all: Vec<&str> = all.iter().map(|name| name.as_ref()).collect();
    let program = deny_list(&all, Errno::EPERM).unwrap();
    assert!(program.len() < 1000, "{}", program.len());
    assert!(denied(&program, AUDIT_ARCH_X86_64, 0, 0) && !denied(&program, AUDIT_ARCH_X86_64, 600, 0));
}

#[test]
fn lists_that_mean_nothing_are_refused() {
    assert_eq!(
        refusal(&[]),
        "making a deny list: it names no call; hint: an empty list would leave the command unfiltered"
    );
    assert_eq!(
        refusal(&["mkdir", "chrot"]),
        "making a deny list: \"chrot\" is no system call; did you mean chroot"
    );
    assert_eq!(
        refusal(&["no_such_call_at_all"]),
        "making a deny list: \"no_such_call_at_all\" is no system call"
    );
    assert_eq!(refusal(&[""]), "making a deny list: \"\" is no system call");
    assert_eq!(
        refusal(&["arm_fadvise64_64"]),
        "making a deny list: \"arm_fadvise64_64\" exists on arm only, this machine has no such ABI"
    );
}
