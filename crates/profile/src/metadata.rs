//! `listenerMetadata`, version 1, as a rewritten profile carries it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use notifyd_bpf::Program;
use serde_json::{Map, Value, json};

use crate::{Error, RecordingName};

const VERSION: u64 = 1;
/// Says under which name all calls are recorded. Only a profile that notifies every call may have it.
const RECORD: &str = "record";

/// What a profile brings along for the supervisor: settings of its author, kept as they are.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Metadata(Map<String, Value>);

impl Metadata {
    /// Reads what is there already; nothing is version 1 without settings.
    pub fn read(text: Option<&str>) -> Result<Self, Error> {
        let Some(text) = text.filter(|text| !text.is_empty()) else {
            return Ok(Self::default());
        };
        let foreign = || Error::ForeignMetadata { text: text.to_owned() };
        let Ok(Value::Object(members)) = serde_json::from_str(text) else {
            return Err(foreign());
        };
        if members.get("v") == Some(&json!(VERSION)) {
            Ok(Self(members))
        } else {
            Err(foreign())
        }
    }

    /// The original program, if there is one that the kernel would take.
    pub fn program(&self) -> Option<Program> {
        let text = self.0.get("program")?.as_str()?;
        Program::from_bytes(&STANDARD.decode(text).ok()?).ok()
    }

    /// The text with an original program, and the name that its calls are recorded under.
    pub fn with(mut self, program: &Program, record: Option<&RecordingName>) -> String {
        let mut members = Map::from_iter([("v".to_owned(), json!(VERSION))]);
        self.0.remove("v");
        self.0.remove(RECORD);
        members.append(&mut self.0);
        members.extend(record.map(|name| (RECORD.to_owned(), name.as_str().into())));
        members.insert("program".to_owned(), STANDARD.encode(program.to_bytes()).into());
        Value::Object(members).to_string()
    }
}
