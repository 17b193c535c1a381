//! What becomes of each kind of rule, one behaviour each.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use notifyd_bpf::{AUDIT_ARCH_I386, AUDIT_ARCH_X86_64, Action, SeccompData};
use notifyd_profile::{Abi, Document, Error, Facts, Profile, Runtime, Target, Transformed, number, transform};
use serde_json::{Value, json};

const EPERM: Action = Action::Errno(1);
const EBUSY: Action = Action::Errno(16);
const ENOSYS: Action = Action::Errno(38);
const LISTENER: &str = "/run/seccomp-notifyd/listener.sock";
const NEW_LISTENER: u64 = 8;

fn target(runtime: Runtime) -> Target {
    Target {
        runtime,
        abi: Abi::X86_64,
        listener_path: LISTENER.to_owned(),
        wait_killable: false,
    }
}

fn rewrite_for(runtime: Runtime, profile: &Value) -> Result<Transformed, Error> {
    transform(&Profile::parse(&profile.to_string()).unwrap(), &target(runtime))
}

fn rewrite(profile: &Value) -> Transformed {
    rewrite_for(Runtime::Crun, profile).unwrap()
}

/// A profile that denies by default and lets a program start, with rules of a test's own.
fn deny(rules: Value) -> Value {
    let allowed = ["read", "write", "execve", "exit_group", "mmap", "brk", "seccomp"];
    let mut all = vec![json!({"names": allowed, "action": "SCMP_ACT_ALLOW"})];
    all.extend(rules.as_array().unwrap().clone());
    json!({
        "defaultAction": "SCMP_ACT_ERRNO",
        "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
        "syscalls": all,
    })
}

fn allow(rules: Value) -> Value {
    json!({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": rules})
}

fn data(name: &str, first: u64, second: u64) -> SeccompData {
    SeccompData {
        nr: number(Abi::X86_64, name).unwrap().cast_signed(),
        arch: AUDIT_ARCH_X86_64,
        instruction_pointer: 0,
        args: [first, second, 0, 0, 0, 0],
    }
}

/// What the kernel does with the original, and with the result.
fn both(done: &Transformed, name: &str, first: u64, second: u64) -> (Action, Action) {
    let data = data(name, first, second);
    (done.original.evaluate(&data), done.rewritten.evaluate(&data))
}

/// All rules of the result that name the call.
fn rules_of(done: &Transformed, call: &str) -> Vec<Value> {
    let json = done.profile.to_json();
    let rules = json["syscalls"].as_array().unwrap().iter();
    let names_it = |rule: &&Value| rule["names"].as_array().unwrap().contains(&call.into());
    rules.filter(names_it).cloned().collect()
}

#[test]
fn a_call_without_a_rule_notifies_and_is_denied_as_before() {
    let done = rewrite(&deny(json!([])));
    assert_eq!(both(&done, "chroot", 0, 0), (EPERM, Action::Notify));
    assert_eq!(both(&done, "read", 0, 0), (Action::Allow, Action::Allow));
}

#[test]
fn an_explicit_denial_notifies_without_an_errno_and_keeps_its_own_as_verdict() {
    let done = rewrite(&deny(
        json!([{"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38}]),
    ));
    assert_eq!(both(&done, "clone3", 0, 0), (ENOSYS, Action::Notify));
    let rules = rules_of(&done, "clone3");
    assert_eq!(rules.len(), 1);
    assert!(
        rules[0].get("errnoRet").is_none(),
        "crun refuses it on a rule that notifies"
    );
}

#[test]
fn a_kill_is_a_denial() {
    for (action, killed) in [
        ("SCMP_ACT_KILL", Action::KillThread),
        ("SCMP_ACT_KILL_PROCESS", Action::KillProcess),
    ] {
        let done = rewrite(&allow(json!([{"names": ["chroot"], "action": action}])));
        assert_eq!(both(&done, "chroot", 0, 0), (killed, Action::Notify));
    }
}

#[test]
fn an_allowed_value_stays_in_the_kernel_and_all_others_notify() {
    let done = rewrite(&deny(json!([{
        "names": ["personality"], "action": "SCMP_ACT_ALLOW",
        "args": [{"index": 0, "value": 0xffff_ffff_u64, "op": "SCMP_CMP_EQ"}],
    }])));
    assert_eq!(
        both(&done, "personality", 0xffff_ffff, 0),
        (Action::Allow, Action::Allow)
    );
    for value in [0, 8, 0xffff_fffe, 0x1_ffff_ffff, u64::MAX] {
        assert_eq!(
            both(&done, "personality", value, 0),
            (EPERM, Action::Notify),
            "{value:#x}"
        );
    }
}

#[test]
fn a_masked_value_stays_in_the_kernel() {
    const NAMESPACES: u64 = 0x7e02_0000;
    let done = rewrite(&deny(json!([{
        "names": ["clone"], "action": "SCMP_ACT_ALLOW",
        "args": [{"index": 0, "value": NAMESPACES, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}],
    }])));
    assert_eq!(both(&done, "clone", 0x3d_0f00, 0), (Action::Allow, Action::Allow));
    for bit in (0..32).filter(|bit| NAMESPACES & (1 << bit) != 0) {
        assert_eq!(both(&done, "clone", 1 << bit, 0), (EPERM, Action::Notify), "bit {bit}");
    }
}

#[test]
fn one_value_may_be_denied_where_the_rest_is_allowed() {
    let done = rewrite(&allow(json!([{
        "names": ["socket"], "action": "SCMP_ACT_ERRNO", "errnoRet": 97,
        "args": [{"index": 0, "value": 40, "op": "SCMP_CMP_EQ"}],
    }])));
    assert_eq!(both(&done, "socket", 40, 0), (Action::Errno(97), Action::Notify));
    assert_eq!(both(&done, "socket", 2, 0), (Action::Allow, Action::Allow));
}

#[test]
fn the_first_unconditional_rule_is_the_one_that_counts() {
    let done = rewrite(&deny(json!([
        {"names": ["chroot"], "action": "SCMP_ACT_ERRNO", "errnoRet": 13},
        {"names": ["chroot"], "action": "SCMP_ACT_ALLOW"},
    ])));
    assert_eq!(both(&done, "chroot", 0, 0), (Action::Errno(13), Action::Notify));
}

#[test]
fn a_rule_that_says_what_the_default_says_is_none() {
    // The runtimes pass over the first rule, so that the second one applies.
    let done = rewrite(&deny(json!([
        {"names": ["chroot"], "action": "SCMP_ACT_ERRNO"},
        {"names": ["chroot"], "action": "SCMP_ACT_ALLOW"},
    ])));
    assert_eq!(both(&done, "chroot", 0, 0), (Action::Allow, Action::Allow));
}

#[test]
fn values_that_libseccomp_cannot_separate_are_asked_about() {
    // A range on argument 0 shares a place in libseccomp's tree with the catch-all.
    let done = rewrite(&deny(json!([{
        "names": ["ioctl"], "action": "SCMP_ACT_ALLOW",
        "args": [{"index": 0, "value": 10, "op": "SCMP_CMP_GE"}, {"index": 1, "value": 7, "op": "SCMP_CMP_NE"}],
    }])));
    assert_eq!(both(&done, "ioctl", 10, 8), (Action::Allow, Action::Notify));
    assert_eq!(both(&done, "ioctl", 9, 8), (EPERM, Action::Notify));
    assert_eq!(done.report.asked, ["ioctl"]);
}

#[test]
fn what_nothing_runs_without_is_never_asked_about() {
    let done = rewrite(&deny(json!([{
        "names": ["clone"], "action": "SCMP_ACT_ALLOW",
        "args": [{"index": 0, "value": 10, "op": "SCMP_CMP_GE"}, {"index": 1, "value": 7, "op": "SCMP_CMP_NE"}],
    }])));
    assert_eq!(both(&done, "clone", 10, 8), (Action::Allow, Action::Allow));
    assert_eq!(both(&done, "clone", 9, 8), (EPERM, EPERM));
    assert!(done.report.unseen.iter().any(|unseen| unseen.call == "clone"));
    assert!(done.report.abis[0].seen < done.report.abis[0].denied);
}

#[test]
fn trap_trace_and_log_are_left_to_the_kernel() {
    let done = rewrite(&allow(json!([
        {"names": ["chroot"], "action": "SCMP_ACT_TRAP"},
        {"names": ["swapoff"], "action": "SCMP_ACT_LOG"},
        {"names": ["swapon"], "action": "SCMP_ACT_TRACE", "errnoRet": 5},
        {"names": ["mount"], "action": "SCMP_ACT_ERRNO"},
    ])));
    assert_eq!(both(&done, "chroot", 0, 0), (Action::Trap(0), Action::Trap(0)));
    assert_eq!(both(&done, "swapoff", 0, 0), (Action::Log, Action::Log));
    assert_eq!(both(&done, "swapon", 0, 0), (Action::Trace(5), Action::Trace(5)));
    assert!(done.report.limits.iter().any(|limit| limit.contains("SCMP_ACT_TRAP")));
}

#[test]
fn the_32_bit_numbers_are_covered_too() {
    const I386_STIME: i32 = 25;
    let done = rewrite(&deny(json!([])));
    let stime = SeccompData {
        nr: I386_STIME,
        arch: AUDIT_ARCH_I386,
        ..SeccompData::default()
    };
    assert_eq!(done.rewritten.evaluate(&stime), Action::Notify);
    let x32 = SeccompData {
        nr: data("chroot", 0, 0).nr | 0x4000_0000,
        ..data("chroot", 0, 0)
    };
    assert_eq!(done.rewritten.evaluate(&x32), Action::Notify);
}

mod guard {
    use super::*;

    fn listener(done: &Transformed) -> (Action, Action) {
        (both(done, "seccomp", 1, NEW_LISTENER).1, both(done, "seccomp", 1, 0).1)
    }

    #[test]
    fn an_allowed_seccomp_makes_filters_and_no_listener() {
        assert_eq!(listener(&rewrite(&deny(json!([])))), (EBUSY, Action::Allow));
        // With other flags beside it too.
        let done = rewrite(&deny(json!([])));
        for flags in 0..64 {
            let expected = if flags & NEW_LISTENER == 0 {
                Action::Allow
            } else {
                EBUSY
            };
            assert_eq!(both(&done, "seccomp", 1, flags).1, expected, "{flags:#x}");
        }
    }

    #[test]
    fn a_default_that_allows_makes_no_listener_either() {
        for default in ["SCMP_ACT_ALLOW", "SCMP_ACT_LOG"] {
            let done = rewrite(&json!({
                "defaultAction": default,
                "syscalls": [{"names": ["chroot"], "action": "SCMP_ACT_ERRNO"}],
            }));
            let (with, without) = listener(&done);
            assert_eq!(with, EBUSY, "{default}");
            assert_eq!(without, done.original.evaluate(&data("seccomp", 1, 0)), "{default}");
        }
    }

    #[test]
    fn a_denied_seccomp_is_denied_by_whoever_is_there() {
        let mut profile = deny(json!([]));
        profile["syscalls"][0]["names"].as_array_mut().unwrap().pop();
        assert_eq!(listener(&rewrite(&profile)), (Action::Notify, Action::Notify));
    }

    #[test]
    fn a_seccomp_with_conditions_is_asked_about() {
        let mut profile = deny(json!([{
            "names": ["seccomp"], "action": "SCMP_ACT_ALLOW",
            "args": [{"index": 0, "value": 1, "op": "SCMP_CMP_EQ"}],
        }]));
        profile["syscalls"][0]["names"].as_array_mut().unwrap().pop();
        let done = rewrite(&profile);
        assert_eq!(listener(&done), (Action::Notify, Action::Notify));
        assert_eq!(done.report.asked, ["seccomp"]);
    }
}

mod runtimes {
    use super::*;

    fn without_write() -> Value {
        let mut profile = deny(json!([]));
        profile["syscalls"][0]["names"] = json!(["read", "execve", "exit_group", "mmap", "brk"]);
        profile
    }

    #[test]
    fn runc_cannot_start_without_write_and_crun_can() {
        let error = rewrite_for(Runtime::Runc, &without_write()).unwrap_err().to_string();
        assert!(error.contains("write") && error.contains("runc"), "{error}");
        let done = rewrite_for(Runtime::Crun, &without_write()).unwrap();
        assert_eq!(both(&done, "write", 0, 0), (EPERM, Action::Notify));
    }

    #[test]
    fn runc_never_notifies_write() {
        let done = rewrite_for(
            Runtime::Runc,
            &allow(json!([{
                "names": ["write"], "action": "SCMP_ACT_ERRNO",
                "args": [{"index": 0, "value": 99, "op": "SCMP_CMP_EQ"}],
            }])),
        )
        .unwrap();
        assert_eq!(both(&done, "write", 99, 0), (EPERM, EPERM));
        assert_eq!(both(&done, "write", 1, 0), (Action::Allow, Action::Allow));
        let unseen = &done.report.unseen[0];
        assert_eq!(unseen.call, "write");
        assert!(unseen.reason.contains("runc needs it"), "{}", unseen.reason);
    }

    /// runc answers numbers above all that a profile names with ENOSYS; the rewritten profile names more, so the call
    /// comes to the supervisor, which has to say what runc would have said.
    #[test]
    fn newer_calls_than_the_profile_names_are_enosys_under_runc() {
        let profile = deny(json!([]));
        let newer = "futex_waitv";
        let runc = rewrite_for(Runtime::Runc, &profile).unwrap();
        assert_eq!(both(&runc, newer, 0, 0), (ENOSYS, Action::Notify));
        let crun = rewrite_for(Runtime::Crun, &profile).unwrap();
        assert_eq!(both(&crun, newer, 0, 0), (EPERM, Action::Notify));
        // Below the largest number that the profile names, runc says what the profile says.
        assert_eq!(both(&runc, "chroot", 0, 0), (EPERM, Action::Notify));
    }

    /// A rule that says what the default says has no effect but to name a call.
    #[test]
    fn runc_counts_names_that_have_no_effect() {
        let done = rewrite_for(
            Runtime::Runc,
            &json!({
                "defaultAction": "SCMP_ACT_TRAP",
                "architectures": ["SCMP_ARCH_X86_64"],
                "syscalls": [
                    {"names": ["read", "write"], "action": "SCMP_ACT_ALLOW"},
                    {"names": ["chroot"], "action": "SCMP_ACT_ERRNO"},
                    {"names": ["openat2"], "action": "SCMP_ACT_TRAP"},
                ],
            }),
        )
        .unwrap();
        assert_eq!(both(&done, "clone3", 0, 0), (Action::Trap(0), Action::Trap(0)));
        assert_eq!(both(&done, "futex_waitv", 0, 0), (ENOSYS, ENOSYS));
    }

    #[test]
    fn runc_looks_at_listed_architectures_only() {
        let mut profile = deny(json!([]));
        profile["architectures"] = json!(["SCMP_ARCH_X86"]);
        let done = rewrite_for(Runtime::Runc, &profile).unwrap();
        assert_eq!(both(&done, "futex_waitv", 0, 0), (EPERM, Action::Notify));
    }

    #[test]
    fn the_flag_against_double_notifications_is_set_where_it_is_taken() {
        let profile = Profile::parse(&deny(json!([])).to_string()).unwrap();
        let killable = |runtime| Target {
            wait_killable: true,
            ..target(runtime)
        };
        let done = transform(&profile, &killable(Runtime::Crun)).unwrap();
        assert_eq!(
            done.profile.flags,
            [
                "SECCOMP_FILTER_FLAG_SPEC_ALLOW",
                "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"
            ]
        );
        assert!(matches!(
            transform(&profile, &killable(Runtime::Runc)),
            Err(Error::WaitKillable)
        ));
        assert!(
            transform(&profile, &target(Runtime::Crun))
                .unwrap()
                .profile
                .flags
                .is_empty()
        );
    }
}

mod metadata {
    use super::*;
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use notifyd_bpf::Program;

    fn metadata(done: &Transformed) -> Value {
        serde_json::from_str(done.profile.listener_metadata.as_ref().unwrap()).unwrap()
    }

    #[test]
    fn the_original_program_travels_with_the_listener() {
        let done = rewrite_for(Runtime::Runc, &deny(json!([]))).unwrap();
        assert_eq!(done.profile.listener_path.as_deref(), Some(LISTENER));
        let metadata = metadata(&done);
        assert_eq!(metadata["v"], 1);
        let program = STANDARD.decode(metadata["program"].as_str().unwrap()).unwrap();
        assert_eq!(Program::from_bytes(&program).unwrap(), done.original);
    }

    #[test]
    fn settings_that_are_there_stay() {
        let mut profile = deny(json!([]));
        profile["listenerMetadata"] = json!(r#"{"v":1,"action":"stop","debounceMs":7}"#);
        let metadata = metadata(&rewrite(&profile));
        assert_eq!(
            (&metadata["action"], &metadata["debounceMs"]),
            (&json!("stop"), &json!(7))
        );
        assert!(metadata["program"].is_string());
    }

    #[test]
    fn what_is_meant_for_somebody_else_is_refused() {
        for text in ["policy=stop", r#"{"v":2}"#, "[1]", r#"{"action":"stop"}"#] {
            let mut profile = deny(json!([]));
            profile["listenerMetadata"] = json!(text);
            let error = rewrite_for(Runtime::Crun, &profile).unwrap_err();
            assert!(matches!(error, Error::ForeignMetadata { .. }), "{text}: {error}");
        }
    }

    #[test]
    fn a_profile_with_another_supervisor_is_refused() {
        let mut profile = deny(json!([{"names": ["chroot"], "action": "SCMP_ACT_NOTIFY"}]));
        let refused = |profile: &Value| {
            let error = rewrite_for(Runtime::Crun, profile).unwrap_err();
            assert!(matches!(error, Error::AlreadySupervised { .. }), "{error}");
        };
        refused(&profile);
        profile["listenerPath"] = json!("/run/other.sock");
        refused(&profile);
        let mut done = rewrite(&deny(json!([]))).profile.to_json();
        done["listenerPath"] = json!("/run/other.sock");
        refused(&done);
    }

    #[test]
    fn a_rewritten_profile_without_its_guard_is_refused() {
        let mut done = rewrite(&deny(json!([]))).profile.to_json();
        let rules = done["syscalls"].as_array_mut().unwrap();
        rules.insert(0, json!({"names": ["seccomp"], "action": "SCMP_ACT_ALLOW"}));
        let error = rewrite_for(Runtime::Crun, &done).unwrap_err().to_string();
        assert!(error.contains("seccomp(") && error.contains("0x8"), "{error}");
    }

    #[test]
    fn a_rewritten_profile_that_somebody_weakened_is_refused() {
        let mut done = rewrite(&deny(json!([]))).profile.to_json();
        let rules = done["syscalls"].as_array_mut().unwrap();
        rules.insert(0, json!({"names": ["chroot"], "action": "SCMP_ACT_ALLOW"}));
        let error = rewrite_for(Runtime::Crun, &done).unwrap_err().to_string();
        assert!(error.contains("chroot(") && error.contains("allow"), "{error}");
    }
}

#[test]
fn a_profile_that_denies_nothing_gets_no_listener() {
    let done = rewrite(&allow(json!([{"names": ["chroot"], "action": "SCMP_ACT_LOG"}])));
    assert!(done.profile.listener_path.is_none() && done.profile.listener_metadata.is_none());
    assert!(!done.rewritten.notifies());
    assert_eq!(both(&done, "seccomp", 1, NEW_LISTENER), (Action::Allow, Action::Allow));
}

#[test]
fn log_is_never_added() {
    let done = rewrite(&deny(json!([])));
    let text = done.profile.to_json().to_string();
    assert!(!text.contains("LOG"), "{text}");
}

mod documents {
    use super::*;

    fn rewritten(text: &str) -> String {
        let document = Document::parse(text).unwrap();
        let profile = document.resolve(&Facts::docker(Abi::X86_64)).unwrap();
        let done = transform(&profile, &target(Runtime::Crun)).unwrap();
        serde_json::to_string(&document.with_profile(&done.profile)).unwrap()
    }

    #[test]
    fn a_whole_configuration_changes_in_its_profile_only() {
        let profile = deny(json!([]));
        let text = format!(
            r#"{{"ociVersion":"1.0.2","zz":18446744073709551615,"linux":{{"a":-1,"seccomp":{profile},"b":[1]}},"process":{{}}}}"#
        );
        let written = rewritten(&text);
        let (before, after) = written.split_once(r#""seccomp":"#).unwrap();
        assert_eq!(
            before,
            r#"{"ociVersion":"1.0.2","zz":18446744073709551615,"linux":{"a":-1,"#
        );
        assert!(after.ends_with(r#","b":[1]},"process":{}}"#), "{after}");
        assert!(after.contains("SCMP_ACT_NOTIFY"));
    }

    #[test]
    fn fields_that_are_not_known_stay_and_an_engines_own_go() {
        let mut profile =
            deny(json!([{"names": ["mount"], "action": "SCMP_ACT_ALLOW", "includes": {"caps": ["CAP_SYS_ADMIN"]}}]));
        profile["x-vendor"] = json!({"n": u64::MAX});
        let object = profile.as_object_mut().unwrap();
        object.remove("architectures");
        object.insert(
            "archMap".into(),
            json!([{"architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86"]}]),
        );
        let written: Value = serde_json::from_str(&rewritten(&profile.to_string())).unwrap();
        assert_eq!(written["x-vendor"]["n"], json!(u64::MAX));
        assert_eq!(written["architectures"], json!(["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"]));
        assert!(written.get("archMap").is_none());
        assert!(!written.to_string().contains("includes"));
    }
}

#[test]
fn calls_of_an_abi_that_the_profile_does_not_list_are_not_reported_one_by_one() {
    let done = rewrite(&allow(json!([{"names": ["chroot"], "action": "SCMP_ACT_ERRNO"}])));
    assert_eq!(done.report.unseen, []);
    let foreign = done
        .report
        .limits
        .iter()
        .filter(|limit| limit.contains("architectures"));
    assert_eq!(foreign.count(), 1, "x32 is denied as any other architecture is");
}
