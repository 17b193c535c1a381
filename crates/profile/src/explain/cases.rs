//! What happens to the calls of one number: which arguments meet which verdict by which rule.

use std::collections::BTreeMap;

use notifyd_bpf::{Action, Coverage, Program, SeccompData};

use super::{Arguments, Case, Explainer, Reason, RuleAt, at};
use crate::Abi;
use crate::deny_list::subcalls;
use crate::flatten::FlatRule;
use crate::model::{Condition, Operator};
use crate::syscalls::{named_by_libseccomp, number_by_libseccomp};

/// Most calls that are tried for one number; no profile that engines ship needs a tenth.
pub(crate) const MOST_CALLS: usize = 20_000;
/// How many of them are also tried with the values of each rule.
const BASES: usize = 64;

/// Rules in their order, then none.
type Key = (usize, u32);

/// The rules that libseccomp has for a number, with the conditions that it makes of theirs.
pub(super) type Candidates<'a> = Vec<FlatRule<'a>>;

impl Explainer<'_> {
    pub(crate) fn cases(&self, abi: Abi, number: u32, arguments: &Arguments, rules: &[FlatRule<'_>]) -> Vec<Case> {
        let candidates = candidates(abi, number, rules);
        let mut cases: BTreeMap<Key, Case> = BTreeMap::new();
        if let Some(largest) = self.answered_by_runtime(abi, number) {
            return vec![self.answered(abi, number, arguments, largest)];
        }
        for args in calls(&[&self.compiled.program], abi, number, arguments, &candidates) {
            let verdict = self.compiled.program.evaluate(&data(abi, number, args));
            let (position, case) = self.case(abi, verdict, args, &candidates);
            let known = cases.entry((position, verdict.raw())).or_insert_with(|| case.clone());
            for rule in case.overruled {
                if !known.overruled.contains(&rule) {
                    known.overruled.push(rule);
                }
            }
        }
        cases.into_values().collect()
    }

    fn answered(&self, abi: Abi, number: u32, arguments: &Arguments, largest: u32) -> Case {
        let example = in_registers(abi, arguments.or_zero());
        let verdict = self.compiled.program.evaluate(&data(abi, number, example));
        Case {
            verdict,
            written: verdict,
            reason: Reason::Runtime(largest),
            overruled: Vec::new(),
            example,
        }
    }

    fn case(&self, abi: Abi, verdict: Action, args: [u64; 6], candidates: &Candidates<'_>) -> (usize, Case) {
        let matching = || {
            let rules = candidates.iter().enumerate();
            rules.filter(|(_, rule)| rule.conditions.iter().all(|condition| holds(abi, condition, args)))
        };
        // A rule without conditions wins over those with some, whatever their order.
        let first = |says_so: bool| {
            matching()
                .filter(|(_, rule)| !says_so || rule.action() == verdict)
                .min_by_key(|(_, rule)| !rule.conditions.is_empty())
        };
        let found = first(true).or_else(|| first(false).filter(|_| self.covers(abi)));
        let others = matching()
            .filter(|(_, rule)| rule.action() != verdict && found.is_some_and(|(_, by)| by.action() == verdict));
        let case = Case {
            verdict,
            written: found.map_or_else(|| self.unmatched(abi, verdict), |(_, rule)| rule.action()),
            reason: found.map_or_else(|| self.no_rule(abi), |(_, rule)| Reason::Rule(self.of(rule))),
            overruled: others.map(|(_, rule)| self.of(rule)).collect(),
            example: args,
        };
        (found.map_or(usize::MAX, |(position, _)| position), case)
    }

    fn of(&self, rule: &FlatRule<'_>) -> RuleAt {
        at(&self.places, rule.rule, Some(rule.name), rule.conditions.clone())
    }

    fn no_rule(&self, abi: Abi) -> Reason {
        if self.covers(abi) {
            Reason::Default
        } else {
            Reason::Architecture
        }
    }

    /// libseccomp has an action of its own for other architectures.
    fn unmatched(&self, abi: Abi, verdict: Action) -> Action {
        if self.covers(abi) {
            self.default_action()
        } else {
            verdict
        }
    }
}

/// Arguments for each outcome of the programs' comparisons and of the rules' conditions.
pub(crate) fn calls(
    programs: &[&Program],
    abi: Abi,
    number: u32,
    given: &Arguments,
    candidates: &Candidates<'_>,
) -> Vec<[u64; 6]> {
    let coverage = Coverage::of(programs, abi.arch(), number);
    let compared: Vec<_> = coverage.cells(MOST_CALLS).map(|data| data.args).collect();
    let matched = candidates.iter().flat_map(|rule| {
        let bases = compared.iter().take(BASES);
        bases.map(move |&base| rule.conditions.iter().fold(base, satisfied))
    });
    let mut calls: Vec<_> = compared
        .iter()
        .copied()
        .chain(matched)
        .map(|args| in_registers(abi, given.over(args)))
        .collect();
    calls.sort_unstable();
    calls.dedup();
    calls
}

pub(crate) fn candidates<'a>(abi: Abi, number: u32, rules: &[FlatRule<'a>]) -> Candidates<'a> {
    rules.iter().flat_map(|rule| forms(abi, number, rule)).collect()
}

/// A rule as it is for the number: its own call's, or, for a call that carries it, with argument 0 asking for it.
fn forms<'a>(abi: Abi, number: u32, rule: &FlatRule<'a>) -> Vec<FlatRule<'a>> {
    let own = is_named(abi, number, rule.name).then(|| rule.clone());
    let carried = subcalls(abi, rule.name)
        .into_iter()
        .filter(|subcall| subcall.number == number)
        .map(|subcall| carried(rule, subcall.value.into()));
    own.into_iter().chain(carried).collect()
}

/// The name of a carried call has no number in libseccomp's table, though its own number has the name.
fn is_named(abi: Abi, number: u32, name: &str) -> bool {
    number_by_libseccomp(abi, name) == Some(number)
        || named_by_libseccomp(abi, number).is_some_and(|known| known == name)
}

/// libseccomp puts the carried call's number in the place of a condition on argument 0.
fn carried<'a>(rule: &FlatRule<'a>, value: u64) -> FlatRule<'a> {
    let asked = Condition {
        index: 0,
        value,
        value_two: 0,
        operator: Operator::Equal,
    };
    let others = rule.conditions.iter().copied().filter(|condition| condition.index != 0);
    FlatRule {
        conditions: std::iter::once(asked).chain(others).collect(),
        ..rule.clone()
    }
}

pub(crate) fn data(abi: Abi, number: u32, args: [u64; 6]) -> SeccompData {
    SeccompData {
        nr: number.cast_signed(),
        arch: abi.arch(),
        args,
        ..SeccompData::default()
    }
}

/// 32-bit kernels' registers hold no more; x32 programs have those of 64 bits.
fn in_registers(abi: Abi, args: [u64; 6]) -> [u64; 6] {
    match abi {
        Abi::I386 | Abi::Arm => args.map(|arg| arg & u64::from(u32::MAX)),
        Abi::X86_64 | Abi::X32 | Abi::Aarch64 => args,
    }
}

/// On ABIs of 32 bits libseccomp looks at the low halves alone.
pub(crate) fn holds(abi: Abi, condition: &Condition, args: [u64; 6]) -> bool {
    let mask = abi.argument_mask();
    let at = args.iter().zip(0..).find(|(_, index)| *index == condition.index);
    let argument = at.map_or(0, |(arg, _)| arg & mask);
    let value = condition.value & mask;
    match condition.operator {
        Operator::NotEqual => argument != value,
        Operator::Less => argument < value,
        Operator::LessOrEqual => argument <= value,
        Operator::Equal => argument == value,
        Operator::GreaterOrEqual => argument >= value,
        Operator::Greater => argument > value,
        Operator::MaskedEqual => argument & value == condition.value_two & value,
    }
}

/// The same call with an argument that meets the condition, if any does.
fn satisfied(mut args: [u64; 6], condition: &Condition) -> [u64; 6] {
    let Condition { value, value_two, .. } = *condition;
    for (arg, index) in args.iter_mut().zip(0..) {
        if index == condition.index {
            *arg = match condition.operator {
                Operator::Equal | Operator::LessOrEqual | Operator::GreaterOrEqual => value,
                Operator::NotEqual | Operator::Greater => value.wrapping_add(1),
                Operator::Less => value.wrapping_sub(1),
                Operator::MaskedEqual => *arg & !value | value_two & value,
            };
        }
    }
    args
}
