//! Programs that wait in a call, started by the test and ended with it.

#![allow(dead_code, reason = "each test file uses some of it")]

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use notifyd_backtrace::{Backtrace, Capture, Limits, TargetTid, Tracer};

/// read(2) on the architecture of the tests.
pub const READ: &str = if cfg!(target_arch = "x86_64") { "0" } else { "63" };
/// Against a hang only.
const PATIENCE: Duration = Duration::from_secs(60);

/// The source of a guest.
pub fn source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/guests").join(name)
}

/// A path for what a test builds, that no other test uses.
pub fn output(name: &str) -> PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{number}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder.join(name)
}

/// Runs a compiler with `arguments` and `-o OUTPUT`.
pub fn build<I: AsRef<OsStr>>(compiler: &str, arguments: impl IntoIterator<Item = I>, name: &str) -> PathBuf {
    let path = output(name);
    let mut command = Command::new(compiler);
    command.args(arguments).arg("-o").arg(&path);
    run(&mut command);
    path
}

/// Compiles a guest in C.
pub fn compile(compiler: &str, guest: &str, flags: &[&str]) -> PathBuf {
    let source = source(guest);
    let flags = flags.iter().map(OsStr::new);
    build(compiler, flags.chain([source.as_os_str()]), "guest")
}

pub fn run(command: &mut Command) -> String {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("cannot run {command:?}: {error}"));
    assert!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Runs a command that reads `input`.
pub fn run_with_input(command: &mut Command, input: &str) {
    let mut child = command
        .stdin(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("cannot run {command:?}: {error}"));
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success(), "{command:?}");
}

/// Whether a tool is there. Without it the test is skipped with a word, and fails where `tools/setup.mjs` could have installed it.
pub fn has(tool: &str, package: &str) -> bool {
    let folders = std::env::var("PATH").unwrap_or_default();
    let found = |name: &str| std::env::split_paths(&folders).any(|folder| folder.join(name).exists());
    if found(tool) {
        return true;
    }
    let installable = found("apt-get") && rustix::process::getuid().is_root();
    assert!(
        !installable,
        "{tool} is missing: node tools/setup.mjs installs {package} before tests"
    );
    println!("skipped: {tool} is not installed (Debian's {package})");
    false
}

/// A child that waits for input that never comes.
pub struct Guest {
    child: Child,
}

impl Guest {
    pub fn start(command: &mut Command) -> Self {
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        Self {
            child: child.unwrap_or_else(|error| panic!("cannot start {command:?}: {error}")),
        }
    }

    /// Starts it and returns it with its only thread, once that waits in read(2).
    pub fn waiting(executable: &Path) -> (Self, TargetTid) {
        let guest = Self::start(&mut Command::new(executable));
        let thread = guest.threads_in(READ, 1).remove(0);
        (guest, thread)
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits until `count` threads wait in a call of that number.
    pub fn threads_in(&self, number: &str, count: usize) -> Vec<TargetTid> {
        let started = Instant::now();
        loop {
            let found = threads_in(self.pid(), number);
            if found.len() >= count {
                return found;
            }
            assert!(
                started.elapsed() < PATIENCE,
                "{} of {count} threads wait in call {number}",
                found.len()
            );
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// The next line that it prints.
    pub fn line(&mut self) -> String {
        let mut line = String::new();
        let output = self.child.stdout.as_mut().unwrap();
        BufReader::with_capacity(1, output).read_line(&mut line).unwrap();
        line
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Threads that sleep in a call of that number and read from the guest's own input.
fn threads_in(pid: u32, number: &str) -> Vec<TargetTid> {
    let Ok(threads) = std::fs::read_dir(format!("/proc/{pid}/task")) else {
        return Vec::new();
    };
    let waits = |entry: std::io::Result<std::fs::DirEntry>| {
        let entry = entry.ok()?;
        let call = std::fs::read_to_string(entry.path().join("syscall")).ok()?;
        // The loader reads files too, but never from descriptor 0.
        let expected = format!("{number} 0x0 ");
        call.starts_with(&expected)
            .then(|| Some(TargetTid(entry.file_name().to_str()?.parse().ok()?)))?
    };
    threads.filter_map(waits).collect()
}

/// Everything at once, with a tracer of its own.
pub fn backtrace(thread: TargetTid) -> Backtrace {
    let limits = generous();
    let capture = Capture::of(thread, &limits).unwrap();
    Tracer::new(limits).resolve(&capture)
}

/// Limits without one on time, which tests on a busy machine must not meet.
pub fn generous() -> Limits {
    Limits {
        time: PATIENCE,
        ..Limits::default()
    }
}

/// The functions of one module, the innermost first.
pub fn functions(backtrace: &Backtrace, module: &Path) -> Vec<String> {
    let module = module.to_str().unwrap();
    let of_module = backtrace.frames.iter().filter(|frame| frame.module == module);
    of_module
        .map(|frame| frame.function.clone().unwrap_or_else(|| "?".into()))
        .collect()
}
