//! The executable, asked about this test itself.

#![allow(clippy::unwrap_used)]

use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};

use notifyd_bpf::{AUDIT_ARCH_X86_64, SeccompData};
use notifyd_inspect::wire::{MAX_REPLY_BYTES, Request, split_reply};
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, recv, send, socketpair};

const EXECUTABLE: &str = env!("CARGO_BIN_EXE_seccomp-notifyd-inspect");
const CHROOT: i32 = 161;

fn start() -> (Child, OwnedFd) {
    let (ours, theirs) = socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None).unwrap();
    (Command::new(EXECUTABLE).stdin(theirs).spawn().unwrap(), ours)
}

fn ask(socket: &OwnedFd, serial: u64, address: u64) -> (u64, serde_json::Value) {
    let data = SeccompData {
        nr: CHROOT,
        arch: AUDIT_ARCH_X86_64,
        instruction_pointer: 0,
        args: [address, 0, 0, 0, 0, 0],
    };
    let request = Request {
        serial,
        tid: std::process::id(),
        data,
        backtrace_ms: 0,
    };
    exchange(socket, &request)
}

fn exchange(socket: &OwnedFd, request: &Request) -> (u64, serde_json::Value) {
    send(socket, &request.to_bytes(), SendFlags::empty()).unwrap();
    let mut reply = vec![0; MAX_REPLY_BYTES];
    let (count, _) = recv(socket, &mut reply[..], RecvFlags::empty()).unwrap();
    let reply = split_reply(reply.get(..count).unwrap()).unwrap();
    let detail: serde_json::Value = serde_json::from_str(reply.text).unwrap();
    let site = reply.site.map(|site| format!("{site:016x}"));
    assert_eq!(detail.get("site").and_then(serde_json::Value::as_str), site.as_deref());
    (reply.serial, detail)
}

#[test]
fn it_tells_who_calls_and_with_what() {
    let (mut child, socket) = start();
    let path = *b"/some/\x1b[31mpath\0";
    let (serial, detail) = ask(&socket, 7, u64::try_from(path.as_ptr().addr()).unwrap());
    assert_eq!(serial, 7);
    assert_eq!(detail["args"], serde_json::json!([r#""/some/\x1b[31mpath""#]));
    assert_eq!(detail["pid"], std::process::id());
    assert_eq!(detail["exe"], std::env::current_exe().unwrap().to_str().unwrap());
    let (serial, detail) = ask(&socket, 8, 1);
    assert_eq!((serial, &detail["args"]), (8, &serde_json::json!(["0x1"])));
    drop(socket);
    assert!(child.wait().unwrap().success(), "it ends with the other end");
}

#[test]
fn without_a_socket_it_says_who_starts_it() {
    let output = Command::new(EXECUTABLE).stdin(Stdio::null()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("seccomp-notifyd starts this program by itself"));
}

/// A child that waits in read(2) for input that never comes.
fn waiting_child() -> Child {
    let child = Command::new("cat")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let call = format!("/proc/{}/syscall", child.id());
    let started = std::time::Instant::now();
    while !std::fs::read_to_string(&call).is_ok_and(|call| call.starts_with("0 0x0 ")) {
        assert!(started.elapsed().as_secs() < 60, "cat does not wait");
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    child
}

#[test]
#[cfg(target_arch = "x86_64")]
fn it_tells_which_code_calls_where_that_is_asked() {
    let (mut child, socket) = start();
    let mut waiting = waiting_child();
    let tid = waiting.id();
    let request = |backtrace_ms| Request {
        serial: 1,
        tid,
        data: SeccompData::default(),
        backtrace_ms,
    };
    let detail = exchange(&socket, &request(60_000)).1;
    let frames = detail["frames"].as_array().unwrap();
    let first = frames.first().unwrap();
    assert_eq!((&first["found"], &first["inlined"]), (&"kernel".into(), &false.into()));
    assert!(first["module"].as_str().unwrap().contains("/libc"), "{first}");
    assert!(first["function"].as_str().unwrap().contains("read"), "{first}");
    assert!(first["offset"].as_str().unwrap().starts_with("0x"), "{first}");
    let cat = frames
        .iter()
        .filter(|frame| frame["module"].as_str().unwrap().ends_with("/cat"));
    assert!(cat.count() >= 2, "{detail:#}");
    assert_eq!(detail["framesEnd"], serde_json::Value::Null);
    let mut other = waiting_child();
    let elsewhere = Request {
        tid: other.id(),
        ..request(60_000)
    };
    assert!(detail["site"].is_string());
    assert_eq!(
        exchange(&socket, &elsewhere).1["site"],
        detail["site"],
        "at other addresses"
    );
    other.kill().unwrap();
    other.wait().unwrap();
    let without = exchange(&socket, &request(0)).1;
    assert!(without["frames"].is_null() && without["site"].is_null());
    waiting.kill().unwrap();
    waiting.wait().unwrap();
    let gone = exchange(&socket, &request(60_000)).1;
    assert!(
        gone["frames"].is_null() && gone["framesEnd"].as_str().unwrap().contains("it ended"),
        "{gone}"
    );
    drop(socket);
    assert!(child.wait().unwrap().success());
}
