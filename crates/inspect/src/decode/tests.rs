#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::collections::BTreeMap;

use notifyd_bpf::{AUDIT_ARCH_AARCH64, AUDIT_ARCH_I386, AUDIT_ARCH_X86_64, X32_SYSCALL_BIT};

use super::*;

/// Pieces of memory by address; nothing between them can be read.
#[derive(Default)]
struct Pieces(BTreeMap<u64, Vec<u8>>);

impl Pieces {
    fn with(mut self, address: u64, bytes: &[u8]) -> Self {
        self.0.insert(address, bytes.to_vec());
        self
    }
}

impl Memory for Pieces {
    fn read(&self, address: u64, into: &mut [u8]) -> usize {
        let Some((start, piece)) = self.0.range(..=address).next_back() else {
            return 0;
        };
        let rest = piece
            .get(usize::try_from(address - start).unwrap()..)
            .unwrap_or_default();
        let count = rest.len().min(into.len());
        into[..count].copy_from_slice(&rest[..count]);
        count
    }
}

fn call(arch: u32, nr: u32, args: [u64; 6]) -> SeccompData {
    SeccompData {
        nr: nr.cast_signed(),
        arch,
        instruction_pointer: 0,
        args,
    }
}

fn native(nr: u32, args: [u64; 6], memory: &Pieces) -> String {
    decode(&call(AUDIT_ARCH_X86_64, nr, args), memory).join(", ")
}

#[test]
fn paths_are_read_and_escaped() {
    let memory = Pieces::default()
        .with(0x1000, b"/some/path\0")
        .with(0x2000, b"/\x1b[31m\"\xff\n\0");
    assert_eq!(native(161, [0x1000, 7, 7, 7, 7, 7], &memory), r#""/some/path""#);
    assert_eq!(native(161, [0x2000, 0, 0, 0, 0, 0], &memory), r#""/\x1b[31m\"\xff\n""#);
    assert_eq!(native(161, [0x3000, 0, 0, 0, 0, 0], &memory), "0x3000");
    assert_eq!(native(161, [0; 6], &memory), "NULL");
}

#[test]
fn strings_are_cut_and_end_where_memory_does() {
    let memory = Pieces::default().with(0x1000, &[b'a'; 600]).with(0x2ffe, b"xy");
    assert_eq!(
        native(161, [0x1000, 0, 0, 0, 0, 0], &memory),
        format!("\"{}\"...", "a".repeat(256))
    );
    assert_eq!(native(161, [0x2ffe, 0, 0, 0, 0, 0], &memory), "\"xy\"...");
    assert_eq!(native(161, [u64::MAX, 0, 0, 0, 0, 0], &memory), "0xffffffffffffffff");
}

#[test]
fn a_string_over_the_end_of_a_page_is_whole() {
    let memory = Pieces::default().with(0x1ffc, b"/abcdef\0");
    assert_eq!(native(161, [0x1ffc, 0, 0, 0, 0, 0], &memory), "\"/abcdef\"");
}

#[test]
fn flags_modes_and_devices_have_names() {
    let memory = Pieces::default()
        .with(0x1000, b"none\0")
        .with(0x2000, b"/mnt\0")
        .with(0x3000, b"tmpfs\0");
    let cases: [(u32, [u64; 6], &str); 14] = [
        (
            165,
            [0x1000, 0x2000, 0x3000, 0x1021, 0, 9],
            r#""none", "/mnt", "tmpfs", MS_RDONLY|MS_REMOUNT|MS_BIND, NULL"#,
        ),
        (166, [0x2000, 2, 0, 0, 0, 0], r#""/mnt", MNT_DETACH"#),
        (272, [0x1000_0000 | 0x80, 0, 0, 0, 0, 0], "CLONE_NEWTIME|CLONE_NEWUSER"),
        (308, [3, 0x4000_0000, 0, 0, 0, 0], "3, CLONE_NEWNET"),
        (56, [0x1000_0011, 0, 0, 0, 0, 0], "SIGCHLD|CLONE_NEWUSER, 0, 0, 0, 0"),
        (101, [16, 42, 0, 0, 0, 0], "PTRACE_ATTACH, 42, 0, 0"),
        (
            41,
            [16, 0o2_000_003, 15, 0, 0, 0],
            "AF_NETLINK, SOCK_RAW|SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT",
        ),
        (41, [2, 2, 17, 0, 0, 0], "AF_INET, SOCK_DGRAM, IPPROTO_UDP"),
        (41, [40, 1, 0, 0, 0, 0], "AF_VSOCK, SOCK_STREAM, 0"),
        (
            133,
            [0x2000, 0o020_644, 0x103, 0, 0, 0],
            r#""/mnt", S_IFCHR|0644, makedev(0x1, 0x3)"#,
        ),
        (
            257,
            [0xffff_ff9c, 0x2000, 0o2_000_101, 0o644, 0, 0],
            r#"AT_FDCWD, "/mnt", O_WRONLY|O_CREAT|O_CLOEXEC, 0644"#,
        ),
        (135, [0x4_0000, 0, 0, 0, 0, 0], "PER_LINUX|ADDR_NO_RANDOMIZE"),
        (
            169,
            [0xfee1_dead, 672_274_793, 0x0123_4567, 0, 0, 0],
            "LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_RESTART, 0",
        ),
        (321, [5, 0x7000, 128, 0, 0, 0], "BPF_PROG_LOAD, 0x7000, 128"),
    ];
    for (nr, args, expected) in cases {
        assert_eq!(native(nr, args, &memory), expected, "{nr}");
    }
}

#[test]
fn structures_are_read_as_far_as_they_tell() {
    let mut clone = vec![0; 88];
    clone[..8].copy_from_slice(&0x2000_0000_u64.to_le_bytes());
    clone[32..40].copy_from_slice(&17_u64.to_le_bytes());
    let how = [0o2_000_000_u64, 0, 8].map(u64::to_le_bytes).concat();
    let memory = Pieces::default()
        .with(0x1000, &clone)
        .with(0x2000, &how)
        .with(0x3000, b"x\0");
    assert_eq!(
        native(435, [0x1000, 88, 0, 0, 0, 0], &memory),
        "{flags=CLONE_NEWPID, exit_signal=SIGCHLD, ...}, 88"
    );
    assert_eq!(
        native(437, [3, 0x3000, 0x2000, 24, 0, 0], &memory),
        r#"3, "x", {flags=O_RDONLY|O_CLOEXEC, mode=000, resolve=RESOLVE_BENEATH}, 24"#
    );
    assert_eq!(native(435, [0x9000, 88, 0, 0, 0, 0], &memory), "0x9000, 88");
}

#[test]
fn a_command_line_is_read_and_no_environment() {
    let pointers = [0x2000_u64, 0x2003, 0].map(u64::to_le_bytes).concat();
    let memory = Pieces::default()
        .with(0x1000, &pointers)
        .with(0x2000, b"sh\0-c\0")
        .with(0x3000, b"SECRET=1\0");
    let text = native(59, [0x2000, 0x1000, 0x3000, 0, 0, 0], &memory);
    assert_eq!(text, r#""sh", ["sh", "-c"], 0x3000"#);
    let endless = Pieces::default()
        .with(0x1000, &0x2000_u64.to_le_bytes().repeat(100))
        .with(0x2000, b"x\0");
    let text = native(59, [0x2000, 0x1000, 0, 0, 0, 0], &endless);
    assert!(text.ends_with(r#""x", ...], 0"#), "{text}");
    assert_eq!(text.matches("\"x\"").count(), MOST_WORDS + 1);
}

#[test]
fn a_32_bit_call_takes_32_bits() {
    let pointers = [0x2000_u32, 0].map(u32::to_le_bytes).concat();
    let memory = Pieces::default().with(0x1000, &pointers).with(0x2000, b"/a\0");
    let i386 = |nr, args| decode(&call(AUDIT_ARCH_I386, nr, args), &memory).join(", ");
    assert_eq!(i386(61, [0xffff_ffff_0000_2000, 0, 0, 0, 0, 0]), "\"/a\"");
    assert_eq!(i386(11, [0x2000, 0x1000, 0, 0, 0, 0]), r#""/a", ["/a"], 0"#);
    assert_eq!(i386(102, [1, 0x7000, 0, 0, 0, 0]), "SYS_SOCKET, 0x7000");
    let x32 = decode(
        &call(AUDIT_ARCH_X86_64, X32_SYSCALL_BIT | 161, [0x2000, 0, 0, 0, 0, 0]),
        &memory,
    );
    assert_eq!(x32, ["\"/a\""]);
}

#[test]
fn arm_opens_with_other_flags() {
    let memory = Pieces::default().with(0x1000, b"/\0");
    let arm = decode(
        &call(AUDIT_ARCH_AARCH64, 56, [0xffff_ff9c, 0x1000, 0o40_000, 0, 0, 0]),
        &memory,
    );
    assert_eq!(arm[2], "O_RDONLY|O_DIRECTORY");
    assert_eq!(
        native(257, [0xffff_ff9c, 0x1000, 0o200_000, 0, 0, 0], &memory),
        r#"AT_FDCWD, "/", O_RDONLY|O_DIRECTORY"#
    );
}

#[test]
fn unknown_calls_show_all_registers() {
    let memory = Pieces::default();
    assert_eq!(
        native(9999, [0, 1, 2, 3, 4, 255], &memory),
        "0, 0x1, 0x2, 0x3, 0x4, 0xff"
    );
    assert_eq!(decode(&call(0, 161, [1, 0, 0, 0, 0, 0]), &memory).len(), 6);
    assert!(
        decode(&call(AUDIT_ARCH_X86_64, 39, [9; 6]), &memory).is_empty(),
        "getpid takes none"
    );
}
