//! What the profile of our own says, and where it says something else than those of the engines.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::collections::BTreeSet;
use std::fs;

use notifyd_bpf::{Action, Program, SeccompData, X32_SYSCALL_BIT};
use notifyd_profile::{
    Abi, CAPABILITIES, Code, Document, Facts, Format, KernelVersion, Profile, Runtime, Severity, capabilities, compile,
    display_name, lint, number, runtime_default, runtime_default_text,
};
use support::stock_profiles;

const EPERM: Action = Action::Errno(1);
const ENOSYS: Action = Action::Errno(38);

/// As Docker makes a container, with more capabilities.
fn facts(abi: Abi, added: &[&str]) -> Facts {
    let mut facts = Facts::docker(abi);
    facts.kernel = Some("6.18".parse().unwrap());
    facts
        .capabilities
        .get_or_insert_default()
        .extend(capabilities(added).unwrap());
    facts
}

fn program(document: &Document, facts: &Facts) -> Program {
    compile(&document.resolve(facts).unwrap(), facts.abi).unwrap().program
}

fn verdict(facts: &Facts, call: &str, first: u64) -> Action {
    let number = number(facts.abi, call).unwrap();
    program(&runtime_default().unwrap(), facts).evaluate(&data(facts.abi, number, first))
}

fn data(abi: Abi, number: u32, first: u64) -> SeccompData {
    SeccompData {
        nr: number.cast_signed(),
        arch: abi.arch(),
        instruction_pointer: 0,
        args: [first, 0, 0, 0, 0, 0],
    }
}

#[test]
fn it_is_a_profile_in_dockers_format_and_the_same_each_time() {
    assert_eq!(runtime_default().unwrap().format(), Format::Docker);
    assert_eq!(runtime_default_text(), runtime_default_text());
    for abi in [Abi::X86_64, Abi::Aarch64] {
        for added in [&[][..], &["SYS_ADMIN"], &CAPABILITIES] {
            program(&runtime_default().unwrap(), &facts(abi, added));
        }
    }
}

#[test]
fn programs_run() {
    for abi in [Abi::X86_64, Abi::Aarch64] {
        let facts = facts(abi, &[]);
        for call in [
            "read",
            "write",
            "execve",
            "exit_group",
            "mmap",
            "futex",
            "openat",
            "seccomp",
            "rseq",
            "statx",
        ] {
            assert_eq!(verdict(&facts, call, 0), Action::Allow, "{call}");
        }
    }
}

#[test]
fn the_host_is_out_of_reach_whatever_the_capabilities() {
    let facts = facts(Abi::X86_64, &CAPABILITIES);
    for call in [
        "kexec_load",
        "swapon",
        "keyctl",
        "io_uring_setup",
        "userfaultfd",
        "_sysctl",
    ] {
        assert_eq!(verdict(&facts, call, 0), EPERM, "{call}");
    }
}

#[test]
fn a_capability_brings_its_calls() {
    for (capability, call) in [
        ("SYS_ADMIN", "mount"),
        ("SYS_ADMIN", "unshare"),
        ("SYS_ADMIN", "bpf"),
        ("BPF", "bpf"),
        ("PERFMON", "perf_event_open"),
        ("SYSLOG", "syslog"),
        ("SYS_TIME", "settimeofday"),
        ("SYS_MODULE", "init_module"),
        ("SYS_NICE", "mbind"),
        ("SYS_PTRACE", "kcmp"),
        ("SYS_BOOT", "reboot"),
        ("DAC_READ_SEARCH", "open_by_handle_at"),
    ] {
        assert_eq!(
            verdict(&facts(Abi::X86_64, &[]), call, 0),
            EPERM,
            "{call} without {capability}"
        );
        let with = facts(Abi::X86_64, &[capability]);
        assert_eq!(verdict(&with, call, 0), Action::Allow, "{call} with {capability}");
    }
}

#[test]
fn some_arguments_only() {
    let without = facts(Abi::X86_64, &[]);
    let with = facts(Abi::X86_64, &["SYS_ADMIN"]);
    for (call, first, expected) in [
        ("personality", 0, Action::Allow),
        ("personality", 0x20008, Action::Allow),
        ("personality", 0xffff_ffff, Action::Allow),
        ("personality", 0x0004_0000, EPERM),
        ("socket", 1, Action::Allow),
        ("socket", 37, Action::Allow),
        ("socket", 38, EPERM),
        ("socket", 39, Action::Allow),
        ("socket", 40, EPERM),
        ("socket", 44, Action::Allow),
        ("clone", 17, Action::Allow),
        ("clone", 0x0002_0000, EPERM),
        ("clone", 0x1000_0000, EPERM),
        ("clone", 0x4000_0011, EPERM),
        ("clone3", 0, ENOSYS),
    ] {
        assert_eq!(verdict(&without, call, first), expected, "{call}({first:#x})");
        let expected = if call.starts_with("clone") {
            Action::Allow
        } else {
            expected
        };
        assert_eq!(
            verdict(&with, call, first),
            expected,
            "{call}({first:#x}) with CAP_SYS_ADMIN"
        );
    }
}

#[test]
fn tracing_needs_a_kernel_that_filters_what_a_tracer_changes() {
    let mut old = facts(Abi::X86_64, &[]);
    old.kernel = Some(KernelVersion { major: 4, minor: 4 });
    assert_eq!(verdict(&old, "ptrace", 0), EPERM);
    old.capabilities.as_mut().unwrap().insert("CAP_SYS_PTRACE".to_owned());
    assert_eq!(verdict(&old, "ptrace", 0), Action::Allow);
    assert_eq!(verdict(&facts(Abi::X86_64, &[]), "ptrace", 0), Action::Allow);
}

/// That i386's socketcall carries sockets of any family is known: programs of i386 need it.
#[test]
fn nothing_is_wrong_with_it() {
    for abi in [Abi::X86_64, Abi::Aarch64] {
        for added in [&[][..], &["SYS_ADMIN"], &CAPABILITIES] {
            let findings = lint(&runtime_default_text(), &facts(abi, added), &Runtime::ALL).unwrap();
            let serious: Vec<_> = findings
                .iter()
                .filter(|finding| finding.severity != Severity::Note)
                .map(|finding| finding.code)
                .collect();
            let expected: &[Code] = if abi == Abi::X86_64 {
                &[Code::CarrierAllowed]
            } else {
                &[]
            };
            assert_eq!(serious, expected, "{added:?}: {findings:?}");
        }
    }
}

/// Calls, on the ABIs of the profile, of which some arguments meet another verdict.
fn differing(stock: &Document, facts: &Facts) -> BTreeSet<String> {
    let [ours, theirs] = [&runtime_default().unwrap(), stock].map(|document| program(document, facts));
    let abis = Abi::ALL.into_iter().filter(|abi| abi.main() == facts.abi);
    let calls = abis.flat_map(|abi| (0..1024).map(move |number| (abi, number | bit(abi))));
    let differs = |&(abi, number): &(Abi, u32)| {
        FIRST_ARGUMENTS.iter().any(|&first| {
            let [ours, theirs] = [&ours, &theirs].map(|program| program.evaluate(&data(abi, number, first)));
            ours != theirs
        })
    };
    calls
        .filter(differs)
        .map(|(abi, number)| display_name(abi.arch(), number))
        .collect()
}

const fn bit(abi: Abi) -> u32 {
    match abi {
        Abi::X32 => X32_SYSCALL_BIT,
        _ => 0,
    }
}

/// Flags of namespaces, families of sockets, personalities.
const FIRST_ARGUMENTS: [u64; 16] = [
    0,
    1,
    8,
    17,
    37,
    38,
    39,
    40,
    41,
    0x0002_0000,
    0x0002_0008,
    0x0004_0000,
    0x0200_0011,
    0x1000_0000,
    0x7e02_0000,
    0xffff_ffff,
];

/// Calls that libseccomp need not know: allowed here, whatever their arguments are, and not there, or the other way round.
fn written_differently(stock: &Document, facts: &Facts) -> BTreeSet<String> {
    let [ours, theirs] = [&runtime_default().unwrap(), stock].map(|document| document.resolve(facts).unwrap());
    let exists = |name: &&&str| {
        let mut abis = Abi::ALL.into_iter().filter(|abi| abi.main() == facts.abi);
        abis.any(|abi| number(abi, name).is_some())
    };
    let (ours, theirs) = (allowed(&ours), allowed(&theirs));
    let differing = ours.symmetric_difference(&theirs).filter(exists);
    differing.map(|name| (*name).to_owned()).collect()
}

fn allowed(profile: &Profile) -> BTreeSet<&str> {
    let whole = profile.rules.iter().filter(|rule| rule.conditions.is_empty());
    let allowing = whole.filter(|rule| rule.action.name() == "SCMP_ACT_ALLOW");
    allowing.flat_map(|rule| &rule.names).map(String::as_str).collect()
}

#[test]
fn dockers_profile_differs_in_a_few_calls_for_a_reason() {
    let Some(folder) = stock_profiles() else { return };
    let stock = Document::parse(&fs::read_to_string(folder.join("moby-2026.json")).unwrap()).unwrap();
    // Newer than that profile: file_getattr and file_setattr do what an allowed ioctl does (FS_IOC_FSGETXATTR), uprobe is the
    // kernel's own way back from a probe, as uretprobe is, and open_tree_attr is open_tree with mount_setattr.
    let newer = ["file_getattr", "file_setattr"];
    let x86 = ["uprobe"];
    // Changes the caller's own mount namespace only, and needs what mount needs.
    let mounting = ["open_tree_attr", "pivot_root"];
    // Reads what set_tls sets.
    let arm = ["get_tls"];
    for (abi, added, expected) in [
        (Abi::X86_64, &[][..], [&newer[..], &x86].concat()),
        (Abi::X86_64, &["SYS_ADMIN"], [&newer[..], &x86, &mounting].concat()),
        (Abi::Aarch64, &[], [&newer[..], &arm].concat()),
        (Abi::Aarch64, &["SYS_ADMIN"], [&newer[..], &mounting, &arm].concat()),
    ] {
        let facts = facts(abi, added);
        let expected: BTreeSet<_> = expected.iter().map(|&name| name.to_owned()).collect();
        assert_eq!(written_differently(&stock, &facts), expected, "{abi:?} {added:?}");
        let differing = differing(&stock, &facts);
        let unexpected: Vec<_> = differing.difference(&expected).collect();
        assert!(unexpected.is_empty(), "{abi:?} {added:?}: {unexpected:?}");
        assert_eq!(differing.contains("pivot_root"), !added.is_empty(), "{abi:?} {added:?}");
    }
}
