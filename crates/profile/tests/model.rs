//! What is read from a profile's text, and what is refused with which words.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

use std::error::Error as _;
use std::fs;
use std::path::Path;

use notifyd_profile::{ActionName, Error, Operator, Profile};
use proptest::prelude::*;

fn text_of(name: &str) -> String {
    fs::read_to_string(format!("{}/fixtures/{name}.json", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn refusal(text: &str) -> String {
    Profile::parse(text).unwrap_err().to_string()
}

/// Refusal of a profile with one rule.
fn rule_refusal(rule: &str) -> String {
    refusal(&format!(r#"{{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{rule}]}}"#))
}

#[test]
fn a_whole_configuration_is_taken_by_its_seccomp_object() {
    let profile = Profile::parse(&text_of("config")).unwrap();
    assert_eq!(profile.default_action, ActionName::Allow);
    assert_eq!(profile.flags, ["SECCOMP_FILTER_FLAG_LOG"]);
    assert_eq!(profile.listener_path.as_deref(), Some("/run/listener.sock"));
    assert_eq!(profile.listener_metadata.as_deref(), Some("text"));
    let [rule] = &profile.rules[..] else {
        panic!("one rule is expected: {:?}", profile.rules)
    };
    assert_eq!(rule.names, ["mkdir"]);
    assert_eq!(rule.action, ActionName::Notify);
}

#[test]
fn values_keep_their_64_bits() {
    let profile = Profile::parse(&text_of("operators")).unwrap();
    let conditions: Vec<_> = profile.rules.iter().flat_map(|rule| &rule.conditions).take(3).collect();
    let [masked, most, odd] = conditions[..] else {
        panic!("three conditions are expected")
    };
    assert_eq!(
        (masked.operator, masked.value, masked.value_two),
        (Operator::MaskedEqual, 0x7e02_0000, 0x2_0000)
    );
    assert_eq!(most.value, u64::MAX);
    assert_eq!(odd.value, (1 << 53) + 1);
}

#[test]
fn engine_formats_are_refused_with_a_hint() {
    let expected = "reading rule 1 (chroot): field includes belongs to the format of Docker and Podman, only plain OCI \
                    profiles are accepted; hint: take linux.seccomp from the config.json of a container";
    assert_eq!(refusal(&text_of("engine-format")), expected);
    for field in ["archMap", "defaultErrno"] {
        let text = format!(r#"{{"defaultAction":"SCMP_ACT_ALLOW","{field}":"x"}}"#);
        assert!(refusal(&text).starts_with(&format!("reading the profile: field {field} belongs to")));
    }
    for field in ["includes", "excludes", "errno"] {
        let rule = format!(r#"{{"action":"SCMP_ACT_KILL","{field}":"read"}}"#);
        assert!(rule_refusal(&rule).starts_with(&format!("reading rule 0: field {field} belongs to")));
    }
    let named = rule_refusal(r#"{"action":"SCMP_ACT_KILL","name":"read"}"#);
    assert!(named.starts_with("reading rule 0 (read): field name belongs to"));
}

#[test]
fn stock_profiles_of_the_engines_are_refused_as_such() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/profiles");
    let Ok(entries) = fs::read_dir(folder) else {
        println!("skipped: no folder of stock profiles beside the repository");
        return;
    };
    let paths = entries.map(|entry| entry.unwrap().path());
    for path in paths.filter(|path| path.extension().is_some_and(|extension| extension == "json")) {
        let parsed = Profile::parse(&fs::read_to_string(&path).unwrap());
        assert!(matches!(parsed, Err(Error::EngineFormat { .. })), "{}", path.display());
    }
}

#[test]
fn rules_that_name_nothing_are_refused() {
    let profile = r#"{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["a"],"action":"SCMP_ACT_KILL"},{"action":"SCMP_ACT_KILL"}]}"#;
    assert_eq!(
        refusal(profile),
        "reading the profile: rule 1 names no call; hint: fill names or remove the rule"
    );
    let nothing = "compiling the profile: profile allows nothing, container cannot start: rule 0 names no call";
    assert_eq!(refusal(&text_of("allows-nothing")), nothing);
    let empty = r#"{"names":["read",""],"action":"SCMP_ACT_KILL"}"#;
    assert_eq!(rule_refusal(empty), "reading rule 0 (read): one of its names is empty");
}

#[test]
fn unknown_words_are_quoted_beside_the_known_ones() {
    assert_eq!(
        rule_refusal(r#"{"names":["chroot"],"action":"SCMP_ACT_BLOCK"}"#),
        "reading rule 0 (chroot): action \"SCMP_ACT_BLOCK\" is none of SCMP_ACT_KILL, SCMP_ACT_KILL_PROCESS, \
         SCMP_ACT_KILL_THREAD, SCMP_ACT_TRAP, SCMP_ACT_ERRNO, SCMP_ACT_TRACE, SCMP_ACT_ALLOW, SCMP_ACT_LOG, \
         SCMP_ACT_NOTIFY"
    );
    assert_eq!(
        rule_refusal(r#"{"names":["dup"],"action":"SCMP_ACT_KILL","args":[{"index":0,"value":1,"op":"=="}]}"#),
        "reading rule 0 (dup): op \"==\" is none of SCMP_CMP_NE, SCMP_CMP_LT, SCMP_CMP_LE, SCMP_CMP_EQ, SCMP_CMP_GE, \
         SCMP_CMP_GT, SCMP_CMP_MASKED_EQ"
    );
    let architecture = refusal(r#"{"defaultAction":"SCMP_ACT_ALLOW","architectures":["amd64"]}"#);
    assert!(architecture.starts_with("reading the profile: architecture \"amd64\" is none of SCMP_ARCH_X86_64,"));
    let default = refusal(r#"{"defaultAction":"ALLOW"}"#);
    assert!(default.starts_with("reading the profile: defaultAction \"ALLOW\" is none of SCMP_ACT_KILL,"));
}

#[test]
fn numbers_out_of_range_are_refused() {
    assert_eq!(
        rule_refusal(r#"{"names":["dup"],"action":"SCMP_ACT_ERRNO","errnoRet":4096}"#),
        "reading rule 0 (dup): errnoRet 4096 is out of range, accepted are 0 to 4095"
    );
    assert_eq!(
        rule_refusal(r#"{"names":["dup"],"action":"SCMP_ACT_KILL","args":[{"index":6,"value":1,"op":"SCMP_CMP_EQ"}]}"#),
        "reading rule 0 (dup): args index 6 is out of range, accepted are 0 to 5"
    );
    assert_eq!(
        refusal(r#"{"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":5000}"#),
        "reading the profile: defaultErrnoRet 5000 is out of range, accepted are 0 to 4095"
    );
}

#[test]
fn fields_of_the_wrong_type_name_their_rule() {
    let error = Profile::parse(
        r#"{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["dup"],"action":"SCMP_ACT_KILL","args":[{"index":0,"value":-1,"op":"SCMP_CMP_EQ"}]}]}"#,
    )
    .unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("reading rule 0 (dup): a field has the wrong type")
    );
    let cause = error.source().expect("the cause is told").to_string();
    assert_eq!(cause, "invalid value: integer `-1`, expected u64");
}

#[test]
fn what_is_no_profile_is_refused() {
    for text in ["[]", "1", r#"{"linux":{}}"#, r#"{"linux":{"seccomp":null}}"#] {
        assert!(matches!(Profile::parse(text), Err(Error::NoProfile)), "{text}");
    }
    for text in ["{}", r#"{"syscalls":[]}"#, r#"{"syscalls":null,"flags":[]}"#] {
        assert!(matches!(Profile::parse(text), Err(Error::SeccompOff)), "{text}");
    }
    for text in ["", "{", "# yaml", "{\"a\":1} x"] {
        assert!(matches!(Profile::parse(text), Err(Error::Syntax { .. })), "{text}");
    }
}

#[test]
fn text_longer_than_4_mib_is_not_read() {
    let text = " ".repeat((4 << 20) + 1);
    assert_eq!(
        refusal(&text),
        "reading the profile: it has 4194305 bytes, at most 4194304 are read"
    );
}

#[test]
fn deep_nesting_is_a_syntax_error() {
    assert!(matches!(
        Profile::parse(&"[".repeat(100_000)),
        Err(Error::Syntax { .. })
    ));
}

proptest! {
    #[test]
    fn any_text_is_a_profile_or_an_error(text in ".*") {
        let _ = Profile::parse(&text);
    }

    #[test]
    fn a_damaged_profile_is_a_profile_or_an_error(at in any::<prop::sample::Index>(), piece in "[\\[\\]{},:\"0-9a-z-]{0,3}") {
        let mut text = text_of("operators");
        let at = at.index(text.len());
        text.replace_range(at..=at, &piece);
        let _ = Profile::parse(&text);
    }
}
