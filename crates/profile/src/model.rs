//! OCI `linux.seccomp`, read and validated.

use std::str::FromStr;

use libseccomp::ScmpArch;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{Error, Place};

/// Longest text that is read: what a hand-over may carry.
pub const MAX_TEXT_BYTES: usize = 4 << 20;
/// `MAX_ERRNO` of `linux/err.h`.
const MAX_ERRNO: u64 = 4095;
/// A call has six arguments.
const LAST_ARGUMENT: u64 = 5;

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
const ACTIONS: [(&str, ActionName); 9] = [
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
const OPERATORS: [(&str, Operator); 7] = [
    ("SCMP_CMP_NE", Operator::NotEqual),
    ("SCMP_CMP_LT", Operator::Less),
    ("SCMP_CMP_LE", Operator::LessOrEqual),
    ("SCMP_CMP_EQ", Operator::Equal),
    ("SCMP_CMP_GE", Operator::GreaterOrEqual),
    ("SCMP_CMP_GT", Operator::Greater),
    ("SCMP_CMP_MASKED_EQ", Operator::MaskedEqual),
];

/// Fields that only the engines' formats have.
const ENGINE_FIELDS: [&str; 2] = ["archMap", "defaultErrno"];
const ENGINE_RULE_FIELDS: [&str; 4] = ["includes", "excludes", "name", "errno"];

/// The object as it is written; Go's encoder writes null for what is absent.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    default_action: String,
    default_errno_ret: Option<u64>,
    architectures: Option<Vec<String>>,
    flags: Option<Vec<String>>,
    listener_path: Option<String>,
    listener_metadata: Option<String>,
    syscalls: Option<Vec<Value>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WrittenRule {
    names: Option<Vec<String>>,
    action: String,
    errno_ret: Option<u64>,
    args: Option<Vec<WrittenCondition>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WrittenCondition {
    index: u64,
    value: u64,
    value_two: Option<u64>,
    op: String,
}

impl Profile {
    /// Reads a seccomp object, or a whole `config.json` that has one.
    ///
    /// Fields that are not known are passed over. The formats of Docker and Podman are refused.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if text.len() > MAX_TEXT_BYTES {
            return Err(Error::TooLarge { bytes: text.len() });
        }
        let value: Value = serde_json::from_str(text).map_err(|source| Error::Syntax { source })?;
        let seccomp = seccomp_object(value)?;
        refuse_engine_fields(&seccomp, &ENGINE_FIELDS, &Place::Top)?;
        let written = serde_json::from_value(Value::Object(seccomp));
        written
            .map_err(|source| Error::Field {
                place: Place::Top,
                source,
            })
            .and_then(Self::validate)
    }

    fn validate(written: Written) -> Result<Self, Error> {
        let rules = written.syscalls.unwrap_or_default();
        let rules: Vec<Rule> = rules
            .into_iter()
            .enumerate()
            .map(|(at, rule)| read_rule(at, rule))
            .collect::<Result<_, _>>()?;
        let profile = Self {
            default_action: one_of(&Place::Top, "defaultAction", &written.default_action, &ACTIONS)?,
            default_errno: errno(&Place::Top, "defaultErrnoRet", written.default_errno_ret)?,
            architectures: written
                .architectures
                .unwrap_or_default()
                .iter()
                .map(|name| architecture(name))
                .collect::<Result<_, _>>()?,
            flags: written.flags.unwrap_or_default(),
            listener_path: written.listener_path,
            listener_metadata: written.listener_metadata,
            rules,
        };
        profile.names_are_there()
    }

    /// A profile whose only permitting rule names nothing is told what that means for its container.
    fn names_are_there(self) -> Result<Self, Error> {
        let Some(index) = self.rules.iter().position(|rule| rule.names.is_empty()) else {
            return Ok(self);
        };
        let named = |rule: &Rule| !rule.names.is_empty() && rule.action.permits();
        if self.default_action.permits() || self.rules.iter().any(named) {
            return Err(Error::NoNames { index });
        }
        Err(Error::AllowsNothing {
            reason: format!(": rule {index} names no call"),
        })
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
        ACTIONS
            .iter()
            .find(|(_, action)| *action == self)
            .map_or("", |(name, _)| name)
    }
}

fn seccomp_object(value: Value) -> Result<Map<String, Value>, Error> {
    let Value::Object(mut object) = value else {
        return Err(Error::NoProfile);
    };
    if object.contains_key("defaultAction") {
        return Ok(object);
    }
    match object
        .get_mut("linux")
        .and_then(|linux| linux.get_mut("seccomp"))
        .map(Value::take)
    {
        Some(Value::Object(seccomp)) => Ok(seccomp),
        _ => Err(Error::NoProfile),
    }
}

fn refuse_engine_fields(object: &Map<String, Value>, fields: &[&'static str], place: &Place) -> Result<(), Error> {
    match fields
        .iter()
        .find(|&&field| object.get(field).is_some_and(|value| !value.is_null()))
    {
        Some(field) => Err(Error::EngineFormat {
            place: place.clone(),
            field,
        }),
        None => Ok(()),
    }
}

fn read_rule(index: usize, value: Value) -> Result<Rule, Error> {
    let name = value.pointer("/names/0").and_then(Value::as_str).map(str::to_owned);
    let place = Place::Rule { index, name };
    if let Value::Object(object) = &value {
        refuse_engine_fields(object, &ENGINE_RULE_FIELDS, &place)?;
    }
    let written = serde_json::from_value(value).map_err(|source| Error::Field {
        place: place.clone(),
        source,
    })?;
    validate_rule(&place, written)
}

fn validate_rule(place: &Place, written: WrittenRule) -> Result<Rule, Error> {
    let names = written.names.unwrap_or_default();
    if names.iter().any(String::is_empty) {
        return Err(Error::EmptyName { place: place.clone() });
    }
    let args = written.args.unwrap_or_default();
    Ok(Rule {
        names,
        action: one_of(place, "action", &written.action, &ACTIONS)?,
        errno: errno(place, "errnoRet", written.errno_ret)?,
        conditions: args
            .iter()
            .map(|condition| validate_condition(place, condition))
            .collect::<Result<_, _>>()?,
    })
}

fn validate_condition(place: &Place, written: &WrittenCondition) -> Result<Condition, Error> {
    Ok(Condition {
        index: at_most(place, "args index", written.index, LAST_ARGUMENT)?,
        value: written.value,
        value_two: written.value_two.unwrap_or(0),
        operator: one_of(place, "op", &written.op, &OPERATORS)?,
    })
}

fn errno(place: &Place, field: &'static str, value: Option<u64>) -> Result<Option<u16>, Error> {
    value.map(|value| at_most(place, field, value, MAX_ERRNO)).transpose()
}

fn at_most<T: TryFrom<u64>>(place: &Place, field: &'static str, value: u64, most: u64) -> Result<T, Error> {
    let narrowed = T::try_from(value).ok().filter(|_| value <= most);
    narrowed.ok_or_else(|| Error::Range {
        place: place.clone(),
        field,
        value,
        most,
    })
}

fn one_of<T: Copy>(place: &Place, field: &'static str, value: &str, table: &[(&str, T)]) -> Result<T, Error> {
    let found = table.iter().find(|(name, _)| *name == value).map(|&(_, known)| known);
    found.ok_or_else(|| Error::Unknown {
        place: place.clone(),
        field,
        value: value.to_owned(),
        accepted: table.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", "),
    })
}

fn architecture(name: &str) -> Result<ScmpArch, Error> {
    ScmpArch::from_str(name).map_err(|_| Error::Unknown {
        place: Place::Top,
        field: "architecture",
        value: name.to_owned(),
        accepted: "SCMP_ARCH_X86_64, SCMP_ARCH_X86, SCMP_ARCH_X32, SCMP_ARCH_AARCH64, SCMP_ARCH_ARM and the other \
                   SCMP_ARCH_ names of libseccomp"
            .to_owned(),
    })
}
