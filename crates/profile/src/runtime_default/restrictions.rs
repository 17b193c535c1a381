//! Calls that a container does not simply get, when it gets them, and why.
//!
//! What needs a capability is from capabilities(7) and the `capable` and `ns_capable` checks of Linux 6.17. A call is here
//! if without the capability it does nothing for anybody, or too much: where the kernel checks the capability for some of
//! what a call does (`adjtimex`, `sched_setscheduler`, `mlock`), the kernel is left to it.

use self::Permission::{MissingWithout, Since, Where, With, WithoutFlags};

/// Calls with something in common.
pub(super) struct Restriction {
    pub calls: &'static [&'static str],
    /// Each on its own is enough; without any the calls are denied.
    pub permissions: &'static [Permission],
    pub why: &'static str,
}

/// When a call may be made.
pub(super) enum Permission {
    /// By containers with the capability.
    With(&'static str),
    /// From that version of Linux on.
    Since(&'static str),
    /// Where argument 0 compares so.
    Where { operator: &'static str, value: u64 },
    /// Without these bits in argument 0, for containers that lack the capability.
    WithoutFlags { flags: u64, unless: &'static str },
    /// Not at all, and as if the kernel did not have the call, for containers that lack the capability.
    MissingWithout(&'static str),
}

/// `CLONE_NEWNS`, `NEWCGROUP`, `NEWUTS`, `NEWIPC`, `NEWUSER`, `NEWPID` and `NEWNET` of `linux/sched.h`. The bit of
/// `CLONE_NEWTIME` is part of clone's exit signal.
const NEW_NAMESPACES: u64 =
    0x0002_0000 | 0x0200_0000 | 0x0400_0000 | 0x0800_0000 | 0x1000_0000 | 0x2000_0000 | 0x4000_0000;
/// `linux/socket.h`; between them is `AF_NFC`.
const AF_ALG: u64 = 38;
const AF_VSOCK: u64 = 40;
/// `linux/personality.h`.
const PER_LINUX: u64 = 0;
const PER_LINUX32: u64 = 8;
const UNAME26: u64 = 0x0002_0000;
/// Asks for the present one.
const PER_QUERY: u64 = 0xffff_ffff;

const fn equals(value: u64) -> Permission {
    Where {
        operator: "SCMP_CMP_EQ",
        value,
    }
}

pub(super) const RESTRICTIONS: &[Restriction] = &[
    Restriction {
        calls: &["personality"],
        permissions: &[
            equals(PER_LINUX),
            equals(PER_LINUX32),
            equals(UNAME26),
            equals(PER_LINUX32 | UNAME26),
            equals(PER_QUERY),
        ],
        why: "other values turn off the randomisation of addresses, or make memory executable that is not meant to be",
    },
    Restriction {
        calls: &["socket"],
        permissions: &[
            Where {
                operator: "SCMP_CMP_LT",
                value: AF_ALG,
            },
            equals(AF_ALG + 1),
            Where {
                operator: "SCMP_CMP_GT",
                value: AF_VSOCK,
            },
        ],
        why: "AF_ALG (38) reaches the kernel's cryptography, AF_VSOCK (40) the host of a virtual machine, which no namespace separates; what socketcall of i386 carries cannot be seen",
    },
    Restriction {
        calls: &["clone"],
        permissions: &[
            With("CAP_SYS_ADMIN"),
            WithoutFlags {
                flags: NEW_NAMESPACES,
                unless: "CAP_SYS_ADMIN",
            },
        ],
        why: "a new user namespace has all capabilities, and opens to everybody what the kernel keeps for root",
    },
    Restriction {
        calls: &["clone3"],
        permissions: &[With("CAP_SYS_ADMIN"), MissingWithout("CAP_SYS_ADMIN")],
        why: "its flags are in memory, which a filter cannot see; told that it is missing, a libc takes clone",
    },
    Restriction {
        calls: &["ptrace", "process_vm_readv", "process_vm_writev"],
        permissions: &[Since("4.8"), With("CAP_SYS_PTRACE")],
        why: "before Linux 4.8 a tracer could change a call behind the filter",
    },
    Restriction {
        calls: &["kcmp", "pidfd_getfd", "process_madvise"],
        permissions: &[With("CAP_SYS_PTRACE")],
        why: "they look into other processes, or reach into them",
    },
    Restriction {
        calls: &[
            "fsconfig",
            "fsmount",
            "fsopen",
            "fspick",
            "mount",
            "mount_setattr",
            "move_mount",
            "open_tree",
            "open_tree_attr",
            "pivot_root",
            "setns",
            "umount",
            "umount2",
            "unshare",
        ],
        permissions: &[With("CAP_SYS_ADMIN")],
        why: "namespaces and what is mounted in them",
    },
    Restriction {
        calls: &[
            "fanotify_init",
            "lookup_dcookie",
            "lsm_get_self_attr",
            "lsm_list_modules",
            "lsm_set_self_attr",
            "quotactl",
            "quotactl_fd",
            "setdomainname",
            "sethostname",
        ],
        permissions: &[With("CAP_SYS_ADMIN")],
        why: "administration of the system, and what its security modules are",
    },
    Restriction {
        calls: &["bpf"],
        permissions: &[With("CAP_SYS_ADMIN"), With("CAP_BPF")],
        why: "programs inside the kernel",
    },
    Restriction {
        calls: &["perf_event_open"],
        permissions: &[With("CAP_SYS_ADMIN"), With("CAP_PERFMON")],
        why: "it tells of the kernel and of other containers, and has been a way into the kernel",
    },
    Restriction {
        calls: &["syslog"],
        permissions: &[With("CAP_SYS_ADMIN"), With("CAP_SYSLOG")],
        why: "the kernel's log is the host's",
    },
    Restriction {
        calls: &["open_by_handle_at"],
        permissions: &[With("CAP_DAC_READ_SEARCH")],
        why: "it opens any file of a file system, also outside the container",
    },
    Restriction {
        calls: &["chroot"],
        permissions: &[With("CAP_SYS_CHROOT")],
        why: "the kernel asks for the capability",
    },
    Restriction {
        calls: &["delete_module", "finit_module", "init_module"],
        permissions: &[With("CAP_SYS_MODULE")],
        why: "code of the kernel",
    },
    Restriction {
        calls: &["acct"],
        permissions: &[With("CAP_SYS_PACCT")],
        why: "accounting of the host's processes",
    },
    Restriction {
        calls: &["ioperm", "iopl"],
        permissions: &[With("CAP_SYS_RAWIO")],
        why: "ports of the hardware",
    },
    Restriction {
        calls: &["clock_settime", "clock_settime64", "settimeofday", "stime"],
        permissions: &[With("CAP_SYS_TIME")],
        why: "the clock has no namespace",
    },
    Restriction {
        calls: &["vhangup"],
        permissions: &[With("CAP_SYS_TTY_CONFIG")],
        why: "the kernel asks for the capability",
    },
    Restriction {
        calls: &[
            "get_mempolicy",
            "mbind",
            "migrate_pages",
            "move_pages",
            "set_mempolicy",
            "set_mempolicy_home_node",
        ],
        permissions: &[With("CAP_SYS_NICE")],
        why: "they take memory from where others need it, and have been a way into the kernel",
    },
    Restriction {
        calls: &["reboot"],
        permissions: &[With("CAP_SYS_BOOT")],
        why: "outside a namespace of processes it stops the host",
    },
    Restriction {
        calls: &["kexec_file_load", "kexec_load", "swapoff", "swapon"],
        permissions: &[],
        why: "they are of the host and no namespace separates them, whatever a container's capabilities are",
    },
    Restriction {
        calls: &["add_key", "keyctl", "request_key"],
        permissions: &[],
        why: "keys of a user are those of the user in all containers",
    },
    Restriction {
        calls: &["io_uring_enter", "io_uring_register", "io_uring_setup"],
        permissions: &[],
        why: "what a ring does passes no filter",
    },
    Restriction {
        calls: &["userfaultfd"],
        permissions: &[],
        why: "it stops the kernel in the middle of a copy, for as long as a program likes",
    },
    Restriction {
        calls: &[
            "nice",
            "oldfstat",
            "oldlstat",
            "oldolduname",
            "oldstat",
            "olduname",
            "pciconfig_iobase",
            "pciconfig_read",
            "pciconfig_write",
            "readdir",
            "sgetmask",
            "sigaction",
            "signal",
            "sigpending",
            "sigsuspend",
            "ssetmask",
            "sysfs",
            "uselib",
            "usr26",
            "usr32",
            "ustat",
            "vm86",
            "vm86old",
        ],
        permissions: &[],
        why: "no libc has called them for decades, and nobody looks at them in the kernel",
    },
    Restriction {
        calls: &[
            "_sysctl",
            "afs_syscall",
            "bdflush",
            "break",
            "create_module",
            "ftime",
            "get_kernel_syms",
            "getpmsg",
            "gtty",
            "idle",
            "lock",
            "mpx",
            "nfsservctl",
            "prof",
            "profil",
            "putpmsg",
            "query_module",
            "security",
            "stty",
            "tuxcall",
            "ulimit",
            "vserver",
        ],
        permissions: &[],
        why: "no kernel of today has them",
    },
];
