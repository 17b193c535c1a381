//! What is said of calls, and where in the text it is found.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use std::fs;

use notifyd_bpf::Action;
use notifyd_profile::{
    Abi, Arguments, CAPABILITIES, CallExplanation, Case, Error, Explainer, Facts, LeftOut, Reason, Runtime, Unused,
    capabilities, describe_action,
};

fn text_of(name: &str) -> String {
    let path = format!("{}/fixtures/{name}.json", env!("CARGO_MANIFEST_DIR"));
    fs::read_to_string(path).unwrap()
}

fn facts(names: &[&str]) -> Facts {
    Facts {
        capabilities: Some(capabilities(names).unwrap()),
        kernel: Some("6.1".parse().unwrap()),
        ..Facts::docker(Abi::X86_64)
    }
}

fn explained(text: &str, call: &str, args: &[&str], abi: Abi) -> CallExplanation {
    let explainer = Explainer::new(text, facts(&[])).unwrap();
    explainer.call(call, &Arguments::parse(args).unwrap(), &[abi]).unwrap()
}

/// The cases of the only way, as a person would read them: verdict, reason, line, conditions.
fn cases(text: &str, call: &str, args: &[&str], abi: Abi) -> Vec<String> {
    let explanation = explained(text, call, args, abi);
    let [way] = explanation.ways.as_slice() else {
        panic!("{explanation:?}");
    };
    way.cases.iter().map(shown).collect()
}

fn shown(case: &Case) -> String {
    let reason = match &case.reason {
        Reason::Rule(rule) => {
            let conditions: Vec<_> = rule.conditions.iter().map(ToString::to_string).collect();
            format!("{rule} {}", conditions.join(" and ")).trim_end().to_owned()
        }
        Reason::Default => "default".to_owned(),
        Reason::Architecture => "architecture".to_owned(),
        Reason::Runtime(largest) => format!("runc, above {largest}"),
    };
    let written = if case.written == case.verdict {
        String::new()
    } else {
        format!(", written: {}", describe_action(case.written))
    };
    format!("{}: {reason}{written}", describe_action(case.verdict))
}

#[test]
fn a_rule_is_named_with_the_line_on_which_it_names_the_call() {
    let text = text_of("allow-list");
    assert_eq!(cases(&text, "mkdir", &[], Abi::X86_64), ["allow: rule 0 (line 5)"]);
    assert_eq!(cases(&text, "rmdir", &[], Abi::X86_64), ["errno 1 EPERM: default"]);
    let spread = text.replace("\"write\", ", "\n\"write\",\n");
    assert_eq!(cases(&spread, "read", &[], Abi::X86_64), ["allow: rule 0 (line 5)"]);
    assert_eq!(cases(&spread, "write", &[], Abi::X86_64), ["allow: rule 0 (line 6)"]);
    assert_eq!(cases(&spread, "mkdir", &[], Abi::X86_64), ["allow: rule 0 (line 7)"]);
}

#[test]
fn lines_are_those_of_a_whole_configuration() {
    let text = text_of("config");
    assert_eq!(cases(&text, "mkdir", &[], Abi::X86_64), ["notify: rule 0 (line 12)"]);
}

#[test]
fn open_arguments_show_each_verdict_with_its_condition() {
    let text = text_of("allow-list");
    let both = ["allow: rule 1 (line 7) arg0 == 0xffffffff", "errno 1 EPERM: default"];
    for abi in [Abi::X86_64, Abi::I386, Abi::X32] {
        assert_eq!(cases(&text, "personality", &[], abi), both, "{abi:?}");
        assert_eq!(cases(&text, "personality", &["_", "7"], abi), both, "{abi:?}");
        assert_eq!(cases(&text, "personality", &["0xffffffff"], abi), both[..1], "{abi:?}");
        assert_eq!(cases(&text, "personality", &["8"], abi), both[1..], "{abi:?}");
    }
    // All bits set, which only a register of 32 bits makes the same.
    assert_eq!(cases(&text, "personality", &["-1"], Abi::X86_64), both[1..]);
    assert_eq!(cases(&text, "personality", &["-1"], Abi::I386), both[..1]);
}

#[test]
fn every_operator_is_explained_by_its_own_condition() {
    let text = text_of("operators");
    for (call, expected) in [
        ("setns", "rule 0 (line 4) arg1 & 0x7e020000 == 0x20000"),
        ("unshare", "rule 1 (line 5) arg0 == 0xffffffffffffffff"),
        ("ptrace", "rule 2 (line 6) arg0 != 0x20000000000001"),
        ("dup", "rule 3 (line 7) arg0 < 5"),
        ("dup2", "rule 4 (line 8) arg0 <= 5"),
        ("dup3", "rule 5 (line 9) arg0 > 5"),
        ("close", "rule 6 (line 10) arg0 >= 5"),
        ("ioctl", "rule 7 (line 11) arg0 == 1 and arg1 == 0x5412"),
    ] {
        let denied = format!("errno 1 EPERM: {expected}");
        assert_eq!(
            cases(&text, call, &[], Abi::X86_64),
            [&denied, "allow: default"],
            "{call}"
        );
    }
    // Two conditions on one argument: each alone is enough.
    assert_eq!(
        cases(&text, "fcntl", &[], Abi::X86_64),
        [
            "errno 1 EPERM: rule 8 (line 15) arg1 == 7",
            "errno 1 EPERM: rule 8 (line 15) arg1 == 9",
            "errno 1 EPERM: rule 8 (line 15) arg0 == 3",
            "allow: default"
        ]
    );
}

#[test]
fn an_example_gets_the_verdict_that_it_is_an_example_of() {
    let text = text_of("operators");
    for call in ["setns", "unshare", "ptrace", "dup", "ioctl", "fcntl"] {
        for case in &explained(&text, call, &[], Abi::X86_64).ways.first().unwrap().cases {
            let args = case.example.map(|arg| arg.to_string());
            let args: Vec<&str> = args.iter().map(String::as_str).collect();
            let again = explained(&text, call, &args, Abi::X86_64);
            let [verdict] = again.ways.first().unwrap().cases.as_slice() else {
                panic!("{again:?}");
            };
            assert_eq!(verdict.verdict, case.verdict, "{call} {args:?}");
        }
    }
}

#[test]
fn an_architecture_that_is_not_listed_is_the_reason() {
    let text = text_of("native-only");
    for abi in [Abi::I386, Abi::X32, Abi::Aarch64] {
        assert_eq!(cases(&text, "read", &[], abi), ["kill thread: architecture"], "{abi:?}");
    }
    let explainer = Explainer::new(&text, facts(&[])).unwrap();
    assert_eq!(explainer.abis(), [Abi::X86_64]);
}

/// i386 has `socket` twice: with a number of its own and behind `socketcall`.
#[test]
fn a_call_behind_another_is_explained_there_too() {
    let text = text_of("three-abis");
    let explanation = explained(&text, "socket", &[], Abi::I386);
    let ways: Vec<_> = explanation
        .ways
        .iter()
        .map(|way| {
            (
                way.number,
                way.carrier.as_deref(),
                way.cases.iter().map(shown).collect(),
            )
        })
        .collect();
    let own: Vec<String> = vec!["errno 13 EACCES: rule 0 (line 4)".to_owned()];
    let carried: Vec<String> = vec!["errno 13 EACCES: rule 0 (line 4) arg0 == 1".to_owned()];
    assert_eq!(
        ways,
        [(Some(359), None, own), (Some(102), Some("socketcall"), carried.clone())]
    );
    let mut all = carried;
    all.push("allow: default".to_owned());
    assert_eq!(cases(&text, "socketcall", &[], Abi::I386), all);
}

#[test]
fn an_abi_without_the_call_says_so() {
    let explanation = explained(&text_of("three-abis"), "waitpid", &[], Abi::X86_64);
    let [way] = explanation.ways.as_slice() else {
        panic!("{explanation:?}");
    };
    assert_eq!((way.number, way.cases.len()), (None, 0));
}

fn unused(text: &str, call: &str, facts: Facts) -> Vec<(usize, LeftOut)> {
    let explainer = Explainer::new(text, facts).unwrap();
    let explanation = explainer.call(call, &Arguments::default(), &[Abi::X86_64]).unwrap();
    explanation
        .unused
        .into_iter()
        .map(|Unused { rule, why }| (rule.index, why))
        .collect()
}

#[test]
fn what_left_a_rule_out_is_told() {
    let lacking = |names: &[&str]| LeftOut::LacksCapabilities(names.iter().map(ToString::to_string).collect());
    let text = text_of("includes-need-every-capability");
    assert_eq!(unused(&text, "mount", facts(&[])), [(1, lacking(&["CAP_SYS_ADMIN"]))]);
    assert_eq!(
        unused(&text, "umount2", facts(&["SYS_ADMIN"])),
        [(2, lacking(&["CAP_SYS_CHROOT"]))]
    );
    assert_eq!(unused(&text, "umount2", facts(&CAPABILITIES)), []);
    let text = text_of("excludes-need-one-capability");
    let has = LeftOut::HasCapability("CAP_SYS_CHROOT".to_owned());
    assert_eq!(unused(&text, "chroot", facts(&["SYS_CHROOT"])), [(0, has)]);
    let text = text_of("min-kernel-compares-numbers");
    let [least, host, from] = ["6.10", "6.1", "5.15"].map(|version| version.parse().unwrap());
    assert_eq!(
        unused(&text, "statx", facts(&[])),
        [(2, LeftOut::OlderKernel { least, host })]
    );
    assert_eq!(
        unused(&text, "stat", facts(&[])),
        [(3, LeftOut::NewerKernel { from, host })]
    );
    let text = text_of("arches-are-names-of-go");
    let listed = vec!["arm".to_owned(), "arm64".to_owned()];
    let other = LeftOut::OtherArchitectures { listed, host: "amd64" };
    assert_eq!(unused(&text, "set_tls", facts(&[])), [(1, other)]);
    assert_eq!(
        unused(&text, "fork", facts(&[])),
        [(3, LeftOut::ExcludedArchitecture("amd64"))]
    );
}

#[test]
fn all_rules_that_are_left_out_are_listed_in_order() {
    let text = text_of("includes-need-every-capability");
    let explainer = Explainer::new(&text, facts(&["SYS_ADMIN"])).unwrap();
    let left_out = explainer.left_out().unwrap();
    let shown: Vec<_> = left_out
        .iter()
        .map(|Unused { rule, why }| format!("{rule}: {why}"))
        .collect();
    assert_eq!(
        shown,
        [
            "rule 2 (line 6): it needs CAP_SYS_CHROOT",
            "rule 3 (line 7): it needs CAP_SYS_CHROOT and CAP_CHOWN"
        ]
    );
}

#[test]
fn a_rule_that_says_what_the_default_says_has_no_effect() {
    let text = r#"{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[
        {"names":["chroot"],"action":"SCMP_ACT_ERRNO","errnoRet":1},
        {"names":["chroot"],"action":"SCMP_ACT_ALLOW"}]}"#;
    assert_eq!(cases(text, "chroot", &[], Abi::X86_64), ["allow: rule 1 (line 3)"]);
    assert_eq!(unused(text, "chroot", facts(&[])), [(0, LeftOut::SaysTheDefault)]);
}

#[test]
fn a_rule_that_another_overrules_is_shown() {
    let text = r#"{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[
        {"names":["chroot"],"action":"SCMP_ACT_ERRNO","args":[{"index":0,"value":5,"op":"SCMP_CMP_EQ"}]},
        {"names":["chroot"],"action":"SCMP_ACT_LOG"},
        {"names":["chroot"],"action":"SCMP_ACT_KILL"}]}"#;
    let explanation = explained(text, "chroot", &[], Abi::X86_64);
    let [case] = explanation.ways.first().unwrap().cases.as_slice() else {
        panic!("{explanation:?}");
    };
    assert_eq!(shown(case), "log: rule 1 (line 3)");
    let overruled: Vec<_> = case.overruled.iter().map(|rule| (rule.index, rule.action)).collect();
    assert_eq!(overruled.len(), 2);
    assert!(overruled.contains(&(0, Action::Errno(1))));
    assert!(overruled.contains(&(2, Action::KillThread)));
}

/// libseccomp loses the first rule for values that also meet half of the second one.
#[test]
fn what_libseccomp_makes_of_rules_is_the_verdict_and_the_difference_is_told() {
    let text = r#"{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[
        {"names":["dup2"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":2,"op":"SCMP_CMP_EQ"}]},
        {"names":["dup2"],"action":"SCMP_ACT_ALLOW","args":[
            {"index":0,"value":3,"op":"SCMP_CMP_NE"},
            {"index":1,"value":1,"op":"SCMP_CMP_EQ"}]}]}"#;
    let told = "errno 1 EPERM: rule 0 (line 2) arg0 == 2, written: allow";
    assert_eq!(cases(text, "dup2", &["2", "0"], Abi::X86_64), [told]);
    assert!(cases(text, "dup2", &[], Abi::X86_64).contains(&told.to_owned()));
}

#[test]
fn a_name_that_is_no_call_is_refused_with_the_nearest() {
    let text = text_of("allow-list");
    let explainer = Explainer::new(&text, facts(&[])).unwrap();
    let error = explainer
        .call("chrot", &Arguments::default(), &[Abi::X86_64])
        .unwrap_err();
    assert!(matches!(error, Error::NoSuchCall { .. }));
    assert_eq!(
        error.to_string(),
        "explaining the profile: \"chrot\" is no system call; did you mean chroot"
    );
    let unnamed = cases(&text, "syscall_600", &[], Abi::X86_64);
    assert_eq!(unnamed, ["errno 1 EPERM: default"]);
}

#[test]
fn another_machines_calls_are_explained_for_such_a_machine() {
    let text = text_of("arch-map-gives-the-hosts-entry");
    let facts = Facts {
        abi: Abi::Aarch64,
        ..facts(&[])
    };
    let explainer = Explainer::new(&text, facts).unwrap();
    assert_eq!(explainer.abis(), [Abi::Aarch64, Abi::Arm]);
    let explanation = explainer
        .call("read", &Arguments::default(), &explainer.abis())
        .unwrap();
    let ways: Vec<_> = explanation
        .ways
        .iter()
        .map(|way| (way.number, shown(way.cases.first().unwrap())))
        .collect();
    let allowed = "allow: rule 0 (line 9)".to_owned();
    assert_eq!(ways, [(Some(63), allowed.clone()), (Some(3), allowed)]);
}

#[test]
fn a_summary_sorts_every_call() {
    let text = text_of("allow-list");
    let explainer = Explainer::new(&text, facts(&[])).unwrap();
    let summary = explainer.summary(&explainer.abis());
    let abis: Vec<_> = summary.abis.iter().map(|abi| abi.abi).collect();
    assert_eq!(abis, [Abi::X86_64, Abi::I386, Abi::X32]);
    for abi in summary.abis {
        assert_eq!(abi.conditional, ["personality"]);
        let [(Action::Allow, allowed), (Action::Errno(1), denied)] = abi.verdicts.as_slice() else {
            panic!("{:?}", abi.verdicts);
        };
        assert_eq!(allowed, &["exit_group", "mkdir", "read", "write"]);
        assert!(denied.len() > 300, "{}", denied.len());
        assert!(denied.contains(&"chroot".to_owned()));
    }
}

#[test]
fn arguments_are_read_as_strace_prints_them() {
    let allowed = |value: u64| {
        format!(
            r#"{{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{{"names":["dup"],"action":"SCMP_ACT_ALLOW","args":[{{"index":0,"value":{value},"op":"SCMP_CMP_EQ"}}]}}]}}"#
        )
    };
    for (written, value) in [
        ("0", 0),
        ("NULL", 0),
        ("10", 10),
        ("0x1F", 31),
        ("0644", 420),
        ("-1", u64::MAX),
        ("-100", u64::MAX - 99),
        ("18446744073709551615", u64::MAX),
        ("9007199254740993", 9_007_199_254_740_993),
        ("-9223372036854775808", 1 << 63),
    ] {
        let found = cases(&allowed(value), "dup", &[written], Abi::X86_64);
        assert!(
            matches!(found.as_slice(), [one] if one.starts_with("allow")),
            "{written}: {found:?}"
        );
    }
}

#[test]
fn what_is_no_integer_is_refused_with_its_position() {
    for text in [
        "",
        "x",
        "0x",
        "08",
        "+1",
        "--1",
        "-",
        "1 ",
        "18446744073709551616",
        "-9223372036854775809",
        "0x+1",
    ] {
        let error = Arguments::parse(&["1", text]).unwrap_err();
        assert!(
            matches!(&error, Error::Argument { index: 1, text: given } if given == text),
            "{text}: {error}"
        );
    }
    let error = Arguments::parse(&["1"; 7]).unwrap_err();
    assert!(matches!(error, Error::TooManyArguments { count: 7 }));
}

#[test]
fn architectures_are_known_by_all_their_names() {
    for (name, abi) in [
        ("x86_64", Abi::X86_64),
        ("amd64", Abi::X86_64),
        ("SCMP_ARCH_X86", Abi::I386),
        ("i386", Abi::I386),
        ("x86", Abi::I386),
        ("x32", Abi::X32),
        ("ARM64", Abi::Aarch64),
        ("aarch64", Abi::Aarch64),
        ("arm", Abi::Arm),
    ] {
        assert_eq!(name.parse::<Abi>().unwrap(), abi, "{name}");
    }
    let error = "mips".parse::<Abi>().unwrap_err().to_string();
    assert!(
        error.contains("\"mips\"") && error.contains("x86_64, i386, x32, aarch64, arm"),
        "{error}"
    );
}

/// Its largest number is that of openat2, 437.
const OLD: &str = r#"{"defaultAction": "SCMP_ACT_ERRNO", "architectures": ["SCMP_ARCH_X86_64"], "syscalls": [
    {"names": ["read", "openat2"], "action": "SCMP_ACT_ALLOW"}]}"#;

fn under(runtime: Option<Runtime>, call: &str) -> (Option<u32>, Vec<String>) {
    let explainer = Explainer::new(OLD, facts(&[])).unwrap();
    let explainer = match runtime {
        Some(runtime) => explainer.under(runtime).unwrap(),
        None => explainer,
    };
    let explanation = explainer.call(call, &Arguments::default(), &[Abi::X86_64]).unwrap();
    let [way] = explanation.ways.as_slice() else {
        panic!("{explanation:?}");
    };
    (way.largest_named, way.cases.iter().map(shown).collect())
}

#[test]
fn runc_answers_what_is_newer_than_the_profile_by_itself() {
    let by_default = || vec!["errno 1 EPERM: default".to_owned()];
    // process_madvise is 440, mkdir 83.
    assert_eq!(under(None, "process_madvise"), (Some(437), by_default()));
    assert_eq!(under(Some(Runtime::Crun), "process_madvise"), (None, by_default()));
    let by_runc = vec!["errno 38 ENOSYS: runc, above 437".to_owned()];
    assert_eq!(under(Some(Runtime::Runc), "process_madvise"), (Some(437), by_runc));
    assert_eq!(under(Some(Runtime::Runc), "mkdir"), (None, by_default()));
    assert_eq!(under(Some(Runtime::Runc), "openat2").1, under(None, "openat2").1);
}

#[test]
fn a_summary_is_of_what_the_runtime_makes_of_the_profile() {
    let explainer = Explainer::new(OLD, facts(&[])).unwrap().under(Runtime::Runc).unwrap();
    let summary = explainer.summary(&[Abi::X86_64]);
    let [abi] = summary.abis.as_slice() else {
        panic!("{summary:?}");
    };
    let newer = abi.verdicts.iter().find(|(verdict, _)| *verdict == Action::Errno(38));
    let (_, newer) = newer.unwrap();
    assert!(newer.contains(&"process_madvise".to_owned()) && !newer.contains(&"mkdir".to_owned()));
}

#[test]
fn where_what_has_no_rule_is_allowed_runc_answers_nothing() {
    let allowing = OLD.replace("SCMP_ACT_ERRNO", "SCMP_ACT_ALLOW");
    let explainer = Explainer::new(&allowing, facts(&[]))
        .unwrap()
        .under(Runtime::Runc)
        .unwrap();
    let explanation = explainer.call("process_madvise", &Arguments::default(), &[Abi::X86_64]);
    assert_eq!(explanation.unwrap().ways[0].largest_named, None);
}

#[test]
fn an_operators_object_is_explained_on_its_own_lines() {
    let text = "{\"apiVersion\": \"security-profiles-operator.x-k8s.io/v1beta1\", \"kind\": \"SeccompProfile\",\n\"spec\": {\"defaultAction\": \"SCMP_ACT_ALLOW\", \"state\": \"Enabled\",\n\"syscalls\": [{\"names\": [\n\"mkdir\"], \"action\": \"SCMP_ACT_ERRNO\", \"errnoRet\": \"13\"}]}}";
    assert_eq!(
        cases(text, "mkdir", &[], Abi::X86_64),
        ["errno 13 EACCES: rule 0 (line 4)"]
    );
}
