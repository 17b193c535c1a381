//! What is wrong with a document, and with which words it is refused.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use notifyd_profile::{Abi, Document, Error, Facts, compile};

fn refusal(text: &str) -> String {
    Document::parse(text).unwrap_err().to_string()
}

/// Refusal of a profile with one rule, whose beginning is the second one of its kind.
fn rule_refusal(fields: &str) -> String {
    let rule = format!(r#"{{"names":["dup"],"action":"SCMP_ACT_KILL",{fields}}}"#);
    refusal(&format!(
        r#"{{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{{"names":["read"],"action":"SCMP_ACT_LOG"}},{rule}]}}"#
    ))
}

fn top_refusal(fields: &str) -> String {
    refusal(&format!(r#"{{"defaultAction":"SCMP_ACT_ALLOW",{fields}}}"#))
}

#[test]
fn a_text_without_default_and_rules_is_no_profile() {
    for text in ["{}", r#"{"archMap":[],"syscalls":[]}"#] {
        assert_eq!(
            refusal(text),
            "reading the profile: it has neither defaultAction nor syscalls, which the engines take for no seccomp at \
             all; expected the seccomp object or a whole config.json"
        );
    }
    let rules = r#"{"syscalls":[{"names":["read"],"action":"SCMP_ACT_ALLOW"}]}"#;
    assert!(
        matches!(Document::parse(rules), Err(Error::Field { source, .. }) if source.to_string() == "missing field `defaultAction`")
    );
}

#[test]
fn what_two_engines_read_differently_is_refused() {
    let expected = "reading the profile: defaultErrno is read by Podman and CRI-O only, and minKernel of rule 0 (read) \
                    by Docker only; hint: remove one of them";
    let text = r#"{"defaultAction":"SCMP_ACT_ERRNO","defaultErrno":"EPERM","syscalls":[{"names":["read"],
        "action":"SCMP_ACT_ALLOW","includes":{"minKernel":"4.8"}}]}"#;
    assert_eq!(refusal(text), expected);
}

#[test]
fn a_known_field_in_another_letter_case_is_refused() {
    let because = "in letter case only, so that some runtimes read it and others do not; hint: write";
    for (fields, field, known) in [
        (r#""Includes":{}"#, "Includes", "includes"),
        (r#""excludes":{"minkernel":"4.8"}"#, "minkernel", "minKernel"),
        (
            r#""args":[{"index":0,"value":1,"valuetwo":1,"op":"SCMP_CMP_EQ"}]"#,
            "valuetwo",
            "valueTwo",
        ),
    ] {
        let expected = format!("reading rule 1 (dup): field {field:?} differs from {known} {because} {known}");
        assert_eq!(rule_refusal(fields), expected);
    }
    let expected = format!("reading the profile: field \"archmap\" differs from archMap {because} archMap");
    assert_eq!(top_refusal(r#""archmap":[]"#), expected);
}

#[test]
fn what_is_said_twice_is_refused() {
    assert_eq!(
        top_refusal(r#""architectures":["SCMP_ARCH_X86"],"archMap":[{"architecture":"SCMP_ARCH_X86"}]"#),
        "reading the profile: it has both architectures and archMap; hint: keep one of them"
    );
    assert_eq!(
        rule_refusal(r#""name":"dup2""#),
        "reading rule 1 (dup): it has both name and names; hint: keep one of them"
    );
    for fields in [
        r#""architectures":["SCMP_ARCH_X32","SCMP_ARCH_X86","SCMP_ARCH_X32"]"#,
        r#""archMap":[{"architecture":"SCMP_ARCH_X32"},{"architecture":"SCMP_ARCH_X32"}]"#,
        r#""archMap":[{"architecture":"SCMP_ARCH_X86","subArchitectures":["SCMP_ARCH_X32","SCMP_ARCH_X32"]}]"#,
        r#""archMap":[{"architecture":"SCMP_ARCH_X32","subArchitectures":["SCMP_ARCH_X32"]}]"#,
    ] {
        let expected = "reading the profile: architecture \"SCMP_ARCH_X32\" is there twice";
        assert_eq!(top_refusal(fields), expected, "{fields}");
    }
}

/// Engines compare letter by letter; a condition that can never hold is no condition that anybody wants.
#[test]
fn names_that_no_engine_finds_are_refused_in_conditions() {
    for (name, hint) in [
        ("SYS_ADMIN", "; did you mean CAP_SYS_ADMIN"),
        ("cap_sys_admin", "; did you mean CAP_SYS_ADMIN"),
        ("CAP_SYS_CHROOTS", "; did you mean CAP_SYS_CHROOT"),
        ("CAP_SOMETHING_ELSE", ""),
    ] {
        let expected = format!("reading rule 1 (dup): {name:?} is no capability{hint}");
        for filter in ["includes", "excludes"] {
            assert_eq!(rule_refusal(&format!(r#""{filter}":{{"caps":["{name}"]}}"#)), expected);
        }
    }
    let refused = rule_refusal(r#""includes":{"arches":["x86_64"]}"#);
    assert!(refused.starts_with("reading rule 1 (dup): arches \"x86_64\" is none of amd64, x86, x32, arm64, arm,"));
}

#[test]
fn kernel_versions_of_other_than_two_numbers_are_refused() {
    for version in ["4", "4.8.1", "4.x", "0.0", "4.8-rc1", ".8"] {
        assert_eq!(
            rule_refusal(&format!(r#""includes":{{"minKernel":"{version}"}}"#)),
            format!("reading rule 1 (dup): minKernel {version:?} is none of the versions of two numbers, such as 4.8")
        );
    }
}

#[test]
fn errno_names_that_do_not_exist_are_refused() {
    assert_eq!(
        rule_refusal(r#""errno":"ENOSYSS""#),
        "reading rule 1 (dup): errno \"ENOSYSS\" is none of the names of errno(3), such as ENOSYS, and no number"
    );
    assert_eq!(
        rule_refusal(r#""errno":"4096""#),
        "reading rule 1 (dup): errno 4096 is out of range, accepted are 0 to 4095"
    );
    assert!(
        top_refusal(r#""defaultErrno":"eperm""#).starts_with("reading the profile: defaultErrno \"eperm\" is none of")
    );
    assert!(rule_refusal(r#""errno":5"#).starts_with("reading rule 1 (dup): a field has the wrong type"));
}

#[test]
fn a_rule_without_names_is_refused_in_every_format() {
    let rule = r#"{"names":[],"name":"","action":"SCMP_ACT_ALLOW","includes":{"caps":["CAP_BPF"]}}"#;
    assert_eq!(
        refusal(&format!(r#"{{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{rule}]}}"#)),
        "compiling the profile: profile allows nothing, container cannot start: rule 0 names no call"
    );
}

#[test]
fn what_allows_nothing_here_may_allow_something_elsewhere() {
    let text = r#"{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["read"],"action":"SCMP_ACT_ALLOW",
        "includes":{"arches":["arm64"]}}]}"#;
    let document = Document::parse(text).unwrap();
    let compiled = |abi| compile(&document.resolve(&Facts::podman(abi)).unwrap(), abi);
    assert!(matches!(compiled(Abi::X86_64), Err(Error::AllowsNothing { .. })));
    assert!(compiled(Abi::Aarch64).is_ok());
}
