//! A profile's text as somebody wrote it.

use serde_json::{Map, Value};

use crate::fields::{EngineField, UnknownField};
use crate::operator::OPERATORS;
use crate::written::Written;
use crate::{ActionName, Error, Place, Profile, fields, operator};

/// Longest text that is read: what a hand-over may carry.
pub const MAX_TEXT_BYTES: usize = 4 << 20;

/// Which format a text is written in, found from its own fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// The runtimes': `linux.seccomp` of the OCI runtime specification. Nothing in it depends on the host.
    Oci,
    /// Docker's and containerd's, by a `minKernel`.
    ///
    /// Also any other profile with conditions on capabilities and architectures, an `archMap` or a single `name`: there
    /// both engines read the same, but for a container without capabilities and for what they look up in `archMap`.
    Docker,
    /// Podman's, CRI-O's and Buildah's, by an errno that is given by name (`errno`, `defaultErrno`).
    ContainersCommon,
}

/// A profile as it is written: parsed and validated, its conditions open, every field there in its order.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    json: Value,
    format: Format,
    pub(crate) written: Written,
}

impl Document {
    /// Reads a seccomp object in any format, a whole `config.json` that has one, or an object of the Security Profiles
    /// Operator.
    ///
    /// Fields that are not known are kept and mean nothing. A field that two engines understand differently is refused:
    /// where the text has what only Podman reads beside what only Docker reads, and where a known field is written in
    /// other letter case.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let json = read(text)?;
        let profile = seccomp_object(&json)?;
        let format = fields::format(profile)?;
        let written = Written::read(profile)?;
        Ok(Self { json, format, written })
    }

    /// The format.
    pub const fn format(&self) -> Format {
        self.format
    }

    /// Fields that plain OCI profiles do not have.
    pub(crate) fn engine_fields(&self) -> Vec<EngineField> {
        seccomp_object(&self.json).map_or_else(|_| Vec::new(), fields::engine_fields)
    }

    /// Fields that nobody reads.
    pub(crate) fn unknown_fields(&self) -> Vec<UnknownField> {
        let mut fields = seccomp_object(&self.json).map_or_else(|_| Vec::new(), fields::unknown_fields);
        if operator::is_object(&self.json) {
            fields.retain(|field| field.place != Place::Top || !OPERATORS.contains(&field.name.as_str()));
        }
        fields
    }

    /// What was written, with a profile made from it in its place: the runtimes' format, inside the same `config.json` if
    /// it was one. Fields that are not known stay.
    pub fn with_profile(&self, profile: &Profile) -> Value {
        let mut json = self.json.clone();
        let object = match seccomp_pointer(&json) {
            Some(pointer) => json.pointer_mut(pointer),
            None => Some(&mut json),
        };
        if let (Some(Value::Object(object)), Value::Object(mut new)) = (object, profile.to_json()) {
            new.extend(
                std::mem::take(object)
                    .into_iter()
                    .filter(|(name, _)| !fields::is_known(name)),
            );
            *object = new;
        }
        json
    }

    /// The entries of `syscalls` as they are written.
    pub(crate) fn rules_json(&self) -> &[Value] {
        let rules = seccomp_object(&self.json)
            .ok()
            .and_then(|object| object.get("syscalls"));
        rules.and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// Whether a rule has its calls in `names`.
    pub(crate) fn has_names(&self, rule: usize) -> bool {
        let names = self.rules_json().get(rule).and_then(|rule| rule.get("names"));
        names.and_then(Value::as_array).is_some_and(|names| !names.is_empty())
    }

    /// What was written, with other entries of `syscalls`.
    pub(crate) fn with_rules(&self, rules: Vec<Value>) -> Value {
        self.edited(self.json.clone(), |object| {
            object.insert("syscalls".to_owned(), rules.into());
        })
    }

    /// Such a text with a default action that has no errno.
    pub(crate) fn with_default_of(&self, json: Value, action: ActionName) -> Value {
        self.edited(json, |object| {
            object.retain(|field, _| field != "defaultErrno" && field != "defaultErrnoRet");
            object.insert("defaultAction".to_owned(), action.name().into());
        })
    }

    /// The seccomp object alone, and whether there is more around it.
    pub(crate) fn seccomp_json(&self) -> (Map<String, Value>, bool) {
        let object = seccomp_object(&self.json).cloned().unwrap_or_default();
        (object, seccomp_pointer(&self.json).is_some())
    }

    fn edited(&self, mut json: Value, edit: impl FnOnce(&mut Map<String, Value>)) -> Value {
        let object = match seccomp_pointer(&self.json) {
            Some(pointer) => json.pointer_mut(pointer),
            None => Some(&mut json),
        };
        if let Some(object) = object.and_then(Value::as_object_mut) {
            edit(object);
        }
        json
    }

    /// All that was written; numbers up to 64 bits are exact.
    pub const fn json(&self) -> &Value {
        &self.json
    }
}

impl Profile {
    /// Reads a profile that depends on nothing: a seccomp object, or a whole `config.json` that has one.
    ///
    /// Fields that are not known are passed over. The formats of Docker and Podman, which [`Document`] reads, are refused.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let json = read(text)?;
        let profile = seccomp_object(&json)?;
        if let Some(field) = fields::engine_fields(profile).into_iter().next() {
            return Err(Error::EngineFormat {
                place: field.place,
                field: field.name,
            });
        }
        Written::read(profile).map(|written| written.unconditional())
    }
}

fn read(text: &str) -> Result<Value, Error> {
    if text.len() > MAX_TEXT_BYTES {
        return Err(Error::TooLarge { bytes: text.len() });
    }
    let mut json = serde_json::from_str(text).map_err(|source| Error::Syntax { source })?;
    if operator::is_object(&json)
        && let Value::Object(object) = &mut json
    {
        operator::read(object)?;
        operator::refuse_base(object)?;
    }
    Ok(json)
}

fn seccomp_object(json: &Value) -> Result<&Map<String, Value>, Error> {
    let object = json.as_object().ok_or(Error::NoProfile)?;
    let Some(pointer) = seccomp_pointer(json) else {
        return has_a_profile(object).then_some(object).ok_or(Error::SeccompOff);
    };
    let seccomp = json.pointer(pointer).and_then(Value::as_object);
    seccomp.filter(|seccomp| has_a_profile(seccomp)).ok_or(Error::NoProfile)
}

/// Where a runtime's configuration or an operator's object has the profile; `None` for a text that is the profile.
fn seccomp_pointer(json: &Value) -> Option<&'static str> {
    if operator::is_object(json) {
        return Some("/spec");
    }
    let has = |field| json.get(field).is_some();
    let is_configuration = !has("defaultAction") && (has("linux") || has("ociVersion"));
    is_configuration.then_some("/linux/seccomp")
}

fn has_a_profile(object: &Map<String, Value>) -> bool {
    let rules = object.get("syscalls").and_then(Value::as_array);
    object.keys().any(|field| field.eq_ignore_ascii_case("defaultAction"))
        || rules.is_some_and(|rules| !rules.is_empty())
}
