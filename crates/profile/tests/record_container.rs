//! Profiles in which every call notifies, so that what a container does can be recorded under the profile that it has.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use notifyd_bpf::{Action, SeccompData};
use notifyd_profile::{
    Abi, Error, Facts, Profile, RecordingName, Runtime, Target, Transformed, name, number, record, runtime_default,
    transform, unconfined,
};
use serde_json::{Value, json};

const LISTENER: &str = "/run/seccomp-notifyd/listener.sock";
const ABI: Abi = Abi::X86_64;
/// From here on there are names that a libseccomp in use may not know, whose calls keep the default action.
const MOST_NUMBERS: u32 = 335;

/// What runc may call while nobody can answer it yet, by number.
const GO_CALLS: [&str; 19] = [
    "write",
    "mmap",
    "mprotect",
    "munmap",
    "rt_sigaction",
    "rt_sigprocmask",
    "rt_sigreturn",
    "sched_yield",
    "madvise",
    "nanosleep",
    "getpid",
    "sigaltstack",
    "prctl",
    "gettid",
    "futex",
    "restart_syscall",
    "clock_gettime",
    "tgkill",
    "epoll_pwait",
];

fn target(runtime: Runtime) -> Target {
    Target {
        runtime,
        abi: ABI,
        listener_path: LISTENER.to_owned(),
        wait_killable: false,
    }
}

fn recorded(profile: &Profile, runtime: Runtime) -> Result<Transformed, Error> {
    record(profile, &target(runtime), &"web".parse().unwrap())
}

fn parsed(profile: &Value) -> Profile {
    Profile::parse(&profile.to_string()).unwrap()
}

/// Ours, as for a container of Docker.
fn usual() -> Profile {
    let mut facts = Facts::docker(ABI);
    facts.kernel = Some("6.18".parse().unwrap());
    runtime_default().unwrap().resolve(&facts).unwrap()
}

fn data(number: u32, first: u64, second: u64) -> SeccompData {
    SeccompData {
        nr: number.cast_signed(),
        arch: ABI.arch(),
        instruction_pointer: 0,
        args: [first, second, 0, 0, 0, 0],
    }
}

fn call(name: &str) -> u32 {
    number(ABI, name).unwrap()
}

/// All named calls that do not notify.
fn silent(done: &Transformed) -> Vec<String> {
    let values = [(0, 0), (1, 1), (0xffff_ffff, 8), (2, u64::MAX)];
    (0..MOST_NUMBERS)
        .filter(|&number| {
            let notifies = |&(first, second)| done.rewritten.evaluate(&data(number, first, second)) == Action::Notify;
            !values.iter().all(notifies)
        })
        .filter_map(|number| name(ABI.arch(), number))
        .map(|name| name.into_owned())
        .collect()
}

fn metadata(done: &Transformed) -> Value {
    serde_json::from_str(done.profile.listener_metadata.as_deref().unwrap()).unwrap()
}

#[test]
fn every_call_notifies_but_what_the_runtime_needs() {
    for profile in [usual(), unconfined()] {
        for (runtime, expected) in [
            (Runtime::Runc, GO_CALLS.to_vec()),
            (Runtime::Crun, vec!["rt_sigreturn"]),
        ] {
            let done = recorded(&profile, runtime).unwrap();
            let silent = silent(&done);
            assert_eq!(silent, expected, "{runtime}");
            assert_eq!(done.profile.listener_path.as_deref(), Some(LISTENER));
            assert_eq!(metadata(&done)["record"], "web");
        }
    }
}

#[test]
fn the_verdict_is_the_original_profiles() {
    let done = recorded(&usual(), Runtime::Runc).unwrap();
    let verdict = |name: &str, first, second| done.original.evaluate(&data(call(name), first, second));
    assert_eq!(verdict("openat", 0, 0), Action::Allow);
    assert_eq!(verdict("mount", 0, 0), Action::Errno(1));
    assert_eq!(verdict("personality", 0xffff_ffff, 0), Action::Allow);
    assert_eq!(verdict("personality", 5, 0), Action::Errno(1));
}

#[test]
fn a_container_without_a_profile_may_do_everything_and_make_no_listener_of_its_own() {
    let done = recorded(&unconfined(), Runtime::Crun).unwrap();
    for number in 0..MOST_NUMBERS {
        assert_eq!(done.original.evaluate(&data(number, 0, 0)), Action::Allow, "{number}");
    }
    // Asked about as all calls are: with nobody to answer it fails.
    assert_eq!(done.rewritten.evaluate(&data(call("seccomp"), 1, 8)), Action::Notify);
}

#[test]
fn what_the_runtime_needs_keeps_its_rules() {
    let rules = json!([
        {"names": ["read", "execve", "exit_group"], "action": "SCMP_ACT_ALLOW"},
        {"names": ["write"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 0, "value": 2, "op": "SCMP_CMP_LE"}]},
    ]);
    let done = recorded(
        &parsed(&json!({"defaultAction": "SCMP_ACT_ERRNO", "syscalls": rules})),
        Runtime::Runc,
    )
    .unwrap();
    let seen = |first| done.rewritten.evaluate(&data(call("write"), first, 0));
    assert_eq!((seen(1), seen(3)), (Action::Allow, Action::Errno(1)));
}

#[test]
fn what_would_be_logged_is_recorded_and_what_traps_is_left_to_the_kernel() {
    let rules =
        json!([{"names": ["chroot"], "action": "SCMP_ACT_TRAP"}, {"names": ["mount"], "action": "SCMP_ACT_ALLOW"}]);
    let done = recorded(
        &parsed(&json!({"defaultAction": "SCMP_ACT_LOG", "syscalls": rules})),
        Runtime::Crun,
    )
    .unwrap();
    let both = |name| [&done.original, &done.rewritten].map(|program| program.evaluate(&data(call(name), 0, 0)));
    assert_eq!(both("openat"), [Action::Log, Action::Notify]);
    assert_eq!(both("mount"), [Action::Allow, Action::Notify]);
    assert_eq!(both("chroot"), [Action::Trap(0); 2]);
}

#[test]
fn what_cannot_be_recorded_is_refused() {
    for action in ["SCMP_ACT_TRAP", "SCMP_ACT_TRACE"] {
        let rules = json!([{"names": ["read", "write"], "action": "SCMP_ACT_ALLOW"}]);
        let profile = parsed(&json!({"defaultAction": action, "syscalls": rules}));
        let said = recorded(&profile, Runtime::Crun).unwrap_err().to_string();
        assert!(
            said.contains(&format!("recording a profile whose defaultAction is {action}")),
            "{said}"
        );
    }
    let done = recorded(&usual(), Runtime::Crun).unwrap();
    assert!(matches!(
        recorded(&done.profile, Runtime::Crun),
        Err(Error::AlreadySupervised { .. })
    ));
}

#[test]
fn a_profile_cannot_ask_for_a_recording_by_itself() {
    let mut profile = usual();
    profile.listener_metadata = Some(json!({"v": 1, "record": "../../etc", "action": "stop"}).to_string());
    let done = transform(&profile, &target(Runtime::Crun)).unwrap();
    let told = metadata(&done);
    assert_eq!((told.get("record"), &told["action"]), (None, &json!("stop")));
    let named: RecordingName = "mine".parse().unwrap();
    let done = record(&profile, &target(Runtime::Crun), &named).unwrap();
    assert_eq!(metadata(&done)["record"], "mine");
}
