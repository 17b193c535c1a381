//! OCI `linux.seccomp`, as a runtime is given it.

use libseccomp::ScmpArch;

use crate::{Abi, Place};

/// A profile that a runtime could be given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// What happens to a call without a matching rule.
    pub default_action: ActionName,
    /// Errno of the default action.
    pub default_errno: Option<u16>,
    /// Architectures beside the machine's own.
    pub(crate) architectures: Vec<ScmpArch>,
    /// `SECCOMP_FILTER_FLAG_*`; they do not change the program.
    pub flags: Vec<String>,
    /// Socket that gets the listener.
    pub listener_path: Option<String>,
    /// Opaque text for whoever gets the listener.
    pub listener_metadata: Option<String>,
    /// Rules in their order.
    pub rules: Vec<Rule>,
}

/// One entry of `syscalls`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Index in `syscalls` of the text, where rules may stand that do not apply here.
    pub written_at: usize,
    /// Why the rule is there, in its author's words.
    pub comment: Option<String>,
    /// The calls, at least one.
    pub names: Vec<String>,
    /// What happens to them.
    pub action: ActionName,
    /// Errno of the action.
    pub errno: Option<u16>,
    /// Conditions on arguments, all of which must hold.
    pub conditions: Vec<Condition>,
}

/// `SCMP_ACT_*`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "each is the OCI name")]
pub enum ActionName {
    Kill,
    KillProcess,
    KillThread,
    Trap,
    Errno,
    Trace,
    Allow,
    Log,
    Notify,
}

/// One entry of `args`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Condition {
    /// Which argument, 0 to 5.
    pub index: u32,
    /// What it is compared with; the mask where the operator is [`Operator::MaskedEqual`].
    pub value: u64,
    /// What the masked argument is compared with.
    pub value_two: u64,
    /// How.
    pub operator: Operator,
}

/// `SCMP_CMP_*`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "each is the OCI name")]
pub enum Operator {
    NotEqual,
    Less,
    LessOrEqual,
    Equal,
    GreaterOrEqual,
    Greater,
    MaskedEqual,
}

/// `defaultAction` and `action` of the OCI runtime specification.
pub(crate) const ACTIONS: [(&str, ActionName); 9] = [
    ("SCMP_ACT_KILL", ActionName::Kill),
    ("SCMP_ACT_KILL_PROCESS", ActionName::KillProcess),
    ("SCMP_ACT_KILL_THREAD", ActionName::KillThread),
    ("SCMP_ACT_TRAP", ActionName::Trap),
    ("SCMP_ACT_ERRNO", ActionName::Errno),
    ("SCMP_ACT_TRACE", ActionName::Trace),
    ("SCMP_ACT_ALLOW", ActionName::Allow),
    ("SCMP_ACT_LOG", ActionName::Log),
    ("SCMP_ACT_NOTIFY", ActionName::Notify),
];

/// `op` of the OCI runtime specification.
pub(crate) const OPERATORS: [(&str, Operator); 7] = [
    ("SCMP_CMP_NE", Operator::NotEqual),
    ("SCMP_CMP_LT", Operator::Less),
    ("SCMP_CMP_LE", Operator::LessOrEqual),
    ("SCMP_CMP_EQ", Operator::Equal),
    ("SCMP_CMP_GE", Operator::GreaterOrEqual),
    ("SCMP_CMP_GT", Operator::Greater),
    ("SCMP_CMP_MASKED_EQ", Operator::MaskedEqual),
];

impl Profile {
    /// Whether some rule, or the default, asks a supervisor.
    pub(crate) fn notifies(&self) -> bool {
        let notifies = |action| action == ActionName::Notify;
        notifies(self.default_action) || self.rules.iter().any(|rule| notifies(rule.action))
    }

    /// The architectures beside the machine's own, as they are written.
    pub(crate) fn architecture_names(&self) -> impl Iterator<Item = &'static str> {
        self.architectures
            .iter()
            .copied()
            .map(crate::architecture::architecture_name)
    }

    /// Whether calls of an ABI pass its rules, on a machine whose main ABI is given.
    pub(crate) fn covers(&self, abi: Abi, native: Abi) -> bool {
        abi == native || self.architectures.contains(&abi.libseccomp())
    }
}

impl Rule {
    /// Where it stands in the text, for messages.
    pub(crate) fn place(&self) -> Place {
        Place::Rule {
            index: self.written_at,
            name: self.names.first().cloned(),
        }
    }
}

impl ActionName {
    /// Whether a call may run, be it that somebody is asked first.
    pub(crate) const fn permits(self) -> bool {
        matches!(self, Self::Allow | Self::Log | Self::Notify | Self::Trace)
    }

    /// Whether a call may be kept from running.
    pub(crate) const fn restricts(self) -> bool {
        !matches!(self, Self::Allow | Self::Log)
    }

    /// The name in JSON.
    pub fn name(self) -> &'static str {
        name_in(&ACTIONS, self)
    }
}

impl Operator {
    /// The name in JSON.
    pub fn name(self) -> &'static str {
        name_in(&OPERATORS, self)
    }
}

/// The name in JSON of what a table lists.
pub(crate) fn name_in<T: PartialEq>(table: &[(&'static str, T)], value: T) -> &'static str {
    let entry = table.iter().find(|(_, known)| *known == value);
    entry.map_or("", |(name, _)| name)
}
