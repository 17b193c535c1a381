//! Profiles made of what was seen.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]
#![cfg(target_arch = "x86_64")]

use std::collections::BTreeSet;

use notifyd_bpf::{AUDIT_ARCH_I386, AUDIT_ARCH_X86_64, Action, Program, SeccompData, X32_SYSCALL_BIT};
use notifyd_profile::{
    Abi, Document, Facts, Observation, Purpose, Recorded, Runtime, compile, number, recorded, watched,
};

const HOST: Abi = Abi::X86_64;

fn seen(abi: Abi, name: &str, values: Option<&[u64]>) -> Observation {
    Observation {
        arch: abi.arch(),
        number: number(abi, name).unwrap(),
        values: values.map(|values| values.iter().copied().collect()),
    }
}

fn plain(names: &[&str]) -> Vec<Observation> {
    names.iter().map(|name| seen(HOST, name, None)).collect()
}

fn record(observations: &[Observation], purpose: &Purpose) -> Recorded {
    recorded(observations, purpose, HOST).unwrap()
}

/// Of the profile as its text says it.
fn program(recorded: &Recorded) -> Program {
    let document = Document::parse(&recorded.profile.to_json().to_string()).unwrap();
    let profile = document
        .resolve(&Facts {
            abi: HOST,
            capabilities: None,
            kernel: None,
        })
        .unwrap();
    compile(&profile, HOST).unwrap().program
}

fn verdict(program: &Program, arch: u32, number: u32, args: [u64; 6]) -> Action {
    program.evaluate(&SeccompData {
        nr: number.cast_signed(),
        arch,
        args,
        ..SeccompData::default()
    })
}

#[test]
fn exactly_the_calls_that_were_seen_are_allowed() {
    let names = ["read", "write", "exit_group", "mmap", "futex"];
    let recorded = record(&plain(&names), &Purpose::default());
    let program = program(&recorded);
    for call in 0..=500 {
        let named = notifyd_profile::name(AUDIT_ARCH_X86_64, call).is_some_and(|name| names.contains(&&*name));
        let expected = if named { Action::Allow } else { Action::Errno(1) };
        assert_eq!(verdict(&program, AUDIT_ARCH_X86_64, call, [0; 6]), expected, "{call}");
    }
    for (arch, call) in [(AUDIT_ARCH_I386, 3), (AUDIT_ARCH_X86_64, X32_SYSCALL_BIT)] {
        assert_ne!(
            verdict(&program, arch, call, [0; 6]),
            Action::Allow,
            "no other ABI was seen"
        );
    }
}

#[test]
fn values_are_kept_apart_where_they_decide() {
    let observations = [
        seen(HOST, "socket", Some(&[1, 2])),
        seen(HOST, "personality", Some(&[0xffff_ffff])),
        seen(HOST, "clone", Some(&[0])),
        seen(HOST, "ioctl", Some(&[0x5401])),
    ];
    let recorded = record(&observations, &Purpose::default());
    let program = program(&recorded);
    let allows = |name: &str, args: [u64; 6]| {
        verdict(&program, AUDIT_ARCH_X86_64, number(HOST, name).unwrap(), args) == Action::Allow
    };
    for (family, expected) in [(0, false), (1, true), (2, true), (3, false), (40, false)] {
        assert_eq!(allows("socket", [family, 1, 0, 0, 0, 0]), expected, "{family}");
    }
    assert!(allows("personality", [0xffff_ffff, 0, 0, 0, 0, 0]) && !allows("personality", [8, 0, 0, 0, 0, 0]));
    assert!(
        allows("clone", [0x0100_0011, 0, 0, 0, 0, 0]),
        "other flags are no matter"
    );
    assert!(!allows("clone", [0x1000_0011, 0, 0, 0, 0, 0]), "a user namespace");
    assert!(allows("ioctl", [0, 0x5412, 0, 0, 0, 0]), "unless asked for");
}

#[test]
fn ioctl_requests_are_kept_apart_where_asked() {
    let purpose = Purpose {
        ioctl_requests: true,
        ..Purpose::default()
    };
    let program = program(&record(&[seen(HOST, "ioctl", Some(&[0x5401]))], &purpose));
    let allows = |request| verdict(&program, AUDIT_ARCH_X86_64, 16, [9, request, 9, 0, 0, 0]) == Action::Allow;
    assert!(allows(0x5401) && !allows(0x5412));
}

#[test]
fn leftovers_above_an_integer_are_no_part_of_its_value() {
    let program = program(&record(
        &[seen(HOST, "socket", Some(&[0xdead_0000_0002, 1]))],
        &Purpose::default(),
    ));
    let allows = |family| verdict(&program, AUDIT_ARCH_X86_64, 41, [family, 0, 0, 0, 0, 0]) == Action::Allow;
    assert!(allows(2) && allows(0xbeef_0000_0002) && allows(1));
    assert!(!allows(3) && !allows(0xbeef_0000_0001));
}

#[test]
fn a_call_seen_with_any_value_has_no_condition() {
    let observations = [seen(HOST, "socket", Some(&[1])), seen(Abi::I386, "socket", None)];
    let recorded = record(&observations, &Purpose::default());
    let rules = &recorded.profile.rules;
    assert_eq!((rules.len(), rules[0].conditions.len()), (1, 0));
}

#[test]
fn the_architectures_are_those_of_the_calls() {
    let architectures = |observations: &[Observation]| {
        let json = record(observations, &Purpose::default()).profile.to_json();
        let names = json["architectures"].as_array().unwrap().iter();
        names
            .map(|name| name.as_str().unwrap().to_owned())
            .collect::<BTreeSet<_>>()
    };
    assert_eq!(
        architectures(&plain(&["read"])),
        BTreeSet::from(["SCMP_ARCH_X86_64".to_owned()])
    );
    let all = [
        seen(Abi::I386, "socketcall", None),
        seen(Abi::X32, "ioctl", None),
        seen(HOST, "read", None),
    ];
    assert_eq!(architectures(&all).len(), 3);
}

#[test]
fn calls_of_another_abi_pass() {
    let observations = [
        seen(HOST, "execve", None),
        seen(Abi::I386, "socketcall", None),
        seen(Abi::I386, "socket", Some(&[2])),
        seen(Abi::I386, "mmap2", None),
        seen(Abi::I386, "ipc", None),
    ];
    let program = program(&record(&observations, &Purpose::default()));
    for name in ["socketcall", "mmap2", "ipc"] {
        let call = number(Abi::I386, name).unwrap();
        for first in [1, 5, 21] {
            assert_eq!(
                verdict(&program, AUDIT_ARCH_I386, call, [first, 0, 0, 0, 0, 0]),
                Action::Allow,
                "{name} {first}"
            );
        }
    }
}

#[test]
fn what_has_no_name_is_told_and_not_written() {
    let odd = |arch, number| Observation {
        arch,
        number,
        values: None,
    };
    let observations = [
        seen(HOST, "read", None),
        odd(AUDIT_ARCH_X86_64, 600),
        odd(AUDIT_ARCH_I386, 601),
        odd(AUDIT_ARCH_X86_64, u32::MAX),
        odd(7, 3),
    ];
    let recorded = record(&observations, &Purpose::default());
    assert_eq!(recorded.profile.rules[0].names, ["read"]);
    assert_eq!(recorded.nameless.len(), 4);
    assert!(recorded.nameless.contains(&"syscall_600 (x86_64)".to_owned()));
    let text = recorded.profile.to_json().to_string();
    assert!(
        !text.contains("syscall_") && !text.contains("unknown") && !text.contains("SCMP_ARCH_X86\""),
        "{text}"
    );
}

#[test]
fn a_name_that_is_newer_than_libseccomp_is_written_and_told() {
    let recorded = record(&plain(&["read", "mseal"]), &Purpose::default());
    assert_eq!(recorded.newer, ["mseal"]);
    assert_eq!(recorded.profile.rules[0].names, ["mseal", "read"]);
}

#[test]
fn the_calls_of_the_runtimes_are_added() {
    let purpose = Purpose {
        runtimes: vec![Runtime::Crun],
        ..Purpose::default()
    };
    let one = record(&plain(&["read"]), &purpose);
    let own = Runtime::Crun.own_calls().iter().copied();
    let expected: BTreeSet<_> = own.chain(["read", "rt_sigreturn", "restart_syscall"]).collect();
    assert!(one.profile.rules[0].names.iter().map(String::as_str).eq(expected));
    let both = record(
        &plain(&["read"]),
        &Purpose {
            runtimes: Runtime::ALL.to_vec(),
            ..purpose
        },
    );
    assert!(
        Runtime::Runc
            .own_calls()
            .iter()
            .all(|name| both.profile.rules[0].names.iter().any(|other| other == name))
    );
}

#[test]
fn calls_that_come_of_signals_are_added_for_containers_only() {
    let names = |observations: &[Observation], runtimes: &[Runtime]| {
        let runtimes = runtimes.to_vec();
        let purpose = Purpose {
            runtimes,
            ..Purpose::default()
        };
        record(observations, &purpose).profile.rules[0].names.clone()
    };
    let has = |names: &[String], name: &str| names.iter().any(|other| other == name);
    assert_eq!(
        names(&plain(&["read"]), &[]),
        ["read"],
        "what was seen is needed, and nothing else"
    );
    for runtime in Runtime::ALL {
        let native = names(&plain(&["read"]), &[runtime]);
        assert!(has(&native, "rt_sigreturn") && has(&native, "restart_syscall") && !has(&native, "sigreturn"));
        assert!(
            has(&names(&[seen(Abi::I386, "read", None)], &[runtime]), "sigreturn"),
            "{runtime}"
        );
    }
}

#[test]
fn the_return_from_a_handler_is_allowed_where_one_is_made() {
    let returns = |observations: &[Observation]| {
        let program = program(&record(observations, &Purpose::default()));
        verdict(&program, Abi::X86_64.arch(), 15, [0; 6]) == Action::Allow
    };
    assert!(returns(&plain(&["read", "rt_sigaction"])));
    assert!(!returns(&plain(&["read", "rt_sigprocmask"])));
}

#[test]
fn the_order_of_observations_is_no_matter() {
    let mut observations = plain(&["read", "write", "clone3"]);
    observations.push(seen(HOST, "socket", Some(&[1])));
    observations.push(seen(HOST, "socket", Some(&[10])));
    let one = record(&observations, &Purpose::default());
    observations.reverse();
    assert_eq!(record(&observations, &Purpose::default()), one);
}

#[test]
fn arguments_are_watched_on_every_abi_of_the_machine() {
    let all = watched();
    let of = |arch, number| {
        all.iter()
            .find(|each| (each.arch, each.number) == (arch, number))
            .map(|each| (each.index, each.mask))
    };
    assert_eq!(of(AUDIT_ARCH_X86_64, 41), Some((0, u64::MAX)), "socket");
    assert_eq!(of(AUDIT_ARCH_X86_64, 16), Some((1, u64::MAX)), "ioctl");
    assert_eq!(
        of(AUDIT_ARCH_X86_64, 514 | X32_SYSCALL_BIT),
        Some((1, u64::MAX)),
        "ioctl of x32"
    );
    assert_eq!(of(AUDIT_ARCH_I386, 120), Some((0, 0x7e02_0000)), "clone of i386");
    assert_eq!(of(AUDIT_ARCH_I386, 102), None, "socketcall");
}
