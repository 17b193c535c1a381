//! Where libseccomp makes something else of rules than they say.

use std::collections::BTreeSet;

use super::subject::Subject;
use super::{Code, Finding};
use crate::Abi;
use crate::explain::{Case, describe_action};

pub(super) fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let conditional = subject.flat.iter().filter(|rule| !rule.conditions.is_empty());
    let names: BTreeSet<_> = conditional.map(|rule| rule.name).collect();
    names.into_iter().filter_map(|name| first(subject, name)).collect()
}

/// One is enough: its neighbours are of the same cause.
fn first(subject: &Subject<'_>, call: &str) -> Option<Finding> {
    let abis = subject.explainer.abis();
    let mut cases = abis
        .into_iter()
        .flat_map(|abi| subject.cases(abi, call).into_iter().map(move |case| (abi, case)));
    let (abi, case) = cases.find(|(_, case)| case.written != case.verdict)?;
    Some(finding(abi, call, &case))
}

fn finding(abi: Abi, call: &str, case: &Case) -> Finding {
    let arguments: Vec<_> = case.example.iter().map(|argument| format!("{argument:#x}")).collect();
    Subject::at_case(Code::DiffersFromRules, case).warning(format!(
        "the rules say {} for {call}({}) on {}, but the program that libseccomp makes of them says {}; write fewer conditions that overlap",
        describe_action(case.written),
        arguments.join(", "),
        abi.label(),
        describe_action(case.verdict)
    ))
}
