//! What a runtime sends with a listener: a container's state, and the metadata of its profile.
#![no_main]

use libfuzzer_sys::fuzz_target;
use notifyd_bpf::{Errno, SeccompData};
use notifyd_supervisor::{ContainerState, Defaults, Frame, Framing, Policy, admit};

const STATE: &str = r#"{"ociVersion":"1.0.2","fds":["seccompFd"],"pid":71,"state":{"ociVersion":"1.0.2","id":"a",
    "status":"creating","pid":71,"bundle":"/b","annotations":{}}}"#;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(state) = ContainerState::parse(framed(bytes)) {
        use_rule(&state);
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        let mut state = ContainerState::parse(STATE.as_bytes()).expect("the text above is a state");
        state.metadata = Some(text.to_owned());
        use_rule(&state);
    }
});

/// The first object, found alike whether the bytes come at once or one by one.
fn framed(bytes: &[u8]) -> &[u8] {
    let at_once = Framing::default().look_at(bytes);
    let mut framing = Framing::default();
    let piecewise = (1..=bytes.len())
        .map(|length| framing.look_at(&bytes[..length]))
        .find(|frame| *frame != Frame::Open);
    assert_eq!(piecewise.unwrap_or(Frame::Open), at_once);
    match at_once {
        Frame::Complete(end) => &bytes[..end],
        Frame::Open | Frame::NotAnObject => bytes,
    }
}

fn use_rule(state: &ContainerState) {
    let policy = Policy {
        continue_all: false,
        errno: Errno::ENOSYS,
        defer_kill: false,
    };
    for may_continue in [false, true] {
        let admission = admit(state, Defaults { policy, may_continue });
        assert!(may_continue || !admission.rule.policy.continue_all);
        if let Some(program) = admission.rule.program {
            program.evaluate(&SeccompData::default());
        }
    }
}
