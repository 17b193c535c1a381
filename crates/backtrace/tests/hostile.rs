//! Files and processes that lie, or that are cut: no panic, no wait, and still an answer.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]
#![cfg(target_arch = "x86_64")]

mod support;

use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::process::Command;

use notifyd_backtrace::{Backtrace, Capture, Error, TargetTid, Tracer};

use support::{Guest, compile, generous, output, run};

fn traced(tracer: &mut Tracer, thread: TargetTid) -> Backtrace {
    let capture = Capture::of(thread, tracer.limits()).unwrap();
    tracer.resolve(&capture)
}

/// A guest that waits in a library of its own, which, unlike a running program, can be written meanwhile. It executes nothing of it:
/// it sleeps until it is killed.
struct Victim {
    _guest: Guest,
    thread: TargetTid,
    library: PathBuf,
    original: Vec<u8>,
}

impl Victim {
    fn new() -> Self {
        let flags = [
            "-g",
            "-O2",
            "-shared",
            "-fPIC",
            "-Dmain=main_of_library",
            "-Wl,--build-id",
        ];
        let library = compile("gcc", "chain.c", &flags);
        let flags = ["-O2", "-x", "c", "-", "-x", "none"].map(OsStr::new);
        let executable = output("guest");
        let mut compiler = Command::new("gcc");
        compiler.args(flags).arg(&library).arg("-o").arg(&executable);
        support::run_with_input(
            &mut compiler,
            "int main_of_library(void); int main(void) { return main_of_library() & 3; }",
        );
        let (guest, thread) = Guest::waiting(&executable);
        Self {
            _guest: guest,
            thread,
            original: std::fs::read(&library).unwrap(),
            library,
        }
    }

    fn file(&self) -> File {
        OpenOptions::new().write(true).open(&self.library).unwrap()
    }

    fn with(&self, tracer: &mut Tracer, offset: usize, bytes: &[u8]) -> Backtrace {
        self.file().write_all_at(bytes, offset as u64).unwrap();
        let backtrace = traced(tracer, self.thread);
        let original = &self.original[offset..offset + bytes.len()];
        self.file().write_all_at(original, offset as u64).unwrap();
        backtrace
    }
}

#[test]
fn a_thread_that_is_gone_is_an_error_that_says_so() {
    let limits = generous();
    let error = Capture::of(TargetTid(u32::MAX / 2), &limits).unwrap_err();
    assert!(matches!(error, Error::Proc { name: ".", .. }), "{error}");
    assert_eq!(
        error.to_string(),
        "cannot read . of thread 2147483647 (it ended, or CAP_SYS_PTRACE is missing)"
    );
}

#[test]
fn changed_bytes_in_any_table_do_no_harm() {
    let victim = Victim::new();
    let mut tracer = Tracer::new(generous());
    let complete = traced(&mut tracer, victim.thread);
    assert!(complete.frames.len() > 5);
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = move |below: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        usize::try_from(random % below as u64).unwrap()
    };
    let length = victim.original.len();
    for _ in 0..300 {
        let count = 1 + next(64);
        let anywhere = next(length - count);
        let header = next(64);
        let at = if next(3) == 0 { header } else { anywhere };
        let bytes: Vec<u8> = (0..count.min(length - at))
            .map(|_| u8::try_from(next(256)).unwrap())
            .collect();
        let backtrace = victim.with(&mut tracer, at, &bytes);
        assert!(!backtrace.frames.is_empty() && backtrace.frames.len() <= 64);
    }
    assert_eq!(traced(&mut tracer, victim.thread), complete);
}

#[test]
fn a_table_of_unwind_tables_whose_entries_lie_nowhere_does_no_harm() {
    let victim = Victim::new();
    let mut tracer = Tracer::new(generous());
    let complete = traced(&mut tracer, victim.thread);
    let library = victim.library.to_str().unwrap();
    // The head of .eh_frame_hdr: version, and how its three kinds of values are written.
    let head = [1, 0x1b, 3, 0x3b];
    let found = victim.original.windows(4).position(|bytes| bytes == head).unwrap();
    let rows = found + 12;
    for (start, entry) in [
        (i32::MIN, i32::MIN),
        (i32::MIN, -1),
        (i32::MIN, i32::MAX),
        (i32::MAX, 0),
        (0, 0),
    ] {
        let row = [start.to_le_bytes(), entry.to_le_bytes()].concat();
        let backtrace = victim.with(&mut tracer, rows, &row.repeat(8));
        assert!(backtrace.frames.iter().any(|frame| frame.module == library));
    }
    for count in [0, u32::MAX, 1 << 31] {
        let backtrace = victim.with(&mut tracer, rows - 4, &count.to_le_bytes());
        assert!(backtrace.frames.iter().any(|frame| frame.module == library));
    }
    assert_eq!(traced(&mut tracer, victim.thread), complete);
}

#[test]
fn the_last_of_all_addresses_is_as_the_one_before_it() {
    let executable = compile("gcc", "chain.c", &["-g", "-O2"]);
    let module = std::fs::read(executable).unwrap();
    let [before, last] = [u64::MAX - 1, u64::MAX].map(|address| notifyd_backtrace::functions_at(&module, address));
    assert_eq!(last, before);
}

#[test]
fn a_file_that_was_cut_leaves_module_and_offset() {
    let victim = Victim::new();
    let mut tracer = Tracer::new(generous());
    let library = victim.library.to_str().unwrap();
    for kept in [
        victim.original.len() - 100,
        victim.original.len() / 2,
        4096,
        64,
        63,
        4,
        0,
    ] {
        victim.file().set_len(kept as u64).unwrap();
        let backtrace = traced(&mut tracer, victim.thread);
        let inside = backtrace.frames.iter().find(|frame| frame.module == library);
        assert!(inside.is_some_and(|frame| frame.offset > 0), "{kept}: {backtrace:#?}");
    }
}

#[test]
fn a_debug_link_of_the_target_opens_nothing() {
    let fifo = output("fifo");
    run(Command::new("mkfifo").arg(&fifo));
    let executable = compile("gcc", "chain.c", &["-g", "-O2"]);
    // Another file's name in .gnu_debuglink: a fifo would block whoever opens it.
    let section = output("link");
    let mut link = fifo.to_str().unwrap().as_bytes().to_vec();
    link.resize(link.len().next_multiple_of(4) + 4, 0);
    std::fs::write(&section, link).unwrap();
    let mut objcopy = Command::new("objcopy");
    objcopy
        .arg("--add-section")
        .arg(format!(".gnu_debuglink={}", section.display()))
        .arg(&executable);
    run(&mut objcopy);
    let (_guest, thread) = Guest::waiting(&executable);
    let backtrace = traced(&mut Tracer::new(generous()), thread);
    assert!(
        backtrace
            .frames
            .iter()
            .any(|frame| frame.function.as_deref() == Some("main"))
    );
}
