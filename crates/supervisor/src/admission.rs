//! From a container's state and the operator's defaults to the rule that answers it.
//!
//! Only what the first answer depends on is decided here, because that cannot wait for JavaScript; the rest of the
//! container's policy is TypeScript's.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use notifyd_bpf::Program;
use serde::Deserialize;

use crate::arguments::Watched;
use crate::oci_state::ContainerState;
use crate::recorder::Recorder;
use crate::verdict::{Policy, Rule};

/// Annotation that asks for an answer: `profile` or `continue`.
const ANSWER_ANNOTATION: &str = "seccomp-notifyd.io/answer";
const METADATA_VERSION: u64 = 1;

/// What the operator configured.
#[derive(Clone, Copy, Debug)]
pub struct Defaults {
    /// For listeners that ask for nothing.
    pub policy: Policy,
    /// Whether a container may ask for `continue`.
    pub may_continue: bool,
    /// Arguments whose values are kept of what is recorded.
    pub watched: &'static [Watched],
}

/// A rule and what was wrong on the way to it.
#[derive(Debug)]
pub struct Admission {
    /// The rule.
    pub rule: Rule,
    /// In words, for the operator.
    pub warnings: Vec<String>,
}

/// `listenerMetadata`, version 1, as far as the answer depends on it. TypeScript reads, and complains about, all of it.
#[derive(Deserialize)]
struct Metadata {
    v: u64,
    answer: Option<String>,
    program: Option<String>,
    /// A name: every call notifies, and what runs is recorded. Whether the name is one is TypeScript's to say.
    record: Option<String>,
}

/// The rule for a listener whose message is complete.
#[must_use]
pub fn admit(state: &ContainerState, defaults: Defaults) -> Admission {
    let metadata = state.metadata.as_deref().and_then(parse_metadata);
    let mut warnings = state.warnings.clone();
    let program = metadata
        .as_ref()
        .and_then(|metadata| metadata.program.as_deref())
        .and_then(|text| decode_program(text).map_err(|problem| warnings.push(problem)).ok());
    let records = metadata.as_ref().is_some_and(|metadata| metadata.record.is_some());
    let asked = state.annotations.get(ANSWER_ANNOTATION).cloned();
    let asked = asked.or_else(|| metadata.and_then(|metadata| metadata.answer));
    let mut policy = defaults.policy;
    match asked.as_deref() {
        Some("profile") => policy.continue_all = false,
        Some("continue") if defaults.may_continue => policy.continue_all = true,
        Some("continue") if !policy.continue_all => warnings.push(CONTINUE_FORBIDDEN.to_owned()),
        _ => {}
    }
    Admission {
        rule: Rule {
            policy,
            program,
            recorder: records.then(|| Arc::new(Recorder::new(defaults.watched))),
        },
        warnings,
    }
}

const CONTINUE_FORBIDDEN: &str = "the container asks for the answer continue, which the configuration does not let \
    containers choose; its profile's answers are given (list continue under containersMay to allow it)";

fn parse_metadata(text: &str) -> Option<Metadata> {
    let metadata: Metadata = serde_json::from_str(text).ok()?;
    (metadata.v == METADATA_VERSION).then_some(metadata)
}

fn decode_program(text: &str) -> Result<Arc<Program>, String> {
    let refuse = |cause: String| format!("the metadata's program is not used, and the default errno answers: {cause}");
    let bytes = STANDARD.decode(text).map_err(|error| refuse(error.to_string()))?;
    Program::from_bytes(&bytes)
        .map(Arc::new)
        .map_err(|error| refuse(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use notifyd_bpf::Errno;

    const POLICY: Policy = Policy {
        continue_all: false,
        errno: Errno::ENOSYS,
        defer_kill: false,
    };

    fn state(annotation: Option<&str>, metadata: Option<&str>) -> ContainerState {
        let annotations = annotation.map(|value| (ANSWER_ANNOTATION.to_owned(), value.to_owned()));
        ContainerState {
            oci_version: String::new(),
            fds: vec![],
            id: "x".to_owned(),
            status: String::new(),
            pid: 0,
            init_pid: 0,
            bundle: String::new(),
            annotations: annotations.into_iter().collect(),
            metadata: metadata.map(str::to_owned),
            warnings: vec![],
        }
    }

    fn continues(
        annotation: Option<&str>,
        metadata: Option<&str>,
        by_default: bool,
        may_continue: bool,
    ) -> (bool, usize) {
        let policy = Policy {
            continue_all: by_default,
            ..POLICY
        };
        let admission = admit(
            &state(annotation, metadata),
            Defaults {
                policy,
                may_continue,
                watched: &[],
            },
        );
        (admission.rule.policy.continue_all, admission.warnings.len())
    }

    #[test]
    fn continue_is_taken_only_where_the_operator_lets_containers_choose_it() {
        assert_eq!(continues(Some("continue"), None, false, true), (true, 0));
        assert_eq!(continues(Some("continue"), None, false, false), (false, 1));
        assert_eq!(
            continues(None, Some(r#"{"v":1,"answer":"continue"}"#), false, true),
            (true, 0)
        );
        assert_eq!(
            continues(None, Some(r#"{"v":1,"answer":"continue"}"#), false, false),
            (false, 1)
        );
    }

    #[test]
    fn a_container_may_always_be_stricter() {
        assert_eq!(continues(Some("profile"), None, true, false), (false, 0));
    }

    #[test]
    fn the_annotation_outranks_the_metadata() {
        assert_eq!(
            continues(Some("profile"), Some(r#"{"v":1,"answer":"continue"}"#), false, true),
            (false, 0)
        );
    }

    #[test]
    fn metadata_that_is_not_version_1_changes_nothing() {
        for text in [
            "policy=continue",
            r#"{"v":2,"answer":"continue"}"#,
            r#"{"answer":"continue"}"#,
            "{",
        ] {
            assert!(!continues(None, Some(text), false, true).0, "{text}");
        }
    }

    #[test]
    fn a_program_is_taken_if_the_kernel_would_take_it() {
        // ret ERRNO 13
        let good = STANDARD.encode([6, 0, 0, 0, 13, 0, 5, 0]);
        let admission = admit(
            &state(None, Some(&format!(r#"{{"v":1,"program":"{good}"}}"#))),
            Defaults {
                policy: POLICY,
                may_continue: false,
                watched: &[],
            },
        );
        assert!(admission.rule.program.is_some() && admission.warnings.is_empty());
        for bad in ["AAAA", "!", ""] {
            let metadata = format!(r#"{{"v":1,"program":"{bad}"}}"#);
            let admission = admit(
                &state(None, Some(&metadata)),
                Defaults {
                    policy: POLICY,
                    may_continue: false,
                    watched: &[],
                },
            );
            assert!(
                admission.rule.program.is_none() && admission.warnings.len() == 1,
                "{bad}"
            );
        }
    }
}
