//! Calls that are needed by whoever starts a program, and by every program.

use notifyd_bpf::Action;

use super::subject::{Groups, Subject};
use super::{Code, Finding};
use crate::explain::describe_action;
use crate::model::ActionName;

/// Go asks with `faccessat` where this one is denied (`Faccessat` of `golang.org/x/sys/unix`).
const REPLACEABLE: [&str; 1] = ["faccessat2"];
/// Nobody expects them to return an error. After a denied exit a libc tries again for ever.
const NEVER_DENIED: [&str; 3] = ["exit", "exit_group", "rt_sigreturn"];

pub(super) fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let mut findings = own_calls(subject);
    findings.extend(spinning(subject));
    findings
}

fn own_calls(subject: &Subject<'_>) -> Vec<Finding> {
    let denied = |call: &&str| {
        let cases = subject.cases(subject.native, call);
        let denied = !cases.is_empty() && cases.iter().all(|case| case.verdict.is_denial());
        cases.into_iter().find(|_| denied)
    };
    let found = subject.runtimes.iter().flat_map(|&runtime| {
        let calls = runtime.own_calls().iter().filter(|call| !REPLACEABLE.contains(call));
        let calls = calls.filter_map(|call| denied(call).map(|case| (*call, case)));
        calls.map(move |(call, case)| {
            let vital = runtime.unanswerable().contains(&call);
            ((Subject::at_case(Code::RuntimeNeeds, &case), runtime, vital), call)
        })
    });
    Groups::of(found)
        .into_iter()
        .map(|((at, runtime, vital), calls)| {
            let list = calls.join(", ");
            if vital {
                return at.error(format!(
                    "{list} is denied, with which {runtime} tells that the container is ready: no container starts; allow it"
                ));
            }
            at.warning(format!(
                "{runtime} itself calls {list} once the filter is loaded, and all of that is denied: containers may not start; allow what the message of {runtime} names"
            ))
        })
        .collect()
}

fn spinning(subject: &Subject<'_>) -> Vec<Finding> {
    let failing = NEVER_DENIED.into_iter().filter_map(|call| {
        let case = subject.denial(call)?;
        matches!(case.verdict, Action::Errno(_)).then_some((call, case))
    });
    let groups = failing.map(|(call, case)| ((Subject::at_case(Code::SpinsWhenDenied, &case), case.verdict), call));
    Groups::of(groups)
        .into_iter()
        .map(|((at, verdict), calls)| {
            at.warning(format!(
                "{} denied with {}: no program expects that, most spin for ever or crash; allow it, or use {}",
                calls.join(", "),
                describe_action(verdict),
                ActionName::KillProcess.name()
            ))
        })
        .collect()
}
