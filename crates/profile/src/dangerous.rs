//! Calls that a container should not get without somebody having thought about it.

/// What each opens, in words that complete "it can". Left out is what is dangerous only with a capability that containers
/// seldom have, unless the call itself reaches beyond a container.
const DANGEROUS: [(&str, &str); 57] = [
    ("acct", "switch the host's process accounting"),
    ("add_key", "fill kernel keyrings, which no namespace separates"),
    ("adjtimex", "change the host's clock"),
    ("bpf", "load programs into the kernel"),
    ("chroot", "leave a root directory with CAP_SYS_CHROOT"),
    ("clock_adjtime", "change the host's clock"),
    ("clock_adjtime64", "change the host's clock"),
    ("clock_settime", "set the host's clock"),
    ("clock_settime64", "set the host's clock"),
    ("clone", "make namespaces, and with them capabilities inside of these"),
    (
        "clone3",
        "make namespaces unseen by conditions, since its flags are in memory",
    ),
    ("delete_module", "remove kernel modules"),
    ("fanotify_init", "watch and hold up file access of other processes"),
    ("finit_module", "load kernel modules"),
    ("fsconfig", "set file systems up for mounting"),
    ("fsmount", "mount file systems"),
    ("fsopen", "set file systems up for mounting"),
    ("fspick", "change mounted file systems"),
    ("init_module", "load kernel modules"),
    ("io_uring_enter", "do what other calls do past every filter"),
    ("io_uring_register", "do what other calls do past every filter"),
    ("io_uring_setup", "do what other calls do past every filter"),
    ("ioperm", "reach the machine's ports"),
    ("iopl", "reach the machine's ports"),
    ("kcmp", "learn about kernel objects of other processes"),
    ("kexec_file_load", "replace the running kernel"),
    ("kexec_load", "replace the running kernel"),
    (
        "keyctl",
        "read and change kernel keyrings, which no namespace separates",
    ),
    ("lookup_dcookie", "learn paths of the host's files"),
    ("mount", "mount file systems"),
    ("mount_setattr", "change mounts"),
    ("move_mount", "move mounts"),
    (
        "name_to_handle_at",
        "make handles with which open_by_handle_at leaves a container's root",
    ),
    ("open_by_handle_at", "open files outside of a container's root"),
    ("open_tree", "take hold of mounts"),
    ("open_tree_attr", "take hold of mounts and change them"),
    ("perf_event_open", "watch the kernel and other processes"),
    ("personality", "switch protections of memory off"),
    ("pidfd_getfd", "take open files of other processes"),
    ("pivot_root", "change the root of a mount namespace"),
    ("process_vm_readv", "read memory of other processes"),
    ("process_vm_writev", "write memory of other processes"),
    ("ptrace", "control other processes, and on old kernels pass filters"),
    ("quotactl", "change the host's quotas"),
    ("quotactl_fd", "change the host's quotas"),
    ("reboot", "restart the host"),
    ("request_key", "make the host run a program for a key"),
    ("setns", "enter other namespaces"),
    ("settimeofday", "set the host's clock"),
    ("stime", "set the host's clock"),
    ("swapon", "use files as the host's swap"),
    ("swapoff", "end the host's swap"),
    ("syslog", "read the kernel's messages"),
    ("umount", "take mounts away that hide something"),
    ("umount2", "take mounts away that hide something"),
    ("unshare", "make namespaces, and with them capabilities inside of these"),
    (
        "userfaultfd",
        "hold the kernel up at chosen moments, which exploits need",
    ),
];

/// What a call opens, where it is one of those.
pub(crate) fn opens(call: &str) -> Option<&'static str> {
    DANGEROUS
        .iter()
        .find(|(name, _)| *name == call)
        .map(|&(_, opens)| opens)
}
