//! Whether a container is to be watched, from what it says of itself and what the operator says.

use std::collections::BTreeMap;

use notifyd_profile::RecordingName;
use serde::Deserialize;

use crate::config_json::ConfigJson;
use crate::configuration::{Configuration, FailurePolicy, Watch, WithoutProfile};

const OURS: &str = "seccomp-notifyd.io/";
const FAILURE_POLICY: &str = "seccomp-notifyd.io/failure-policy";
const RECORD: &str = "seccomp-notifyd.io/record";
/// CRI-O's, for all containers of a pod, or for one with `/CONTAINER` behind the name.
const CRIO: [&str; 2] = [
    "io.kubernetes.cri-o.seccompNotifierAction",
    "seccomp-notifier-action.crio.io",
];
/// Where containerd and the kubelet say which container of a pod it is.
const CONTAINER_NAMES: [&str; 2] = ["io.kubernetes.cri.container-name", "io.kubernetes.container.name"];
/// Where containerd and CRI-O (and Podman, by CRI-O's name) tell a pod's own container from the others.
const KINDS: [&str; 2] = ["io.kubernetes.cri.container-type", "io.kubernetes.cri-o.ContainerType"];
const SANDBOX: &str = "sandbox";
/// By these crun takes another listener, or another filter, than the profile has.
const CRUN_SECCOMP: &str = "run.oci.seccomp";
const NOTIFY: &str = "SCMP_ACT_NOTIFY";

type Annotations = BTreeMap<String, String>;

/// Whether the container is to be watched.
pub fn is_wanted(config: &ConfigJson, configuration: &Configuration) -> bool {
    let annotations = config.annotations();
    let is_asked_for = configuration.watch == Watch::All || is_annotated(annotations);
    let is_left = is_sandbox(annotations) || annotations.keys().any(|key| key.starts_with(CRUN_SECCOMP));
    let is_recorded = matches!(recording(annotations), Ok(Some(_)));
    let gets_one = is_recorded || configuration.without_profile == WithoutProfile::RuntimeDefault;
    is_asked_for && !is_left && config.seccomp().map_or(gets_one, |seccomp| !is_supervised(seccomp))
}

/// The name that the container's calls are to be recorded under, or what is wrong with it. Containers of a pod have its
/// annotations, and each needs a profile of its own: so the container's name stands behind.
pub fn recording(annotations: &Annotations) -> Result<Option<RecordingName>, String> {
    let Some(name) = annotations.get(RECORD) else {
        return Ok(None);
    };
    let own = CONTAINER_NAMES.into_iter().find_map(|key| annotations.get(key));
    let named = own.map_or_else(|| name.clone(), |own| format!("{name}-{own}"));
    let named = named.parse().map(Some);
    named.map_err(|problem| format!("annotation {RECORD}: {problem}; nothing is recorded"))
}

/// What becomes of the container if it cannot be watched, and what is wrong with its wish. It may be stricter than the
/// operator, not laxer.
pub fn failure_policy(annotations: &Annotations, configured: FailurePolicy) -> (FailurePolicy, Option<String>) {
    match (annotations.get(FAILURE_POLICY).map(String::as_str), configured) {
        (None, policy) => (policy, None),
        (Some("closed"), _) => (FailurePolicy::Closed, None),
        (Some("open"), FailurePolicy::Open) => (FailurePolicy::Open, None),
        (Some("open"), FailurePolicy::Closed) => (
            FailurePolicy::Closed,
            Some(format!(
                "annotation {FAILURE_POLICY} asks for open; the configuration's closed applies"
            )),
        ),
        (Some(value), policy) => (
            policy,
            Some(format!(
                "annotation {FAILURE_POLICY} has the unknown value {value:?}, accepted: open, closed; the configuration applies"
            )),
        ),
    }
}

fn is_annotated(annotations: &Annotations) -> bool {
    let own = CONTAINER_NAMES.into_iter().find_map(|key| annotations.get(key));
    let is_crio = |key: &str| {
        CRIO.into_iter().any(|name| match key.strip_prefix(name) {
            Some("") => true,
            Some(rest) => own.is_some_and(|own| rest.strip_prefix('/') == Some(own.as_str())),
            None => false,
        })
    };
    annotations.keys().any(|key| key.starts_with(OURS) || is_crio(key))
}

/// The container that holds a pod together: with the daemon down the whole pod would fail.
fn is_sandbox(annotations: &Annotations) -> bool {
    let mut kinds = KINDS.into_iter().filter_map(|key| annotations.get(key));
    kinds.any(|kind| kind == SANDBOX)
}

/// As much of a profile as tells whether somebody is asked already.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asked {
    default_action: Option<String>,
    listener_path: Option<String>,
    syscalls: Option<Vec<Rule>>,
}

#[derive(Deserialize)]
struct Rule {
    action: Option<String>,
}

/// Whether somebody is asked already: one filter has one listener. What is no profile is not; rewriting says what is wrong.
fn is_supervised(seccomp: &str) -> bool {
    let Ok(asked) = serde_json::from_str::<Asked>(seccomp) else {
        return false;
    };
    let rules = asked.syscalls.unwrap_or_default();
    let mut actions = rules.into_iter().map(|rule| rule.action).chain([asked.default_action]);
    asked.listener_path.is_some_and(|path| !path.is_empty()) || actions.any(|action| action.as_deref() == Some(NOTIFY))
}
