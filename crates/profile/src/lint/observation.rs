//! Which denials nobody would hear of if the profile were rewritten.

use super::subject::{Groups, Subject};
use super::{Code, Finding, chain};
use crate::transform::GENERAL_LIMITS;
use crate::{Error, Report, Runtime, Target, transform};

/// Any socket: the result is looked at and not used.
const LISTENER: &str = "/run/seccomp-notifyd/listener.sock";

pub(super) fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let runtimes = subject.runtimes.iter();
    runtimes.flat_map(|&runtime| under(subject, runtime)).collect()
}

fn under(subject: &Subject<'_>, runtime: Runtime) -> Vec<Finding> {
    let target = Target {
        runtime,
        abi: subject.native,
        listener_path: LISTENER.to_owned(),
        wait_killable: false,
    };
    match transform(&subject.explainer.profile, &target) {
        Ok(done) => told(runtime, &done.report),
        // It is somebody's already, or another check says so.
        Err(Error::AlreadySupervised { .. } | Error::RuntimeNeeds { .. }) => Vec::new(),
        Err(error) => {
            let message = format!("for {runtime}, its denials cannot be made visible: {}", chain(&error));
            vec![Subject::at_top(Code::NotTransformable).warning(message)]
        }
    }
}

fn told(runtime: Runtime, report: &Report) -> Vec<Finding> {
    let mut findings = unseen(runtime, report);
    findings.extend(asked(runtime, report));
    let special = report
        .limits
        .iter()
        .filter(|limit| !GENERAL_LIMITS.contains(&limit.as_str()));
    findings.extend(special.map(|limit| {
        let message = format!("not observable under {runtime}: {limit}");
        Subject::at_top(Code::NotObservable).note(message)
    }));
    findings
}

fn unseen(runtime: Runtime, report: &Report) -> Vec<Finding> {
    let unseen = report.unseen.iter();
    Groups::of(unseen.map(|unseen| (unseen.reason.as_str(), unseen.call.as_str())))
        .into_iter()
        .map(|(reason, calls)| {
            let list = calls.join(", ");
            let message = format!("denials of {list} would not be observable under {runtime}: {reason}");
            Subject::at_top(Code::NotObservable).note(message)
        })
        .collect()
}

fn asked(runtime: Runtime, report: &Report) -> Option<Finding> {
    let list = report.asked.join(", ");
    let message = format!(
        "to make denials visible under {runtime}, the daemon would be asked about allowed calls of {list} too, which fail with ENOSYS without it"
    );
    (!report.asked.is_empty()).then(|| Subject::at_top(Code::AskedWhenAllowed).note(message))
}
