//! The fields of a profile in any format, validated, before anything is known of the host.

use libseccomp::ScmpArch;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::architecture::{ARCHITECTURES, GO_NAMES};
use crate::capability::check_full_name;
use crate::errno::errno_number;
use crate::fields::{check_letter_case, rule_place};
use crate::model::{ACTIONS, ActionName, Condition, OPERATORS, Profile, Rule};
use crate::{Error, KernelVersion, Place};

/// `MAX_ERRNO` of `linux/err.h`.
const MAX_ERRNO: u64 = 4095;
/// A call has six arguments.
const LAST_ARGUMENT: u64 = 5;

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Written {
    /// With no rules yet, and without what `architecture_map` will add.
    profile: Profile,
    pub(crate) architecture_map: Vec<ArchitectureEntry>,
    pub(crate) rules: Vec<ConditionalRule>,
}

/// One entry of `archMap`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ArchitectureEntry {
    pub(crate) main: ScmpArch,
    pub(crate) sub_architectures: Vec<ScmpArch>,
}

/// A rule, and when it is one.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ConditionalRule {
    pub(crate) rule: Rule,
    pub(crate) includes: Filter,
    pub(crate) excludes: Filter,
}

/// `includes` or `excludes`.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Filter {
    pub(crate) capabilities: Vec<String>,
    pub(crate) architectures: Vec<String>,
    pub(crate) kernel: Option<KernelVersion>,
}

/// The object as it is written; Go's encoder writes null for what is absent.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawProfile {
    default_action: String,
    default_errno_ret: Option<u64>,
    default_errno: Option<String>,
    architectures: Option<Vec<String>>,
    arch_map: Option<Vec<RawEntry>>,
    flags: Option<Vec<String>>,
    listener_path: Option<String>,
    listener_metadata: Option<String>,
    syscalls: Option<Vec<Value>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawEntry {
    architecture: String,
    sub_architectures: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawRule {
    name: Option<String>,
    names: Option<Vec<String>>,
    action: String,
    errno_ret: Option<u64>,
    errno: Option<String>,
    args: Option<Vec<RawCondition>>,
    /// Of any type: runtimes do not look at it.
    comment: Option<Value>,
    includes: Option<RawFilter>,
    excludes: Option<RawFilter>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawCondition {
    index: u64,
    value: u64,
    value_two: Option<u64>,
    op: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawFilter {
    caps: Option<Vec<String>>,
    arches: Option<Vec<String>>,
    min_kernel: Option<String>,
}

impl Written {
    pub(crate) fn read(object: &Map<String, Value>) -> Result<Self, Error> {
        check_letter_case(object)?;
        let mut raw = deserialize::<RawProfile>(&Place::Top, object)?;
        let rules = raw.syscalls.take().unwrap_or_default();
        let rules = rules.iter().enumerate().map(|(index, rule)| read_rule(index, rule));
        let written = Self {
            rules: rules.collect::<Result<_, _>>()?,
            architecture_map: read_architecture_map(raw.arch_map.take().unwrap_or_default())?,
            profile: read_top(raw)?,
        };
        if !written.profile.architectures.is_empty() && !written.architecture_map.is_empty() {
            return Err(both(&Place::Top, "architectures", "archMap"));
        }
        written.names_are_there()
    }

    /// The profile of a text without conditions.
    pub(crate) fn unconditional(mut self) -> Profile {
        self.profile.rules = self.rules.into_iter().map(|conditional| conditional.rule).collect();
        self.profile
    }

    /// The profile with the rules that apply, and with what the host finds in the map.
    pub(crate) fn profile(&self, mapped: Vec<ScmpArch>, rules: Vec<Rule>) -> Profile {
        let mut profile = self.profile.clone();
        profile.architectures.extend(mapped);
        Profile { rules, ..profile }
    }

    /// A profile whose only permitting rule names nothing is told what that means for its container.
    fn names_are_there(self) -> Result<Self, Error> {
        let mut rules = self.rules.iter().map(|conditional| &conditional.rule);
        let Some(index) = rules.clone().position(|rule| rule.names.is_empty()) else {
            return Ok(self);
        };
        let named = |rule: &Rule| !rule.names.is_empty() && rule.action.permits();
        if self.profile.default_action.permits() || rules.any(named) {
            return Err(Error::NoNames { index });
        }
        Err(Error::AllowsNothing {
            reason: format!(": rule {index} names no call"),
        })
    }
}

fn read_top(raw: RawProfile) -> Result<Profile, Error> {
    let place = Place::Top;
    let names = raw.architectures.unwrap_or_default();
    Ok(Profile {
        default_action: action(&place, "defaultAction", &raw.default_action)?,
        default_errno: errno(
            &place,
            ("defaultErrno", raw.default_errno),
            ("defaultErrnoRet", raw.default_errno_ret),
        )?,
        architectures: distinct_architectures(&names)?,
        flags: raw.flags.unwrap_or_default(),
        listener_path: raw.listener_path,
        listener_metadata: raw.listener_metadata,
        rules: Vec::new(),
    })
}

fn read_architecture_map(entries: Vec<RawEntry>) -> Result<Vec<ArchitectureEntry>, Error> {
    let mains: Vec<_> = entries.iter().map(|entry| entry.architecture.clone()).collect();
    distinct_architectures(&mains)?;
    entries.into_iter().map(read_entry).collect()
}

fn read_entry(raw: RawEntry) -> Result<ArchitectureEntry, Error> {
    let main = architecture(&raw.architecture)?;
    let mut names = vec![raw.architecture];
    names.extend(raw.sub_architectures.unwrap_or_default());
    let mut sub_architectures = distinct_architectures(&names)?;
    sub_architectures.retain(|&architecture| architecture != main);
    Ok(ArchitectureEntry {
        main,
        sub_architectures,
    })
}

fn read_rule(index: usize, value: &Value) -> Result<ConditionalRule, Error> {
    let place = rule_place(index, value);
    let raw = deserialize::<RawRule>(&place, value)?;
    let args = raw.args.unwrap_or_default();
    Ok(ConditionalRule {
        includes: read_filter(&place, raw.includes)?,
        excludes: read_filter(&place, raw.excludes)?,
        rule: Rule {
            written_at: index,
            comment: comment(raw.comment),
            names: names(&place, raw.name, raw.names)?,
            action: action(&place, "action", &raw.action)?,
            errno: errno(&place, ("errno", raw.errno), ("errnoRet", raw.errno_ret))?,
            conditions: args
                .iter()
                .map(|raw| read_condition(&place, raw))
                .collect::<Result<_, _>>()?,
        },
    })
}

fn read_condition(place: &Place, raw: &RawCondition) -> Result<Condition, Error> {
    Ok(Condition {
        index: at_most(place, "args index", raw.index, LAST_ARGUMENT)?,
        value: raw.value,
        value_two: raw.value_two.unwrap_or(0),
        operator: one_of(place, "op", &raw.op, &OPERATORS)?,
    })
}

fn read_filter(place: &Place, raw: Option<RawFilter>) -> Result<Filter, Error> {
    let Some(raw) = raw else {
        return Ok(Filter::default());
    };
    let capabilities = raw.caps.unwrap_or_default();
    capabilities.iter().try_for_each(|name| check_full_name(place, name))?;
    let architectures = raw.arches.unwrap_or_default();
    architectures.iter().try_for_each(|name| check_go_name(place, name))?;
    let kernel = raw.min_kernel.filter(|text| !text.is_empty());
    Ok(Filter {
        capabilities,
        architectures,
        kernel: kernel.map(|text| kernel_version(place, &text)).transpose()?,
    })
}

fn names(place: &Place, name: Option<String>, names: Option<Vec<String>>) -> Result<Vec<String>, Error> {
    let mut names = names.unwrap_or_default();
    if let Some(name) = name.filter(|name| !name.is_empty()) {
        if !names.is_empty() {
            return Err(both(place, "name", "names"));
        }
        names.push(name);
    }
    if names.iter().any(String::is_empty) {
        return Err(Error::EmptyName { place: place.clone() });
    }
    Ok(names)
}

fn comment(value: Option<Value>) -> Option<String> {
    let text = value.as_ref().and_then(Value::as_str);
    text.filter(|text| !text.is_empty()).map(str::to_owned)
}

fn action(place: &Place, field: &'static str, name: &str) -> Result<ActionName, Error> {
    one_of(place, field, name, &ACTIONS)
}

/// The errno by name, which wins, or by number.
fn errno(
    place: &Place,
    (name_field, name): (&'static str, Option<String>),
    (number_field, number): (&'static str, Option<u64>),
) -> Result<Option<u16>, Error> {
    match name.filter(|name| !name.is_empty()) {
        Some(name) => named_errno(place, name_field, &name).map(Some),
        None => number
            .map(|number| at_most(place, number_field, number, MAX_ERRNO))
            .transpose(),
    }
}

/// A name, or a number in quotes.
fn named_errno(place: &Place, field: &'static str, name: &str) -> Result<u16, Error> {
    if let Ok(number) = name.parse() {
        return at_most(place, field, number, MAX_ERRNO);
    }
    let accepted = || "the names of errno(3), such as ENOSYS, and no number".to_owned();
    errno_number(name).ok_or_else(|| unknown(place, field, name, accepted()))
}

fn distinct_architectures(names: &[String]) -> Result<Vec<ScmpArch>, Error> {
    let twice = |(at, name): (usize, &String)| {
        names
            .iter()
            .skip(at + 1)
            .any(|other| other == name)
            .then(|| name.clone())
    };
    if let Some(value) = names.iter().enumerate().find_map(twice) {
        return Err(Error::Duplicate {
            place: Place::Top,
            field: "architecture",
            value,
        });
    }
    names.iter().map(|name| architecture(name)).collect()
}

fn architecture(name: &str) -> Result<ScmpArch, Error> {
    one_of(&Place::Top, "architecture", name, &ARCHITECTURES)
}

fn check_go_name(place: &Place, name: &str) -> Result<(), Error> {
    let known = GO_NAMES.contains(&name);
    known
        .then_some(())
        .ok_or_else(|| unknown(place, "arches", name, GO_NAMES.join(", ")))
}

fn kernel_version(place: &Place, text: &str) -> Result<KernelVersion, Error> {
    let accepted = || "the versions of two numbers, such as 4.8".to_owned();
    KernelVersion::written(text).ok_or_else(|| unknown(place, "minKernel", text, accepted()))
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
    let accepted = || table.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
    found.ok_or_else(|| unknown(place, field, value, accepted()))
}

fn unknown(place: &Place, field: &'static str, value: &str, accepted: String) -> Error {
    Error::Unknown {
        place: place.clone(),
        field,
        value: value.to_owned(),
        accepted,
    }
}

fn both(place: &Place, first: &'static str, second: &'static str) -> Error {
    Error::Both {
        place: place.clone(),
        first,
        second,
    }
}

fn deserialize<'a, T: Deserialize<'a>>(
    place: &Place,
    from: impl serde::Deserializer<'a, Error = serde_json::Error>,
) -> Result<T, Error> {
    T::deserialize(from).map_err(|source| Error::Field {
        place: place.clone(),
        source,
    })
}
