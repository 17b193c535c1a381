//! Whether a container can get a listener of its own once the supervisor is gone, and so permit itself everything.

use notifyd_bpf::{Coverage, SeccompData};

use super::subject::{Subject, permits};
use super::{Code, Finding};
use crate::explain::{Arguments, Case};
use crate::rewrite::{GUARDED, NEW_LISTENER};
use crate::{Abi, number};

/// `SECCOMP_SET_MODE_FILTER` of `linux/seccomp.h`.
const SET_MODE_FILTER: u64 = 1;
/// Most calls that are tried on one ABI.
const MOST_CALLS: usize = 20_000;

pub(super) fn check(subject: &Subject<'_>) -> Vec<Finding> {
    if !subject.explainer.compiled.program.notifies() {
        return Vec::new();
    }
    let abis = subject.explainer.abis().into_iter();
    let open = abis.filter_map(|abi| opening(subject, abi)).next();
    open.map(|case| {
        Subject::at_case(Code::ListenerTakeover, &case).error(format!(
            "{GUARDED} may ask for a new listener (argument 1 & {NEW_LISTENER}): a container whose daemon is gone can install its own and permit itself what is denied; rewrite the original with `profile transform`, which adds the guard"
        ))
    })
    .into_iter()
    .collect()
}

fn opening(subject: &Subject<'_>, abi: Abi) -> Option<Case> {
    let program = &subject.explainer.compiled.program;
    let number = number(abi, GUARDED)?;
    let coverage = Coverage::of(&[program], abi.arch(), number);
    let mut calls = coverage.cells(MOST_CALLS).map(asking);
    let open = calls.find(|data| permits(program.evaluate(data)))?;
    let arguments = Arguments::parse(&open.args.map(|arg| format!("{arg:#x}"))).ok()?;
    let cases = subject.explainer.cases(abi, number, &arguments, &subject.flat);
    cases.into_iter().next()
}

/// The kernel looks at the low halves of both arguments.
fn asking(mut data: SeccompData) -> SeccompData {
    let [operation, flags, ..] = &mut data.args;
    *operation = *operation & !u64::from(u32::MAX) | SET_MODE_FILTER;
    *flags |= NEW_LISTENER;
    data
}
