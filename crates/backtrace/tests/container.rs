//! A program in a mount namespace of its own, at a path that means nothing outside.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]
#![cfg(target_arch = "x86_64")]

mod support;

use std::path::Path;
use std::process::Command;

use notifyd_backtrace::End;

use support::{Guest, READ, backtrace, compile, functions, output};

/// Mounts a file system that only its own namespace sees, and runs a copy of the program in it.
const ENTER: &str = r#"mount -t tmpfs none "$1" && cp "$2" "$1/no-such-path-outside" && mkdir "$1/old" &&
       cd "$1" && pivot_root . old && exec /no-such-path-outside"#;

#[test]
fn files_of_another_mount_namespace_are_read() {
    if !rustix::process::getuid().is_root() {
        println!("skipped: a mount namespace needs root");
        return;
    }
    let executable = compile("gcc", "chain.c", &["-g", "-O2", "-static"]);
    let root = output("root");
    std::fs::create_dir(&root).unwrap();
    let mut command = Command::new("unshare");
    command
        .args(["--mount", "sh", "-c", ENTER, "sh"])
        .arg(&root)
        .arg(&executable);
    let guest = Guest::start(&mut command);
    let thread = guest.threads_in(READ, 1).remove(0);
    let inside = Path::new("/no-such-path-outside");
    assert!(!inside.exists() && std::fs::read_dir(&root).unwrap().next().is_none());

    let backtrace = backtrace(thread);
    let own = ["innermost", "with_varying_frame", "outer", "main", "_start"];
    let functions = functions(&backtrace, inside);
    assert_eq!(
        functions
            .iter()
            .filter(|name| own.contains(&name.as_str()))
            .collect::<Vec<_>>(),
        own.iter().collect::<Vec<_>>(),
        "{backtrace:#?}"
    );
    assert_eq!(backtrace.end, End::Complete);
    let innermost = backtrace
        .frames
        .iter()
        .find(|frame| frame.function.as_deref() == Some("innermost"))
        .unwrap();
    assert!(innermost.file.as_deref().unwrap().ends_with("chain.c") && innermost.line.is_some());
}
