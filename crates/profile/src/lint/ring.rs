//! Denied calls that an `io_uring` makes, past every filter.

use super::subject::Subject;
use super::{Code, Finding};

const SETUP: &str = "io_uring_setup";

/// Calls whose work an operation of `io_uring/opdef.c` of Linux 6.16 does, by that operation. Left out is what only waits
/// (futexes, polling, timeouts): nobody gains anything by it.
const OPERATIONS: [(&str, &[&str]); 41] = [
    ("READV", &["readv", "preadv", "preadv2"]),
    ("WRITEV", &["writev", "pwritev", "pwritev2"]),
    ("FSYNC", &["fsync", "fdatasync"]),
    ("SYNC_FILE_RANGE", &["sync_file_range"]),
    ("SENDMSG", &["sendmsg", "sendmmsg"]),
    ("RECVMSG", &["recvmsg", "recvmmsg"]),
    ("ACCEPT", &["accept", "accept4"]),
    ("CONNECT", &["connect"]),
    ("FALLOCATE", &["fallocate"]),
    ("OPENAT", &["open", "creat", "openat"]),
    ("OPENAT2", &["openat2"]),
    ("CLOSE", &["close"]),
    ("STATX", &["statx"]),
    ("READ", &["read", "pread64"]),
    ("WRITE", &["write", "pwrite64"]),
    ("FADVISE", &["fadvise64"]),
    ("MADVISE", &["madvise"]),
    ("SEND", &["send", "sendto"]),
    ("RECV", &["recv", "recvfrom"]),
    ("EPOLL_CTL", &["epoll_ctl"]),
    ("SPLICE", &["splice"]),
    ("TEE", &["tee"]),
    ("SHUTDOWN", &["shutdown"]),
    ("RENAMEAT", &["rename", "renameat", "renameat2"]),
    ("UNLINKAT", &["unlink", "unlinkat", "rmdir"]),
    ("MKDIRAT", &["mkdir", "mkdirat"]),
    ("SYMLINKAT", &["symlink", "symlinkat"]),
    ("LINKAT", &["link", "linkat"]),
    ("FSETXATTR", &["fsetxattr"]),
    ("SETXATTR", &["setxattr"]),
    ("FGETXATTR", &["fgetxattr"]),
    ("GETXATTR", &["getxattr"]),
    ("SOCKET", &["socket"]),
    ("URING_CMD", &["getsockopt", "setsockopt"]),
    ("SEND_ZC", &["send", "sendto"]),
    ("SENDMSG_ZC", &["sendmsg"]),
    ("WAITID", &["waitid"]),
    ("FTRUNCATE", &["ftruncate"]),
    ("BIND", &["bind"]),
    ("LISTEN", &["listen"]),
    ("PIPE", &["pipe", "pipe2"]),
];

pub(super) fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let Some(allowing) = subject.permission(SETUP) else {
        return Vec::new();
    };
    let mut calls: Vec<_> = OPERATIONS.iter().flat_map(|(_, calls)| *calls).copied().collect();
    calls.sort_unstable();
    calls.dedup();
    calls.retain(|call| subject.restriction(call).is_some());
    if calls.is_empty() {
        return Vec::new();
    }
    vec![Subject::at_case(Code::IoUring, &allowing).warning(format!(
        "{SETUP} is allowed, and what is denied of {} can be done by operations of an io_uring, which pass no filter; deny {SETUP}",
        calls.join(", ")
    ))]
}
