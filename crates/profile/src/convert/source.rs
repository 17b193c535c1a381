//! A text in any of the formats, read.

use serde_json::{Map, Value};

use super::dialect::Dialect;
use crate::operator::{self, OPERATORS};
use crate::{Document, Error, Format, MAX_TEXT_BYTES};

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
            json if !operator::is_object(&json) => Self::of_engine(text)?,
            Value::Object(object) => Self::of_operator(object)?,
            _ => return Err(Error::NoProfile),
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
        let version = operator::read(&mut object)?;
        let spec = object.get("spec").and_then(Value::as_object);
        let mut profile = spec.cloned().unwrap_or_default();
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
        self.object.as_ref().map_or(Ok(()), operator::refuse_base)
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
