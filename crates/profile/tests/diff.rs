//! Which calls two profiles have different verdicts for, whatever their texts look like.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use std::fs;

use notifyd_bpf::Action;
use notifyd_profile::{
    Abi, Change, Difference, Error, Extent, Facts, Runtime, capabilities, describe_action, diff, diff_under,
};

const BEFORE: &str = include_str!("../fixtures/diff-before.json");
const AFTER: &str = include_str!("../fixtures/diff-after.json");

fn facts(names: &[&str]) -> Facts {
    Facts {
        capabilities: Some(capabilities(names).unwrap()),
        kernel: Some("6.1".parse().unwrap()),
        ..Facts::docker(Abi::X86_64)
    }
}

fn differing(before: &str, after: &str) -> Difference {
    diff([before, after], &facts(&[])).unwrap()
}

fn shown(change: &Change) -> String {
    let extent = match &change.extent {
        Extent::Always => "always".to_owned(),
        Extent::Some => "some".to_owned(),
        Extent::Where(lists) => {
            let lists = lists.iter().map(|literals| {
                let literals: Vec<_> = literals.iter().map(ToString::to_string).collect();
                literals.join(" and ")
            });
            lists.collect::<Vec<_>>().join(" or ")
        }
    };
    let [before, after] = change.verdicts.map(describe_action);
    let call = change.call.as_deref().unwrap_or("(no name)");
    format!("{call}: {before} -> {after}: {extent}")
}

fn changes(difference: &Difference, abi: Abi) -> Vec<String> {
    let mut of_abi = difference.abis.iter().filter(|of| of.abi == abi);
    of_abi.next().unwrap().changes.iter().map(shown).collect()
}

fn allowing(default: &str, rules: &str) -> String {
    format!(r#"{{"defaultAction": "{default}", "syscalls": [{rules}]}}"#)
}

#[test]
fn calls_are_listed_with_both_verdicts_and_the_arguments_that_differ() {
    let difference = differing(BEFORE, AFTER);
    let expected = [
        "clone: errno 1 EPERM -> allow: arg0 & 0x7e020000 != 0",
        "mkdir: allow -> errno 1 EPERM: always",
        "personality: allow -> errno 1 EPERM: arg0 == 0",
        "rmdir: errno 1 EPERM -> allow: always",
    ];
    let with_clone3 = [
        &expected[..1],
        &["clone3: errno 38 ENOSYS -> errno 1 EPERM: always"],
        &expected[1..],
    ]
    .concat();
    assert_eq!(changes(&difference, Abi::X86_64), with_clone3);
    assert_eq!(changes(&difference, Abi::I386), with_clone3);
    assert_eq!(difference.abis.len(), 2);
}

#[test]
fn what_changes_no_verdict_is_told_beside() {
    let difference = differing(BEFORE, AFTER);
    let [setting] = difference.settings.as_slice() else {
        panic!("{difference:?}");
    };
    assert_eq!(setting.field, "flags");
    assert_eq!(setting.values, [None, Some("SECCOMP_FILTER_FLAG_LOG".to_owned())]);
}

#[test]
fn another_order_of_rules_and_names_is_no_difference() {
    let before = allowing(
        "SCMP_ACT_ERRNO",
        r#"{"names": ["read", "write"], "action": "SCMP_ACT_ALLOW"},
           {"names": ["kill"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 1, "value": 9, "op": "SCMP_CMP_EQ"}]}"#,
    );
    let after = allowing(
        "SCMP_ACT_ERRNO",
        r#"{"names": ["kill"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 1, "value": 9, "op": "SCMP_CMP_EQ"}]},
           {"names": ["rmdir"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1},
           {"names": ["write"], "action": "SCMP_ACT_ALLOW"}, {"names": ["read"], "action": "SCMP_ACT_ALLOW"}"#,
    );
    assert_eq!(differing(&before, &after), Difference::default());
}

#[test]
fn the_high_half_of_an_argument_counts() {
    let rule = |value: u64| {
        let args = format!(r#""args": [{{"index": 1, "value": {value}, "op": "SCMP_CMP_EQ"}}]"#);
        allowing(
            "SCMP_ACT_ERRNO",
            &format!(
                r#"{{"names": ["read"], "action": "SCMP_ACT_ALLOW"}}, {{"names": ["kill"], "action": "SCMP_ACT_ALLOW", {args}}}"#
            ),
        )
    };
    let difference = differing(&rule(9), &rule(9 + (1 << 32)));
    assert_eq!(
        changes(&difference, Abi::X86_64),
        [
            "kill: errno 1 EPERM -> allow: arg1 == 0x100000009",
            "kill: allow -> errno 1 EPERM: arg1 == 9"
        ]
    );
}

#[test]
fn several_conditions_are_put_together() {
    let rules = |more: &str| {
        allowing(
            "SCMP_ACT_ERRNO",
            &format!(
                r#"{{"names": ["read"], "action": "SCMP_ACT_ALLOW"}},
                {{"names": ["socket"], "action": "SCMP_ACT_ALLOW", "args": [{{"index": 0, "value": 1, "op": "SCMP_CMP_EQ"}}{more}]}}"#
            ),
        )
    };
    let narrower = rules(r#", {"index": 1, "value": 2, "op": "SCMP_CMP_LE"}"#);
    assert_eq!(
        changes(&differing(&rules(""), &narrower), Abi::X86_64),
        ["socket: allow -> errno 1 EPERM: arg0 == 1 and arg1 > 2"]
    );
}

#[test]
fn a_carried_call_is_told_at_its_carrier_too() {
    let rules = |names: &str| {
        format!(
            r#"{{"defaultAction": "SCMP_ACT_ERRNO", "architectures": ["SCMP_ARCH_X86"],
                "syscalls": [{{"names": [{names}], "action": "SCMP_ACT_ALLOW"}}]}}"#
        )
    };
    let difference = differing(&rules(r#""read", "socket""#), &rules(r#""read", "socket", "bind""#));
    assert_eq!(
        changes(&difference, Abi::I386),
        [
            "bind: errno 1 EPERM -> allow: always",
            "socketcall: errno 1 EPERM -> allow: arg0 == 2"
        ]
    );
}

#[test]
fn a_default_also_changes_numbers_without_a_name() {
    let rules = r#"{"names": ["read"], "action": "SCMP_ACT_ALLOW"}"#;
    let difference = differing(
        &allowing("SCMP_ACT_ERRNO", rules),
        &allowing("SCMP_ACT_KILL_PROCESS", rules),
    );
    let changes = changes(&difference, Abi::X86_64);
    assert_eq!(
        changes.last().unwrap(),
        "(no name): errno 1 EPERM -> kill process: always"
    );
    assert!(changes.contains(&"mseal: errno 1 EPERM -> kill process: always".to_owned()));
    assert!(!changes.iter().any(|change| change.starts_with("read:")));
    assert!(changes.iter().filter(|change| change.starts_with("(no name)")).count() == 1);
}

#[test]
fn an_abi_that_one_profile_leaves_out_is_told_once() {
    let rules = |architectures: &str| {
        format!(
            r#"{{"defaultAction": "SCMP_ACT_ERRNO", "architectures": [{architectures}],
                "syscalls": [{{"names": ["read"], "action": "SCMP_ACT_ALLOW"}}]}}"#
        )
    };
    let difference = differing(
        &rules(r#""SCMP_ARCH_X86_64""#),
        &rules(r#""SCMP_ARCH_X86_64", "SCMP_ARCH_X86""#),
    );
    let [of] = difference.abis.as_slice() else {
        panic!("{difference:?}");
    };
    assert_eq!((of.abi, of.judged), (Abi::I386, [false, true]));
    assert_eq!(of.unjudged, Some(Action::KillThread));
    assert!(of.changes.is_empty());
}

#[test]
fn conditions_on_capabilities_are_taken_for_the_facts() {
    let text = fs::read_to_string(format!(
        "{}/fixtures/includes-need-every-capability.json",
        env!("CARGO_MANIFEST_DIR")
    ))
    .unwrap();
    let plain = text.replace("\"includes\"", "\"x-includes\"");
    assert_ne!(diff([&text, &plain], &facts(&[])).unwrap().abis, []);
    assert_eq!(
        diff([&text, &plain], &facts(&["sys_admin", "sys_chroot", "chown"]))
            .unwrap()
            .abis,
        []
    );
}

#[test]
fn an_error_says_which_profile_it_is_in() {
    let error = diff([BEFORE, "{}"], &facts(&[])).unwrap_err();
    assert!(matches!(error, Error::Of { number: 2, .. }), "{error:?}");
    assert_eq!(error.to_string(), "in profile 2 of those given");
}

#[test]
fn under_runc_what_a_profile_names_moves_what_is_answered_with_enosys() {
    let profile = |newest: &str| {
        format!(
            r#"{{"defaultAction": "SCMP_ACT_ERRNO", "architectures": ["SCMP_ARCH_X86_64"], "syscalls": [
                {{"names": ["read"], "action": "SCMP_ACT_ALLOW"}}, {{"names": ["{newest}"], "action": "SCMP_ACT_ERRNO"}}]}}"#
        )
    };
    // Numbers 437 and 440: what lies between is answered by runc in the one case alone.
    let texts = [profile("openat2"), profile("process_madvise")];
    let [before, after] = texts.each_ref().map(String::as_str);
    assert_eq!(differing(before, after).abis, []);
    assert_eq!(
        diff_under(Runtime::Crun, [before, after], &facts(&[])).unwrap().abis,
        []
    );
    let found = diff_under(Runtime::Runc, [before, after], &facts(&[])).unwrap();
    let found = changes(&found, Abi::X86_64);
    let expected = ["faccessat2", "pidfd_getfd", "process_madvise"];
    assert_eq!(
        found,
        expected.map(|call| format!("{call}: errno 38 ENOSYS -> errno 1 EPERM: always"))
    );
}
