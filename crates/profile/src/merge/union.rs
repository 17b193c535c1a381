//! The rules of two profiles as one.

use serde_json::Value;

use super::{default_of, no_union};
use crate::diff::opposite;
use crate::entry::Entry;
use crate::{Document, Error, Facts, Format, Profile, describe_action};

/// `nth` is the second one's place among those given, from 1.
pub(super) fn union(
    first: &Document,
    second: &Document,
    nth: usize,
    facts: &Facts,
    notes: &mut Vec<String>,
) -> Result<Value, Error> {
    let ours = Entry::all(first);
    let theirs = entries_for(first, second, nth, facts, notes)?;
    let [our_top, their_top] = [first, second].map(|document| document.written.profile(Vec::new(), Vec::new()));
    let rules = match (our_top.default_action.permits(), their_top.default_action.permits()) {
        (false, false) => {
            same_default(&our_top, &their_top, nth)?;
            allow_lists(ours, theirs)?
        }
        (true, true) => {
            same_default(&our_top, &their_top, nth)?;
            deny_lists(ours, &theirs)?
        }
        (true, false) => less_permitted(ours, &theirs)?,
        (false, true) => less_permitted(theirs, &ours)?,
    };
    let json = first.with_rules(rules.into_iter().map(Entry::into_json).collect());
    if their_top.default_action.permits() && !our_top.default_action.permits() {
        return Ok(first.with_default_of(json, their_top.default_action));
    }
    Ok(json)
}

/// The second one's rules as the first one's format has them.
fn entries_for(
    first: &Document,
    second: &Document,
    nth: usize,
    facts: &Facts,
    notes: &mut Vec<String>,
) -> Result<Vec<Entry>, Error> {
    let entries = Entry::all(second);
    let filtered = entries.iter().any(|entry| !entry.is_unfiltered());
    let kernel = entries.iter().any(Entry::asks_for_kernel);
    let readable = !filtered
        || match first.format() {
            Format::Oci => false,
            Format::Docker => true,
            Format::ContainersCommon => !kernel,
        };
    if readable {
        return Ok(entries.into_iter().map(Entry::in_any_format).collect());
    }
    notes.push(format!(
        "the rules of profile {nth} are those for the given host and container: the format of the first has no such conditions"
    ));
    Entry::resolved(second, facts)
}

fn same_default(ours: &Profile, theirs: &Profile, nth: usize) -> Result<(), Error> {
    let [our, their] = [ours, theirs].map(default_of);
    if our == their {
        return Ok(());
    }
    Err(no_union(
        "calls without a rule",
        &format!(
            "the default is {our} before profile {nth} and {their} in it; hint: give them the same defaultAction and defaultErrnoRet"
        ),
    ))
}

/// Both deny by default. Rules that permit go before those that deny: of two for all arguments the first wins.
fn allow_lists(ours: Vec<Entry>, theirs: Vec<Entry>) -> Result<Vec<Entry>, Error> {
    let (our_permits, their_permits) = (permits(&ours), permits(&theirs));
    let our_denials: Vec<Entry> = ours.iter().filter(|entry| !entry.permits()).cloned().collect();
    let mut rules = Vec::new();
    for entry in ours {
        rules.extend(if entry.permits() {
            vec![entry]
        } else {
            outside(entry, &their_permits)?
        });
    }
    let place = rules.iter().position(|entry| !entry.permits()).unwrap_or(rules.len());
    let added: Vec<Entry> = their_permits
        .into_iter()
        .filter_map(|entry| unless_there(entry, &our_permits))
        .collect();
    rules.splice(place..place, added);
    for entry in theirs.into_iter().filter(|entry| !entry.permits()) {
        contradicts(&entry, &our_denials)?;
        if let Some(entry) = unless_there(entry, &our_denials) {
            rules.extend(outside(entry, &our_permits)?);
        }
    }
    Ok(rules)
}

/// Both permit by default: what is left is what both deny.
fn deny_lists(ours: Vec<Entry>, theirs: &[Entry]) -> Result<Vec<Entry>, Error> {
    let their_denials: Vec<&Entry> = theirs.iter().filter(|entry| !entry.permits()).collect();
    let mut rules = Vec::new();
    for entry in ours {
        if entry.permits() {
            rules.push(entry);
            continue;
        }
        for (name, entry) in each_name(&entry) {
            for other in their_denials.iter().filter(|other| other.names(&name)) {
                rules.extend(both(&name, &entry, other)?);
            }
        }
    }
    Ok(together(rules))
}

/// What two rules of one call both deny.
fn both(name: &str, ours: &Entry, theirs: &Entry) -> Result<Option<Entry>, Error> {
    let everything = |entry: &Entry| entry.is_unfiltered() && entry.takes_all_arguments();
    let narrower = if ours.holds_like(theirs) || everything(theirs) {
        ours
    } else if everything(ours) {
        theirs
    } else {
        return Err(no_union(
            name,
            "both profiles deny it under different conditions, and no rule can have both",
        ));
    };
    if ours.action() != theirs.action() {
        return Err(differing(name, ours, theirs));
    }
    Ok(Some(narrower.clone().with_names(vec![name.to_owned()])))
}

/// One permits by default, of whose denials the other's rules permit some.
fn less_permitted(denying: Vec<Entry>, permitting: &[Entry]) -> Result<Vec<Entry>, Error> {
    let permitting = permits(permitting);
    if let Some(entry) = permitting.iter().find(|entry| !entry.is_unfiltered()) {
        let names = |name: &&String| denying.iter().any(|denial| !denial.permits() && denial.names(name));
        if let Some(name) = entry.rule.names.iter().find(names) {
            return Err(no_union(
                name,
                "one profile denies it, another allows it for some containers only, and no rule says the opposite of that",
            ));
        }
    }
    let mut rules = Vec::new();
    for entry in denying {
        rules.extend(if entry.permits() {
            vec![entry]
        } else {
            outside(entry, &permitting)?
        });
    }
    Ok(rules)
}

/// A denial, less what the others' rules permit.
fn outside(denial: Entry, permitting: &[Entry]) -> Result<Vec<Entry>, Error> {
    let mut left = Vec::new();
    let mut narrowed = Vec::new();
    for name in &denial.rule.names {
        let mut of_name = permitting.iter().filter(|entry| entry.names(name));
        match (of_name.next(), of_name.next()) {
            (None, _) => left.push(name.clone()),
            _ if permitting.iter().any(|entry| entry.names(name) && grants(entry)) => {}
            (Some(entry), None) if entry.takes_all_arguments() => left.push(name.clone()),
            (Some(entry), None) => narrowed.push(elsewhere(name, &denial, entry)?),
            (Some(_), Some(_)) => return Err(too_many(name)),
        }
    }
    let rest = (!left.is_empty()).then(|| denial.with_names(left));
    Ok(rest.into_iter().chain(narrowed).collect())
}

/// The denial where the condition of the permitting rule does not hold.
fn elsewhere(name: &str, denial: &Entry, permitting: &Entry) -> Result<Entry, Error> {
    let opposite = match permitting.rule.conditions.as_slice() {
        [condition] if denial.takes_all_arguments() && permitting.is_unfiltered() => opposite(*condition),
        _ => None,
    };
    let opposite = opposite.ok_or_else(|| too_many(name))?;
    Ok(denial
        .clone()
        .with_names(vec![name.to_owned()])
        .with_condition(opposite))
}

fn too_many(name: &str) -> Error {
    no_union(
        name,
        "one profile denies it by a rule and another allows it under conditions whose opposite no rule can have; hint: remove the rule that denies it, if the default does too",
    )
}

/// Whether the calls run in every container, whatever their arguments are.
fn grants(entry: &Entry) -> bool {
    entry.permits() && entry.is_unfiltered() && entry.takes_all_arguments()
}

fn permits(entries: &[Entry]) -> Vec<Entry> {
    entries.iter().filter(|entry| entry.permits()).cloned().collect()
}

/// The rule for the names of which nothing as wide is there.
fn unless_there(entry: Entry, there: &[Entry]) -> Option<Entry> {
    let is_there = |name: &str| {
        let mut same = there.iter().filter(|known| known.names(name));
        same.any(|known| grants(known) || known.action() == entry.action() && known.holds_like(&entry))
    };
    let names: Vec<String> = entry
        .rule
        .names
        .iter()
        .filter(|name| !is_there(name))
        .cloned()
        .collect();
    (!names.is_empty()).then(|| entry.with_names(names))
}

fn contradicts(denial: &Entry, others: &[Entry]) -> Result<(), Error> {
    for name in &denial.rule.names {
        let mut others = others.iter().filter(|other| other.names(name));
        if let Some(other) = others.find(|other| other.action() != denial.action()) {
            return Err(differing(name, other, denial));
        }
    }
    Ok(())
}

fn differing(name: &str, first: &Entry, second: &Entry) -> Error {
    let [first, second] = [first, second].map(|entry| describe_action(entry.action()));
    no_union(
        name,
        &format!("all deny it, one with {first} and another with {second}; hint: give both the same action and errno"),
    )
}

fn each_name(entry: &Entry) -> Vec<(String, Entry)> {
    let one = |name: &String| (name.clone(), entry.clone());
    entry.rule.names.iter().map(one).collect()
}

/// Rules for one name each, those of one rule again as one.
fn together(entries: Vec<Entry>) -> Vec<Entry> {
    let mut rules: Vec<Entry> = Vec::new();
    for entry in entries {
        match rules.last_mut() {
            Some(last)
                if !entry.permits()
                    && last.rule.written_at == entry.rule.written_at
                    && last.action() == entry.action()
                    && last.holds_like(&entry) =>
            {
                let mut names = last.rule.names.clone();
                names.extend(entry.rule.names);
                names.dedup();
                *last = last.clone().with_names(names);
            }
            _ => rules.push(entry),
        }
    }
    rules
}
