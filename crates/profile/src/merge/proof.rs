//! Whether a profile is the union of others, asked of the programs.

use std::collections::BTreeSet;

use notifyd_bpf::{Action, Coverage, Program, SeccompData, compared_arches};

use super::no_union;
use crate::check::numbers;
use crate::explain::MOST_CALLS;
use crate::written::Filter;
use crate::{CAPABILITIES, Document, Error, Facts, compile, describe_action, display_name};

/// For containers with other capabilities too, if `everywhere` and some rule asks for any.
pub(super) fn prove(merged: &Document, documents: &[Document], facts: &Facts, everywhere: bool) -> Result<(), Error> {
    let mut cases = vec![facts.clone()];
    if everywhere && documents.iter().any(asks_for_capabilities) {
        cases.extend([&[][..], &CAPABILITIES[..]].map(|names| with_capabilities(facts, names)));
    }
    cases.iter().try_for_each(|facts| prove_for(merged, documents, facts))
}

fn asks_for_capabilities(document: &Document) -> bool {
    let mut rules = document.written.rules.iter();
    let asks = |filter: &Filter| !filter.capabilities.is_empty();
    rules.any(|rule| asks(&rule.includes) || asks(&rule.excludes))
}

fn with_capabilities(facts: &Facts, names: &[&str]) -> Facts {
    let capabilities: BTreeSet<_> = names.iter().map(|&name| name.to_owned()).collect();
    Facts {
        capabilities: Some(capabilities),
        ..facts.clone()
    }
}

fn prove_for(merged: &Document, documents: &[Document], facts: &Facts) -> Result<(), Error> {
    let program = |document: &Document| compile(&document.resolve(facts)?, facts.abi).map(|compiled| compiled.program);
    let merged = program(merged)?;
    let inputs: Vec<Program> = documents.iter().map(program).collect::<Result<_, _>>()?;
    let all: Vec<&Program> = std::iter::once(&merged).chain(&inputs).collect();
    for arch in compared_arches(&all) {
        for number in numbers(&all, arch) {
            if is_decided(&all, arch, number) {
                continue;
            }
            for data in Coverage::of(&all, arch, number).cells(MOST_CALLS) {
                check(&merged, &inputs, &data)?;
            }
        }
    }
    Ok(())
}

/// Whether all programs say the same whatever the arguments are.
fn is_decided(programs: &[&Program], arch: u32, number: u32) -> bool {
    let mut verdicts = programs.iter().map(|program| program.constant_verdict(arch, number));
    let first = verdicts.next().flatten();
    first.is_some() && verdicts.all(|verdict| verdict == first)
}

fn check(merged: &Program, inputs: &[Program], data: &SeccompData) -> Result<(), Error> {
    let verdict = merged.evaluate(data);
    let given: Vec<Action> = inputs.iter().map(|input| input.evaluate(data)).collect();
    let is_union = if given.iter().copied().any(runs) {
        runs(verdict)
    } else {
        given.contains(&verdict)
    };
    if is_union {
        return Ok(());
    }
    let args: Vec<_> = data.args.iter().map(|arg| format!("{arg:#x}")).collect();
    let given: Vec<_> = given.into_iter().map(describe_action).collect();
    Err(no_union(
        &format!(
            "{}({})",
            display_name(data.arch, data.nr.cast_unsigned()),
            args.join(", ")
        ),
        &format!(
            "the profiles say {}, their rules together {}",
            given.join(" and "),
            describe_action(verdict)
        ),
    ))
}

const fn runs(action: Action) -> bool {
    matches!(action, Action::Allow | Action::Log)
}
