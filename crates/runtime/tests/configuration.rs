//! The shim's own configuration.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::path::Path;

use notifyd_runtime::configuration::{Configuration, FailurePolicy, Watch, WithoutProfile};
use notifyd_runtime::{Error, explain};

fn parse(text: &str) -> Result<Configuration, Error> {
    Configuration::parse(Path::new("/etc/x.json"), text.as_bytes())
}

#[test]
fn an_empty_one_is_the_default() {
    assert_eq!(parse("{}").unwrap(), Configuration::default());
    assert_eq!(Configuration::default().failure_policy, FailurePolicy::Open);
    assert_eq!(Configuration::default().watch, Watch::Annotated);
}

#[test]
fn every_member_counts() {
    let text = r#"{"listener": "/l", "runtimes": {"runc": "/r", "crun": "/c"}, "watch": "all", "failurePolicy": "closed",
        "cacheDir": "/d", "withoutProfile": "runtime-default"}"#;
    let read = parse(text).unwrap();
    assert_eq!(read.listener, Path::new("/l"));
    assert_eq!(read.runtimes.runc.as_deref(), Some(Path::new("/r")));
    assert_eq!(read.runtimes.crun.as_deref(), Some(Path::new("/c")));
    assert_eq!((read.watch, read.failure_policy), (Watch::All, FailurePolicy::Closed));
    assert_eq!(read.without_profile, WithoutProfile::RuntimeDefault);
    assert_eq!(read.cache_dir, Path::new("/d"));
}

#[test]
fn mistakes_are_named() {
    let long = format!(r#"{{"listener": "/{}"}}"#, "x".repeat(107));
    for (text, word) in [
        (r#"{"failure-policy": "open"}"#, "failure-policy"),
        (r#"{"failurePolicy": "ajar"}"#, "ajar"),
        (r#"{"watch": "some"}"#, "some"),
        (r#"{"runtimes": {"youki": "/y"}}"#, "youki"),
        (r#"{"runtimes": {"runc": "runc"}}"#, "runtimes.runc"),
        (r#"{"listener": "l.sock"}"#, "listener"),
        (r#"{"cacheDir": "cache"}"#, "cacheDir"),
        (r#"{"listener": "/a", "listener": "/b"}"#, "listener"),
        (&long, "107"),
        ("", "object"),
        ("{", "line 1"),
        ("[]", "object"),
    ] {
        let error = explain(&parse(text).unwrap_err());
        assert!(error.contains(word) && error.contains("/etc/x.json"), "{text}: {error}");
    }
}

#[test]
fn the_documented_one_is_the_default() {
    let document = include_str!("../../../docs/runtime.md");
    let (_, rest) = document.split_once("```json runtime\n").unwrap();
    let (text, _) = rest.split_once("```").unwrap();
    let mut read = parse(text).unwrap();
    assert_eq!(read.runtimes.runc.take().as_deref(), Some(Path::new("/usr/bin/runc")));
    assert_eq!(read.runtimes.crun.take().as_deref(), Some(Path::new("/usr/bin/crun")));
    assert_eq!(read, Configuration::default());
}
