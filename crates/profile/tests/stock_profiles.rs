//! The engines' own profiles, where they lie beside the repository.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use notifyd_bpf::{Action, Program, SeccompData};
use notifyd_profile::{Abi, CAPABILITIES, Document, Facts, Format, KernelVersion, capabilities, compile, number};
use support::stock_profiles;

const ALL: [(&str, Format); 5] = [
    ("moby-2026", Format::Docker),
    ("moby-20.10", Format::Docker),
    ("moby-19.03", Format::Docker),
    ("containers-common-2026", Format::ContainersCommon),
    ("containers-common-0.50", Format::ContainersCommon),
];

const HOSTS: [Abi; 2] = [Abi::X86_64, Abi::Aarch64];

const AF_INET: u64 = 2;
const AF_NETLINK: u64 = 16;
const AF_ALG: u64 = 38;
const AF_VSOCK: u64 = 40;
const NETLINK_ROUTE: u64 = 0;
const NETLINK_AUDIT: u64 = 9;

const EPERM: Action = Action::Errno(1);
const EINVAL: Action = Action::Errno(22);
const ENOSYS: Action = Action::Errno(38);

fn document(folder: &Path, name: &str) -> Document {
    Document::parse(&fs::read_to_string(folder.join(format!("{name}.json"))).unwrap()).unwrap()
}

/// Docker's capabilities and those that are named, on a kernel of today.
fn docker_with(abi: Abi, added: &[&str]) -> Facts {
    let mut facts = Facts::docker(abi);
    facts.kernel = Some("6.18".parse().unwrap());
    let added = capabilities(added).unwrap();
    facts.capabilities.get_or_insert_with(BTreeSet::new).extend(added);
    facts
}

fn without(mut facts: Facts, dropped: &str) -> Facts {
    facts.capabilities = facts.capabilities.map(|mut set| {
        assert!(set.remove(dropped), "{dropped} was not there");
        set
    });
    facts
}

fn program(document: &Document, facts: &Facts) -> Program {
    compile(&document.resolve(facts).unwrap(), facts.abi).unwrap().program
}

/// The verdict on a call with two arguments that matter, the first and the third.
fn verdict(document: &Document, facts: &Facts, call: &str, first: u64, third: u64) -> Action {
    program(document, facts).evaluate(&SeccompData {
        nr: number(facts.abi, call).unwrap().try_into().unwrap(),
        arch: facts.abi.arch(),
        instruction_pointer: 0,
        args: [first, 0, third, 0, 0, 0],
    })
}

#[test]
fn each_compiles_for_both_hosts_whatever_the_capabilities() {
    let Some(folder) = stock_profiles() else { return };
    for (name, format) in ALL {
        let document = document(&folder, name);
        assert_eq!(document.format(), format, "{name}");
        for abi in HOSTS {
            let sets = [&[][..], &["SYS_ADMIN"], &CAPABILITIES];
            let mut resolved: Vec<_> = sets
                .map(|added| document.resolve(&docker_with(abi, added)).unwrap())
                .into();
            resolved.dedup();
            assert_eq!(
                resolved.len(),
                sets.len(),
                "{name} is the same for two sets of capabilities"
            );
            for profile in resolved {
                compile(&profile, abi).unwrap();
            }
        }
    }
}

#[test]
fn mounting_needs_the_capability_with_docker_only() {
    let Some(folder) = stock_profiles() else { return };
    for abi in HOSTS {
        for (name, denied) in [
            ("moby-2026", EPERM),
            ("moby-20.10", EPERM),
            ("moby-19.03", EPERM),
            ("containers-common-2026", Action::Allow),
            ("containers-common-0.50", Action::Allow),
        ] {
            let document = document(&folder, name);
            assert_eq!(
                verdict(&document, &docker_with(abi, &[]), "mount", 0, 0),
                denied,
                "{name}"
            );
            let allowed = verdict(&document, &docker_with(abi, &["SYS_ADMIN"]), "mount", 0, 0);
            assert_eq!(allowed, Action::Allow, "{name}");
        }
    }
}

#[test]
fn clone3_looks_missing_to_who_may_not_make_namespaces() {
    let Some(folder) = stock_profiles() else { return };
    for abi in HOSTS {
        for name in ["moby-2026", "moby-20.10"] {
            let document = document(&folder, name);
            assert_eq!(
                verdict(&document, &docker_with(abi, &[]), "clone3", 0, 0),
                ENOSYS,
                "{name}"
            );
            let allowed = verdict(&document, &docker_with(abi, &["SYS_ADMIN"]), "clone3", 0, 0);
            assert_eq!(allowed, Action::Allow, "{name}");
        }
        let older = document(&folder, "moby-19.03");
        assert_eq!(verdict(&older, &docker_with(abi, &[]), "clone3", 0, 0), EPERM);
    }
}

#[test]
fn chroot_needs_its_capability() {
    let Some(folder) = stock_profiles() else { return };
    for (name, _) in ALL {
        let document = document(&folder, name);
        for abi in HOSTS {
            let facts = docker_with(abi, &[]);
            assert_eq!(verdict(&document, &facts, "chroot", 0, 0), Action::Allow, "{name}");
            let dropped = without(facts, "CAP_SYS_CHROOT");
            assert_eq!(verdict(&document, &dropped, "chroot", 0, 0), EPERM, "{name}");
        }
    }
}

#[test]
fn docker_allows_tracing_since_the_kernel_is_safe_for_it() {
    let Some(folder) = stock_profiles() else { return };
    for name in ["moby-2026", "moby-20.10", "moby-19.03"] {
        let document = document(&folder, name);
        for (minor, added, expected) in [
            (7, &[][..], EPERM),
            (7, &["SYS_PTRACE"], Action::Allow),
            (8, &[], Action::Allow),
            (10, &[], Action::Allow),
        ] {
            let mut facts = docker_with(Abi::X86_64, added);
            facts.kernel = Some(KernelVersion { major: 4, minor });
            assert_eq!(
                verdict(&document, &facts, "ptrace", 0, 0),
                expected,
                "{name} on 4.{minor}"
            );
        }
    }
}

#[test]
fn docker_denies_sockets_of_two_families() {
    let Some(folder) = stock_profiles() else { return };
    let document = document(&folder, "moby-2026");
    for abi in HOSTS {
        for (family, expected) in [
            (AF_INET, Action::Allow),
            (AF_NETLINK, Action::Allow),
            (AF_ALG, EPERM),
            (39, Action::Allow),
            (AF_VSOCK, EPERM),
            (41, Action::Allow),
        ] {
            let facts = docker_with(abi, &[]);
            assert_eq!(verdict(&document, &facts, "socket", family, 0), expected, "{family}");
        }
    }
}

#[test]
fn podman_denies_sockets_of_virtual_machines_and_of_the_audit() {
    let Some(folder) = stock_profiles() else { return };
    for abi in HOSTS {
        let may_audit = docker_with(abi, &[]);
        let may_not = without(docker_with(abi, &[]), "CAP_AUDIT_WRITE");
        for (name, facts, family, protocol, expected) in [
            ("containers-common-2026", &may_not, AF_INET, 0, Action::Allow),
            (
                "containers-common-2026",
                &may_not,
                AF_NETLINK,
                NETLINK_ROUTE,
                Action::Allow,
            ),
            ("containers-common-2026", &may_not, AF_NETLINK, NETLINK_AUDIT, EINVAL),
            ("containers-common-2026", &may_not, AF_VSOCK, 0, EPERM),
            (
                "containers-common-2026",
                &may_audit,
                AF_NETLINK,
                NETLINK_AUDIT,
                Action::Allow,
            ),
            ("containers-common-2026", &may_audit, AF_VSOCK, 0, EPERM),
            ("containers-common-0.50", &may_not, AF_NETLINK, NETLINK_AUDIT, EINVAL),
            ("containers-common-0.50", &may_not, AF_VSOCK, 0, Action::Allow),
        ] {
            let document = document(&folder, name);
            let found = verdict(&document, facts, "socket", family, protocol);
            assert_eq!(found, expected, "{name} {} {family} {protocol}", abi.label());
        }
    }
}

#[test]
fn podman_says_of_unlisted_calls_that_they_are_missing() {
    let Some(folder) = stock_profiles() else { return };
    for (name, expected) in [("moby-2026", EPERM), ("containers-common-2026", ENOSYS)] {
        let program = program(&document(&folder, name), &docker_with(Abi::X86_64, &[]));
        let unlisted = SeccompData {
            nr: 1000,
            arch: Abi::X86_64.arch(),
            instruction_pointer: 0,
            args: [0; 6],
        };
        assert_eq!(program.evaluate(&unlisted), expected, "{name}");
    }
}
