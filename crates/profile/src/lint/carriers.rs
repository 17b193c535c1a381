//! Calls of i386 that carry others, and let through what the profile denies elsewhere: because they are allowed whole, or
//! because libseccomp puts the carried call's number in the place of a condition on argument 0.

use std::collections::BTreeSet;

use super::subject::{Groups, Subject, permits};
use super::{Code, Finding};
use crate::Abi;
use crate::deny_list::multiplexed;
use crate::explain::{Arguments, Way};

pub(super) fn check(subject: &Subject<'_>) -> Vec<Finding> {
    if !subject.explainer.abis().contains(&Abi::I386) {
        return Vec::new();
    }
    let calls: BTreeSet<_> = multiplexed().collect();
    let open = calls.into_iter().filter(|call| is_restricted(subject, call));
    let open = open.flat_map(|call| carried_ways(subject, call).into_iter().map(move |way| (way, call)));
    let open = open.filter(|(way, _)| way.cases.iter().all(|case| permits(case.verdict)));
    let open = open.filter_map(|(way, call)| {
        let at = Subject::at_case(Code::CarrierAllowed, way.cases.first()?);
        Some(((at, way.carrier?), call))
    });
    Groups::of(open)
        .into_iter()
        .map(|((at, carrier), calls)| {
            at.warning(format!(
                "{carrier} lets programs of i386 make {} with any arguments, some of which are denied otherwise, and a filter cannot see what it carries; leave i386 out, or deny {carrier} by a rule whose errno is not the default's",
                calls.join(", ")
            ))
        })
        .collect()
}

/// Under its own number, for some arguments.
fn is_restricted(subject: &Subject<'_>, call: &str) -> bool {
    let abis = [Abi::I386, subject.native];
    abis.into_iter()
        .flat_map(|abi| subject.cases(abi, call))
        .any(|case| !permits(case.verdict))
}

fn carried_ways(subject: &Subject<'_>, call: &str) -> Vec<Way> {
    let mut ways = subject.explainer.ways(Abi::I386, call, &Arguments::default());
    ways.retain(|way| way.carrier.is_some());
    ways
}
