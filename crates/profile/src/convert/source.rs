//! A text in any of the formats, read.

use serde_json::{Map, Value};

use super::dialect::{Dialect, GROUP, Version};
use crate::{Document, Error, Format, MAX_TEXT_BYTES};

/// The operator's own fields of `spec`.
pub(super) const OPERATORS: [&str; 3] = ["baseProfileName", "state", "disabled"];

pub(super) struct Source {
    pub dialect: Dialect,
    pub document: Document,
    /// The operator's object, if it is one.
    pub object: Option<Map<String, Value>>,
}

impl Source {
    pub fn read(text: &str, expected: Option<Dialect>) -> Result<Self, Error> {
        if text.len() > MAX_TEXT_BYTES {
            return Err(Error::TooLarge { bytes: text.len() });
        }
        let json: Value = serde_json::from_str(text).map_err(|source| Error::Syntax { source })?;
        let source = match json {
            Value::Object(object) if object.contains_key("apiVersion") => Self::of_operator(object)?,
            _ => Self::of_engine(text)?,
        };
        source.expect(expected)
    }

    fn of_engine(text: &str) -> Result<Self, Error> {
        let document = Document::parse(text)?;
        Ok(Self {
            dialect: Dialect::of(document.format()),
            document,
            object: None,
        })
    }

    fn of_operator(mut object: Map<String, Value>) -> Result<Self, Error> {
        let version = version(&object)?;
        let spec = object.get_mut("spec").and_then(Value::as_object_mut);
        let Some(spec) = spec else {
            return Err(incomplete("the object has no spec"));
        };
        errnos_as_numbers(spec);
        let mut profile = spec.clone();
        profile.retain(|field, _| !OPERATORS.contains(&field.as_str()));
        let document = Document::parse(&Value::from(profile).to_string())?;
        Ok(Self {
            dialect: version.dialect(),
            document,
            object: Some(object),
        })
    }

    /// Formats that the text alone does not tell apart are taken for what was said.
    fn expect(mut self, expected: Option<Dialect>) -> Result<Self, Error> {
        let Some(expected) = expected else {
            return Ok(self);
        };
        let format = self.document.format();
        let fits = match expected {
            Dialect::SpoV1beta1 | Dialect::SpoV1 => self.dialect == expected,
            _ if self.object.is_some() => false,
            Dialect::Oci => format == Format::Oci,
            Dialect::Docker => format != Format::ContainersCommon,
            Dialect::ContainersCommon | Dialect::CrioArtifact => !self.asks_for_kernel(),
        };
        if !fits {
            return Err(Error::OtherFormat {
                expected: expected.label(),
                found: self.dialect.label().to_owned(),
            });
        }
        self.dialect = expected;
        Ok(self)
    }

    fn asks_for_kernel(&self) -> bool {
        let mut rules = self.document.written.rules.iter();
        rules.any(|rule| rule.includes.kernel.is_some() || rule.excludes.kernel.is_some())
    }

    /// Its rules are in another object, which is not at hand.
    pub fn refuse_base(&self) -> Result<(), Error> {
        let spec = self.object.as_ref().and_then(|object| object.get("spec"));
        let base = spec
            .and_then(|spec| spec.get("baseProfileName"))
            .and_then(Value::as_str);
        base.filter(|base| !base.is_empty()).map_or(Ok(()), |base| {
            Err(incomplete(&format!(
                "it builds on baseProfileName {base:?}, whose calls are not in the text; hint: remove the field, convert both profiles and merge them"
            )))
        })
    }

    /// What only its own format has.
    pub fn losses(&self) -> Vec<String> {
        let mut losses = Vec::new();
        if self.document.seccomp_json().1 {
            losses.push("of the configuration only linux.seccomp is taken".to_owned());
        }
        let Some(object) = &self.object else {
            return losses;
        };
        let others = object
            .keys()
            .filter(|field| !["apiVersion", "kind", "spec"].contains(&field.as_str()));
        losses.extend(others.map(|field| format!("{field} of the operator's object")));
        let spec = object.get("spec").and_then(Value::as_object);
        for field in OPERATORS {
            if spec.is_some_and(|spec| spec.contains_key(field)) {
                losses.push(format!("{field} of the operator's object"));
            }
        }
        losses
    }
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

pub(super) fn incomplete(what: &str) -> Error {
    Error::Incomplete { what: what.to_owned() }
}
