//! What is found in a profile, each kind of finding on its own, and nothing in a profile that is as it should be.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::Path;

use notifyd_profile::Severity::{Error, Note, Warning};
use notifyd_profile::{
    Abi, Code, Facts, Finding, Profile, Runtime, Severity, Target, compile, lint, runtime_default, transform,
};

fn facts() -> Facts {
    let mut facts = Facts::docker(Abi::X86_64);
    facts.kernel = Some("6.18".parse().unwrap());
    facts
}

fn found_for(text: &str, runtimes: &[Runtime]) -> Vec<Finding> {
    lint(text, &facts(), runtimes).unwrap()
}

fn found(text: &str) -> Vec<Finding> {
    found_for(text, &Runtime::ALL)
}

/// All findings of one kind: how much they matter, the rule, the line, and what they say.
fn of<'a>(findings: &'a [Finding], code: &str) -> Vec<(Severity, Option<usize>, Option<usize>, &'a str)> {
    let of_code = findings.iter().filter(|finding| finding.code.name() == code);
    of_code
        .map(|finding| (finding.severity, finding.rule, finding.line, finding.message.as_str()))
        .collect()
}

fn names(findings: &[Finding]) -> Vec<&'static str> {
    findings.iter().map(|finding| finding.code.name()).collect()
}

/// Rules, one a line from line 2, under a default that allows.
fn allowing(rules: &[&str]) -> String {
    format!(
        "{{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[\n{}\n]}}",
        rules.join(",\n")
    )
}

const DENY_CHROOT: &str = r#"{"names":["chroot"],"action":"SCMP_ACT_ERRNO"}"#;

#[test]
fn a_profile_as_it_should_be_has_no_findings() {
    assert_eq!(found(&allowing(&[DENY_CHROOT])), []);
}

#[test]
fn a_text_that_is_no_profile_is_a_finding_with_its_line() {
    let syntax = found("{\n\"defaultAction\":");
    assert_eq!(of(&syntax, "invalid")[0].2, Some(2));
    let rule = found(&allowing(&[
        DENY_CHROOT,
        r#"{"names":["acct"],"action":"SCMP_ACT_DENY"}"#,
    ]));
    let [(severity, index, line, message)] = of(&rule, "invalid")[..] else {
        panic!("{rule:?}")
    };
    assert_eq!((severity, index, line), (Error, Some(1), Some(3)));
    assert!(message.contains("\"SCMP_ACT_DENY\" is none of"), "{message}");
    assert_eq!(names(&rule), ["invalid"]);
}

#[test]
fn a_profile_that_allows_nothing_is_told_with_what_explains_it() {
    let text = r#"{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["writ"],"action":"SCMP_ACT_ALLOW"}]}"#;
    let findings = found(text);
    assert_eq!(names(&findings), ["unknown-call", "allows-nothing"]);
    assert!(findings[0].message.ends_with("did you mean write"), "{findings:?}");
}

#[test]
fn the_same_condition_with_two_actions_is_an_error_at_the_second() {
    let args = r#""args":[{"index":0,"value":8,"op":"SCMP_CMP_EQ"}]"#;
    let findings = found(&allowing(&[
        &format!(r#"{{"names":["personality"],"action":"SCMP_ACT_ERRNO",{args}}}"#),
        &format!(r#"{{"names":["personality"],"action":"SCMP_ACT_LOG",{args}}}"#),
    ]));
    let [(severity, index, line, _)] = of(&findings, "conflicting-rules")[..] else {
        panic!("{findings:?}")
    };
    assert_eq!((severity, index, line), (Error, Some(1), Some(3)));
}

#[test]
fn fields_that_nobody_reads_are_told() {
    let rule = r#"{"names":["acct"],"action":"SCMP_ACT_ERRNO","arg":[],"owner":"me","args":[{"index":0,"value":1,"op":"SCMP_CMP_EQ","valuetwo2":1}]}"#;
    let findings = found(&format!(
        "{{\"defaultAction\":\"SCMP_ACT_ALLOW\",\n\"listenerpath2\":1,\n\"syscalls\":[\n{rule}]}}"
    ));
    let told = of(&findings, "unknown-field");
    let expected = [
        (
            Warning,
            None,
            Some(2),
            "nobody reads the field \"listenerpath2\"; did you mean listenerPath",
        ),
        (
            Warning,
            Some(0),
            Some(4),
            "nobody reads the field \"arg\"; did you mean args",
        ),
        (
            Warning,
            Some(0),
            Some(4),
            "nobody reads the field \"valuetwo2\"; did you mean valueTwo",
        ),
        (
            Note,
            Some(0),
            Some(4),
            "nobody reads the field \"owner\"; remove it unless it documents something",
        ),
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_misspelled_name_is_worse_where_it_should_deny() {
    let rule = |action| allowing(&[&format!(r#"{{"names":["chrot"],"action":"{action}"}}"#), DENY_CHROOT]);
    let denying = found(&rule("SCMP_ACT_KILL_PROCESS"));
    let message = r#""chrot" is no system call, and runtimes pass over it; did you mean chroot"#;
    assert_eq!(of(&denying, "unknown-call"), [(Error, Some(0), Some(2), message)]);
    let logging = found(&rule("SCMP_ACT_LOG"));
    assert_eq!(of(&logging, "unknown-call"), [(Warning, Some(0), Some(2), message)]);
}

#[test]
fn names_that_are_newer_than_libseccomp_are_told_together() {
    let rule = r#"{"names":["chroot","file_getattr","file_setattr"],"action":"SCMP_ACT_ERRNO"}"#;
    let findings = found(&allowing(&[rule]));
    let [(severity, index, line, message)] = of(&findings, "newer-than-libseccomp")[..] else {
        panic!("{findings:?}")
    };
    assert_eq!((severity, index, line), (Warning, Some(0), Some(2)));
    assert!(
        message.contains("does not know file_getattr, file_setattr, so"),
        "{message}"
    );
    let rule = rule.replace("ERRNO", "LOG");
    let findings = found(&allowing(&[&rule, DENY_CHROOT]));
    assert_eq!(of(&findings, "newer-than-libseccomp")[0].0, Note);
}

#[test]
fn a_rule_behind_one_for_all_arguments_has_no_effect() {
    let some = r#"{"names":["chroot","acct"],"action":"SCMP_ACT_KILL_PROCESS","args":[{"index":0,"value":1,"op":"SCMP_CMP_EQ"}]}"#;
    let later = r#"{"names":["chroot"],"action":"SCMP_ACT_TRAP"}"#;
    let findings = found(&allowing(&[some, DENY_CHROOT, later, DENY_CHROOT]));
    let expected = [
        (
            Warning,
            Some(0),
            Some(2),
            "this rule says kill process for chroot and has no effect: rule 1 (line 3) says errno 1 EPERM whatever the arguments are; remove one of them",
        ),
        (
            Warning,
            Some(2),
            Some(4),
            "this rule says trap 0 for chroot and has no effect: rule 1 (line 3) says errno 1 EPERM whatever the arguments are; remove one of them",
        ),
        (
            Note,
            Some(3),
            Some(5),
            "this rule has no effect for chroot: rule 1 (line 3) says the same; remove it",
        ),
    ];
    assert_eq!(of(&findings, "no-effect"), expected);
}

#[test]
fn the_same_condition_twice_has_no_effect() {
    let rule = r#"{"names":["acct"],"action":"SCMP_ACT_ERRNO","args":[{"index":0,"value":1,"op":"SCMP_CMP_EQ"}]}"#;
    let findings = found(&allowing(&[rule, rule]));
    assert_eq!(of(&findings, "no-effect").len(), 1, "{findings:?}");
    assert_eq!(of(&findings, "no-effect")[0].1, Some(1));
}

#[test]
fn a_rule_of_which_a_part_is_needed_has_an_effect() {
    let one = r#"{"names":["acct"],"action":"SCMP_ACT_ERRNO","args":[{"index":0,"value":1,"op":"SCMP_CMP_EQ"}]}"#;
    // Two conditions on one argument are alternatives.
    let either = r#"{"names":["acct"],"action":"SCMP_ACT_ERRNO","args":[{"index":0,"value":1,"op":"SCMP_CMP_EQ"},{"index":0,"value":2,"op":"SCMP_CMP_EQ"}]}"#;
    assert_eq!(found(&allowing(&[one, either])), []);
    // A mask without a low half is no condition at all on i386.
    let wide = r#"{"names":["acct"],"action":"SCMP_ACT_TRAP","args":[{"index":0,"value":4294967296,"valueTwo":4294967296,"op":"SCMP_CMP_MASKED_EQ"}]}"#;
    let whole = r#"{"names":["acct"],"action":"SCMP_ACT_ERRNO"}"#;
    assert_eq!(of(&found(&allowing(&[wide, whole])), "no-effect"), []);
    let twice = one.replace("}]}", "},{\"index\":0,\"value\":1,\"op\":\"SCMP_CMP_EQ\"}]}");
    assert_eq!(found(&allowing(&[&twice])), []);
}

#[test]
fn a_rule_that_says_the_default_loses_against_any_other() {
    let allow = r#"{"names":["chroot","acct"],"action":"SCMP_ACT_ALLOW"}"#;
    let findings = found(&allowing(&[allow, DENY_CHROOT]));
    let expected = [
        (
            Warning,
            Some(0),
            Some(2),
            "this rule says for chroot what the default says, and runtimes pass over it: rule 1 (line 3) says errno 1 EPERM; remove one of them",
        ),
        (
            Note,
            Some(0),
            Some(2),
            "this rule says for acct what the default says, and runtimes pass over it; remove it unless it documents something",
        ),
    ];
    assert_eq!(of(&findings, "no-effect"), expected);
}

#[test]
fn rules_under_different_conditions_on_the_container_may_say_the_same() {
    let by_kernel = r#"{"names":["ptrace"],"action":"SCMP_ACT_ERRNO","includes":{"minKernel":"4.8"}}"#;
    let by_capability = r#"{"names":["ptrace"],"action":"SCMP_ACT_ERRNO","includes":{"caps":["CAP_CHOWN"]}}"#;
    let findings = found(&allowing(&[by_kernel, by_capability]));
    assert_eq!(names(&findings), ["containerd-ignores"]);
}

#[test]
fn a_profile_without_denials_is_told() {
    let findings = found(&allowing(&[r#"{"names":["chroot"],"action":"SCMP_ACT_LOG"}"#]));
    assert_eq!(names(&findings), ["denies-nothing", "not-observable", "not-observable"]);
    assert_eq!((findings[0].severity, findings[0].line), (Warning, Some(1)));
}

#[test]
fn what_libseccomp_makes_of_overlapping_conditions_is_told_where_it_differs() {
    let text = r#"{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[
        {"names":["write"],"action":"SCMP_ACT_ALLOW"},
        {"names":["dup2"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":2,"op":"SCMP_CMP_EQ"}]},
        {"names":["dup2"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":3,"op":"SCMP_CMP_NE"},{"index":1,"value":1,"op":"SCMP_CMP_EQ"}]}]}"#;
    let expected = "the rules say allow for dup2(0x2, 0x0, 0x0, 0x0, 0x0, 0x0) on x86_64, but the program that libseccomp makes of them says errno 1 EPERM; write fewer conditions that overlap";
    assert_eq!(
        of(&found(text), "differs-from-rules"),
        [(Warning, Some(1), Some(3), expected)]
    );
}

#[test]
fn flags_are_refused_by_older_runcs_and_unknown_ones_by_all() {
    let flags = |flag: &str| {
        format!("{{\"defaultAction\":\"SCMP_ACT_ALLOW\",\n\"flags\":[\"{flag}\"],\"syscalls\":[{DENY_CHROOT}]}}")
    };
    let log = flags("SECCOMP_FILTER_FLAG_LOG");
    assert_eq!(of(&found(&log), "flags").len(), 1);
    let (severity, _, line, _) = of(&found(&log), "flags")[0];
    assert_eq!((severity, line), (Warning, Some(2)));
    assert_eq!(found_for(&log, &[Runtime::Crun]), []);
    let killable = found(&flags("SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"));
    assert!(of(&killable, "flags")[0].3.contains("runc before 1.5"), "{killable:?}");
    let unknown = found_for(&flags("SECCOMP_FILTER_FLAG_NEW_LISTENER"), &[Runtime::Crun]);
    assert_eq!(of(&unknown, "flags")[0].0, Error);
}

#[test]
fn an_errno_where_there_is_none_is_refused_by_crun() {
    let text = allowing(&[
        DENY_CHROOT,
        r#"{"names":["acct"],"action":"SCMP_ACT_KILL","errnoRet":5}"#,
    ]);
    let (severity, index, ..) = of(&found(&text), "misplaced-errno")[0];
    assert_eq!((severity, index), (Error, Some(1)));
    let findings = found_for(&text, &[Runtime::Runc]);
    assert_eq!(of(&findings, "misplaced-errno")[0].0, Warning);
}

#[test]
fn notifying_by_default_or_on_write_or_nobody_is_refused_by_runc() {
    let by_default = r#"{"defaultAction":"SCMP_ACT_NOTIFY","listenerPath":"/run/x","syscalls":[{"names":["read","write"],"action":"SCMP_ACT_ALLOW"}]}"#;
    assert_eq!(of(&found(by_default), "notify-default")[0].0, Error);
    assert_eq!(of(&found_for(by_default, &[Runtime::Crun]), "notify-default"), []);
    let on_write = r#"{"names":["write"],"action":"SCMP_ACT_NOTIFY"}"#;
    let findings = found(&allowing(&[on_write]));
    assert_eq!(of(&findings, "notify-write")[0].0, Error);
    let severities: Vec<_> = of(&findings, "listener-path").iter().map(|found| found.0).collect();
    assert_eq!(severities, [Error, Warning], "runc refuses, crun lets the calls fail");
    assert_eq!(
        of(&found_for(&allowing(&[on_write]), &[Runtime::Crun]), "notify-write"),
        []
    );
}

#[test]
fn a_listener_path_is_absolute() {
    let text = r#"{"defaultAction":"SCMP_ACT_ALLOW","listenerPath":"x.sock","syscalls":[{"names":["chroot"],"action":"SCMP_ACT_NOTIFY"}]}"#;
    assert_eq!(of(&found(text), "listener-path")[0].0, Error);
}

#[test]
fn fields_that_containerd_passes_over_are_told() {
    let rule = r#"{"names":["chroot"],"action":"SCMP_ACT_ERRNO","excludes":{"caps":["CAP_SYS_CHROOT"]}}"#;
    let findings = found(&allowing(&[r#"{"name":"acct","action":"SCMP_ACT_ERRNO"}"#, rule]));
    let [(severity, index, line, message)] = of(&findings, "containerd-ignores")[..] else {
        panic!("{findings:?}")
    };
    assert_eq!((severity, index, line), (Note, Some(0), Some(2)));
    assert!(
        message.starts_with("containerd passes over excludes, name where"),
        "{message}"
    );
}

#[test]
fn calls_that_the_runtime_makes_are_told_by_runtime() {
    let text = allowing(&[
        r#"{"names":["write"],"action":"SCMP_ACT_ERRNO"}"#,
        r#"{"names":["capset","getdents64","faccessat2"],"action":"SCMP_ACT_ERRNO"}"#,
    ]);
    let findings = found(&text);
    let found: Vec<_> = of(&findings, "runtime-needs")
        .iter()
        .map(|(severity, index, _, message)| (*severity, *index, message.split(',').next().unwrap()))
        .collect();
    assert_eq!(
        found,
        [
            (Error, Some(0), "write is denied"),
            (Warning, Some(0), "crun itself calls write once the filter is loaded"),
            (Warning, Some(1), "runc itself calls getdents64"),
            (Warning, Some(1), "crun itself calls capset once the filter is loaded"),
        ]
    );
}

#[test]
fn calls_that_nobody_expects_to_fail_are_told() {
    let text = |action| {
        allowing(&[&format!(
            r#"{{"names":["exit_group","rt_sigreturn"],"action":"{action}"}}"#
        )])
    };
    let findings = found_for(&text("SCMP_ACT_ERRNO"), &[Runtime::Crun]);
    let [(Warning, Some(0), Some(2), message)] = of(&findings, "spins-when-denied")[..] else {
        panic!("{findings:?}")
    };
    assert!(
        message.starts_with("exit_group, rt_sigreturn denied with errno 1 EPERM"),
        "{message}"
    );
    assert_eq!(of(&found(&text("SCMP_ACT_KILL_PROCESS")), "spins-when-denied"), []);
}

#[test]
fn what_a_ring_can_do_is_told_while_rings_are_allowed() {
    let mkdir = r#"{"names":["mkdir","mkdirat","chroot"],"action":"SCMP_ACT_ERRNO"}"#;
    let findings = found(&allowing(&[mkdir]));
    let [(Warning, None, None, message)] = of(&findings, "io-uring")[..] else {
        panic!("{findings:?}")
    };
    assert!(
        message.contains("what is denied of mkdir, mkdirat can be done"),
        "{message}"
    );
    let asked = found(&allowing(&[&mkdir.replace("ERRNO", "NOTIFY")]));
    assert_eq!(of(&asked, "io-uring").len(), 1, "a ring asks nobody");
    let without = r#"{"names":["io_uring_setup"],"action":"SCMP_ACT_ERRNO"}"#;
    assert_eq!(found(&allowing(&[mkdir, without])), []);
}

#[test]
fn an_open_carrier_is_told_where_what_it_carries_is_restricted() {
    let text = |names: &str, conditions: &str| {
        format!(
            r#"{{"defaultAction":"SCMP_ACT_ERRNO","architectures":["SCMP_ARCH_X86_64","SCMP_ARCH_X86"],"syscalls":[
            {{"names":["write","bind"{names}],"action":"SCMP_ACT_ALLOW"}},
            {{"names":["socket"],"action":"SCMP_ACT_ALLOW"{conditions}}}]}}"#
        )
    };
    let unix = r#","args":[{"index":0,"value":1,"op":"SCMP_CMP_EQ"}]"#;
    let findings = found(&text(r#","socketcall""#, unix));
    let [(Warning, Some(0), Some(2), message)] = of(&findings, "carrier-allowed")[..] else {
        panic!("{findings:?}")
    };
    assert!(
        message.starts_with("socketcall lets programs of i386 make accept"),
        "{message}"
    );
    assert!(message.contains(", socket,") && !message.contains("bind"), "{message}");
    // The condition on the family becomes one for the number of the call that is carried.
    let findings = found(&text("", unix));
    let [(Warning, Some(1), Some(3), message)] = of(&findings, "carrier-allowed")[..] else {
        panic!("{findings:?}")
    };
    assert!(message.contains(" make socket with"), "{message}");
    assert_eq!(of(&found(&text("", "")), "carrier-allowed"), []);
}

#[test]
fn a_container_must_not_get_a_listener_of_its_own() {
    let notify = r#"{"names":["chroot"],"action":"SCMP_ACT_NOTIFY"}"#;
    let guard = r#"{"names":["seccomp"],"action":"SCMP_ACT_ERRNO","errnoRet":16,"args":[{"index":1,"value":8,"valueTwo":8,"op":"SCMP_CMP_MASKED_EQ"}]}"#;
    let open = found(&allowing(&[notify]));
    assert_eq!(of(&open, "listener-takeover")[0].0, Error);
    assert_eq!(of(&found(&allowing(&[notify, guard])), "listener-takeover"), []);
    let useless = guard.replace(r#""value":8,"valueTwo":8"#, r#""value":8,"valueTwo":0"#);
    assert_eq!(of(&found(&allowing(&[notify, &useless])), "listener-takeover").len(), 1);
    assert_eq!(found(&allowing(&[DENY_CHROOT])), [], "nobody listens");
}

#[test]
fn what_a_rewritten_profile_would_not_tell_is_told() {
    let text = allowing(&[
        r#"{"names":["chroot"],"action":"SCMP_ACT_TRAP"}"#,
        r#"{"names":["acct"],"action":"SCMP_ACT_ERRNO"}"#,
    ]);
    let findings = found_for(&text, &[Runtime::Crun]);
    let expected = "not observable under crun: SCMP_ACT_TRAP, SCMP_ACT_TRACE and SCMP_ACT_LOG are left to the kernel";
    assert_eq!(of(&findings, "not-observable"), [(Note, None, None, expected)]);
    let whole = r#"{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[
        {"names":["write"],"action":"SCMP_ACT_ALLOW"},
        {"names":["socket"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":16,"op":"SCMP_CMP_EQ"},{"index":2,"value":9,"op":"SCMP_CMP_NE"}]}]}"#;
    let findings = found_for(whole, &[Runtime::Crun]);
    assert!(
        of(&findings, "asked-when-allowed")[0]
            .3
            .contains("allowed calls of socket too"),
        "{findings:?}"
    );
}

#[test]
fn a_rewritten_profile_has_what_the_original_has_and_no_errors() {
    let original = runtime_default().unwrap();
    for runtime in Runtime::ALL {
        let target = Target {
            runtime,
            abi: Abi::X86_64,
            listener_path: "/run/x.sock".to_owned(),
            wait_killable: false,
        };
        let done = transform(&original.resolve(&facts()).unwrap(), &target).unwrap();
        let rewritten = original.with_profile(&done.profile).to_string();
        let findings = found_for(&rewritten, &[runtime]);
        let serious = findings.iter().filter(|finding| finding.severity != Note);
        let codes: Vec<_> = serious.map(|finding| finding.code.name()).collect();
        assert_eq!(codes, ["carrier-allowed"], "{runtime}: {findings:?}");
    }
}

#[test]
fn facts_that_are_wrong_are_no_findings() {
    let text = allowing(&[r#"{"names":["acct"],"action":"SCMP_ACT_ERRNO","includes":{"minKernel":"4.8"}}"#]);
    assert!(lint(&text, &Facts::docker(Abi::X86_64), &Runtime::ALL).is_err());
}

#[test]
fn every_kind_of_finding_has_a_name_of_its_own() {
    let mut names: Vec<_> = Code::ALL.iter().map(|code| code.name()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), Code::ALL.len());
}

#[test]
fn rules_without_effect_can_go() {
    let some =
        r#"{"names":["chroot"],"action":"SCMP_ACT_KILL_PROCESS","args":[{"index":0,"value":1,"op":"SCMP_CMP_EQ"}]}"#;
    let other = r#"{"names":["acct"],"action":"SCMP_ACT_ERRNO","args":[{"index":0,"value":1,"op":"SCMP_CMP_EQ"}]}"#;
    let allow = r#"{"names":["chroot"],"action":"SCMP_ACT_ALLOW"}"#;
    let trap = r#"{"names":["chroot"],"action":"SCMP_ACT_TRAP"}"#;
    let rules = [some, other, allow, DENY_CHROOT, trap, other, DENY_CHROOT];
    let program = |rules: &[&str]| {
        let profile = Profile::parse(&allowing(rules)).unwrap();
        compile(&profile, Abi::X86_64).unwrap().program
    };
    let findings = found(&allowing(&rules));
    let idle: Vec<_> = of(&findings, "no-effect")
        .iter()
        .map(|found| found.1.unwrap())
        .collect();
    assert_eq!(idle, [0, 2, 4, 5, 6]);
    let kept = rules.iter().enumerate().filter(|(index, _)| !idle.contains(index));
    let kept: Vec<_> = kept.map(|(_, rule)| *rule).collect();
    assert_eq!(program(&kept), program(&rules));
}

/// What their authors may want to hear, and no error. The notes are printed, to be read by people.
#[test]
fn the_stock_profiles_have_few_findings() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/profiles");
    if !folder.is_dir() {
        println!("skipped: no folder of stock profiles beside the repository");
        return;
    }
    let expected: [(&str, &[(&str, usize)]); 5] = [
        ("moby-2026", &[("carrier-allowed", 374)]),
        ("moby-20.10", &[]),
        ("moby-19.03", &[]),
        (
            "containers-common-2026",
            &[("carrier-allowed", 421), ("no-effect", 720)],
        ),
        ("containers-common-0.50", &[("no-effect", 704)]),
    ];
    for (name, warnings) in expected {
        let (notes, others): (Vec<_>, Vec<_>) =
            found(&fs::read_to_string(folder.join(format!("{name}.json"))).unwrap())
                .into_iter()
                .partition(|finding| finding.severity == Note);
        for Finding {
            code, line, message, ..
        } in &notes
        {
            println!("{name}:{}: {message} [{code}]", line.unwrap_or(0));
        }
        assert!(others.iter().all(|finding| finding.severity == Warning), "{others:?}");
        let found: Vec<_> = others
            .iter()
            .map(|finding| (finding.code.name(), finding.line.unwrap()))
            .collect();
        assert_eq!(found, warnings, "{name}");
    }
}
