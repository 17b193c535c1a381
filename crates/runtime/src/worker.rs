//! The process that rewrites: this program again, by another name, so that it can be killed. libseccomp does not return
//! for some sets of conditions.

use std::collections::BTreeSet;
use std::io::{self, Read, Write};
use std::os::unix::process::parent_id;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use notifyd_profile::{
    Abi, Document, Facts, Format, KernelVersion, Runtime, Target, record, runtime_default, transform,
};
use rustix::process::{Signal, set_parent_process_death_signal};
use serde::{Deserialize, Serialize};

use crate::explain;

/// What it is called, as `argv[0]`; nobody else calls it so.
pub const NAME: &str = "seccomp-notifyd-runtime (rewriting)";

/// What is to be rewritten, and for whom.
#[derive(Debug, Serialize, Deserialize)]
pub struct Order {
    /// Process id of who gives the order.
    pub from: u32,
    /// The text of `linux.seccomp`; none for our own profile.
    pub seccomp: Option<String>,
    /// The container's bounding set, for our own profile.
    pub bounding_set: Option<BTreeSet<String>>,
    /// The name that all calls are recorded under; none where denials are seen only.
    pub record: Option<String>,
    /// The runtime that will load it.
    pub runtime: String,
    /// Where the listener goes.
    pub listener: String,
    /// Its executable, which tells its version.
    pub executable: PathBuf,
}

/// What came of it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It is to be replaced.
    Rewritten(Rewritten),
    /// The profile denies nothing that could be seen.
    Unchanged,
    /// Why it cannot be rewritten.
    Refused(String),
}

/// What takes the place of a profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rewritten {
    /// The text of the new `linux.seccomp`.
    pub seccomp: String,
    /// For crun: `struct sock_filter[]` in base64, which it loads in the place of what libseccomp would make of the profile.
    pub program: Option<String>,
}

/// Takes one order from standard input and writes its outcome to standard output.
pub fn run() -> ExitCode {
    // Whoever gave the order may be killed while libseccomp does not return.
    let _ = set_parent_process_death_signal(Some(Signal::KILL));
    match work() {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn work() -> io::Result<()> {
    let mut text = String::new();
    io::stdin().read_to_string(&mut text)?;
    let order: Order = serde_json::from_str(&text)?;
    // Killed before this process asked to end with it.
    if order.from != parent_id() {
        return Ok(());
    }
    serde_json::to_writer(io::stdout().lock(), &carry_out(&order))?;
    io::stdout().flush()
}

fn carry_out(order: &Order) -> Outcome {
    rewrite(order).unwrap_or_else(|error| Outcome::Refused(explain(&*error)))
}

fn rewrite(order: &Order) -> Result<Outcome, Box<dyn std::error::Error>> {
    let abi = Abi::native()
        .first()
        .copied()
        .ok_or("this machine's architecture is not known; x86_64 and arm64 are")?;
    let document = order.seccomp.as_deref().map_or_else(runtime_default, Document::parse)?;
    if order.seccomp.is_some() && document.format() != Format::Oci {
        return Err(
            "rewriting the profile: it has conditions that only engines read, and the runtime passes over them".into(),
        );
    }
    let profile = document.resolve(&Facts {
        abi,
        capabilities: order.bounding_set.clone(),
        kernel: kernel(),
    })?;
    let runtime = order.runtime.parse()?;
    let target = Target {
        runtime,
        abi,
        listener_path: order.listener.clone(),
        wait_killable: waits_killable(runtime, &order.executable),
    };
    let done = match &order.record {
        Some(name) => record(&profile, &target, &name.parse()?),
        None => transform(&profile, &target),
    }?;
    if done.profile.listener_path.is_none() {
        return Ok(Outcome::Unchanged);
    }
    // What is allowed notifies by the rules alone.
    let takes_program = runtime == Runtime::Crun && order.record.is_none();
    Ok(Outcome::Rewritten(Rewritten {
        seccomp: document.with_profile(&done.profile).to_string(),
        program: takes_program
            .then(|| done.finished())
            .flatten()
            .map(|program| STANDARD.encode(program.to_bytes())),
    }))
}

/// Whether both have `SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV`: Linux 5.19 and crun 1.6, with which a signal does not make a
/// call be announced twice. No release of runc takes it.
fn waits_killable(runtime: Runtime, executable: &Path) -> bool {
    let has = |version: KernelVersion, major, minor| version >= KernelVersion { major, minor };
    runtime == Runtime::Crun
        && kernel().is_some_and(|version| has(version, 5, 19))
        && crun_version(executable).is_some_and(|version| has(version, 1, 6))
}

/// From a first line such as `crun version 1.8.1`.
fn crun_version(executable: &Path) -> Option<KernelVersion> {
    let told = Command::new(executable).arg("--version").output().ok()?;
    let text = String::from_utf8(told.stdout).ok()?;
    text.strip_prefix("crun version ")?
        .split_whitespace()
        .next()?
        .parse()
        .ok()
}

fn kernel() -> Option<KernelVersion> {
    rustix::system::uname().release().to_string_lossy().parse().ok()
}
