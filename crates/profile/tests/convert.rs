//! A profile in other formats: what stays, what is told, what is refused.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

mod support;

use std::fs;

use notifyd_profile::{Abi, Converted, Dialect, Document, Facts, capabilities, convert, diff};
use serde_json::{Value, json};
use support::stock_profiles;

const FIRST: &str = include_str!("../fixtures/merge-first.json");
const SECOND: &str = include_str!("../fixtures/merge-second.json");

fn facts(names: &[&str]) -> Facts {
    Facts {
        capabilities: Some(capabilities(names).unwrap()),
        kernel: Some("6.1".parse().unwrap()),
        ..Facts::docker(Abi::X86_64)
    }
}

fn converted(text: &str, to: Dialect) -> Converted {
    convert(text, None, to, "web", &facts(&[])).unwrap()
}

fn refusal(text: &Value, to: Dialect) -> String {
    convert(&text.to_string(), None, to, "web", &facts(&[]))
        .unwrap_err()
        .to_string()
}

fn value(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// Within what the operator's objects hold.
fn simple() -> Value {
    json!({
        "defaultAction": "SCMP_ACT_ERRNO",
        "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"],
        "flags": ["SECCOMP_FILTER_FLAG_LOG"],
        "syscalls": [
            {"names": ["read", "write"], "action": "SCMP_ACT_ALLOW"},
            {"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38},
            {
                "names": ["personality"],
                "action": "SCMP_ACT_ALLOW",
                "args": [{"index": 0, "value": i64::MAX, "valueTwo": 8, "op": "SCMP_CMP_MASKED_EQ"}]
            }
        ]
    })
}

#[test]
fn through_every_format_and_back_it_is_the_same() {
    let text = simple().to_string();
    for to in Dialect::ALL {
        let there = converted(&text, to);
        assert_eq!(there.from, Dialect::Oci, "{to:?}");
        assert_eq!(there.losses, Vec::<String>::new(), "{to:?}");
        for next in Dialect::ALL {
            let further = converted(&there.json.to_string(), next);
            let back = converted(&further.json.to_string(), Dialect::Oci);
            assert_eq!(back.json, simple(), "{to:?} {next:?}");
        }
    }
}

#[test]
fn values_of_64_bits_stay_where_the_format_has_them() {
    for to in [
        Dialect::Oci,
        Dialect::Docker,
        Dialect::ContainersCommon,
        Dialect::CrioArtifact,
    ] {
        assert_eq!(converted(SECOND, to).json, value(SECOND), "{to:?}");
    }
    for to in [Dialect::SpoV1beta1, Dialect::SpoV1] {
        let found = refusal(&value(SECOND), to);
        assert!(
            found
                .contains("the value 18446744073709551615 of rule 1 (personality); the largest is 9223372036854775807"),
            "{found}"
        );
    }
}

#[test]
fn an_operators_object_has_version_kind_name_and_what_the_crd_knows() {
    let mut profile = simple();
    profile["x-owner"] = json!("me");
    profile["syscalls"][0]["comment"] = json!("basics");
    profile["syscalls"][0]["names"] = json!(["read", "write", "read"]);
    let Converted { json, losses, .. } = converted(&profile.to_string(), Dialect::SpoV1);
    assert_eq!(
        json,
        json!({
            "apiVersion": "security-profiles-operator.x-k8s.io/v1",
            "kind": "SeccompProfile",
            "metadata": {"name": "web"},
            "spec": simple(),
        })
    );
    assert_eq!(losses, ["the operator's objects have no comment, x-owner"]);
}

#[test]
fn the_other_version_of_an_object_keeps_everything_but_its_status() {
    let object = json!({
        "apiVersion": "security-profiles-operator.x-k8s.io/v1beta1",
        "kind": "SeccompProfile",
        "metadata": {"name": "a", "labels": {"x": "y"}},
        "spec": {
            "baseProfileName": "runc-v1.4.2",
            "defaultAction": "SCMP_ACT_ERRNO",
            "syscalls": [
                {"names": ["read"], "action": "SCMP_ACT_ALLOW"},
                {"names": ["kill"], "action": "SCMP_ACT_ERRNO", "errnoRet": "13"}
            ]
        },
        "status": {"status": "Installed"}
    });
    let Converted { json, from, losses } = converted(&object.to_string(), Dialect::SpoV1);
    assert_eq!((from, losses), (Dialect::SpoV1beta1, Vec::new()));
    assert_eq!(json["apiVersion"], "security-profiles-operator.x-k8s.io/v1");
    assert_eq!(json["metadata"], object["metadata"]);
    assert_eq!(json["spec"]["baseProfileName"], "runc-v1.4.2");
    assert_eq!(json["spec"]["syscalls"][1]["errnoRet"], 13);
    assert_eq!(json.get("status"), None);
    assert!(refusal(&object, Dialect::Oci).contains("it builds on baseProfileName \"runc-v1.4.2\""));
}

#[test]
fn for_the_runtimes_conditions_are_taken_for_the_facts_and_told() {
    let Converted { json, from, losses } = converted(FIRST, Dialect::Oci);
    assert_eq!(from, Dialect::Docker);
    assert_eq!(json["architectures"], json!(["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"]));
    assert_eq!(json["x-owner"], "first");
    assert_eq!(json["syscalls"][0], value(FIRST)["syscalls"][0]);
    assert_eq!(json["syscalls"].as_array().unwrap().len(), 3);
    assert_eq!(
        json["syscalls"][1],
        json!({"names": ["clone3", "acct"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38})
    );
    assert_eq!(losses[0], "rule 1 (mount) is left out: it needs CAP_SYS_ADMIN");
    assert!(losses[1].starts_with("conditions on capabilities, architecture and kernel are taken for"));
}

#[test]
fn dockers_conditions_stay_for_podman_but_those_on_the_kernel() {
    let profile = |includes: Value| {
        json!({"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [
            {"names": ["read"], "action": "SCMP_ACT_ALLOW"},
            {"names": ["ptrace"], "action": "SCMP_ACT_ALLOW", "includes": includes}
        ]})
    };
    let caps = json!({"caps": ["CAP_SYS_PTRACE"]});
    let same = converted(&profile(caps.clone()).to_string(), Dialect::ContainersCommon);
    assert_eq!((same.json, same.losses), (profile(caps), Vec::new()));
    let met = converted(
        &profile(json!({"minKernel": "4.8"})).to_string(),
        Dialect::ContainersCommon,
    );
    assert_eq!(met.json, profile(json!({})));
    assert!(met.losses[0].starts_with("minKernel of rule 1 (ptrace), which this kernel meets"));
    let unmet = converted(&profile(json!({"minKernel": "6.2"})).to_string(), Dialect::CrioArtifact);
    assert_eq!(unmet.json["syscalls"].as_array().unwrap().len(), 1);
    assert!(unmet.losses[0].starts_with("rule 1 (ptrace) is left out"));
}

#[test]
fn podmans_errnos_are_numbers_for_docker() {
    let profile = json!({"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 38, "defaultErrno": "ENOSYS", "syscalls": [
        {"names": ["read"], "action": "SCMP_ACT_ALLOW"},
        {"names": ["kill"], "action": "SCMP_ACT_ERRNO", "errno": "EACCES", "comment": "no"}
    ]});
    let Converted { json, from, .. } = converted(&profile.to_string(), Dialect::Docker);
    assert_eq!(from, Dialect::ContainersCommon);
    assert_eq!(json["defaultErrnoRet"], 38);
    assert_eq!(json.get("defaultErrno"), None);
    assert_eq!(
        json["syscalls"][1],
        json!({"names": ["kill"], "action": "SCMP_ACT_ERRNO", "comment": "no", "errnoRet": 13})
    );
    assert!(
        refusal(&profile, Dialect::SpoV1).contains("defaultErrnoRet 38: calls without a rule would fail with EPERM")
    );
}

#[test]
fn what_a_format_cannot_hold_is_refused() {
    let with = |field: &str, value: Value| {
        let mut profile = simple();
        profile[field] = value;
        profile
    };
    let listening = with("listenerPath", json!("/run/seccomp-notifyd/listener.sock"));
    assert!(refusal(&listening, Dialect::SpoV1).contains("accepted is a file in /var/run/security-profiles-operator/"));
    assert_eq!(
        converted(&listening.to_string(), Dialect::SpoV1beta1).losses,
        Vec::<String>::new()
    );
    let accepted = with(
        "listenerPath",
        json!("/var/run/security-profiles-operator/notifyd.sock"),
    );
    assert_eq!(
        converted(&accepted.to_string(), Dialect::SpoV1).losses,
        Vec::<String>::new()
    );
    assert!(refusal(&with("flags", json!(["SECCOMP_FILTER_FLAG_X"])), Dialect::SpoV1).contains("the flag"));
    let mut zero = simple();
    zero["syscalls"][1]["errnoRet"] = json!(0);
    assert!(refusal(&zero, Dialect::SpoV1).contains("errnoRet 0 of rule 1 (clone3)"));
    let other = json!({"apiVersion": "v1", "kind": "ConfigMap"});
    assert!(refusal(&other, Dialect::Oci).contains("it is a \"ConfigMap\" of \"v1\""));
}

#[test]
fn a_format_that_was_said_is_held_to() {
    let read =
        |text: &str, from| convert(text, Some(from), Dialect::Docker, "web", &facts(&[])).map(|found| found.from);
    assert_eq!(read(SECOND, Dialect::CrioArtifact).unwrap(), Dialect::CrioArtifact);
    assert_eq!(
        read(FIRST, Dialect::ContainersCommon).unwrap(),
        Dialect::ContainersCommon
    );
    for (text, from) in [(FIRST, Dialect::Oci), (SECOND, Dialect::SpoV1)] {
        assert!(
            read(text, from)
                .unwrap_err()
                .to_string()
                .starts_with("reading the profile as ")
        );
    }
}

#[test]
fn of_a_configuration_the_profile_is_taken_and_the_rest_told() {
    let config = json!({"ociVersion": "1.0.2", "linux": {"seccomp": simple()}});
    let Converted { json, losses, .. } = converted(&config.to_string(), Dialect::Oci);
    assert_eq!(json, simple());
    assert_eq!(losses, ["of the configuration only linux.seccomp is taken"]);
}

#[test]
fn stock_profiles_keep_their_verdicts_in_every_format() {
    let Some(folder) = stock_profiles() else {
        return;
    };
    for name in ["moby-2026", "moby-19.03", "containers-common-2026"] {
        let text = fs::read_to_string(folder.join(format!("{name}.json"))).unwrap();
        for to in [
            Dialect::Oci,
            Dialect::Docker,
            Dialect::ContainersCommon,
            Dialect::CrioArtifact,
        ] {
            let converted = converted(&text, to).json.to_string();
            assert_eq!(
                diff([&text, &converted], &facts(&[])).unwrap().abis,
                [],
                "{name} {to:?}"
            );
            Document::parse(&converted).unwrap();
        }
    }
}
