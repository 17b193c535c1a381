//! `seccomp-notifyd-runtime`, also called `runc` or `crun`.
#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    notifyd_runtime::run(std::env::args_os().collect())
}
