//! Fixtures, and what their programs say of single calls.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use std::error::Error as _;
use std::fs;

use notifyd_bpf::{AUDIT_ARCH_AARCH64, AUDIT_ARCH_I386, AUDIT_ARCH_X86_64, Action, Program, SeccompData};
use notifyd_profile::{Abi, Compiled, Error, Profile, compile};

fn fixture(name: &str) -> Profile {
    let path = format!("{}/fixtures/{name}.json", env!("CARGO_MANIFEST_DIR"));
    Profile::parse(&fs::read_to_string(path).unwrap()).unwrap()
}

fn compiled(name: &str) -> Compiled {
    compile(&fixture(name), Abi::X86_64).unwrap()
}

fn compiled_text(text: &str) -> Result<Compiled, Error> {
    compile(&Profile::parse(text).unwrap(), Abi::X86_64)
}

fn verdict(program: &Program, arch: u32, nr: i32, [first, second]: [u64; 2]) -> Action {
    program.evaluate(&SeccompData {
        nr,
        arch,
        instruction_pointer: 0,
        args: [first, second, 0, 0, 0, 0],
    })
}

const EPERM: Action = Action::Errno(1);

#[test]
fn what_no_rule_allows_gets_the_default() {
    let program = compiled("allow-list").program;
    for (arch, nr, args, expected) in [
        (AUDIT_ARCH_X86_64, 0, [0, 0], Action::Allow),
        (AUDIT_ARCH_X86_64, 1, [0, 0], Action::Allow),
        (AUDIT_ARCH_X86_64, 231, [0, 0], Action::Allow),
        (AUDIT_ARCH_X86_64, 83, [0, 0], Action::Allow),
        (AUDIT_ARCH_X86_64, 84, [0, 0], EPERM),
        (AUDIT_ARCH_X86_64, 600, [0, 0], EPERM),
        (AUDIT_ARCH_X86_64, -1, [0, 0], EPERM),
        (AUDIT_ARCH_I386, 39, [0, 0], Action::Allow),
        (AUDIT_ARCH_I386, 83, [0, 0], EPERM),
        (AUDIT_ARCH_X86_64, 0x4000_0053, [0, 0], Action::Allow),
        (AUDIT_ARCH_X86_64, 0x4000_0054, [0, 0], EPERM),
        (AUDIT_ARCH_AARCH64, 0, [0, 0], Action::KillThread),
    ] {
        assert_eq!(verdict(&program, arch, nr, args), expected, "{arch:#x} {nr} {args:?}");
    }
}

#[test]
fn personality_is_allowed_for_one_value() {
    let program = compiled("allow-list").program;
    for (arch, nr, value, expected) in [
        (AUDIT_ARCH_X86_64, 135, 0xffff_ffff, Action::Allow),
        (AUDIT_ARCH_X86_64, 135, 8, EPERM),
        (AUDIT_ARCH_X86_64, 135, 0xffff_ffff_ffff_ffff, EPERM),
        (AUDIT_ARCH_I386, 136, 0xffff_ffff, Action::Allow),
        (AUDIT_ARCH_I386, 136, 0, EPERM),
        (AUDIT_ARCH_X86_64, 0x4000_0087, 0xffff_ffff, Action::Allow),
    ] {
        assert_eq!(
            verdict(&program, arch, nr, [value, 0]),
            expected,
            "{arch:#x} {nr} {value:#x}"
        );
    }
}

#[test]
fn each_action_is_the_kernels() {
    let Compiled { program, warnings, .. } = compiled("actions");
    for (nr, expected) in [
        (435, Action::Errno(38)),
        (161, EPERM),
        (90, Action::Errno(0)),
        (168, Action::KillThread),
        (167, Action::KillThread),
        (169, Action::KillProcess),
        (163, Action::Trap(0)),
        (165, Action::Trace(1)),
        (166, Action::Trace(7)),
        (162, Action::Log),
        (83, Action::Notify),
        (0, Action::Allow),
    ] {
        assert_eq!(verdict(&program, AUDIT_ARCH_X86_64, nr, [0, 0]), expected, "{nr}");
    }
    assert!(warnings.is_empty(), "{warnings:?}");
}

#[test]
fn a_name_holds_on_every_listed_abi() {
    let program = compiled("three-abis").program;
    let denied = Action::Errno(13);
    for (arch, nr, args, expected) in [
        (AUDIT_ARCH_X86_64, 83, [0, 0], denied),
        (AUDIT_ARCH_X86_64, 168, [0, 0], denied),
        (AUDIT_ARCH_X86_64, 39, [0, 0], Action::Allow),
        (AUDIT_ARCH_X86_64, 115, [0, 0], Action::Allow),
        (AUDIT_ARCH_I386, 39, [0, 0], denied),
        (AUDIT_ARCH_I386, 115, [0, 0], denied),
        (AUDIT_ARCH_I386, 83, [0, 0], Action::Allow),
        (AUDIT_ARCH_I386, 359, [0, 0], denied),
        (AUDIT_ARCH_I386, 102, [1, 0], denied),
        (AUDIT_ARCH_I386, 102, [2, 0], Action::Allow),
        (AUDIT_ARCH_X86_64, 0x4000_0053, [0, 0], denied),
        (AUDIT_ARCH_X86_64, 0x4000_00a8, [0, 0], denied),
        (AUDIT_ARCH_X86_64, 0x4000_0027, [0, 0], Action::Allow),
    ] {
        assert_eq!(verdict(&program, arch, nr, args), expected, "{arch:#x} {nr} {args:?}");
    }
}

#[test]
fn an_empty_list_of_architectures_means_the_machines_own() {
    let program = compiled("native-only").program;
    assert_eq!(verdict(&program, AUDIT_ARCH_X86_64, 0, [0, 0]), Action::Allow);
    assert_eq!(verdict(&program, AUDIT_ARCH_I386, 3, [0, 0]), Action::KillThread);
    assert_eq!(
        verdict(&program, AUDIT_ARCH_X86_64, 0x4000_0000, [0, 0]),
        Action::KillThread
    );
}

#[test]
fn another_machines_abi_can_be_the_native_one() {
    let program = compile(&fixture("native-only"), Abi::Aarch64).unwrap().program;
    assert_eq!(verdict(&program, AUDIT_ARCH_AARCH64, 63, [0, 0]), Action::Allow);
    assert_eq!(verdict(&program, AUDIT_ARCH_AARCH64, 64, [0, 0]), Action::Errno(38));
    assert_eq!(verdict(&program, AUDIT_ARCH_X86_64, 0, [0, 0]), Action::KillThread);
}

#[test]
fn default_errno_is_kept_and_equal_rules_are_passed_over() {
    let program = compiled("native-only").program;
    assert_eq!(verdict(&program, AUDIT_ARCH_X86_64, 83, [0, 0]), Action::Errno(38));
    assert_eq!(verdict(&program, AUDIT_ARCH_X86_64, 161, [0, 0]), Action::Errno(38));
    assert_eq!(verdict(&program, AUDIT_ARCH_X86_64, 168, [0, 0]), EPERM);
}

#[test]
fn operators_compare_all_64_bits() {
    let program = compiled("operators").program;
    let wide = 1 << 53;
    for (nr, args, expected) in [
        (308, [0, 0x0002_0000], EPERM),
        (308, [0, 0x0002_0001], EPERM),
        (308, [0, 0x7e02_0000], Action::Allow),
        (308, [0, 0], Action::Allow),
        (272, [u64::MAX, 0], EPERM),
        (272, [u64::MAX - 1, 0], Action::Allow),
        (272, [0xffff_ffff, 0], Action::Allow),
        (101, [wide, 0], EPERM),
        (101, [wide + 1, 0], Action::Allow),
        (101, [wide + 2, 0], EPERM),
        (32, [4, 0], EPERM),
        (32, [5, 0], Action::Allow),
        (32, [1 << 32, 0], Action::Allow),
        (33, [5, 0], EPERM),
        (33, [6, 0], Action::Allow),
        (292, [6, 0], EPERM),
        (292, [1 << 32, 0], EPERM),
        (292, [5, 0], Action::Allow),
        (3, [5, 0], EPERM),
        (3, [4, 0], Action::Allow),
        (16, [1, 0x5412], EPERM),
        (16, [1, 0x5413], Action::Allow),
        (16, [0, 0x5412], Action::Allow),
    ] {
        assert_eq!(
            verdict(&program, AUDIT_ARCH_X86_64, nr, args),
            expected,
            "{nr} {args:x?}"
        );
    }
}

#[test]
fn conditions_that_share_an_argument_are_alternatives() {
    let program = compiled("operators").program;
    for (args, expected) in [
        ([0, 7], EPERM),
        ([0, 9], EPERM),
        ([3, 0], EPERM),
        ([3, 8], EPERM),
        ([0, 8], Action::Allow),
    ] {
        assert_eq!(verdict(&program, AUDIT_ARCH_X86_64, 72, args), expected, "{args:?}");
    }
}

#[test]
fn unknown_names_are_skipped_with_a_warning() {
    let Compiled { program, warnings, .. } = compiled("unknown-names");
    assert_eq!(verdict(&program, AUDIT_ARCH_X86_64, 83, [0, 0]), EPERM);
    let expected = [
        "rules skipped for \"chrot\", which is no system call; did you mean chroot",
        "rules skipped for \"no_such_call_at_all\", which is no system call",
    ];
    assert_eq!(warnings, expected);
}

#[test]
fn names_newer_than_libseccomp_are_told_apart_from_mistakes() {
    let text = r#"{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir","file_setattr","riscv_hwprobe"],"action":"SCMP_ACT_KILL"}]}"#;
    let warnings = compiled_text(text).unwrap().warnings;
    let known_to_libseccomp = warnings.is_empty();
    let newer = warnings.iter().any(|text| {
        text.starts_with("rules skipped for calls that libseccomp") && text.ends_with(": file_setattr, riscv_hwprobe")
    });
    assert!(known_to_libseccomp || newer, "{warnings:?}");
}

#[test]
fn a_profile_that_denies_nothing_warns() {
    let text = r#"{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir"],"action":"SCMP_ACT_LOG"}]}"#;
    assert_eq!(
        compiled_text(text).unwrap().warnings,
        ["the profile denies nothing and asks nobody"]
    );
}

#[test]
fn an_errno_for_an_action_without_one_warns() {
    let text = r#"{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir"],"action":"SCMP_ACT_NOTIFY","errnoRet":1}]}"#;
    let expected =
        "rule 0 (mkdir) gives errno 1 for SCMP_ACT_NOTIFY, which has none: crun refuses that, runc passes over it";
    assert_eq!(compiled_text(text).unwrap().warnings, [expected]);
}

#[test]
fn a_profile_that_allows_nothing_is_refused() {
    for syscalls in ["null", r#"[{"names":["no_such_call"],"action":"SCMP_ACT_ALLOW"}]"#] {
        let text = format!(r#"{{"defaultAction":"SCMP_ACT_ERRNO","syscalls":{syscalls}}}"#);
        let error = compiled_text(&text).unwrap_err();
        assert_eq!(
            error.to_string(),
            "compiling the profile: profile allows nothing, container cannot start"
        );
    }
}

#[test]
fn contradicting_conditions_are_refused_as_by_a_runtime() {
    let condition = r#""args":[{"index":0,"value":1,"op":"SCMP_CMP_EQ"}]"#;
    let text = format!(
        r#"{{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[
            {{"names":["dup"],"action":"SCMP_ACT_KILL",{condition}}},
            {{"names":["dup"],"action":"SCMP_ACT_TRAP",{condition}}}]}}"#
    );
    let error = compiled_text(&text).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("compiling rule 1 (dup): libseccomp refused its condition on dup"),
        "{error}"
    );
    assert!(error.source().is_some());
}

#[test]
fn an_architecture_of_the_other_byte_order_is_refused() {
    let text = r#"{"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_S390X"]}"#;
    assert!(matches!(compiled_text(text), Err(Error::Architecture { .. })));
}

#[test]
fn long_profiles_say_the_same_in_a_tree() {
    let allowed: Vec<String> = (0..300)
        .filter_map(|nr| notifyd_profile::name(AUDIT_ARCH_X86_64, nr))
        .map(|name| format!("\"{name}\""))
        .collect();
    let text = format!(
        r#"{{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{{"names":[{}],"action":"SCMP_ACT_ALLOW"}}]}}"#,
        allowed.join(",")
    );
    let program = compiled_text(&text).unwrap().program;
    for nr in 0..600 {
        let expected = if nr < 300 { Action::Allow } else { EPERM };
        assert_eq!(verdict(&program, AUDIT_ARCH_X86_64, nr, [0, 0]), expected, "{nr}");
    }
}

#[test]
fn compiling_in_many_threads_gives_the_same_program() {
    let expected = compiled("operators").program;
    let threads: Vec<_> = (0..8)
        .map(|_| std::thread::spawn(|| compiled("operators").program))
        .collect();
    for thread in threads {
        assert_eq!(thread.join().unwrap(), expected);
    }
}
