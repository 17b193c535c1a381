//! A call that waits for the answer to its notification: the backtrace is taken meanwhile, and the call goes on as if nothing was.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]
#![cfg(target_arch = "x86_64")]

mod support;

use std::ffi::CString;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;

use notifyd_backtrace::{Capture, End, Tracer};
use notifyd_bpf::{Errno, Insn, Program, op};
use notifyd_kernel::notify::{Answer, Buffers, Received, Sent, Sizes, is_waiting};
use notifyd_kernel::spawn::{Ended, Image, spawn};

use support::{compile, functions, generous};

const CHROOT: u32 = 161;

fn notifies_chroot() -> Program {
    Program::new(vec![
        Insn::statement(op::LD_ABS, 0),
        Insn::jump(op::JEQ_K, CHROOT, 0, 1),
        Insn::statement(op::RET_K, 0x7fc0_0000),
        Insn::statement(op::RET_K, 0x7fff_0000),
    ])
    .unwrap()
}

#[test]
fn the_denied_call_is_traced_while_it_waits_and_fails_as_it_would_have() {
    let executable = compile("gcc", "denied.c", &["-g", "-O2"]);
    let path = CString::new(executable.as_os_str().as_bytes()).unwrap();
    let image = Image {
        arguments: vec![path.clone()],
        executable: path,
        environment: Vec::new(),
        directory: CString::from(c"/"),
    };
    let (starting, listener, _) = spawn(&image, &notifies_chroot()).unwrap();
    let running = starting.wait_until_executed().unwrap();
    let mut buffers = Buffers::new(Sizes::query().unwrap());
    let Received::Notification(notification) = buffers.receive(listener.as_fd()) else {
        panic!("no notification");
    };
    assert_eq!(notification.data.nr.unsigned_abs(), CHROOT);

    let capture = Capture::of(notification.target.unwrap(), &generous()).unwrap();
    assert!(is_waiting(listener.as_fd(), notification.id));
    let answer = Answer::Errno(Errno::new(1).unwrap());
    assert_eq!(buffers.send(listener.as_fd(), notification.id, answer), Sent::Answered);

    assert_eq!(
        capture.registers().program_counter,
        notification.data.instruction_pointer
    );
    let backtrace = Tracer::new(generous()).resolve(&capture);
    assert_eq!(
        functions(&backtrace, &executable),
        ["asks_for_a_root", "main", "_start"],
        "{backtrace:#?}"
    );
    assert_eq!(backtrace.end, End::Complete);
    assert_eq!(backtrace.frames[0].function.as_deref(), Some("chroot"));
    // chroot failed with EPERM: -1 + 1.
    assert_eq!(running.reports.wait_for_command(), Some(Ended::Exited(0)));
    running.reports.wait_for_tree();
}
