//! Programs in C, however they are compiled and linked: the functions from the call to the program's first one.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]
#![cfg(target_arch = "x86_64")]

mod support;

use std::path::Path;
use std::process::Command;

use notifyd_backtrace::{Backtrace, End, Found};

use support::{Guest, backtrace, compile, functions, has, run, source};

const CHAIN: [&str; 5] = ["innermost", "with_varying_frame", "outer", "main", "_start"];

fn trace(compiler: &str, guest: &str, flags: &[&str]) -> (Backtrace, Vec<String>) {
    let executable = compile(compiler, guest, flags);
    let (_guest, thread) = Guest::waiting(&executable);
    let backtrace = backtrace(thread);
    let functions = functions(&backtrace, &executable);
    (backtrace, functions)
}

fn assert_chain(compiler: &str, flags: &[&str]) -> Backtrace {
    let (backtrace, functions) = trace(compiler, "chain.c", flags);
    assert_eq!(functions, CHAIN, "{flags:?}: {backtrace:#?}");
    assert_eq!(backtrace.end, End::Complete, "{flags:?}");
    assert_eq!(backtrace.frames[0].found, Found::Kernel);
    backtrace
}

#[test]
fn every_function_is_found_without_debug_information() {
    let backtrace = assert_chain("gcc", &["-O2"]);
    let first = &backtrace.frames[0];
    assert!(first.module.contains("/libc.so.6"), "{first:?}");
    assert!(
        first.function.as_deref().is_some_and(|name| name.contains("read")),
        "{first:?}"
    );
    // Of the C library a debug file may be installed.
    let own = backtrace.frames.iter().filter(|frame| frame.module.ends_with("/guest"));
    assert!(own.clone().count() == CHAIN.len() && own.clone().all(|frame| frame.line.is_none()));
    assert!(first.build_id.as_ref().is_some_and(|id| id.len() == 40), "{first:?}");
}

#[test]
fn frame_pointers_and_their_absence_make_no_difference() {
    for flags in [
        &["-O0"][..],
        &["-O1", "-fomit-frame-pointer"],
        &["-O2", "-fno-omit-frame-pointer"],
        &["-O3", "-fomit-frame-pointer", "-fcf-protection=full"],
        &["-O2", "-no-pie"],
        &["-O2", "-fno-plt"],
    ] {
        assert_chain("gcc", flags);
    }
}

#[test]
fn debug_information_tells_file_and_line() {
    let backtrace = assert_chain("gcc", &["-g", "-O2"]);
    let text = std::fs::read_to_string(source("chain.c")).unwrap();
    let calls = [
        "read(descriptor",
        "innermost(descriptor) +",
        "with_varying_frame(descriptor, 100",
        "(int)outer(0)",
    ];
    for (name, call) in CHAIN.iter().zip(calls) {
        let frame = backtrace
            .frames
            .iter()
            .find(|frame| frame.function.as_deref() == Some(name))
            .unwrap();
        let line = text.lines().position(|line| line.contains(call)).unwrap() + 1;
        assert_eq!(frame.line.map(|line| line as usize), Some(line), "{frame:?}");
        assert!(
            frame.file.as_deref().unwrap().ends_with("tests/guests/chain.c"),
            "{frame:?}"
        );
    }
}

#[test]
fn compressed_debug_information_is_read() {
    let backtrace = assert_chain("gcc", &["-g", "-gz=zlib", "-O0"]);
    assert!(
        backtrace.frames.iter().filter(|frame| frame.line.is_some()).count() >= 4,
        "{backtrace:#?}"
    );
}

#[test]
fn a_static_program_of_glibc_is_followed() {
    let (backtrace, functions) = trace("gcc", "chain.c", &["-O2", "-static"]);
    let own: Vec<_> = functions.iter().filter(|name| CHAIN.contains(&name.as_str())).collect();
    assert_eq!(own, CHAIN.iter().collect::<Vec<_>>(), "{backtrace:#?}");
    assert!(functions[0].contains("read"), "{functions:?}");
    assert_eq!(backtrace.end, End::Complete);
}

#[test]
fn musl_has_no_tables_and_is_followed() {
    if !has("musl-gcc", "musl-tools") {
        return;
    }
    for flags in [&["-O2", "-static"][..], &["-O0", "-static"], &["-O2"]] {
        let (backtrace, functions) = trace("musl-gcc", "chain.c", flags);
        let own: Vec<_> = functions.iter().filter(|name| CHAIN.contains(&name.as_str())).collect();
        assert_eq!(own, CHAIN.iter().collect::<Vec<_>>(), "{flags:?}: {backtrace:#?}");
        assert_eq!(backtrace.end, End::Complete, "{flags:?}");
    }
}

#[test]
fn without_any_tables_the_stack_is_searched() {
    let without = ["-fno-asynchronous-unwind-tables", "-fno-unwind-tables"];
    for level in ["-O0", "-O2"] {
        let backtrace = assert_chain("gcc", &[level, without[0], without[1]]);
        let main = backtrace
            .frames
            .iter()
            .find(|frame| frame.function.as_deref() == Some("main"))
            .unwrap();
        assert_eq!(main.found, Found::Search);
    }
}

#[test]
fn a_stripped_program_has_modules_and_offsets() {
    let executable = compile("gcc", "chain.c", &["-O2"]);
    let symbols = run(Command::new("nm").arg(&executable));
    run(Command::new("strip").arg(&executable));
    let (_guest, thread) = Guest::waiting(&executable);
    let backtrace = backtrace(thread);
    assert_eq!(backtrace.end, End::Complete, "{backtrace:#?}");
    let path = executable.to_str().unwrap();
    let own: Vec<_> = backtrace.frames.iter().filter(|frame| frame.module == path).collect();
    assert_eq!(own.len(), CHAIN.len(), "{backtrace:#?}");
    for (frame, name) in own.iter().zip(CHAIN) {
        assert_eq!(frame.function, None);
        assert_eq!(enclosing(&symbols, frame.offset), name, "{frame:?}");
    }
}

/// The symbol of `nm` at or before an address.
fn enclosing(symbols: &str, address: u64) -> &str {
    let symbol = |line: &'_ str| {
        let mut fields = line.split_whitespace();
        let start = u64::from_str_radix(fields.next()?, 16).ok()?;
        fields.next().filter(|kind| matches!(*kind, "T" | "t"))?;
        Some(start)
    };
    let before = symbols
        .lines()
        .filter_map(|line| Some((symbol(line)?, line)))
        .filter(|(start, _)| *start < address);
    before
        .max_by_key(|(start, _)| *start)
        .unwrap()
        .1
        .split_whitespace()
        .last()
        .unwrap()
}

#[test]
fn inlined_functions_are_told_as_such() {
    let (backtrace, functions) = trace("gcc", "inlined.c", &["-g", "-O2"]);
    assert_eq!(
        functions,
        ["put_into_its_caller", "takes_it_in", "main", "_start"],
        "{backtrace:#?}"
    );
    let inlined: Vec<_> = backtrace
        .frames
        .iter()
        .filter(|frame| frame.inlined)
        .map(|frame| frame.function.as_deref())
        .collect();
    assert_eq!(inlined, [Some("put_into_its_caller")]);
}

#[test]
fn each_thread_has_a_stack_of_its_own() {
    let executable = compile("gcc", "threads.c", &["-g", "-O2", "-pthread"]);
    let guest = Guest::start(&mut Command::new(&executable));
    let threads = guest.threads_in(support::READ, 4);
    for thread in threads {
        let backtrace = backtrace(thread);
        assert_eq!(
            functions(&backtrace, &executable),
            ["waits_in_thread", "start_of_thread"],
            "{backtrace:#?}"
        );
        assert_eq!(backtrace.end, End::Complete, "{backtrace:#?}");
    }
}

#[test]
fn a_signal_handler_leads_to_what_it_interrupted() {
    let (backtrace, functions) = trace("gcc", "signal.c", &["-g", "-O2"]);
    assert_eq!(
        functions,
        ["handler", "interrupted", "main", "_start"],
        "{backtrace:#?}"
    );
    assert_eq!(backtrace.end, End::Complete);
}

#[test]
fn fewer_frames_are_told_where_fewer_are_asked_for() {
    let executable = compile("gcc", "chain.c", &["-O2"]);
    let (_guest, thread) = Guest::waiting(&executable);
    let limits = notifyd_backtrace::Limits {
        frames: 3,
        ..support::generous()
    };
    let capture = notifyd_backtrace::Capture::of(thread, &limits).unwrap();
    let backtrace = notifyd_backtrace::Tracer::new(limits).resolve(&capture);
    assert_eq!((backtrace.frames.len(), backtrace.end), (3, End::Depth));
    assert_eq!(functions(&backtrace, Path::new(&executable)), CHAIN[..2]);
}

#[test]
fn a_capture_outlives_its_thread() {
    let executable = compile("gcc", "chain.c", &["-O2", "-g"]);
    let (guest, thread) = Guest::waiting(&executable);
    let limits = support::generous();
    let capture = notifyd_backtrace::Capture::of(thread, &limits).unwrap();
    drop(guest);
    std::fs::remove_file(&executable).unwrap();
    let backtrace = notifyd_backtrace::Tracer::new(limits).resolve(&capture);
    assert_eq!(functions(&backtrace, &executable), CHAIN, "{backtrace:#?}");
}
