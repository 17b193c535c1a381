//! Programs in Rust: names as they are written in the source.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]
#![cfg(target_arch = "x86_64")]

mod support;

use std::path::PathBuf;

use notifyd_backtrace::End;

use support::{Guest, backtrace, build, functions, source};

fn compiled(flags: &[&str]) -> PathBuf {
    let source = source("chain.rs");
    let arguments = flags.iter().map(|flag| (*flag).into()).chain([source.into_os_string()]);
    build("rustc", arguments, "guest")
}

fn own(functions: &[String]) -> Vec<&str> {
    let names = functions.iter().map(String::as_str);
    names
        .filter(|name| name.contains("guest::") || name.contains("chain::"))
        .collect()
}

#[test]
fn functions_and_methods_have_their_names_and_lines() {
    let executable = compiled(&["-g", "--edition=2024", "--crate-name=chain"]);
    let (_guest, thread) = Guest::waiting(&executable);
    let backtrace = backtrace(thread);
    let functions = functions(&backtrace, &executable);
    let own = own(&functions);
    assert_eq!(own.len(), 3, "{backtrace:#?}");
    assert!(own[0].starts_with("chain::inner::waits"), "{own:?}");
    assert_eq!(own[1..], ["chain::Worker::works", "chain::main"]);
    assert_eq!(functions.last().map(String::as_str), Some("_start"));
    assert_eq!(backtrace.end, End::Complete);
    let works = backtrace
        .frames
        .iter()
        .find(|frame| frame.function.as_deref() == Some("chain::Worker::works"))
        .unwrap();
    let text = std::fs::read_to_string(source("chain.rs")).unwrap();
    let line = text
        .lines()
        .position(|line| line.contains("inner::waits(std::io"))
        .unwrap()
        + 1;
    assert_eq!(works.line.map(|line| line as usize), Some(line));
}

#[test]
fn an_optimised_program_without_debug_information_has_names() {
    let executable = compiled(&["-O", "--edition=2024", "--crate-name=chain"]);
    let (_guest, thread) = Guest::waiting(&executable);
    let backtrace = backtrace(thread);
    let functions = functions(&backtrace, &executable);
    let own = own(&functions);
    assert!(
        own.iter().any(|name| name.starts_with("chain::inner::waits")),
        "{backtrace:#?}"
    );
    assert_eq!(own.last(), Some(&"chain::main"), "{backtrace:#?}");
    assert_eq!(backtrace.end, End::Complete);
}
