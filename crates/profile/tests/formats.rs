//! Every pair of formats: nothing is lost that the other one can hold, and what it cannot hold is said.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use notifyd_profile::{Abi, Converted, Dialect, Facts, capabilities, convert, diff};
use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

/// Of different rules, so that none contradicts another.
const CALLS: [[&str; 2]; 4] = [
    ["read", "write"],
    ["mkdir", "clone3"],
    ["personality", "ioctl"],
    ["ptrace", "kill"],
];
const LARGEST_OF_OPERATOR: u64 = i64::MAX.cast_unsigned();

fn facts() -> Facts {
    Facts {
        capabilities: Some(capabilities::<&str>([]).unwrap()),
        kernel: Some("6.1".parse().unwrap()),
        ..Facts::docker(Abi::X86_64)
    }
}

fn is_operators(dialect: Dialect) -> bool {
    matches!(dialect, Dialect::SpoV1beta1 | Dialect::SpoV1)
}

fn is_podmans(dialect: Dialect) -> bool {
    matches!(dialect, Dialect::ContainersCommon | Dialect::CrioArtifact)
}

fn converted(json: &Value, from: Option<Dialect>, to: Dialect) -> Result<Converted, String> {
    convert(&json.to_string(), from, to, "web", &facts()).map_err(|error| error.to_string())
}

fn conditions() -> impl Strategy<Value = Option<Value>> {
    let value = select(vec![0, 8, LARGEST_OF_OPERATOR, u64::MAX]);
    let condition =
        (0_u32..6, value).prop_map(|(index, value)| json!([{"index": index, "value": value, "op": "SCMP_CMP_EQ"}]));
    weighted(0.3, condition)
}

fn filters() -> impl Strategy<Value = Option<(&'static str, Value)>> {
    let capability = json!({"caps": ["CAP_SYS_ADMIN"]});
    let filter = select(vec![
        ("includes", capability.clone()),
        ("excludes", capability),
        ("includes", json!({"minKernel": "4.8"})),
    ]);
    weighted(0.3, filter)
}

fn rule(names: [&'static str; 2]) -> impl Strategy<Value = Value> {
    let errno = weighted(0.5, select(vec![0, 1, 38]));
    let comment = weighted(0.2, Just("why"));
    (any::<bool>(), any::<bool>(), errno, conditions(), comment, filters()).prop_map(
        move |(both, allows, errno, args, comment, filter)| {
            let mut rule = json!({"names": names[..if both { 2 } else { 1 }], "action": "SCMP_ACT_ERRNO"});
            if allows {
                rule["action"] = "SCMP_ACT_ALLOW".into();
            }
            let members = [
                ("errnoRet", errno.filter(|_| !allows).map(Value::from)),
                ("args", args),
                ("comment", comment.map(Value::from)),
            ];
            for (member, value) in members {
                if let Some(value) = value {
                    rule[member] = value;
                }
            }
            if let Some((member, value)) = filter {
                rule[member] = value;
            }
            rule
        },
    )
}

prop_compose! {
    fn profile()(
        default in select(vec!["SCMP_ACT_ERRNO", "SCMP_ACT_ALLOW", "SCMP_ACT_KILL_PROCESS"]),
        errno in weighted(0.3, select(vec![1, 38])),
        logs in any::<bool>(),
        owned in prop::bool::weighted(0.2),
        first in rule(CALLS[0]),
        second in rule(CALLS[1]),
        third in rule(CALLS[2]),
        fourth in rule(CALLS[3]),
        kept in vec(any::<bool>(), 3),
    ) -> Value {
        let mut rules = vec![json!({"names": ["exit_group"], "action": "SCMP_ACT_ALLOW"}), first];
        rules.extend([second, third, fourth].into_iter().zip(kept).filter(|(_, kept)| *kept).map(|(rule, _)| rule));
        let mut profile = json!({"defaultAction": default, "architectures": ["SCMP_ARCH_X86_64"], "syscalls": rules});
        if let Some(errno) = errno.filter(|_| default == "SCMP_ACT_ERRNO") {
            profile["defaultErrnoRet"] = errno.into();
        }
        if logs {
            profile["flags"] = json!(["SECCOMP_FILTER_FLAG_LOG"]);
        }
        if owned {
            profile["x-owner"] = "me".into();
        }
        profile
    }
}

/// The profile inside of an operator's object.
fn profile_of(json: &Value) -> &Value {
    json.get("spec").unwrap_or(json)
}

fn rules(json: &Value) -> &[Value] {
    profile_of(json)["syscalls"].as_array().unwrap()
}

fn has(json: &Value, pointer: &str) -> bool {
    rules(json).iter().any(|rule| rule.pointer(pointer).is_some())
}

/// What Podman has no condition for leaves an empty object.
fn is_filtered(json: &Value, member: &str) -> bool {
    let filters = rules(json).iter().filter_map(|rule| rule.pointer(member)?.as_object());
    filters.into_iter().any(|filter| !filter.is_empty())
}

/// Whether the other format lacks something that changes no verdict.
fn lacks_something(json: &Value, from: Dialect, to: Dialect) -> bool {
    let filtered = ["/includes", "/excludes"]
        .iter()
        .any(|member| is_filtered(json, member));
    match to {
        _ if is_operators(from) => !is_operators(to),
        Dialect::Oci => filtered,
        Dialect::Docker => is_podmans(from) && has(json, "/includes/caps"),
        Dialect::ContainersCommon | Dialect::CrioArtifact => has(json, "/includes/minKernel"),
        Dialect::SpoV1beta1 | Dialect::SpoV1 => {
            // Of a rule that is left out only that is told.
            let stays = |rule: &&Value| rule.pointer("/includes/caps").is_none();
            let commented = rules(json)
                .iter()
                .filter(stays)
                .any(|rule| rule.get("comment").is_some());
            filtered || commented || json.get("x-owner").is_some()
        }
    }
}

/// Whether the other format would change a verdict.
fn is_refused(json: &Value, to: Dialect) -> bool {
    let stay = rules(json)
        .iter()
        .filter(|rule| rule.pointer("/includes/caps").is_none());
    let is_foreign = |rule: &Value| {
        let value = rule.pointer("/args/0/value").and_then(Value::as_u64);
        rule.get("errnoRet") == Some(&json!(0)) || value.is_some_and(|value| value > LARGEST_OF_OPERATOR)
    };
    let errno = profile_of(json).get("defaultErrnoRet");
    is_operators(to) && (errno.is_some_and(|errno| *errno != json!(1)) || stay.clone().any(is_foreign))
}

/// Without what says the same whether it is there or not.
fn told_apart(json: &Value) -> Value {
    let mut json = json.clone();
    let profile = match json.get("spec") {
        Some(_) => &mut json["spec"],
        None => &mut json,
    };
    if profile.get("defaultErrnoRet") == Some(&json!(1)) {
        profile.as_object_mut().unwrap().remove("defaultErrnoRet");
    }
    for rule in profile["syscalls"].as_array_mut().unwrap() {
        let rule = rule.as_object_mut().unwrap();
        rule.retain(|_, value| value.as_object().is_none_or(|filter| !filter.is_empty()));
    }
    json
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(12) })]

    #[test]
    fn what_a_format_can_hold_stays_and_what_it_cannot_is_said(profile in profile()) {
        for from in Dialect::ALL {
            let Ok(Converted { json: source, .. }) = converted(&profile, None, from) else {
                prop_assert!(is_refused(&profile, from), "{from:?}");
                continue;
            };
            for to in Dialect::ALL {
                let there = converted(&source, Some(from), to);
                prop_assert_eq!(there.is_err(), is_refused(&source, to), "{:?} {:?} {:?}", from, to, there);
                let Ok(there) = there else { continue };
                prop_assert_eq!(!there.losses.is_empty(), lacks_something(&source, from, to), "{:?} {:?} {:?}", from, to, there.losses);
                let texts = [&source, &there.json].map(|json| profile_of(json).to_string());
                prop_assert_eq!(diff([&texts[0], &texts[1]], &facts()).unwrap().abis, []);
                if there.losses.is_empty() {
                    let back = converted(&there.json, Some(to), from).unwrap().json;
                    prop_assert_eq!(told_apart(&back), told_apart(&source), "{:?} {:?}", from, to);
                }
            }
        }
    }
}
