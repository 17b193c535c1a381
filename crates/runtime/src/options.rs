//! What runc and crun take in front of a command, and what `create` and `run` take.
//!
//! From `--help` of runc 1.1.5 and crun 1.8.1, with what their later versions add.

/// What one option means here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// Prints something and does nothing else.
    Tells,
    /// No value; nothing that matters here.
    Switch,
    /// A value that does not matter here.
    Value,
    /// A value: where messages go.
    Log,
    /// A value: how messages look.
    LogFormat,
    /// A value: the bundle's folder.
    Bundle,
    /// A value: another file than the bundle's `config.json`.
    Config,
}

/// An option: its long name, its short one or a space, its meaning.
pub type Known = (&'static str, char, Meaning);

use Meaning::{Bundle, Config, Log, LogFormat, Switch, Tells, Value};

/// runc, in front of the command.
pub const RUNC: &[Known] = &[
    ("criu", ' ', Value),
    ("debug", ' ', Switch),
    ("help", 'h', Tells),
    ("log", ' ', Log),
    ("log-format", ' ', LogFormat),
    ("root", ' ', Value),
    ("rootless", ' ', Value),
    ("systemd-cgroup", ' ', Switch),
    ("version", 'v', Tells),
];

/// runc, behind `create` and `run`.
pub const RUNC_START: &[Known] = &[
    ("bundle", 'b', Bundle),
    ("console-socket", ' ', Value),
    ("detach", 'd', Switch),
    ("help", 'h', Tells),
    ("keep", ' ', Switch),
    ("no-new-keyring", ' ', Switch),
    ("no-pivot", ' ', Switch),
    ("no-subreaper", ' ', Switch),
    ("pid-file", ' ', Value),
    ("pidfd-socket", ' ', Value),
    ("preserve-fds", ' ', Value),
];

/// crun, in front of the command.
pub const CRUN: &[Known] = &[
    ("cgroup-manager", ' ', Value),
    ("debug", ' ', Switch),
    ("help", '?', Tells),
    ("log", ' ', Log),
    ("log-format", ' ', LogFormat),
    ("log-level", ' ', Value),
    ("root", ' ', Value),
    ("rootless", ' ', Value),
    ("systemd-cgroup", ' ', Switch),
    ("usage", ' ', Tells),
    ("version", 'v', Tells),
    ("version", 'V', Tells),
];

/// crun, behind `create` and `run`.
pub const CRUN_START: &[Known] = &[
    ("bundle", 'b', Bundle),
    ("config", 'f', Config),
    ("console-socket", ' ', Value),
    ("detach", 'd', Switch),
    ("help", '?', Tells),
    ("keep", ' ', Switch),
    ("no-new-keyring", ' ', Switch),
    ("no-pivot", ' ', Switch),
    ("no-subreaper", ' ', Switch),
    ("pid-file", ' ', Value),
    ("pidfd-socket", ' ', Value),
    ("preserve-fds", ' ', Value),
    ("usage", ' ', Tells),
];

impl Meaning {
    /// Whether a value belongs to it.
    pub const fn takes_value(self) -> bool {
        !matches!(self, Tells | Switch)
    }
}
