//! Objects of the Security Profiles Operator: `SeccompProfile`, whose `spec` is a profile with a few fields of its own.

use std::fmt;

use serde_json::{Map, Value};

use crate::Error;

/// The operator's own fields of `spec`.
pub(crate) const OPERATORS: [&str; 3] = ["baseProfileName", "state", "disabled"];

/// The group of the operator's objects.
pub(crate) const GROUP: &str = "security-profiles-operator.x-k8s.io/";

/// `apiVersion` of the operator's objects, behind the group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    /// Up to 0.10.
    V1beta1,
    /// From 1.0.
    V1,
}

impl Version {
    const ALL: [Self; 2] = [Self::V1beta1, Self::V1];
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V1beta1 => "v1beta1",
            Self::V1 => "v1",
        })
    }
}

/// Whether a text is an object of Kubernetes, and no profile or configuration.
pub(crate) fn is_object(json: &Value) -> bool {
    json.get("apiVersion").is_some() && json.get("defaultAction").is_none()
}

/// The version of an object, whose `spec` becomes what [`Document`](crate::Document) reads.
pub(crate) fn read(object: &mut Map<String, Value>) -> Result<Version, Error> {
    let version = version(object)?;
    let spec = object.get_mut("spec").and_then(Value::as_object_mut);
    errnos_as_numbers(spec.ok_or_else(|| incomplete("the object has no spec"))?);
    Ok(version)
}

/// The rules of the base are in another object, which is not at hand.
pub(crate) fn refuse_base(object: &Map<String, Value>) -> Result<(), Error> {
    let base = object.get("spec").and_then(|spec| spec.get("baseProfileName"));
    let base = base.and_then(Value::as_str).filter(|base| !base.is_empty());
    base.map_or(Ok(()), |base| {
        Err(incomplete(&format!(
            "it builds on baseProfileName {base:?}, whose calls are not in the text; hint: remove the field, convert both profiles and merge them"
        )))
    })
}

fn version(object: &Map<String, Value>) -> Result<Version, Error> {
    let text = |field| object.get(field).and_then(Value::as_str).unwrap_or_default();
    let (api, kind) = (text("apiVersion"), text("kind"));
    let known = Version::ALL
        .into_iter()
        .find(|version| api == format!("{GROUP}{version}"));
    match known {
        Some(version) if kind == "SeccompProfile" => Ok(version),
        _ => Err(incomplete(&format!(
            "it is a {kind:?} of {api:?}; accepted is a SeccompProfile of {GROUP}v1beta1 or {GROUP}v1"
        ))),
    }
}

/// The operator's version 0.8 has them as text, and takes none for zero.
fn errnos_as_numbers(spec: &mut Map<String, Value>) {
    let rules = spec.get_mut("syscalls").and_then(Value::as_array_mut);
    for rule in rules.into_iter().flatten().filter_map(Value::as_object_mut) {
        let number = match rule.get("errnoRet") {
            Some(Value::String(text)) => text.parse::<u64>().ok(),
            Some(value) => value.as_u64(),
            None => continue,
        };
        match number {
            Some(0) => drop(rule.shift_remove("errnoRet")),
            Some(number) => drop(rule.insert("errnoRet".to_owned(), number.into())),
            None => {}
        }
    }
}

fn incomplete(what: &str) -> Error {
    Error::Incomplete { what: what.to_owned() }
}
