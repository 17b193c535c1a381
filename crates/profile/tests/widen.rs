//! The smallest change that admits what was seen.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

mod support;

use std::fs;

use notifyd_profile::{Abi, Edit, Error, Facts, Seen, Widened, capabilities, widen};
use serde_json::json;
use support::stock_profiles;

const ALLOW_LIST: &str = include_str!("../fixtures/allow-list.json");

fn facts() -> Facts {
    Facts {
        capabilities: Some(capabilities::<&str>([]).unwrap()),
        kernel: Some("6.1".parse().unwrap()),
        ..Facts::docker(Abi::X86_64)
    }
}

fn call(name: &str) -> Seen {
    Seen {
        call: name.to_owned(),
        args: None,
    }
}

fn with(name: &str, argument: u64) -> Seen {
    Seen {
        args: Some([argument, 0, 0, 0, 0, 0]),
        ..call(name)
    }
}

fn widened(text: &str, seen: &[Seen]) -> Widened {
    widen(text, seen, &["personality".to_owned(), "mount".to_owned()], &facts()).unwrap()
}

/// The text is the same but for one piece.
fn replaced(text: &str, old: &str, new: &str) -> String {
    assert_eq!(text.matches(old).count(), 1, "{old}");
    text.replacen(old, new, 1)
}

#[test]
fn a_name_is_added_to_the_list_of_allowed_calls() {
    let expected = replaced(ALLOW_LIST, "\"mkdir\"]", "\"mkdir\", \"rmdir\", \"chdir\"]");
    let Widened { text, notes, .. } = widened(ALLOW_LIST, &[call("rmdir"), call("chdir"), call("rmdir")]);
    assert_eq!((text, notes), (expected, Vec::new()));
}

#[test]
fn among_sorted_names_it_is_in_its_place() {
    let text = "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"syscalls\":[\n\t{\n\t\t\"action\":\"SCMP_ACT_ALLOW\",\n\t\t\"names\":[\n\t\t\t\"mkdir\",\n\t\t\t\"read\"\n\t\t]\n\t}\n]}";
    let behind = replaced(text, "\"mkdir\",\n", "\"mkdir\",\n\t\t\t\"openat\",\n");
    assert_eq!(widened(text, &[call("openat")]).text, behind);
    let first = replaced(text, "\"mkdir\",\n", "\"chdir\",\n\t\t\t\"mkdir\",\n");
    assert_eq!(widened(text, &[call("chdir")]).text, first);
    let last = replaced(text, "\"read\"\n", "\"read\",\n\t\t\t\"write\"\n");
    assert_eq!(widened(text, &[call("write")]).text, last);
}

#[test]
fn a_call_with_conditions_gets_a_rule_for_the_argument_that_was_seen() {
    let rule = r#"{
      "names": ["personality"],
      "action": "SCMP_ACT_ALLOW",
      "args": [{ "index": 0, "value": 4294967295, "op": "SCMP_CMP_EQ" }]
    }"#;
    let added = r#",
    {
      "names": [
        "personality"
      ],
      "action": "SCMP_ACT_ALLOW",
      "args": [
        {
          "index": 0,
          "value": 8,
          "op": "SCMP_CMP_EQ"
        }
      ]
    }"#;
    let expected = replaced(ALLOW_LIST, rule, &format!("{rule}{added}"));
    assert_eq!(widened(ALLOW_LIST, &[with("personality", 8)]).text, expected);
    let Widened { text, notes, .. } = widened(ALLOW_LIST, &[with("personality", 0xffff_ffff)]);
    assert_eq!(
        (text.as_str(), notes),
        (ALLOW_LIST, vec!["personality is allowed already".to_owned()])
    );
}

#[test]
fn masked_bits_are_taken_of_the_argument() {
    let text = r#"{ "defaultAction": "SCMP_ACT_ERRNO", "syscalls": [ { "names": ["read"], "action": "SCMP_ACT_ALLOW" },
  { "names": ["kill"], "action": "SCMP_ACT_ALLOW", "args": [{ "index": 0, "value": 240, "valueTwo": 16, "op": "SCMP_CMP_MASKED_EQ" }] } ] }"#;
    let added = r#",
  { "names": ["kill"], "action": "SCMP_ACT_ALLOW", "args": [{ "index": 0, "value": 240, "valueTwo": 32, "op": "SCMP_CMP_MASKED_EQ" }] } ] }"#;
    let expected = replaced(text, "}] } ] }", &format!("}}] }}{added}"));
    assert_eq!(widened(text, &[with("kill", 0x123)]).text, expected);
}

#[test]
fn without_arguments_a_conditional_call_is_admitted_whole_and_that_is_told() {
    let Widened { text, notes, .. } = widened(ALLOW_LIST, &[call("personality")]);
    assert_eq!(text, replaced(ALLOW_LIST, "\"mkdir\"]", "\"mkdir\", \"personality\"]"));
    assert_eq!(
        notes,
        ["personality was allowed for some arguments and is now for all: those that were seen are not told"]
    );
}

#[test]
fn of_a_rule_that_denies_it_the_name_is_taken() {
    let text = r#"{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir","rmdir","kill"],"action":"SCMP_ACT_ERRNO"},{"names":["chdir"],"action":"SCMP_ACT_ERRNO"}]}"#;
    assert_eq!(widened(text, &[call("rmdir")]).text, replaced(text, r#","rmdir""#, ""));
    assert_eq!(widened(text, &[call("mkdir")]).text, replaced(text, r#""mkdir","#, ""));
    assert_eq!(
        widened(text, &[call("chdir")]).text,
        replaced(text, r#",{"names":["chdir"],"action":"SCMP_ACT_ERRNO"}"#, "")
    );
}

#[test]
fn dangerous_calls_have_to_be_accepted_by_name() {
    let seen = [call("bpf"), call("mount"), call("rmdir")];
    let Err(Error::Dangerous { calls }) = widen(ALLOW_LIST, &seen, &["mount".to_owned()], &facts()) else {
        panic!("not refused");
    };
    assert_eq!(calls, ["bpf can load programs into the kernel"]);
    let accepted = ["mount".to_owned(), "bpf".to_owned()];
    let text = widen(ALLOW_LIST, &seen, &accepted, &facts()).unwrap().text;
    assert_eq!(
        text,
        replaced(ALLOW_LIST, "\"mkdir\"]", "\"mkdir\", \"bpf\", \"mount\", \"rmdir\"]")
    );
}

#[test]
fn every_form_of_a_dangerous_call_is_one() {
    for (name, form) in [
        ("clock_settime", "clock_settime64"),
        ("clock_adjtime", "clock_adjtime64"),
        ("umount2", "umount"),
        ("quotactl", "quotactl_fd"),
        ("settimeofday", "stime"),
    ] {
        for call in [name, form].map(call) {
            let refused = widen(ALLOW_LIST, &[call], &[], &facts()).unwrap_err();
            assert!(matches!(refused, Error::Dangerous { .. }), "{form}: {refused}");
        }
    }
}

#[test]
fn numbers_without_a_name_are_left_out_and_unknown_names_refused() {
    let Widened { text, notes, .. } = widened(ALLOW_LIST, &[call("syscall_600")]);
    assert_eq!((text.as_str(), notes.len()), (ALLOW_LIST, 1));
    let error = widen(ALLOW_LIST, &[call("mkdri")], &[], &facts()).unwrap_err();
    assert!(error.to_string().contains("mkdir"), "{error}");
}

#[test]
fn mount_in_dockers_profile_is_one_line_more() {
    let Some(folder) = stock_profiles() else {
        return;
    };
    let stock = fs::read_to_string(folder.join("moby-2026.json")).unwrap();
    let Widened { text, notes, .. } = widened(&stock, &[call("mount")]);
    let line = text.lines().find(|line| line.trim() == "\"mount\",").unwrap();
    let place = text.find(line).unwrap();
    let rest = [&text[..place], &text[place + line.len() + 1..]].concat();
    assert_eq!(rest, stock);
    assert!(
        notes.iter().any(|note| note.contains("it needs CAP_SYS_ADMIN")),
        "{notes:?}"
    );
}

#[test]
fn what_was_changed_is_told_in_an_order_that_others_can_follow() {
    let text = r#"{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["chdir","mkdir"],"action":"SCMP_ACT_ALLOW"},
        {"names":["kill","rmdir"],"action":"SCMP_ACT_ERRNO"},{"names":["unlink"],"action":"SCMP_ACT_ERRNO"},
        {"names":["personality"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":1,"op":"SCMP_CMP_EQ"}]}]}"#;
    let seen = [
        call("rmdir"),
        call("unlink"),
        with("personality", u64::MAX),
        call("fchdir"),
    ];
    let added = |position, name: &str| Edit::AddName {
        rule: 0,
        position,
        name: name.to_owned(),
    };
    let rule = json!({
        "names": ["personality"], "action": "SCMP_ACT_ALLOW",
        "args": [{"index": 0, "value": u64::MAX, "op": "SCMP_CMP_EQ"}]
    });
    assert_eq!(
        widened(text, &seen).edits,
        [
            Edit::RemoveName { rule: 1, position: 1 },
            added(2, "rmdir"),
            Edit::RemoveRule { rule: 2 },
            added(3, "unlink"),
            Edit::AddRule { position: 3, rule },
            added(1, "fchdir"),
        ]
    );
}

#[test]
fn arguments_that_no_rule_looks_at_make_no_rules() {
    let seen = [0, 1, 2].map(|other| Seen {
        args: Some([8, other, 0, 0, 0, 0]),
        ..call("personality")
    });
    assert_eq!(
        widened(ALLOW_LIST, &seen).text,
        widened(ALLOW_LIST, &[with("personality", 8)]).text
    );
}

#[test]
fn an_operators_object_is_changed_in_its_spec() {
    let text = r#"{"apiVersion":"security-profiles-operator.x-k8s.io/v1","kind":"SeccompProfile","metadata":{"name":"a"},
        "spec":{"defaultAction":"SCMP_ACT_ERRNO","state":"Enabled","syscalls":[{"names":["read"],"action":"SCMP_ACT_ALLOW"}]}}"#;
    assert_eq!(
        widened(text, &[call("write")]).text,
        replaced(text, r#"["read"]"#, r#"["read", "write"]"#)
    );
}

#[test]
fn that_a_denial_for_some_arguments_goes_for_all_is_told() {
    let text = r#"{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir"],"action":"SCMP_ACT_ERRNO"},
        {"names":["personality"],"action":"SCMP_ACT_ERRNO","args":[{"index":0,"value":0,"op":"SCMP_CMP_NE"}]}]}"#;
    let Widened { notes, .. } = widened(text, &[with("personality", 8)]);
    assert_eq!(
        notes,
        [
            "personality was denied for some arguments and is no longer denied for any: a rule that denies cannot leave single ones out"
        ]
    );
    assert_eq!(widened(text, &[call("mkdir")]).notes, Vec::<String>::new());
}
