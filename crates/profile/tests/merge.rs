//! What several profiles allow, as one.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

mod support;

use std::fs;

use notifyd_bpf::{Action, SeccompData};
use notifyd_profile::{Abi, CAPABILITIES, Document, Facts, Merged, capabilities, compile, merge, number};
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

fn merged(texts: &[&str]) -> Merged {
    merge(texts, &facts(&[])).unwrap()
}

/// The whole chain, as people read it.
fn refusal(texts: &[&str]) -> String {
    merge(texts, &facts(&[])).unwrap_err().to_string()
}

fn verdict(json: &Value, capabilities: &[&str], call: &str, argument: u64) -> Action {
    let facts = facts(capabilities);
    let profile = Document::parse(&json.to_string()).unwrap().resolve(&facts).unwrap();
    let data = SeccompData {
        nr: number(Abi::X86_64, call).unwrap().cast_signed(),
        arch: Abi::X86_64.arch(),
        args: [argument, 0, 0, 0, 0, 0],
        ..SeccompData::default()
    };
    compile(&profile, facts.abi).unwrap().program.evaluate(&data)
}

fn profile(default: &str, rules: &Value) -> String {
    json!({"defaultAction": default, "syscalls": rules}).to_string()
}

fn allow(names: &[&str]) -> Value {
    json!({"names": names, "action": "SCMP_ACT_ALLOW"})
}

fn deny(names: &[&str], errno: u16) -> Value {
    json!({"names": names, "action": "SCMP_ACT_ERRNO", "errnoRet": errno})
}

fn when(mut rule: Value, op: &str, value: u64) -> Value {
    rule["args"] = json!([{"index": 0, "value": value, "op": op}]);
    rule
}

#[test]
fn the_first_ones_format_order_and_unknown_fields_stay() {
    let Merged { json, notes } = merged(&[FIRST, SECOND]);
    assert_eq!(notes, Vec::<String>::new());
    let first: Value = serde_json::from_str(FIRST).unwrap();
    let mut expected = first.clone();
    expected["syscalls"] = json!([
        first["syscalls"][0],
        first["syscalls"][1],
        {"names": ["mkdir", "clone3"], "action": "SCMP_ACT_ALLOW", "comment": "seen"},
        {
            "names": ["personality"],
            "action": "SCMP_ACT_ALLOW",
            "args": [{"index": 0, "value": u64::MAX, "op": "SCMP_CMP_EQ"}]
        },
        {"names": ["acct"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38, "excludes": {"caps": ["CAP_SYS_ADMIN"]}},
        first["syscalls"][3],
    ]);
    assert_eq!(json, expected);
    let fields: Vec<_> = json.as_object().unwrap().keys().collect();
    assert_eq!(
        fields,
        ["defaultAction", "defaultErrnoRet", "x-owner", "archMap", "syscalls"]
    );
}

#[test]
fn a_call_runs_where_any_profile_lets_it_run() {
    let Merged { json, .. } = merged(&[FIRST, SECOND]);
    for call in ["read", "exit_group", "mkdir", "clone3"] {
        assert_eq!(verdict(&json, &[], call, 0), Action::Allow, "{call}");
    }
    assert_eq!(verdict(&json, &[], "personality", u64::MAX), Action::Allow);
    assert_eq!(verdict(&json, &[], "personality", 0), Action::Allow);
    assert_eq!(verdict(&json, &[], "personality", 8), Action::Errno(1));
    assert_eq!(verdict(&json, &[], "mount", 0), Action::Errno(1));
    assert_eq!(verdict(&json, &["sys_admin"], "mount", 0), Action::Allow);
    assert_eq!(verdict(&json, &[], "acct", 0), Action::Errno(38));
}

#[test]
fn a_profile_merged_with_itself_is_itself() {
    for text in [FIRST, SECOND] {
        let once: Value = serde_json::from_str(text).unwrap();
        assert_eq!(merged(&[text, text]).json, once);
    }
}

#[test]
fn a_denying_rule_gives_way_to_a_condition() {
    let first = profile("SCMP_ACT_ERRNO", &json!([allow(&["read"]), deny(&["kill"], 13)]));
    let second = profile("SCMP_ACT_ERRNO", &json!([when(allow(&["kill"]), "SCMP_CMP_EQ", 7)]));
    for texts in [[&*first, &*second], [&*second, &*first]] {
        let Merged { json, .. } = merged(&texts);
        assert_eq!(verdict(&json, &[], "kill", 7), Action::Allow);
        assert_eq!(verdict(&json, &[], "kill", 8), Action::Errno(13));
    }
}

#[test]
fn of_deny_lists_is_left_what_all_deny() {
    let first = profile(
        "SCMP_ACT_ALLOW",
        &json!([
            deny(&["mkdir", "rmdir", "chroot"], 1),
            when(deny(&["kill"], 1), "SCMP_CMP_GE", 9)
        ]),
    );
    let second = profile(
        "SCMP_ACT_ALLOW",
        &json!([deny(&["chroot", "mkdir", "acct", "kill"], 1)]),
    );
    for texts in [[&*first, &*second], [&*second, &*first]] {
        let Merged { json, .. } = merged(&texts);
        for (call, expected) in [
            ("mkdir", Action::Errno(1)),
            ("chroot", Action::Errno(1)),
            ("rmdir", Action::Allow),
            ("acct", Action::Allow),
        ] {
            assert_eq!(verdict(&json, &[], call, 0), expected, "{call}");
        }
        assert_eq!(verdict(&json, &[], "kill", 8), Action::Allow);
        assert_eq!(verdict(&json, &[], "kill", 9), Action::Errno(1));
    }
}

#[test]
fn of_a_deny_list_and_an_allow_list_is_left_what_the_one_denies_and_the_other_does_not_allow() {
    let denying = profile("SCMP_ACT_ALLOW", &json!([deny(&["mkdir", "rmdir"], 13)]));
    let allowing = profile("SCMP_ACT_ERRNO", &json!([allow(&["read", "mkdir"])]));
    for texts in [[&*denying, &*allowing], [&*allowing, &*denying]] {
        let Merged { json, .. } = merged(&texts);
        assert_eq!(json["defaultAction"], "SCMP_ACT_ALLOW");
        assert_eq!(verdict(&json, &[], "mkdir", 0), Action::Allow);
        assert_eq!(verdict(&json, &[], "rmdir", 0), Action::Errno(13));
        assert_eq!(verdict(&json, &[], "acct", 0), Action::Allow);
    }
}

#[test]
fn three_profiles_are_merged_at_once() {
    let texts =
        [&["read"][..], &["write", "read"], &["mkdir"]].map(|names| profile("SCMP_ACT_ERRNO", &json!([allow(names)])));
    let Merged { json, .. } = merged(&texts.each_ref().map(String::as_str));
    assert_eq!(
        json["syscalls"],
        json!([allow(&["read"]), allow(&["write"]), allow(&["mkdir"])])
    );
}

#[test]
fn what_has_no_union_is_refused_with_the_reason() {
    let base = profile("SCMP_ACT_ERRNO", &json!([allow(&["read"])]));
    let cases = [
        (profile("SCMP_ACT_KILL_PROCESS", &json!([allow(&["read"])])), "calls without a rule: the default is errno 1 EPERM before profile 2 and kill process in it"),
        (SECOND.to_owned(), "calls of i386: profile 2 lists the architecture and profile 1 does not"),
        (
            json!({"defaultAction": "SCMP_ACT_ERRNO", "listenerPath": "/run/x.sock", "syscalls": [allow(&["read"]), {"names": ["kill"], "action": "SCMP_ACT_NOTIFY"}]}).to_string(),
            "rule 1 (kill) of profile 2: SCMP_ACT_NOTIFY leaves it to somebody else",
        ),
    ];
    for (second, expected) in cases {
        let found = refusal(&[&base, &second]);
        assert!(
            found.starts_with("merging the profiles: there is no union for "),
            "{found}"
        );
        assert!(found.contains(expected), "{found}");
    }
    let [one, other] =
        [13, 38].map(|errno| profile("SCMP_ACT_ERRNO", &json!([allow(&["read"]), deny(&["kill"], errno)])));
    assert!(
        refusal(&[&one, &other])
            .contains("kill: all deny it, one with errno 13 EACCES and another with errno 38 ENOSYS")
    );
    let masked = json!({"names": ["kill"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 0, "value": 3, "valueTwo": 1, "op": "SCMP_CMP_MASKED_EQ"}]});
    let masked = profile("SCMP_ACT_ERRNO", &json!([masked]));
    assert!(refusal(&[&one, &masked]).contains("kill: one profile denies it by a rule"));
}

#[test]
fn conditions_that_the_first_ones_format_lacks_are_taken_for_the_facts_and_told() {
    let plain = profile("SCMP_ACT_ERRNO", &json!([allow(&["read"])]));
    let mut rule = allow(&["mount"]);
    rule["includes"] = json!({"caps": ["CAP_SYS_ADMIN"]});
    let engine = profile("SCMP_ACT_ERRNO", &json!([allow(&["write"]), rule]));
    let Merged { json, notes } = merged(&[&plain, &engine]);
    assert_eq!(json["syscalls"], json!([allow(&["read"]), allow(&["write"])]));
    assert_eq!(notes.len(), 1);
    assert!(notes[0].starts_with("the rules of profile 2 are those for the given host and container"));
}

#[test]
fn stock_profiles_take_what_a_program_needs_beyond_them() {
    let Some(folder) = stock_profiles() else {
        return;
    };
    let stock = fs::read_to_string(folder.join("moby-2026.json")).unwrap();
    let needs = json!({
        "defaultAction": "SCMP_ACT_ERRNO",
        "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
        "syscalls": [allow(&["mount", "clone3", "read"])]
    });
    let Merged { json, .. } = merged(&[&stock, &needs.to_string()]);
    let all: Vec<&str> = CAPABILITIES.to_vec();
    for capabilities in [&[][..], &all] {
        assert_eq!(verdict(&json, capabilities, "mount", 0), Action::Allow);
        assert_eq!(verdict(&json, capabilities, "clone3", 0), Action::Allow);
    }
    assert_eq!(verdict(&json, &[], "umount2", 0), Action::Errno(1));
}
