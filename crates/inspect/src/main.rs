//! The executable `seccomp-notifyd-inspect`, which the supervisor starts with a socket as standard input.

#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    // Sockets and listeners that whoever started the supervisor passed to it are nothing to us.
    notifyd_kernel::inherit::close_all_but_standard();
    match notifyd_inspect::serve(std::io::stdin()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(errno) => {
            eprintln!(
                "seccomp-notifyd-inspect: reading requests from standard input: {errno}; seccomp-notifyd starts this \
                 program by itself, with a socket"
            );
            ExitCode::from(2)
        }
    }
}
