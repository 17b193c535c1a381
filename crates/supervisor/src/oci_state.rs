//! The runtime's message: one ContainerProcessState object of the OCI runtime specification (config-linux.md, seccomp).
//!
//! It comes without framing, possibly in pieces, and every string in it is hostile.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Most bytes of one message.
pub const MAX_BYTES: usize = 4 << 20;
/// Longest id; runtimes use 64 characters, Linux has no longer file name than 255 bytes.
const MAX_ID: usize = 1024;
/// Longest annotation kept; longer ones are left out.
const MAX_ANNOTATION: usize = 64 << 10;
/// The shim's, for crun: thousands of bytes that concern nobody here.
const CRUN_PROGRAM: &str = "run.oci.seccomp_bpf_data";

/// The name that the specification gives to the listener among the descriptors.
const LISTENER_NAME: &str = "seccompFd";

/// What the message says, as far as we use it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ContainerState {
    /// Version of the specification.
    pub oci_version: String,
    /// Names of the descriptors, in their order.
    pub fds: Vec<String>,
    /// The container's id; no control characters.
    pub id: String,
    /// `creating` for a new container, `running` for an exec.
    pub status: String,
    /// The process that the filter is for; 0 if the runtime does not say (crun exec).
    pub pid: i32,
    /// The container's init; 0 if the runtime does not say.
    pub init_pid: i32,
    /// Path of the bundle.
    pub bundle: String,
    /// The container's annotations.
    pub annotations: BTreeMap<String, String>,
    /// The profile's `listenerMetadata`.
    pub metadata: Option<String>,
    /// What was left out.
    pub warnings: Vec<String>,
}

/// Finds the end of the first JSON object in bytes that come in pieces, each byte looked at once.
#[derive(Debug, Default)]
pub struct Framing {
    depth: u32,
    in_string: bool,
    escaped: bool,
    started: bool,
    seen: usize,
}

/// What the bytes so far amount to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame {
    /// The object goes on.
    Open,
    /// The object ends before this index.
    Complete(usize),
    /// It does not begin with an object.
    NotAnObject,
}

impl Framing {
    /// Looks at the bytes of the buffer that it has not seen yet.
    pub fn look_at(&mut self, buffer: &[u8]) -> Frame {
        for (index, byte) in buffer.iter().enumerate().skip(self.seen) {
            self.seen = index + 1;
            if !self.started {
                match byte {
                    b' ' | b'\t' | b'\r' | b'\n' => continue,
                    b'{' => self.started = true,
                    _ => return Frame::NotAnObject,
                }
            }
            if self.ends_with(*byte) {
                return Frame::Complete(index + 1);
            }
        }
        Frame::Open
    }

    fn ends_with(&mut self, byte: u8) -> bool {
        if self.escaped {
            self.escaped = false;
            return false;
        }
        match (self.in_string, byte) {
            (true, b'\\') => self.escaped = true,
            (_, b'"') => self.in_string = !self.in_string,
            (false, b'{' | b'[') => self.depth += 1,
            (false, b'}' | b']') => {
                self.depth = self.depth.saturating_sub(1);
                return self.depth == 0;
            }
            _ => {}
        }
        false
    }
}

impl ContainerState {
    /// Reads one complete object. The error says what is wrong with it, without its text.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let message: Message = serde_json::from_slice(bytes)
            .map_err(|error| format!("the message is not a ContainerProcessState: {error}"))?;
        check_id(&message.state.id)?;
        let mut warnings = Vec::new();
        let mut annotations = message.state.annotations.unwrap_or_default();
        annotations.remove(CRUN_PROGRAM);
        annotations.retain(|key, value| {
            let kept = key.len() <= MAX_ANNOTATION && value.len() <= MAX_ANNOTATION;
            if !kept {
                warnings.push(format!(
                    "an annotation of {} bytes was left out; at most {MAX_ANNOTATION} are kept",
                    value.len()
                ));
            }
            kept
        });
        Ok(Self {
            oci_version: message.oci_version,
            fds: message.fds,
            id: message.state.id,
            status: message.state.status,
            pid: message.pid,
            init_pid: message.state.pid,
            bundle: message.state.bundle,
            annotations,
            metadata: message.metadata,
            warnings,
        })
    }

    /// Of a listener whose message is lost.
    #[must_use]
    pub fn unknown() -> Self {
        Self {
            oci_version: String::new(),
            fds: vec![],
            id: "unidentified".to_owned(),
            status: String::new(),
            pid: 0,
            init_pid: 0,
            bundle: String::new(),
            annotations: BTreeMap::new(),
            metadata: None,
            warnings: vec![],
        }
    }

    /// Whether it is one that `parse` could have made, as far as its text can do harm.
    pub(crate) fn check(&self) -> Result<(), String> {
        check_id(&self.id)
    }

    /// Which of the descriptors is the listener.
    #[must_use]
    pub fn listener_index(&self) -> Option<usize> {
        self.fds.iter().position(|name| name == LISTENER_NAME)
    }
}

fn check_id(id: &str) -> Result<(), String> {
    if id.is_empty() || id.len() > MAX_ID {
        return Err(format!(
            "the container id has {} bytes; 1 to {MAX_ID} are accepted",
            id.len()
        ));
    }
    if id.chars().any(char::is_control) {
        return Err(format!("the container id {id:?} holds a control character"));
    }
    Ok(())
}

#[derive(Deserialize)]
struct Message {
    #[serde(rename = "ociVersion", default)]
    oci_version: String,
    #[serde(default)]
    fds: Vec<String>,
    #[serde(default)]
    pid: i32,
    metadata: Option<String>,
    state: State,
}

#[derive(Deserialize)]
struct State {
    id: String,
    #[serde(default)]
    status: String,
    #[serde(default)]
    pid: i32,
    #[serde(default)]
    bundle: String,
    annotations: Option<BTreeMap<String, String>>,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const RUNC: &str = r#"{"ociVersion":"1.0.2-dev","fds":["seccompFd"],"pid":71,"metadata":"m",
        "state":{"ociVersion":"1.0.2-dev","id":"web","status":"creating","pid":71,"bundle":"/b","annotations":{"k":"v"}}}"#;

    fn with_state(state: &str) -> Result<ContainerState, String> {
        ContainerState::parse(format!(r#"{{"fds":["seccompFd"],"pid":1,"state":{state}}}"#).as_bytes())
    }

    #[test]
    fn a_message_of_runc_is_read() {
        let state = ContainerState::parse(RUNC.as_bytes()).unwrap();
        assert_eq!(
            (state.id.as_str(), state.status.as_str(), state.pid, state.init_pid),
            ("web", "creating", 71, 71)
        );
        assert_eq!(state.annotations.get("k").map(String::as_str), Some("v"));
        assert_eq!(
            (state.metadata.as_deref(), state.listener_index()),
            (Some("m"), Some(0))
        );
    }

    #[test]
    fn missing_annotations_metadata_and_pids_are_no_error() {
        let state = with_state(r#"{"id":"x"}"#).unwrap();
        assert_eq!((state.init_pid, state.annotations.len(), state.metadata), (0, 0, None));
    }

    #[test]
    fn unknown_members_are_ignored() {
        assert!(with_state(r#"{"id":"x","novel":{"deep":[1,2]}}"#).is_ok());
    }

    #[test]
    fn wrong_types_and_missing_ids_are_refused_with_a_reason() {
        for (state, word) in [
            (r#"{"id":"x","pid":"7"}"#, "pid"),
            (r#"{"id":7}"#, "id"),
            (r#"{}"#, "id"),
            (r#"[]"#, "state"),
        ] {
            let error = with_state(state).unwrap_err();
            assert!(error.contains("ContainerProcessState"), "{state} {word}: {error}");
        }
    }

    #[test]
    fn ids_with_control_characters_are_refused_and_quotes_are_not() {
        assert!(
            with_state(r#"{"id":"a\nb"}"#)
                .unwrap_err()
                .contains("control character")
        );
        assert!(with_state(r#"{"id":""}"#).unwrap_err().contains("1 to 1024"));
        assert_eq!(with_state(r#"{"id":"a\"b\\c"}"#).unwrap().id, "a\"b\\c");
    }

    #[test]
    fn invalid_utf8_is_refused() {
        assert!(ContainerState::parse(b"{\"state\":{\"id\":\"\xff\"}}").is_err());
    }

    #[test]
    fn an_oversized_annotation_is_left_out_with_a_warning() {
        let long = "x".repeat(MAX_ANNOTATION + 1);
        let state = with_state(&format!(r#"{{"id":"x","annotations":{{"big":"{long}","small":"1"}}}}"#)).unwrap();
        assert_eq!(state.annotations.keys().collect::<Vec<_>>(), ["small"]);
        assert_eq!(state.warnings.len(), 1);
    }

    #[test]
    fn the_program_for_crun_is_not_kept() {
        let annotations = r#"{"run.oci.seccomp_bpf_data":"BgAAAAAA/38=","run.oci.handler":"x"}"#;
        let state = with_state(&format!(r#"{{"id":"x","annotations":{annotations}}}"#)).unwrap();
        assert_eq!(state.annotations.keys().collect::<Vec<_>>(), ["run.oci.handler"]);
    }

    #[test]
    fn an_object_ends_where_its_last_brace_is_however_it_is_cut() {
        let text = r#" {"a":"}\"{","b":[{"c":"\\"}]}{"#;
        let end = text.len() - 1;
        for cut in 0..=text.len() {
            let mut framing = Framing::default();
            let first = framing.look_at(&text.as_bytes()[..cut]);
            let second = framing.look_at(text.as_bytes());
            assert_eq!(
                if first == Frame::Open { second } else { first },
                Frame::Complete(end),
                "cut at {cut}"
            );
        }
    }

    #[test]
    fn what_does_not_begin_with_an_object_is_told_at_once() {
        for text in ["[", "x", "1", "\u{feff}{}"] {
            assert_eq!(
                Framing::default().look_at(text.as_bytes()),
                Frame::NotAnObject,
                "{text}"
            );
        }
        assert_eq!(Framing::default().look_at(b""), Frame::Open);
    }
}
