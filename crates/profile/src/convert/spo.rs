//! `SeccompProfile` objects of the Security Profiles Operator, as their custom resource definitions take them
//! (`api/seccompprofile` of kubernetes-sigs/security-profiles-operator).

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::flatten::DEFAULT_ERRNO;
use crate::model::{ActionName, Profile};
use crate::operator::{GROUP, OPERATORS, Version};
use crate::{Document, Error};

const TOP: [&str; 6] = [
    "defaultAction",
    "architectures",
    "listenerPath",
    "listenerMetadata",
    "syscalls",
    "flags",
];
const RULE: [&str; 4] = ["names", "action", "errnoRet", "args"];
const CONDITION: [&str; 4] = ["index", "value", "valueTwo", "op"];
const FLAGS: [&str; 4] = [
    "SECCOMP_FILTER_FLAG_TSYNC",
    "SECCOMP_FILTER_FLAG_LOG",
    "SECCOMP_FILTER_FLAG_SPEC_ALLOW",
    "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV",
];
/// Known to libseccomp, and not to the operator.
const FOREIGN: [&str; 4] = [
    "SCMP_ARCH_LOONGARCH64",
    "SCMP_ARCH_M68K",
    "SCMP_ARCH_SHEB",
    "SCMP_ARCH_SH",
];
/// Where version 1 wants every listener to be.
const LISTENERS: &str = "/var/run/security-profiles-operator/";
/// The API server keeps integers of 64 bits with a sign.
const LARGEST: u64 = i64::MAX.cast_unsigned();
const MOST_CONDITIONS: usize = 6;

/// An object of the other version, metadata and all.
pub(super) fn renewed(object: &Map<String, Value>, document: &Document, version: Version) -> Result<Value, Error> {
    check(&profile_of(document), version)?;
    let mut object = object.clone();
    object.shift_remove("status");
    object.insert("apiVersion".to_owned(), format!("{GROUP}{version}").into());
    Ok(object.into())
}

/// An object of a profile that depends on nothing.
pub(super) fn object(
    plain: &Map<String, Value>,
    version: Version,
    name: &str,
    losses: &mut Vec<String>,
) -> Result<Value, Error> {
    let document = Document::parse(&Value::from(plain.clone()).to_string())?;
    let profile = profile_of(&document);
    check(&profile, version)?;
    let mut dropped = BTreeSet::new();
    let mut spec = only(plain, &TOP, &mut dropped);
    // What it says is what the operator's objects mean without it; see `check`.
    dropped.remove("defaultErrnoRet");
    let rules = spec.get_mut("syscalls").and_then(Value::as_array_mut);
    for rule in rules.into_iter().flatten() {
        *rule = rule_of(rule, &mut dropped);
    }
    let dropped: Vec<_> = dropped.into_iter().collect();
    if !dropped.is_empty() {
        losses.push(format!("the operator's objects have no {}", dropped.join(", ")));
    }
    Ok(json!({
        "apiVersion": format!("{GROUP}{version}"),
        "kind": "SeccompProfile",
        "metadata": {"name": name},
        "spec": spec,
    }))
}

fn rule_of(rule: &Value, dropped: &mut BTreeSet<String>) -> Value {
    let Some(rule) = rule.as_object() else {
        return rule.clone();
    };
    let mut rule = only(rule, &RULE, dropped);
    if let Some(Value::Array(names)) = rule.get_mut("names") {
        // They are a set there.
        let mut seen = BTreeSet::new();
        names.retain(|name| seen.insert(name.to_string()));
    }
    let args = rule.get_mut("args").and_then(Value::as_array_mut);
    for condition in args.into_iter().flatten() {
        if let Some(object) = condition.as_object() {
            *condition = only(object, &CONDITION, dropped).into();
        }
    }
    rule.into()
}

/// The fields that are known, without those that Go's encoder wrote null for.
fn only(object: &Map<String, Value>, known: &[&str], dropped: &mut BTreeSet<String>) -> Map<String, Value> {
    let present = object.iter().filter(|(_, value)| !value.is_null());
    let (kept, other): (Vec<_>, Vec<_>) = present.partition(|(field, _)| known.contains(&field.as_str()));
    let lost = other.into_iter().map(|(field, _)| field.clone());
    dropped.extend(lost.filter(|field| !OPERATORS.contains(&field.as_str())));
    kept.into_iter()
        .map(|(field, value)| (field.clone(), value.clone()))
        .collect()
}

fn profile_of(document: &Document) -> Profile {
    document.written.clone().unconditional()
}

fn check(profile: &Profile, version: Version) -> Result<(), Error> {
    let refused = |what: String| {
        Err(Error::CannotHold {
            format: version.dialect().label(),
            what,
        })
    };
    if let Some(errno) = profile.default_errno.filter(|errno| *errno != DEFAULT_ERRNO) {
        return refused(format!(
            "defaultErrnoRet {errno}: calls without a rule would fail with EPERM"
        ));
    }
    if version == Version::V1 && profile.default_action == ActionName::Notify {
        return refused("SCMP_ACT_NOTIFY as default action".to_owned());
    }
    if let Some(path) = profile
        .listener_path
        .as_deref()
        .filter(|path| !is_accepted(path, version))
    {
        return refused(format!("listenerPath {path:?}; accepted is a file in {LISTENERS}"));
    }
    let names: Vec<_> = profile.architecture_names().collect();
    if let Some(name) = names.iter().find(|name| FOREIGN.contains(name)) {
        return refused(format!("the architecture {name}"));
    }
    if let Some(flag) = profile.flags.iter().find(|flag| !FLAGS.contains(&flag.as_str())) {
        return refused(format!("the flag {flag:?}; accepted are {}", FLAGS.join(", ")));
    }
    for rule in &profile.rules {
        let place = rule.place();
        if rule.errno == Some(0) {
            return refused(format!("errnoRet 0 of {place}, which the operator takes for none"));
        }
        if rule.conditions.len() > MOST_CONDITIONS {
            return refused(format!("more than {MOST_CONDITIONS} conditions, as {place} has"));
        }
        let values = rule
            .conditions
            .iter()
            .flat_map(|condition| [condition.value, condition.value_two]);
        if let Some(value) = values.into_iter().find(|value| *value > LARGEST) {
            return refused(format!("the value {value} of {place}; the largest is {LARGEST}"));
        }
    }
    Ok(())
}

/// `^/var/run/security-profiles-operator/[a-zA-Z0-9_\-\.]+$` in version 1.
fn is_accepted(path: &str, version: Version) -> bool {
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || "_-.".contains(letter);
    let file = path.strip_prefix(LISTENERS).filter(|_| path.len() < 108);
    version == Version::V1beta1
        || path.is_empty()
        || file.is_some_and(|file| !file.is_empty() && file.chars().all(allowed))
}
