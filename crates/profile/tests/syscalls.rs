//! Names and numbers, in both directions and against other tables.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;

use notifyd_bpf::{AUDIT_ARCH_AARCH64, AUDIT_ARCH_ARM, AUDIT_ARCH_I386, AUDIT_ARCH_X86_64, X32_SYSCALL_BIT};
use notifyd_profile::{Abi, display_name, name, number, suggest};

/// x32's own numbers, frozen since Linux 5.4: rows `x32` of `arch/x86/entry/syscalls/syscall_64.tbl`.
const X32: [(u32, &str); 36] = [
    (512, "rt_sigaction"),
    (513, "rt_sigreturn"),
    (514, "ioctl"),
    (515, "readv"),
    (516, "writev"),
    (517, "recvfrom"),
    (518, "sendmsg"),
    (519, "recvmsg"),
    (520, "execve"),
    (521, "ptrace"),
    (522, "rt_sigpending"),
    (523, "rt_sigtimedwait"),
    (524, "rt_sigqueueinfo"),
    (525, "sigaltstack"),
    (526, "timer_create"),
    (527, "mq_notify"),
    (528, "kexec_load"),
    (529, "waitid"),
    (530, "set_robust_list"),
    (531, "get_robust_list"),
    (532, "vmsplice"),
    (533, "move_pages"),
    (534, "preadv"),
    (535, "pwritev"),
    (536, "rt_tgsigqueueinfo"),
    (537, "recvmmsg"),
    (538, "sendmmsg"),
    (539, "process_vm_readv"),
    (540, "process_vm_writev"),
    (541, "setsockopt"),
    (542, "getsockopt"),
    (543, "io_setup"),
    (544, "io_submit"),
    (545, "execveat"),
    (546, "preadv2"),
    (547, "pwritev2"),
];

const fn bit(abi: Abi) -> u32 {
    if matches!(abi, Abi::X32) { X32_SYSCALL_BIT } else { 0 }
}

#[test]
fn the_architecture_decides_the_name() {
    assert_eq!(name(AUDIT_ARCH_X86_64, 83).as_deref(), Some("mkdir"));
    assert_eq!(name(AUDIT_ARCH_I386, 39).as_deref(), Some("mkdir"));
    assert_eq!(name(AUDIT_ARCH_X86_64, 39).as_deref(), Some("getpid"));
    assert_eq!(name(AUDIT_ARCH_I386, 115).as_deref(), Some("swapoff"));
    assert_eq!(name(AUDIT_ARCH_X86_64, 115).as_deref(), Some("getgroups"));
    assert_eq!(name(AUDIT_ARCH_X86_64, 0x4000_0053).as_deref(), Some("mkdir"));
    assert_eq!(name(AUDIT_ARCH_AARCH64, 34).as_deref(), Some("mkdirat"));
    assert_eq!(name(AUDIT_ARCH_ARM, 39).as_deref(), Some("mkdir"));
    assert_eq!(name(AUDIT_ARCH_I386, 17).as_deref(), Some("break"));
    assert_eq!(name(0x8000_0016, 5), None);
}

#[test]
fn calls_newer_than_libseccomp_have_names() {
    for abi in Abi::ALL {
        assert_eq!(
            name(abi.arch(), 462 | bit(abi)).as_deref(),
            Some("mseal"),
            "{}",
            abi.label()
        );
        assert_eq!(
            name(abi.arch(), 469 | bit(abi)).as_deref(),
            Some("file_setattr"),
            "{}",
            abi.label()
        );
        assert_eq!(number(abi, "mseal"), Some(462 | bit(abi)), "{}", abi.label());
    }
}

#[test]
fn numbers_without_a_name_are_shown_as_such() {
    assert_eq!(display_name(AUDIT_ARCH_X86_64, 600), "syscall_600");
    assert_eq!(display_name(AUDIT_ARCH_X86_64, 600 | X32_SYSCALL_BIT), "syscall_600");
    assert_eq!(display_name(AUDIT_ARCH_X86_64, u32::MAX), "syscall_4294967295");
    assert_eq!(display_name(0x8000_0016, 5), "syscall_5");
    for abi in Abi::ALL {
        assert_eq!(number(abi, "syscall_600"), Some(600 | bit(abi)));
    }
    for text in [
        "syscall_",
        "syscall_-1",
        "syscall_+1",
        "syscall_01",
        "syscall_4294967296",
        "syscall_0x10",
    ] {
        assert_eq!(number(Abi::X86_64, text), None, "{text}");
    }
}

#[test]
fn number_to_name_to_number_round_trips() {
    for abi in Abi::ALL {
        for plain in 0..=1023 {
            let original = plain | bit(abi);
            let shown = display_name(abi.arch(), original);
            assert!(!shown.is_empty());
            assert_eq!(number(abi, &shown), Some(original), "{} {plain} {shown}", abi.label());
        }
    }
}

#[test]
fn every_abi_has_hundreds_of_names() {
    for (abi, least) in [
        (Abi::X86_64, 380),
        (Abi::I386, 450),
        (Abi::X32, 370),
        (Abi::Aarch64, 320),
        (Abi::Arm, 410),
    ] {
        let named = (0..1024)
            .filter(|plain| name(abi.arch(), plain | bit(abi)).is_some())
            .count();
        assert!(named >= least, "{}: {named}", abi.label());
    }
}

#[test]
fn x32_has_its_own_numbers() {
    for (plain, expected) in X32 {
        assert_eq!(
            name(AUDIT_ARCH_X86_64, plain | X32_SYSCALL_BIT).as_deref(),
            Some(expected)
        );
        assert_eq!(number(Abi::X32, expected), Some(plain | X32_SYSCALL_BIT));
        assert_eq!(name(AUDIT_ARCH_X86_64, plain), None);
    }
    assert_eq!(name(AUDIT_ARCH_X86_64, 59 | X32_SYSCALL_BIT), None);
}

#[test]
fn tables_agree_with_the_kernels_headers() {
    for (abi, file) in [
        (Abi::X86_64, "unistd_64.h"),
        (Abi::I386, "unistd_32.h"),
        (Abi::X32, "unistd_x32.h"),
    ] {
        let folders = ["/usr/include/x86_64-linux-gnu/asm", "/usr/include/asm"];
        let Some(text) = folders
            .iter()
            .find_map(|folder| fs::read_to_string(format!("{folder}/{file}")).ok())
        else {
            println!("skipped: no {file} of the kernel's headers is installed");
            continue;
        };
        let rows: Vec<(&str, u32)> = text.lines().filter_map(row).collect();
        assert!(rows.len() > 300, "{file}");
        for (call, plain) in rows {
            assert_eq!(number(abi, call), Some(plain | bit(abi)), "{} {call}", abi.label());
            assert_eq!(
                name(abi.arch(), plain | bit(abi)).as_deref(),
                Some(call),
                "{} {plain}",
                abi.label()
            );
        }
    }
}

/// `#define __NR_read 0`, in x32's header `(__X32_SYSCALL_BIT + 0)`.
fn row(line: &str) -> Option<(&str, u32)> {
    let (call, number) = line.strip_prefix("#define __NR_")?.split_once(' ')?;
    let number = number.trim_start_matches("(__X32_SYSCALL_BIT + ").trim_end_matches(')');
    Some((call, number.parse().ok()?))
}

#[test]
fn the_abi_follows_architecture_and_bit() {
    assert_eq!(Abi::of(AUDIT_ARCH_X86_64, 0), Some(Abi::X86_64));
    assert_eq!(Abi::of(AUDIT_ARCH_X86_64, 0x4000_0000), Some(Abi::X32));
    assert_eq!(Abi::of(AUDIT_ARCH_X86_64, u32::MAX), Some(Abi::X86_64));
    assert_eq!(Abi::of(AUDIT_ARCH_I386, 0x4000_0000), Some(Abi::I386));
    assert_eq!(Abi::of(AUDIT_ARCH_AARCH64, 0), Some(Abi::Aarch64));
    assert_eq!(Abi::of(AUDIT_ARCH_ARM, 0), Some(Abi::Arm));
    assert_eq!(Abi::of(0, 0), None);
    assert_eq!(Abi::ALL.map(Abi::label), ["x86_64", "i386", "x32", "aarch64", "arm"]);
}

#[test]
fn the_nearest_name_is_suggested() {
    assert_eq!(suggest("chrot").as_deref(), Some("chroot"));
    assert_eq!(suggest("opanat").as_deref(), Some("openat"));
    assert_eq!(suggest("no_such_call_at_all"), None);
    assert_eq!(suggest(""), None);
}
