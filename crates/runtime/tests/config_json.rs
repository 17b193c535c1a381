//! Editing `config.json`.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use notifyd_runtime::config_json::{ConfigJson, KEPT};

/// Numbers that a detour over floating point would change, members that nobody knows, and a layout of its own.
const TEXT: &str = r#"{ "ociVersion": "1.0.2",
  "process": {"rlimits": [{"type": "RLIMIT_CORE", "hard": 18446744073709551615, "soft": 9007199254740993}]},
  "annotations": {"a": "b"}, "x.unknown": [1e400, 123456789012345678901234567890, -0, 1.10],
  "linux": {"seccomp" : {"defaultAction": "SCMP_ACT_ERRNO", "x": 1.0} , "unknown": {"a":1,"a":2}},
  "last": null
}
"#;
const SECCOMP: &str = r#"{"defaultAction": "SCMP_ACT_ERRNO", "x": 1.0}"#;
const NEW: &str = r#"{"defaultAction":"SCMP_ACT_ALLOW"}"#;

fn parse(text: &str) -> ConfigJson {
    ConfigJson::parse(text.to_owned()).unwrap()
}

#[test]
fn only_the_profile_is_replaced_and_the_original_added() {
    let config = parse(TEXT);
    assert_eq!(config.seccomp(), Some(SECCOMP));
    assert_eq!(config.annotations().get("a").map(String::as_str), Some("b"));
    let text = config.with_seccomp(NEW, None).unwrap();
    let (before, after) = TEXT.split_once(SECCOMP).unwrap();
    assert!(text.starts_with(&format!("{before}{NEW}")), "{text}");
    let rest = after.strip_suffix("\n}\n").unwrap();
    assert!(text.contains(&format!("{NEW}{rest},{KEPT:?}:{{")), "{text}");
    assert!(text.ends_with("\n}\n"));
    let json: serde_json::Value = serde_json::from_str(&text.replace("1e400", "1")).unwrap();
    assert_eq!(json["process"]["rlimits"][0]["hard"], u64::MAX);
}

#[test]
fn what_was_rewritten_is_read_as_it_was_before() {
    let config = parse(TEXT);
    let text = config.with_seccomp(NEW, None).unwrap();
    assert_eq!(parse(&text), config);
    assert_eq!(parse(&text).text(), TEXT);
}

#[test]
fn what_somebody_changed_since_is_not_undone() {
    let text = parse(TEXT)
        .with_seccomp(NEW, None)
        .unwrap()
        .replace(NEW, r#"{"defaultAction":"SCMP_ACT_LOG"}"#);
    assert_eq!(parse(&text).seccomp(), Some(r#"{"defaultAction":"SCMP_ACT_LOG"}"#));
    assert_eq!(parse(&text).text(), text);
}

#[test]
fn a_profile_is_put_where_none_is() {
    for (text, new) in [
        (r#"{"linux":{}}"#, r#"{"linux":{"seccomp":NEW},KEPT}"#),
        (r#"{"linux": { }, "x":1}"#, r#"{"linux": {"seccomp":NEW }, "x":1,KEPT}"#),
        (r#"{"linux":{"a":[1] }}"#, r#"{"linux":{"a":[1],"seccomp":NEW },KEPT}"#),
        (
            r#"{"linux":{"seccomp":null,"a":1},"annotations":null}"#,
            r#"{"linux":{"seccomp":NEW,"a":1},"annotations":null,KEPT}"#,
        ),
    ] {
        let config = parse(text);
        assert_eq!(config.seccomp(), None, "{text}");
        let (head, tail) = new.split_once("KEPT").unwrap();
        let text = config.with_seccomp(NEW, None).unwrap();
        assert!(
            text.starts_with(&head.replace("NEW", NEW)) && text.ends_with(tail),
            "{text}"
        );
        assert_eq!(ConfigJson::parse(text).unwrap().seccomp(), None, "as it was before");
    }
    for text in ["{}", r#"{"linux":null}"#] {
        assert_eq!(parse(text).seccomp(), None, "{text}");
        assert_eq!(parse(text).with_seccomp(NEW, None), None);
    }
}

/// For crun. What the base64 of a program consists of needs no escapes.
const PROGRAM: &str = "BgAAAAAA/38=";

#[test]
fn a_program_is_added_to_the_annotations() {
    for (text, new) in [
        (
            r#"{"annotations": {"a": "}" } , "linux":{"seccomp":{}}}"#,
            r#"{"annotations": {"a": "}" ,ADDED} , "linux":{"seccomp":NEW},KEPT}"#,
        ),
        (
            r#"{"linux":{"seccomp":null},"annotations":{ }}"#,
            r#"{"linux":{"seccomp":NEW},"annotations":{ ADDED},KEPT}"#,
        ),
        (
            r#"{"linux":{"seccomp":null},"annotations": null, "x":1}"#,
            r#"{"linux":{"seccomp":NEW},"annotations": {ADDED}, "x":1,KEPT}"#,
        ),
        (
            r#"{"linux":{"seccomp":{}}, "x":1 }"#,
            r#"{"linux":{"seccomp":NEW}, "x":1,KEPT,"annotations":{ADDED} }"#,
        ),
    ] {
        let config = parse(text);
        let added = format!("\"run.oci.seccomp_bpf_data\":\"{PROGRAM}\"");
        let (head, tail) = new.split_once("KEPT").unwrap();
        let [head, tail] = [head, tail].map(|part| part.replace("NEW", NEW).replace("ADDED", &added));
        let rewritten = config.with_seccomp(NEW, Some(PROGRAM)).unwrap();
        assert!(
            rewritten.starts_with(&head) && rewritten.ends_with(&tail),
            "{rewritten}"
        );
        let json: serde_json::Value = serde_json::from_str(&rewritten).unwrap();
        assert_eq!(json["annotations"]["run.oci.seccomp_bpf_data"], PROGRAM);
        assert_eq!(parse(&rewritten).text(), text, "as it was before");
        let changed = rewritten.replace(PROGRAM, "BgAAAAAAAAA=");
        assert_eq!(parse(&changed).text(), changed, "not ours to undo");
    }
}

#[test]
fn the_bounding_set_is_the_process_s() {
    let text = r#"{"process":{"capabilities":{"bounding":["CAP_KILL"],"effective":["CAP_BPF"]}}}"#;
    assert_eq!(parse(text).bounding_set().unwrap(), Some(vec!["CAP_KILL".to_owned()]));
    for text in [
        "{}",
        r#"{"process":{}}"#,
        r#"{"process":{"capabilities":{"effective":[]}}}"#,
    ] {
        assert_eq!(parse(text).bounding_set().unwrap(), None, "{text}");
    }
    assert!(
        parse(r#"{"process":{"capabilities":{"bounding":"CAP_KILL"}}}"#)
            .bounding_set()
            .is_err()
    );
}

/// Go takes the last of several members, and any letter case; crun the first, and the exact name.
#[test]
fn what_runtimes_read_differently_is_refused() {
    for text in [
        r#"{"linux":{"seccomp":{}},"linux":{}}"#,
        r#"{"linux":{"seccomp":{}},"Linux":{}}"#,
        r#"{"linux":{"Seccomp":{}}}"#,
        r#"{"linux":{"seccomp":{},"seccomp":null}}"#,
        r#"{"linux":{"\u0073eccomp":{},"seccomp":null}}"#,
        r#"{"annotations":{},"ANNOTATIONS":{}}"#,
    ] {
        let error = ConfigJson::parse(text.to_owned()).unwrap_err().to_string();
        assert!(error.contains("more than once"), "{text}: {error}");
    }
}

#[test]
fn what_is_no_configuration_is_an_error() {
    for text in ["", "[]", "{", r#"{"linux":[]}"#, r#"{"annotations":{"a":1}}"#, "{}{}"] {
        assert!(ConfigJson::parse(text.to_owned()).is_err(), "{text}");
    }
}
