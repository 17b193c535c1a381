//! Command lines, most of them as engines write them.

use std::ffi::OsString;

use notifyd_profile::Runtime::{self, Crun, Runc};
use notifyd_runtime::args::{CommandLine, LogFormat, Request, parse};

fn read(runtime: Runtime, line: &str) -> CommandLine {
    let words: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
    parse(runtime, &words)
}

fn start(bundle: Option<&str>, config: Option<&str>) -> Request {
    Request::Start {
        bundle: bundle.map(OsString::from),
        config: config.map(OsString::from),
    }
}

/// containerd-shim, for ctr, CRI and Docker.
#[test]
fn containerd_creates() {
    let line = "--root /run/containerd/runc/k8s.io --log /b/log.json --log-format json --systemd-cgroup create \
                --bundle /b --pid-file /b/init.pid --console-socket /tmp/pty.sock --no-pivot --no-new-keyring \
                --pidfd-socket /tmp/pidfd.sock abc";
    for runtime in Runtime::ALL {
        let CommandLine {
            log,
            log_format,
            request,
        } = read(runtime, line);
        assert_eq!(log, Some("/b/log.json".into()));
        assert_eq!(log_format, LogFormat::Json);
        assert_eq!(request, start(Some("/b"), None));
    }
}

/// conmon, for Podman and CRI-O.
#[test]
fn conmon_creates() {
    let lines = [
        "--log-format=json --log /b/oci-log --systemd-cgroup create --bundle /b --pid-file /b/pidfile abc",
        "--systemd-cgroup --root=/run/crun create --bundle /b --pid-file /b/pidfile --no-pivot --preserve-fds 2 abc",
        "create --bundle /b --pid-file /b/pidfile --console-socket /tmp/c --no-new-keyring abc",
    ];
    for line in lines {
        for runtime in Runtime::ALL {
            assert_eq!(read(runtime, line).request, start(Some("/b"), None), "{line}");
        }
    }
    let cgroups = "--cgroup-manager disabled --log-format=json --log=/b/oci-log create --bundle /b abc";
    assert_eq!(read(Crun, cgroups).log, Some("/b/oci-log".into()));
    assert_eq!(read(Crun, cgroups).request, start(Some("/b"), None));
}

#[test]
fn what_people_type_is_understood() {
    let lines = [
        (Runc, "run abc", None, None),
        (Runc, "run -b /b abc", Some("/b"), None),
        (Runc, "run -b=/b -d abc", Some("/b"), None),
        (Runc, "-root /r -debug run -bundle /b abc", Some("/b"), None),
        (
            Runc,
            "--debug=true --root=create create --bundle=/b --detach=false abc",
            Some("/b"),
            None,
        ),
        (
            Runc,
            "--root run --criu create run --bundle run create",
            Some("run"),
            None,
        ),
        (Runc, "run --bundle /a --bundle /b -- abc", Some("/b"), None),
        (Runc, "-- run abc", None, None),
        (Runc, "--rootless auto run --keep --no-subreaper abc", None, None),
        (Crun, "run -b/b abc", Some("/b"), None),
        (Crun, "run -db /b abc", Some("/b"), None),
        (Crun, "run -d --bund=/b abc", Some("/b"), None),
        (Crun, "run --b /b abc", Some("/b"), None),
        (Crun, "--cgroup-m x --syst create -f my.json abc", None, Some("my.json")),
        (
            Crun,
            "run --conf /etc/c.json -b /b -- abc",
            Some("/b"),
            Some("/etc/c.json"),
        ),
        (Crun, "run -f/etc/c.json abc", None, Some("/etc/c.json")),
        (Crun, "--log-level=error --log=file:/l run abc", None, None),
    ];
    for (runtime, line, bundle, config) in lines {
        assert_eq!(read(runtime, line).request, start(bundle, config), "{runtime} {line}");
    }
}

#[test]
fn everything_else_is_not_looked_at() {
    let lines = [
        "",
        "features",
        "--version",
        "-v",
        "-h create",
        "--version create abc",
        "create --help",
        "run -h abc --bundle",
        "--root /r state abc",
        "--root=/r --log /l --log-format json start create",
        "--root /run exec --process /p --console-socket /s --detach --pid-file /p create run",
        "--root /run kill --all create 9",
        "--root /r delete --force run",
        "restore --bundle /b --image-path /i abc",
        "spec --bundle /b",
        "--no-such-option features",
        "--no-such-option",
        "--root",
        "-",
    ];
    for line in lines {
        assert_eq!(read(Runc, line).request, Request::Other, "{line}");
    }
    for line in ["-V", "--vers run abc", "run --usage", "run -?", "--usag create abc"] {
        assert_eq!(read(Crun, line).request, Request::Other, "{line}");
    }
}

#[test]
fn what_neither_runtime_would_read_is_never_guessed() {
    let lines = [
        (Runc, "--no-such-option create abc"),
        (Runc, "--no-such-option=create run --bundle /b abc"),
        (Runc, "create --no-such-option abc"),
        (Runc, "create --bund /b abc"),
        (Runc, "create -db /b abc"),
        (Runc, "create --bundle"),
        (Runc, "create --bundle /b"),
        (Runc, "create"),
        (Runc, "create abc --bundle /b"),
        (Runc, "create abc def"),
        (Runc, "create ---bundle /b abc"),
        (Runc, "create --=/b abc"),
        (Crun, "create -x abc"),
        (Crun, "create --con /b abc"),
        (Crun, "--roo /r create abc"),
        (Crun, "create --detach=yes abc"),
        (Crun, "-root /r create abc"),
        (Crun, "--lo /l create abc"),
        (Crun, "create abc -b /b"),
    ];
    for (runtime, line) in lines {
        let request = read(runtime, line).request;
        assert!(matches!(request, Request::Unclear(_)), "{runtime} {line}: {request:?}");
    }
}

#[test]
fn names_need_not_be_text() {
    use std::os::unix::ffi::OsStringExt;
    let bundle = OsString::from_vec(b"/b\xff".to_vec());
    let words = ["create".into(), "--bundle".into(), bundle.clone(), "abc".into()];
    let expected = Request::Start {
        bundle: Some(bundle),
        config: None,
    };
    assert_eq!(parse(Runc, &words).request, expected);
}
