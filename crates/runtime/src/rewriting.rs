//! From a profile to one that our daemon hears of, in a process of its own or from the cache.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use notifyd_profile::{RecordingName, Runtime, libseccomp_version};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use crate::Error;
use crate::cache::{Cache, Key};
use crate::worker::{self, Order, Outcome, Rewritten};

const OWN_EXECUTABLE: &str = "/proc/self/exe";
/// A large profile takes a tenth of a second.
const LIMIT: Duration = Duration::from_secs(10);

/// What a profile is rewritten for.
pub struct Purpose<'a> {
    /// The runtime that will load it.
    pub runtime: Runtime,
    /// Its executable, whose version matters.
    pub executable: &'a Path,
    /// Where the listener goes.
    pub listener: &'a str,
    /// The name that all calls are recorded under; none where denials are seen only.
    pub record: Option<&'a RecordingName>,
}

/// What is rewritten.
#[derive(Clone)]
pub struct Original {
    /// The text of `linux.seccomp`; none for our own profile.
    pub seccomp: Option<String>,
    /// The container's bounding set, for our own profile.
    pub bounding_set: Option<BTreeSet<String>>,
}

/// What takes its place, none where nothing is to be seen. `warn` is told why the cache is not used.
pub fn rewrite(
    original: &Original,
    purpose: &Purpose,
    cache: &Path,
    warn: impl Fn(&Error),
) -> Result<Option<Rewritten>, Error> {
    let key = purpose.key(original);
    let cache = Cache::open(cache).map_err(|error| warn(&error)).ok();
    let known = cache.as_ref().and_then(|cache| cache.get(&key));
    if let Some(outcome) = known.and_then(|body| serde_json::from_str(&body).ok()) {
        return settle(outcome);
    }
    let body = in_own_process(&purpose.order(original))?;
    let outcome = serde_json::from_str(&body).map_err(|source| Error::Worker { source: source.into() })?;
    if let (Some(cache), Outcome::Rewritten(_) | Outcome::Unchanged) = (cache, &outcome) {
        let _ = cache.put(&key, &body).map_err(|error| warn(&error));
    }
    settle(outcome)
}

fn settle(outcome: Outcome) -> Result<Option<Rewritten>, Error> {
    match outcome {
        Outcome::Rewritten(rewritten) => Ok(Some(rewritten)),
        Outcome::Unchanged => Ok(None),
        Outcome::Refused(reason) => Err(Error::Refused { reason }),
    }
}

impl Purpose<'_> {
    fn order(&self, original: &Original) -> Order {
        let Original { seccomp, bounding_set } = original.clone();
        Order {
            from: std::process::id(),
            seccomp,
            bounding_set,
            record: self.record.map(|name| name.as_str().to_owned()),
            runtime: self.runtime.name().to_owned(),
            listener: self.listener.to_owned(),
            executable: self.executable.to_owned(),
        }
    }

    /// Of all that the result depends on. An executable is known by where and when it was written.
    fn key(&self, original: &Original) -> Key {
        let bounding_set = original
            .bounding_set
            .as_ref()
            .map(|names| Vec::from_iter(names.clone()).join(" "));
        let kernel = rustix::system::uname();
        Key::of(&[
            original.seccomp.as_deref().unwrap_or_default().as_bytes(),
            bounding_set.unwrap_or_default().as_bytes(),
            self.runtime.name().as_bytes(),
            identity(self.executable).as_bytes(),
            self.listener.as_bytes(),
            self.record.map_or("", RecordingName::as_str).as_bytes(),
            kernel.release().to_bytes(),
            kernel.machine().to_bytes(),
            libseccomp_version().as_bytes(),
            env!("CARGO_PKG_VERSION").as_bytes(),
            identity(Path::new(OWN_EXECUTABLE)).as_bytes(),
        ])
    }
}

fn identity(path: &Path) -> String {
    let known = |file: fs::Metadata| format!("{}.{} {} {}", file.mtime(), file.mtime_nsec(), file.ino(), file.size());
    fs::metadata(path).map(known).unwrap_or_default()
}

/// The answer of a process that is killed when it takes too long.
fn in_own_process(order: &Order) -> Result<String, Error> {
    let failed = |source| Error::Worker { source };
    let mut command = Command::new(OWN_EXECUTABLE);
    command
        .arg0(worker::NAME)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut child = command.spawn().map_err(failed)?;
    let answer = converse(&mut child, order);
    // Whatever it does still; and the real runtime shall not find a child that it does not know.
    let _ = child.kill();
    let status = child.wait().map_err(failed)?;
    match answer? {
        answer if answer.is_empty() => Err(Error::NoAnswer { status }),
        answer => Ok(answer),
    }
}

fn converse(child: &mut Child, order: &Order) -> Result<String, Error> {
    let failed = |source| Error::Worker { source };
    let end = Instant::now() + LIMIT;
    if let Some(mut input) = child.stdin.take() {
        let order = serde_json::to_vec(order).map_err(|source| failed(source.into()))?;
        input.write_all(&order).map_err(failed)?;
    }
    let mut answer = Vec::new();
    let Some(mut output) = child.stdout.take() else {
        return Ok(String::new());
    };
    let mut buffer = [0; 1 << 16];
    loop {
        wait_for(&output, end)?;
        match output.read(&mut buffer).map_err(failed)? {
            0 => break,
            length => answer.extend(buffer.iter().take(length)),
        }
    }
    String::from_utf8(answer).map_err(|error| failed(std::io::Error::other(error)))
}

fn wait_for(output: &impl std::os::fd::AsFd, end: Instant) -> Result<(), Error> {
    loop {
        let left = end.saturating_duration_since(Instant::now());
        let timeout = Timespec {
            tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: left.subsec_nanos().into(),
        };
        match poll(&mut [PollFd::new(output, PollFlags::IN)], Some(&timeout)) {
            Ok(0) => {
                return Err(Error::TooLong {
                    seconds: LIMIT.as_secs(),
                });
            }
            Ok(_) => return Ok(()),
            Err(Errno::INTR) => {}
            Err(errno) => return Err(Error::Worker { source: errno.into() }),
        }
    }
}
