//! Programs in Go, which have tables of their own.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]
#![cfg(target_arch = "x86_64")]

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;

use notifyd_backtrace::{Backtrace, End, Frame};

use support::{Guest, backtrace, functions, has, output, run, source};

const OWN: [&str; 3] = ["main.innermost", "main.(*worker).works", "main.main"];

/// `None` without Go.
fn compiled(flags: &[&str]) -> Option<PathBuf> {
    if !has("go", "golang-go") {
        return None;
    }
    let path = output("guest");
    let mut command = Command::new("go");
    command
        .arg("build")
        .args(flags)
        .arg("-o")
        .arg(&path)
        .arg(source("chain.go"));
    command
        .env("CGO_ENABLED", "0")
        .env("GOFLAGS", "")
        .env("GOTOOLCHAIN", "local")
        .env("GO111MODULE", "off");
    // One cache for all tests: the standard library is compiled once.
    command.env("GOCACHE", concat!(env!("CARGO_TARGET_TMPDIR"), "/go-cache"));
    run(&mut command);
    Some(path)
}

fn assert_chain(executable: &Path) -> Backtrace {
    let (_guest, thread) = Guest::waiting(executable);
    let backtrace = backtrace(thread);
    let functions = functions(&backtrace, executable);
    let place = functions.iter().position(|name| name == OWN[0]);
    let place = place.unwrap_or_else(|| panic!("{backtrace:#?}"));
    let callers = [&OWN[..], &["runtime.main"]].concat();
    assert_eq!(functions[place..place + callers.len()], callers, "{backtrace:#?}");
    assert!(
        functions.last().is_some_and(|name| name.starts_with("runtime.goexit")),
        "{functions:?}"
    );
    assert!(functions[..place].contains(&"syscall.read".to_owned()), "{functions:?}");
    assert_eq!(backtrace.end, End::Complete, "{backtrace:#?}");
    backtrace
}

/// The line of `main.innermost` is that of its call of syscall.Read, which is inlined into it.
fn assert_lines(backtrace: &Backtrace) {
    let text = std::fs::read_to_string(source("chain.go")).unwrap();
    for (name, call) in OWN.iter().zip(["", "innermost(w.descriptor)", "w.works()"]).skip(1) {
        let frame = frame(backtrace, name);
        let line = text.lines().position(|line| line.contains(call)).unwrap() + 1;
        assert_eq!(frame.line.map(|line| line as usize), Some(line), "{frame:?}");
        assert!(frame.file.as_deref().unwrap().ends_with("chain.go"), "{frame:?}");
    }
}

fn frame<'a>(backtrace: &'a Backtrace, name: &str) -> &'a Frame {
    let named = |frame: &&Frame| frame.function.as_deref() == Some(name);
    backtrace.frames.iter().find(named).unwrap()
}

#[test]
fn a_program_as_it_is_built_has_functions_and_lines() {
    if let Some(executable) = compiled(&[]) {
        let backtrace = assert_chain(&executable);
        assert_lines(&backtrace);
        assert!(frame(&backtrace, "syscall.Read").inlined);
        assert!(frame(&backtrace, OWN[0]).file.as_deref().unwrap().ends_with("chain.go"));
    }
}

#[test]
fn a_stripped_program_has_functions_and_lines() {
    if let Some(executable) = compiled(&["-ldflags=-s -w"]) {
        let backtrace = assert_chain(&executable);
        assert_lines(&backtrace);
        // Its name is not in the table, its place is.
        let inlined: Vec<_> = backtrace.frames.iter().filter(|frame| frame.inlined).collect();
        assert_eq!(inlined.len(), 1, "{backtrace:#?}");
        assert!(inlined[0].function.is_none() && inlined[0].file.as_deref().unwrap().contains("/syscall/"));
        assert_eq!(
            (frame(&backtrace, OWN[0]).line, &frame(&backtrace, OWN[0]).file),
            (None, &None)
        );
    }
}

#[test]
fn a_program_at_any_address_has_functions_and_lines() {
    if let Some(executable) = compiled(&["-buildmode=pie", "-ldflags=-s -w"]) {
        assert_lines(&assert_chain(&executable));
    }
}
