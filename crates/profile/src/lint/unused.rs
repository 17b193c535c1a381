//! Rules that change nothing, by what libseccomp does with several rules for one call: one without conditions wins over
//! all that have some, and the first of several without conditions over the others.

use std::collections::{BTreeMap, BTreeSet};

use super::subject::{Groups, Text};
use super::{Code, Finding};
use crate::compile::is_known_to_libseccomp;
use crate::explain::describe_action;
use crate::flatten::{FlatRule, flatten, kernel_action};
use crate::model::{Condition, Operator};
use crate::{Profile, Rule, Runtime};

pub(super) fn check(text: &Text<'_>) -> Vec<Finding> {
    let flat = known(text.profile);
    let mut findings = shadowed(text, &flat);
    findings.extend(says_the_default(text, &flat));
    findings.extend(denies_nothing(text, &flat));
    findings
}

fn known(profile: &Profile) -> Vec<FlatRule<'_>> {
    let mut flat = flatten(profile);
    flat.retain(|rule| is_known_to_libseccomp(rule.name));
    flat
}

/// Calls whose rules are others on ABIs of 32 bits, where the low half of a mask is all of it.
fn differing_by_width<'a>(flat: &[FlatRule<'a>]) -> BTreeSet<&'a str> {
    let is_wide = |condition: &Condition| {
        condition.operator == Operator::MaskedEqual && condition.value & u64::from(u32::MAX) == 0
    };
    let rules = flat.iter().filter(|rule| rule.conditions.iter().any(is_wide));
    rules.map(|rule| rule.name).collect()
}

fn shadowed(text: &Text<'_>, flat: &[FlatRule<'_>]) -> Vec<Finding> {
    let winners = winners(flat);
    let differing = differing_by_width(flat);
    let needed: BTreeSet<_> = flat
        .iter()
        .zip(&winners)
        .filter(|(rule, by)| by.is_none() || differing.contains(rule.name))
        .map(|(rule, _)| key(rule))
        .collect();
    let pairs = flat.iter().zip(winners).filter_map(|(rule, by)| {
        // A rule with two conditions on one argument is several to libseccomp: one that is needed is enough.
        let by = by.filter(|_| !needed.contains(&key(rule)))?;
        is_meant(text, by, rule).then_some(((by.rule.written_at, rule.rule.written_at), (by, rule)))
    });
    Groups::of(pairs)
        .into_iter()
        .filter_map(|(_, pairs)| shadow(text, &pairs))
        .collect()
}

fn key<'a>(rule: &FlatRule<'a>) -> (usize, &'a str) {
    (rule.rule.written_at, rule.name)
}

/// For each the one of another rule that makes it useless.
fn winners<'a, 'b>(flat: &'b [FlatRule<'a>]) -> Vec<Option<&'b FlatRule<'a>>> {
    let mut whole = BTreeMap::new();
    for rule in flat.iter().filter(|rule| rule.conditions.is_empty()) {
        whole.entry(rule.name).or_insert(rule);
    }
    let earlier = |at, rule| flat.iter().take(at).find(|other| is_same(other, rule));
    let winner = |(at, rule): (usize, &'b FlatRule<'a>)| {
        let by = whole.get(rule.name).copied().or_else(|| earlier(at, rule))?;
        (by.rule.written_at != rule.rule.written_at).then_some(by)
    };
    flat.iter().enumerate().map(winner).collect()
}

fn is_same(one: &FlatRule<'_>, other: &FlatRule<'_>) -> bool {
    one.name == other.name && one.conditions == other.conditions
}

/// Rules that say the same under different conditions on the host or the container are there on purpose.
fn is_meant(text: &Text<'_>, by: &FlatRule<'_>, rule: &FlatRule<'_>) -> bool {
    by.action() != rule.action() || ![by.rule, rule.rule].iter().any(|rule| is_open(text, rule))
}

fn is_open(text: &Text<'_>, rule: &Rule) -> bool {
    let rules = &text.document.written.rules;
    let conditional = rules.iter().find(|known| known.rule.written_at == rule.written_at);
    conditional.is_some_and(|known| {
        let filters = [&known.includes, &known.excludes];
        filters.into_iter().any(|filter| *filter != Default::default())
    })
}

fn shadow(text: &Text<'_>, pairs: &[(&FlatRule<'_>, &FlatRule<'_>)]) -> Option<Finding> {
    let (by, rule) = pairs.first()?;
    let mut names: Vec<_> = pairs.iter().map(|(_, rule)| rule.name).collect();
    names.dedup();
    let list = names.join(", ");
    let winner = place(text, by.rule, by.name);
    let at = text.at_rule(Code::NoEffect, rule.rule, Some(rule.name));
    if by.action() == rule.action() {
        return Some(at.note(format!(
            "this rule has no effect for {list}: {winner} says the same; remove it"
        )));
    }
    Some(at.warning(format!(
        "this rule says {} for {list} and has no effect: {winner} says {} whatever the arguments are; remove one of them",
        describe_action(rule.action()),
        describe_action(by.action())
    )))
}

fn place(text: &Text<'_>, rule: &Rule, name: &str) -> String {
    let index = rule.written_at;
    let line = text.places.name(index, name);
    line.map_or_else(|| format!("rule {index}"), |line| format!("rule {index} (line {line})"))
}

/// Runtimes pass over a rule that says what the default says, wherever it stands.
fn says_the_default(text: &Text<'_>, flat: &[FlatRule<'_>]) -> Vec<Finding> {
    let idle = |rule: &&Rule| kernel_action(rule.action, rule.errno) == text.default_action();
    let rules = text.profile.rules.iter().filter(idle);
    rules.flat_map(|rule| idle_rule(text, rule, flat)).collect()
}

fn idle_rule(text: &Text<'_>, rule: &Rule, flat: &[FlatRule<'_>]) -> Vec<Finding> {
    let winner = |name: &str| flat.iter().find(|other| other.name == name);
    let lost = rule.names.iter().filter_map(|name| winner(name).map(|by| (name, by)));
    let lost = lost.map(|(name, by)| {
        let winner = place(text, by.rule, by.name);
        text.at_rule(Code::NoEffect, rule, Some(name)).warning(format!(
            "this rule says for {name} what the default says, and runtimes pass over it: {winner} says {}; remove one of them",
            describe_action(by.action())
        ))
    });
    let others: Vec<_> = rule.names.iter().filter(|name| winner(name).is_none()).collect();
    let note = others.first().map(|first| {
        let list = others.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ");
        text.at_rule(Code::NoEffect, rule, Some(first)).note(format!(
            "this rule says for {list} what the default says, and runtimes pass over it{}; remove it unless it documents something",
            counted_by_runc(text)
        ))
    });
    lost.chain(note).collect()
}

/// See `stub.rs`.
fn counted_by_runc(text: &Text<'_>) -> &'static str {
    if text.runtimes.contains(&Runtime::Runc) && text.default_action().is_denial() {
        " (runc answers ENOSYS only to calls newer than all that a profile names, these too)"
    } else {
        ""
    }
}

fn denies_nothing(text: &Text<'_>, flat: &[FlatRule<'_>]) -> Option<Finding> {
    let restricts = text.profile.default_action.restricts() || flat.iter().any(|rule| rule.rule.action.restricts());
    let message = "the profile denies nothing and asks nobody; add a rule that does";
    (!restricts).then(|| text.at_field(Code::DeniesNothing, "defaultAction").warning(message))
}
