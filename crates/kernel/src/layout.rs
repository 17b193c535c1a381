//! Compile-time checks that the structures here are the kernel's (include/uapi/linux/seccomp.h, linux/filter.h).

use core::mem::{offset_of, size_of};

const _: () = {
    assert!(size_of::<libc::seccomp_data>() == 64);
    assert!(size_of::<libc::seccomp_notif>() == 80);
    assert!(offset_of!(libc::seccomp_notif, id) == 0);
    assert!(offset_of!(libc::seccomp_notif, pid) == 8);
    assert!(offset_of!(libc::seccomp_notif, data) == 16);
    assert!(size_of::<libc::seccomp_notif_resp>() == 24);
    assert!(offset_of!(libc::seccomp_notif_resp, val) == 8);
    assert!(offset_of!(libc::seccomp_notif_resp, error) == 16);
    assert!(offset_of!(libc::seccomp_notif_resp, flags) == 20);
    assert!(size_of::<notifyd_bpf::Insn>() == size_of::<libc::sock_filter>());
    assert!(align_of::<notifyd_bpf::Insn>() == align_of::<libc::sock_filter>());
    assert!(offset_of!(notifyd_bpf::Insn, k) == offset_of!(libc::sock_filter, k));
};
