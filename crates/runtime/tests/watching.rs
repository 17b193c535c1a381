//! Which containers are watched.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;

use notifyd_runtime::config_json::ConfigJson;
use notifyd_runtime::configuration::{Configuration, FailurePolicy, Watch, WithoutProfile};
use notifyd_runtime::watching::{failure_policy, is_wanted, recording};
use serde_json::{Value, json};

fn is_watched(watch: Watch, annotations: Value, seccomp: Value) -> bool {
    let text = json!({"annotations": annotations, "linux": {"seccomp": seccomp}}).to_string();
    let configuration = Configuration {
        watch,
        ..Configuration::default()
    };
    is_wanted(&ConfigJson::parse(text).unwrap(), &configuration)
}

fn denying() -> Value {
    json!({"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"names": ["read"], "action": "SCMP_ACT_ALLOW"}]})
}

#[test]
fn annotations_ask_for_it() {
    for annotations in [
        json!({"seccomp-notifyd.io/action": "log"}),
        json!({"io.kubernetes.cri-o.seccompNotifierAction": ""}),
        json!({"seccomp-notifier-action.crio.io": "stop"}),
        json!({"seccomp-notifier-action.crio.io/web": "stop", "io.kubernetes.cri.container-name": "web"}),
        json!({"io.kubernetes.cri-o.seccompNotifierAction/web": "stop", "io.kubernetes.container.name": "web"}),
    ] {
        assert!(
            is_watched(Watch::Annotated, annotations.clone(), denying()),
            "{annotations}"
        );
    }
    for annotations in [
        json!({}),
        json!({"seccomp-notifyd.iox/action": "log"}),
        json!({"seccomp-notifier-action.crio.io/db": "stop", "io.kubernetes.cri.container-name": "web"}),
        json!({"seccomp-notifier-action.crio.io/web": "stop"}),
        json!({"seccomp-notifier-action.crio.iox": "stop"}),
    ] {
        assert!(
            !is_watched(Watch::Annotated, annotations.clone(), denying()),
            "{annotations}"
        );
        assert!(is_watched(Watch::All, annotations, denying()));
    }
}

#[test]
fn sandboxes_and_other_listeners_are_left_alone() {
    for annotations in [
        json!({"io.kubernetes.cri.container-type": "sandbox", "seccomp-notifyd.io/action": "log"}),
        json!({"io.kubernetes.cri-o.ContainerType": "sandbox", "seccomp-notifyd.io/action": "log"}),
        json!({"run.oci.seccomp.receiver": "/run/x.sock", "seccomp-notifyd.io/action": "log"}),
    ] {
        assert!(!is_watched(Watch::All, annotations.clone(), denying()), "{annotations}");
    }
    assert!(is_watched(
        Watch::All,
        json!({"io.kubernetes.cri-o.ContainerType": "container"}),
        denying()
    ));
}

#[test]
fn a_profile_that_asks_somebody_already_is_left_alone() {
    for seccomp in [
        Value::Null,
        json!({"defaultAction": "SCMP_ACT_ERRNO", "listenerPath": "/run/x.sock"}),
        json!({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["read"], "action": "SCMP_ACT_NOTIFY"}]}),
        json!({"defaultAction": "SCMP_ACT_NOTIFY"}),
    ] {
        assert!(!is_watched(Watch::All, json!({}), seccomp.clone()), "{seccomp}");
    }
    assert!(is_watched(
        Watch::All,
        json!({}),
        json!({"defaultAction": "SCMP_ACT_ERRNO", "listenerPath": ""})
    ));
}

#[test]
fn a_container_may_be_stricter_than_the_operator_and_not_laxer() {
    use FailurePolicy::{Closed, Open};
    for (wish, configured, applies, is_told) in [
        (None, Open, Open, false),
        (None, Closed, Closed, false),
        (Some("closed"), Open, Closed, false),
        (Some("open"), Open, Open, false),
        (Some("open"), Closed, Closed, true),
        (Some("opne"), Closed, Closed, true),
        (Some("opne"), Open, Open, true),
    ] {
        let annotations: BTreeMap<_, _> = wish
            .map(|wish| ("seccomp-notifyd.io/failure-policy".to_owned(), wish.to_owned()))
            .into_iter()
            .collect();
        let (policy, problem) = failure_policy(&annotations, configured);
        assert_eq!(
            (policy, problem.is_some()),
            (applies, is_told),
            "{wish:?} {configured:?}"
        );
    }
}

#[test]
fn a_container_without_a_profile_gets_one_where_the_operator_says_so() {
    let configuration = Configuration {
        without_profile: WithoutProfile::RuntimeDefault,
        ..Configuration::default()
    };
    let wanted = |text: &str| is_wanted(&ConfigJson::parse(text.to_owned()).unwrap(), &configuration);
    assert!(wanted(
        r#"{"linux":{},"annotations":{"seccomp-notifyd.io/action":"log"}}"#
    ));
    assert!(!wanted(r#"{"linux":{}}"#), "nobody asked");
}

#[test]
fn a_recording_is_asked_for_by_a_name_and_needs_no_profile() {
    let named = |name: &str| json!({"seccomp-notifyd.io/record": name});
    assert!(is_watched(Watch::Annotated, named("web"), denying()));
    assert!(is_watched(Watch::Annotated, named("web"), Value::Null));
    assert!(!is_watched(Watch::Annotated, named("../web"), Value::Null));
    // A wrong name records nothing, and takes nothing from being watched.
    assert!(is_watched(Watch::Annotated, named("../web"), denying()));
    let annotations = |name: &str| BTreeMap::from([("seccomp-notifyd.io/record".to_owned(), name.to_owned())]);
    assert_eq!(recording(&BTreeMap::new()), Ok(None));
    assert_eq!(recording(&annotations("web-1")).unwrap().unwrap().as_str(), "web-1");
    let mut of_pod = annotations("shop");
    of_pod.insert("io.kubernetes.cri.container-name".to_owned(), "web".to_owned());
    assert_eq!(recording(&of_pod).unwrap().unwrap().as_str(), "shop-web");
    let said = recording(&annotations("../web")).unwrap_err();
    assert_eq!(
        said,
        "annotation seccomp-notifyd.io/record: \"../web\" is no name for a recording; accepted: 1 to 128 of A-Z, a-z, 0-9, '.', '_' \
         and '-', the first a letter or a digit; nothing is recorded"
    );
}
