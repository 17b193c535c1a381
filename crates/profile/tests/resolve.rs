//! What a profile is for a host and a container.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::{Path, PathBuf};

use notifyd_profile::{
    Abi, CAPABILITIES, CRIO_CAPABILITIES, DOCKER_CAPABILITIES, Document, Error, Facts, Format, KernelVersion,
    PODMAN_CAPABILITIES, Profile, Rule, capabilities, compile,
};
use proptest::prelude::*;
use serde_json::{Value, json};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

fn text_of(name: &str) -> String {
    fs::read_to_string(fixtures().join(format!("{name}.json"))).unwrap()
}

fn document(name: &str) -> Document {
    Document::parse(&text_of(name)).unwrap()
}

/// A usual container of Docker on a usual host.
fn usual() -> Facts {
    Facts {
        kernel: Some("6.1".parse().unwrap()),
        ..Facts::docker(Abi::X86_64)
    }
}

fn on(abi: Abi) -> Facts {
    Facts { abi, ..usual() }
}

fn with(names: &[&str]) -> Facts {
    Facts {
        capabilities: Some(capabilities(names).unwrap()),
        ..usual()
    }
}

fn without_capabilities() -> Facts {
    Facts {
        capabilities: None,
        ..usual()
    }
}

fn first_names(profile: &Profile) -> Vec<&str> {
    let names = |rule: &Rule| rule.names.len();
    assert!(profile.rules.iter().all(|rule| names(rule) == 1));
    profile
        .rules
        .iter()
        .map(|rule| rule.names.first().unwrap().as_str())
        .collect()
}

fn named(fixture: &str, facts: &Facts) -> Vec<String> {
    let profile = document(fixture).resolve(facts).unwrap();
    first_names(&profile).into_iter().map(str::to_owned).collect()
}

#[test]
fn each_fixture_resolves_to_what_is_written_beside_it() {
    let names = fs::read_dir(fixtures())
        .unwrap()
        .map(|entry| entry.unwrap().file_name());
    let names: Vec<String> = names
        .filter_map(|name| name.to_str()?.strip_suffix(".resolved.json").map(str::to_owned))
        .collect();
    assert_eq!(names.len(), 8, "{names:?}");
    for name in names {
        let expected: Value = serde_json::from_str(&text_of(&format!("{name}.resolved"))).unwrap();
        let profile = document(&name).resolve(&usual()).unwrap();
        // As texts, for the order of the fields.
        assert_eq!(profile.to_json().to_string(), expected.to_string(), "{name}");
    }
}

#[test]
fn every_capability_of_includes_is_needed() {
    let fixture = "includes-need-every-capability";
    assert_eq!(named(fixture, &with(&[])), ["read"]);
    assert_eq!(named(fixture, &with(&["SYS_ADMIN"])), ["read", "mount"]);
    assert_eq!(
        named(fixture, &with(&["SYS_ADMIN", "SYS_CHROOT"])),
        ["read", "mount", "umount2"]
    );
    assert_eq!(
        named(fixture, &with(&CAPABILITIES)),
        ["read", "mount", "umount2", "chroot"]
    );
}

#[test]
fn one_capability_of_excludes_drops_the_rule() {
    let fixture = "excludes-need-one-capability";
    assert_eq!(named(fixture, &with(&[])), ["chroot", "mount"]);
    assert_eq!(named(fixture, &with(&["SYS_BOOT"])), ["chroot"]);
    assert_eq!(named(fixture, &with(&["SYS_CHROOT", "MKNOD"])), ["mount", "mknod"]);
    assert_eq!(named(fixture, &with(&["SYS_CHROOT", "MKNOD", "CHOWN"])), ["mount"]);
}

/// Only containers/common gets to see a specification without capabilities.
#[test]
fn podman_keeps_rules_that_ask_for_capabilities_where_there_are_none() {
    let rules = r#"[{"names":["mount"],"action":"SCMP_ACT_ALLOW","includes":{"caps":["CAP_SYS_ADMIN"]}},
        {"names":["chroot"],"action":"SCMP_ACT_LOG","excludes":{"caps":["CAP_SYS_ADMIN"]}}]"#;
    let podman = format!(r#"{{"defaultAction":"SCMP_ACT_ERRNO","defaultErrno":"EPERM","syscalls":{rules}}}"#);
    let docker = format!(r#"{{"defaultAction":"SCMP_ACT_ERRNO","syscalls":{rules}}}"#);
    for (text, expected) in [(podman, &["mount", "chroot"][..]), (docker, &["chroot"])] {
        let profile = Document::parse(&text)
            .unwrap()
            .resolve(&without_capabilities())
            .unwrap();
        assert_eq!(first_names(&profile), expected);
    }
}

#[test]
fn each_host_has_its_name_of_go() {
    let fixture = "arches-are-names-of-go";
    for (abi, expected) in [
        (Abi::X86_64, &["arch_prctl", "clone"][..]),
        (Abi::X32, &["arch_prctl", "clone", "fork"]),
        (Abi::I386, &["clone", "fork"]),
        (Abi::Aarch64, &["set_tls", "clone", "fork"]),
        (Abi::Arm, &["set_tls", "clone", "fork"]),
    ] {
        assert_eq!(named(fixture, &on(abi)), expected, "{}", abi.label());
    }
}

#[test]
fn podman_looks_for_fewer_hosts_in_the_map_than_docker() {
    let architectures = |text: &str, abi: Abi| {
        let json = Document::parse(text).unwrap().resolve(&on(abi)).unwrap().to_json();
        json["architectures"].clone()
    };
    let docker = text_of("arch-map-gives-the-hosts-entry");
    let podman = docker.replacen("{", r#"{"defaultErrno":"EPERM","#, 1);
    for text in [&docker, &podman] {
        assert_eq!(
            architectures(text, Abi::Aarch64),
            json!(["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"])
        );
        assert_eq!(architectures(text, Abi::I386), Value::Null);
        assert_eq!(architectures(text, Abi::X32), Value::Null);
    }
    assert_eq!(architectures(&docker, Abi::Arm), json!(["SCMP_ARCH_ARM"]));
    assert_eq!(architectures(&podman, Abi::Arm), Value::Null);
}

#[test]
fn the_kernel_matters_where_a_profile_asks_for_it_only() {
    let facts = Facts::docker(Abi::X86_64);
    assert!(document("includes-need-every-capability").resolve(&facts).is_ok());
    let refused = document("min-kernel-compares-numbers").resolve(&facts).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "resolving rule 0 (ptrace): it holds for some kernels only, and the kernel's version is not given"
    );
}

#[test]
fn rules_remember_where_they_were_written() {
    let profile = document("includes-need-every-capability").resolve(&usual()).unwrap();
    let places: Vec<_> = profile.rules.iter().map(|rule| rule.written_at).collect();
    assert_eq!(places, [0, 3]);
    let text = r#"{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[
        {"names":["mount"],"action":"SCMP_ACT_KILL","includes":{"caps":["CAP_SYS_ADMIN"]}},
        {"names":["mkdir"],"action":"SCMP_ACT_LOG","errnoRet":5}]}"#;
    let profile = Document::parse(text).unwrap().resolve(&usual()).unwrap();
    let warnings = compile(&profile, Abi::X86_64).unwrap().warnings;
    assert!(
        warnings[0].starts_with("rule 1 (mkdir) gives errno 5 for SCMP_ACT_LOG"),
        "{warnings:?}"
    );
}

#[test]
fn the_format_is_found_from_the_fields_of_one_engine() {
    let format = |fields: &str, rule: &str| {
        let text = format!(
            r#"{{"defaultAction":"SCMP_ACT_ALLOW"{fields},"syscalls":[{{"action":"SCMP_ACT_KILL","names":["dup"]{rule}}}]}}"#
        );
        Document::parse(&text).unwrap().format()
    };
    for (fields, rule, expected) in [
        ("", "", Format::Oci),
        (
            r#","architectures":["SCMP_ARCH_X86"]"#,
            r#","comment":"x","errnoRet":1"#,
            Format::Oci,
        ),
        (
            r#","defaultErrno":"","archMap":null"#,
            r#","errno":"","includes":null"#,
            Format::Oci,
        ),
        ("", r#","includes":{}"#, Format::Docker),
        ("", r#","excludes":{"minKernel":"4.8"}"#, Format::Docker),
        (r#","archMap":[]"#, "", Format::Docker),
        (r#","defaultErrno":"EPERM""#, "", Format::ContainersCommon),
        (
            "",
            r#","errno":"EPERM","excludes":{"minKernel":""}"#,
            Format::ContainersCommon,
        ),
    ] {
        assert_eq!(format(fields, rule), expected, "{fields} {rule}");
    }
    assert_eq!(document("config").format(), Format::Oci);
}

#[test]
fn capabilities_are_taken_in_any_spelling() {
    let set = capabilities(["SYS_ADMIN", "cap_chown", "CAP_BPF", "Kill"]).unwrap();
    let expected = ["CAP_BPF", "CAP_CHOWN", "CAP_KILL", "CAP_SYS_ADMIN"];
    assert_eq!(set.iter().map(String::as_str).collect::<Vec<_>>(), expected);
    let facts = Facts {
        capabilities: Some(["sys_chroot", "chown"].map(str::to_owned).into()),
        ..usual()
    };
    assert_eq!(named("includes-need-every-capability", &facts), ["read", "chroot"]);
    for (name, hint) in [("SYS_ADMN", "; did you mean CAP_SYS_ADMIN"), ("ALL", ""), ("", "")] {
        let expected = format!("reading the given capabilities: {name:?} is no capability{hint}");
        assert_eq!(capabilities([name]).unwrap_err().to_string(), expected);
        let facts = Facts {
            capabilities: Some([name.to_owned()].into()),
            ..usual()
        };
        let refused = document("config").resolve(&facts).unwrap_err();
        assert!(matches!(refused, Error::UnknownCapability { .. }), "{name}");
    }
}

#[test]
fn the_engines_sets_are_theirs() {
    for (facts, names) in [
        (Facts::docker(Abi::Arm), &DOCKER_CAPABILITIES[..]),
        (Facts::podman(Abi::Arm), &PODMAN_CAPABILITIES),
        (Facts::crio(Abi::Arm), &CRIO_CAPABILITIES),
    ] {
        assert_eq!(facts.abi, Abi::Arm);
        assert_eq!(facts.capabilities.unwrap(), capabilities(names).unwrap());
    }
}

#[test]
fn capabilities_are_at_the_index_of_their_numbers() {
    let known: Vec<_> = rustix::thread::CapabilitySet::all().iter_names().collect();
    assert_eq!(known.len(), CAPABILITIES.len());
    for (name, bit) in known {
        let index = usize::try_from(bit.bits().trailing_zeros()).unwrap();
        assert_eq!(CAPABILITIES[index], format!("CAP_{name}"));
    }
}

#[test]
fn a_release_begins_with_the_version() {
    let version = |major, minor| KernelVersion { major, minor };
    for (text, expected) in [
        ("5.10", version(5, 10)),
        ("6.18.0-foo", version(6, 18)),
        ("3.12-1-amd64", version(3, 12)),
        ("4.15+", version(4, 15)),
    ] {
        assert_eq!(text.parse::<KernelVersion>().unwrap(), expected);
        assert!(text.starts_with(&expected.to_string()));
    }
    for text in ["", "5", "5.", ".5", "v5.10", "+5.10", "5.x", "99999999999.1"] {
        let refused = text.parse::<KernelVersion>().unwrap_err();
        assert!(matches!(refused, Error::KernelVersion { .. }), "{text}");
    }
    assert!(version(5, 10) > version(5, 9) && version(5, 10) < version(6, 0));
}

#[test]
fn a_document_keeps_all_that_was_written() {
    for name in ["what-needs-no-resolving-is-copied", "config", "engine-format"] {
        let kept = serde_json::to_string_pretty(document(name).json()).unwrap();
        assert_eq!(without_space(&kept), without_space(&text_of(name)), "{name}");
    }
}

/// Outside of the strings, which have no quotes inside here.
fn without_space(json: &str) -> String {
    let parts = json.split('"').enumerate();
    let parts = parts.map(|(at, part)| {
        if at % 2 == 0 {
            part.replace([' ', '\n'], "")
        } else {
            part.to_owned()
        }
    });
    parts.collect::<Vec<_>>().join("\"")
}

/// Any profile in the runtimes' format.
fn oci_profile() -> impl Strategy<Value = Value> {
    let action = prop::sample::select(vec![
        "SCMP_ACT_KILL",
        "SCMP_ACT_ERRNO",
        "SCMP_ACT_ALLOW",
        "SCMP_ACT_NOTIFY",
    ]);
    let operator = prop::sample::select(vec!["SCMP_CMP_NE", "SCMP_CMP_LE", "SCMP_CMP_MASKED_EQ"]);
    let condition = (0..6_u32, any::<u64>(), any::<u64>(), operator)
        .prop_map(|(index, value, two, op)| json!({ "index": index, "value": value, "valueTwo": two, "op": op }));
    let errno = prop::option::of(0..=4095_u16);
    let names = prop::collection::vec("[a-z0-9_]{1,12}", 1..4);
    let conditions = prop::collection::vec(condition, 0..4);
    let rule = (names, action.clone(), errno.clone(), conditions, prop::option::of(".*")).prop_map(
        |(names, action, errno, args, comment)| json!({ "names": names, "action": action, "errnoRet": errno, "args": args, "comment": comment }),
    );
    let architectures = prop::sample::subsequence(vec!["SCMP_ARCH_X86", "SCMP_ARCH_ARM", "SCMP_ARCH_NATIVE"], 0..=3);
    let rules = prop::collection::vec(rule, 0..6);
    (action, errno, architectures, prop::option::of(".*"), rules).prop_map(|(action, errno, architectures, path, rules)| {
        json!({ "defaultAction": action, "defaultErrnoRet": errno, "architectures": architectures, "listenerPath": path, "syscalls": rules })
    })
}

proptest! {
    #[test]
    fn a_profile_is_the_same_after_writing_and_reading(json in oci_profile()) {
        let profile = Profile::parse(&json.to_string()).unwrap();
        let again = Profile::parse(&profile.to_json().to_string()).unwrap();
        prop_assert_eq!(&again, &profile);
        prop_assert_eq!(Document::parse(&json.to_string()).unwrap().resolve(&without_capabilities()).unwrap(), profile);
    }

    #[test]
    fn a_damaged_document_resolves_or_is_an_error(at in any::<prop::sample::Index>(), piece in "[\\[\\]{},:\"0-9a-zA-Z.-]{0,3}") {
        for name in ["errno-names-win-over-numbers", "min-kernel-compares-numbers"] {
            let mut text = text_of(name);
            let at = at.index(text.len());
            text.replace_range(at..=at, &piece);
            let _ = Document::parse(&text).and_then(|document| document.resolve(&usual()));
        }
    }
}
