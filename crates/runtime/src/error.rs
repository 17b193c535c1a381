//! Why a container is not watched, or not started.

use std::io;
use std::path::PathBuf;

/// Why there is nothing to become, or nothing to watch.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The shim's own configuration cannot be read.
    #[error("reading {}", .path.display())]
    ReadConfiguration {
        /// Which file.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// The shim's own configuration is longer than is read.
    #[error("reading {}: it is longer than 65536 bytes", .path.display())]
    LongConfiguration {
        /// Which file.
        path: PathBuf,
    },
    /// The shim's own configuration is wrong.
    #[error(
        "reading {}: expected is an object with any of listener, runtimes, watch, failurePolicy, withoutProfile and cacheDir", .path.display()
    )]
    Configuration {
        /// Which file.
        path: PathBuf,
        /// Where and why.
        source: serde_json::Error,
    },
    /// A path in the shim's own configuration that cannot be used.
    #[error("reading {}: {field} {value:?} is not {accepted}", .path.display())]
    ConfiguredPath {
        /// Which file.
        path: PathBuf,
        /// Which field.
        field: &'static str,
        /// What it holds.
        value: PathBuf,
        /// What it may hold.
        accepted: &'static str,
    },
    /// Called by a name that says nothing, with none or two runtimes configured.
    #[error(
        "choosing the real runtime: called as {name:?}, with {count} runtimes configured; hint: call it as runc or crun, or configure exactly one in runtimes"
    )]
    WhichRuntime {
        /// The name that it was called by.
        name: String,
        /// How many are configured.
        count: usize,
    },
    /// No real runtime in the usual places.
    #[error(
        "looking for the real {runtime}: it is in none of {folders}; hint: give its path in runtimes.{runtime} of the configuration"
    )]
    NoRuntime {
        /// Its name.
        runtime: &'static str,
        /// Where it was looked for.
        folders: String,
    },
    /// The configured real runtime is this program.
    #[error("becoming {}: that is this program itself; hint: give the real runtime's path in runtimes of the configuration", .path.display())]
    Itself {
        /// Its path.
        path: PathBuf,
    },
    /// The real runtime cannot be executed.
    #[error("becoming the real runtime {}", .path.display())]
    Become {
        /// Its path.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// The command line is of no known form.
    #[error("reading the command line: {why}")]
    CommandLine {
        /// What is odd.
        why: String,
    },
    /// The container's configuration cannot be read.
    #[error("reading {}", .path.display())]
    ReadBundle {
        /// Which file.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// The container's configuration is not such a file.
    #[error("reading {}: it is not a regular file of at most 16777216 bytes", .path.display())]
    BundleFile {
        /// Which file.
        path: PathBuf,
    },
    /// The container's configuration is no such JSON.
    #[error("reading the container's configuration")]
    BundleSyntax {
        /// Where and why.
        source: serde_json::Error,
    },
    /// A member that runtimes may read in two ways.
    #[error("reading the container's configuration: {name} is there more than once, or also in other letter case")]
    Ambiguous {
        /// Which member.
        name: &'static str,
    },
    /// The container's configuration cannot be replaced.
    #[error("replacing {}", .path.display())]
    WriteBundle {
        /// Which file.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// Nobody listens.
    #[error("connecting to the listener {}: {answer}; hint: start it with seccomp-notifyd serve", .path.display())]
    Listener {
        /// Its socket.
        path: PathBuf,
        /// The system's answer.
        answer: io::Error,
    },
    /// The process that rewrites could not be used.
    #[error("rewriting the profile in a process of its own")]
    Worker {
        /// The system's answer.
        source: io::Error,
    },
    /// The process that rewrites ended without an answer.
    #[error("rewriting the profile in a process of its own: it ended with {status} and no answer")]
    NoAnswer {
        /// How it ended.
        status: std::process::ExitStatus,
    },
    /// libseccomp does not return for some sets of conditions.
    #[error(
        "rewriting the profile: it took more than {seconds} s, as happens for some sets of conditions on one call; hint: write fewer conditions, or conditions for equality"
    )]
    TooLong {
        /// The limit.
        seconds: u64,
    },
    /// The profile cannot be rewritten.
    #[error("{reason}")]
    Refused {
        /// What is wrong with it.
        reason: String,
    },
    /// The cache cannot be used; nothing else depends on it.
    #[error("using the cache {}", .path.display())]
    Cache {
        /// Its folder.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// The cache could have been written by somebody else.
    #[error("using the cache {}: it is not a folder of this user's alone (mode 0700)", .path.display())]
    SharedCache {
        /// Its folder.
        path: PathBuf,
    },
}

/// An error and its causes, in one line.
pub fn explain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
