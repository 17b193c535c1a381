//! The engines' own profiles, rewritten: every denied call that libseccomp knows is seen, and nothing else changes.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod support;

use std::fs;
use std::sync::LazyLock;

use notifyd_bpf::{Action, Program, SeccompData};
use serde_json::{Value, json};

use notifyd_profile::{
    Abi, Document, Facts, Profile, Runtime, Target, Transformed, capabilities, compile, number, transform,
};
use support::stock_profiles;

const PROFILES: [&str; 5] = [
    "moby-2026",
    "moby-20.10",
    "moby-19.03",
    "containers-common-2026",
    "containers-common-0.50",
];
const HOSTS: [Abi; 2] = [Abi::X86_64, Abi::Aarch64];
const EBUSY: Action = Action::Errno(16);
const NEW_LISTENER: u64 = 8;

fn target(runtime: Runtime, abi: Abi) -> Target {
    Target {
        runtime,
        abi,
        listener_path: "/run/seccomp-notifyd/listener.sock".to_owned(),
        wait_killable: false,
    }
}

/// As Podman and CRI-O resolve it too: with the usual capabilities, with CAP_SYS_ADMIN, and without CAP_AUDIT_WRITE, for
/// which containers/common has rules with several conditions.
fn resolved(document: &Document, abi: Abi) -> Vec<Profile> {
    let mut usual = Facts::docker(abi);
    usual.kernel = Some("6.18".parse().unwrap());
    let (mut more, mut less) = (usual.clone(), Facts::crio(abi));
    more.capabilities
        .as_mut()
        .unwrap()
        .extend(capabilities(["CAP_SYS_ADMIN"]).unwrap());
    less.kernel = usual.kernel;
    [usual, more, less]
        .iter()
        .map(|facts| document.resolve(facts).unwrap())
        .collect()
}

struct Case {
    title: String,
    target: Target,
    done: Transformed,
}

/// All that there are, rewritten once.
static CASES: LazyLock<Vec<Case>> = LazyLock::new(|| {
    let Some(folder) = stock_profiles() else {
        return Vec::new();
    };
    let read = |name: &str| fs::read_to_string(folder.join(format!("{name}.json"))).unwrap();
    let engines = PROFILES.map(|name| (name, read(name)));
    let crio = ("CRI-O", as_crio_has_it(&read("containers-common-2026")));
    engines
        .into_iter()
        .chain([crio])
        .flat_map(|(name, text)| cases(name, &text))
        .collect()
});

/// CRI-O takes `clone`, `clone3` and `unshare` out of the profile of containers/common and puts rules of its own there
/// (`DefaultProfile` of its `internal/config/seccomp`).
fn as_crio_has_it(text: &str) -> String {
    const NAMESPACES: u64 = 0x7e02_0000;
    let own = ["clone", "clone3", "unshare"];
    let mut profile: Value = serde_json::from_str(text).unwrap();
    let rules = profile["syscalls"].as_array_mut().unwrap();
    for rule in rules.iter_mut() {
        let names = rule["names"].as_array_mut().unwrap();
        names.retain(|name| !own.contains(&name.as_str().unwrap()));
    }
    rules.retain(|rule| !rule["names"].as_array().unwrap().is_empty());
    let admin = json!({"caps": ["CAP_SYS_ADMIN"]});
    let no_namespace = json!([{"index": 0, "value": NAMESPACES, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}]);
    rules.extend([
        json!({"names": ["clone"], "action": "SCMP_ACT_ALLOW", "args": no_namespace, "excludes": admin}),
        json!({"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38, "excludes": admin}),
        json!({"names": own, "action": "SCMP_ACT_ALLOW", "includes": admin}),
    ]);
    profile.to_string()
}

fn cases(name: &str, text: &str) -> Vec<Case> {
    let document = Document::parse(text).unwrap();
    let mut cases = Vec::new();
    for abi in HOSTS {
        for (number, profile) in resolved(&document, abi).iter().enumerate() {
            for runtime in Runtime::ALL {
                let target = target(runtime, abi);
                cases.push(Case {
                    title: format!("{name}, capabilities {number}, {abi:?}, {runtime}"),
                    done: transform(profile, &target).unwrap(),
                    target,
                });
            }
        }
    }
    cases
}

fn call(abi: Abi, name: &str, args: [u64; 6]) -> SeccompData {
    SeccompData {
        nr: number(abi, name).unwrap().cast_signed(),
        arch: abi.arch(),
        instruction_pointer: 0,
        args,
    }
}

/// Nothing of the report is believed here: the programs are asked.
fn looks_right(original: &Program, rewritten: &Program, data: &SeccompData) -> bool {
    match original.evaluate(data) {
        Action::Allow => rewritten.evaluate(data) == Action::Allow,
        denial => denial.is_denial() && rewritten.evaluate(data) == Action::Notify,
    }
}

#[test]
fn every_denial_of_a_known_call_is_seen() {
    for Case { title, done, .. } in &*CASES {
        for abi in &done.report.abis {
            assert!(abi.denied > 20, "{title}: {abi:?}");
            assert_eq!(abi.denied, abi.seen, "{title}: {abi:?}");
        }
        for unseen in &done.report.unseen {
            assert!(unseen.reason.contains("no name"), "{title}: {unseen:?}");
        }
    }
}

#[test]
fn allowed_values_stay_in_the_kernel_and_denied_ones_notify() {
    const AF_INET: u64 = 2;
    const AF_VSOCK: u64 = 40;
    const CLONE_NEWUSER: u64 = 0x1000_0000;
    const CLONE_THREAD: u64 = 0x1_0000;
    for Case { title, target, done } in &*CASES {
        let abi = target.abi;
        let calls = [
            call(abi, "personality", [0xffff_ffff, 0, 0, 0, 0, 0]),
            call(abi, "personality", [8, 0, 0, 0, 0, 0]),
            call(abi, "chroot", [0; 6]),
            call(abi, "swapoff", [0; 6]),
            call(abi, "clone", [CLONE_THREAD, 0, 0, 0, 0, 0]),
            call(abi, "clone", [CLONE_NEWUSER, 0, 0, 0, 0, 0]),
            call(abi, "clone3", [0; 6]),
            call(abi, "getpid", [0; 6]),
        ];
        for data in calls {
            assert!(
                looks_right(&done.original, &done.rewritten, &data),
                "{title}: {data:?} {} {}",
                done.original.evaluate(&data),
                done.rewritten.evaluate(&data)
            );
        }
        // What is asked about as a whole may be allowed there.
        if done.report.asked.is_empty() {
            for family in [AF_INET, AF_VSOCK] {
                let data = call(abi, "socket", [family, 1, 0, 0, 0, 0]);
                assert!(
                    looks_right(&done.original, &done.rewritten, &data),
                    "{title}: family {family}"
                );
            }
        }
    }
}

#[test]
fn nobody_gets_a_second_listener() {
    for Case { title, target, done } in &*CASES {
        let listener = call(target.abi, "seccomp", [1, NEW_LISTENER, 0, 0, 0, 0]);
        let plain = call(target.abi, "seccomp", [1, 0, 0, 0, 0, 0]);
        assert_eq!(done.rewritten.evaluate(&listener), EBUSY, "{title}");
        assert_eq!(done.rewritten.evaluate(&plain), Action::Allow, "{title}");
    }
}

#[test]
fn what_is_written_is_what_was_checked() {
    for Case { title, target, done } in &*CASES {
        let again = Profile::parse(&done.profile.to_json().to_string()).unwrap();
        let program = compile(&again, target.abi).unwrap().program;
        let end = done.rewritten.len() - program.len();
        assert_eq!(&done.rewritten.instructions()[end..], program.instructions(), "{title}");
        assert_eq!(again.default_action, done.profile.default_action, "{title}");
        assert!(again.flags.is_empty(), "{title}: a flag that the profile did not have");
    }
}

#[test]
fn rewriting_again_changes_nothing() {
    for Case { title, target, done } in &*CASES {
        let again = transform(&done.profile, target).unwrap();
        assert_eq!(again.profile, done.profile, "{title}");
        assert_eq!(again.original, done.original, "{title}");
    }
}
