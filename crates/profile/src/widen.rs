//! The smallest change to a profile's text that admits what was seen.
//!
//! The text is edited at the places concerned; every other byte stays. Both programs then show that nothing else changed.

mod edit;
mod style;

use std::collections::BTreeSet;

pub use self::edit::Edit;
use self::edit::Text;
use crate::compile::is_known_to_libseccomp;
use crate::dangerous::opens;
use crate::deny_list::{exists, multiplexed};
use crate::diff::explainer;
use crate::explain::data;
use crate::flatten::alternatives;
use crate::model::{ActionName, Condition, Operator, Rule};
use crate::nearest::did_you_mean;
use crate::written::Filter;
use crate::{Arguments, Document, Error, Explainer, Facts, describe_action, diff, number, suggest};

/// A denied call that is to be admitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Its name.
    pub call: String,
    /// Its arguments; `None`: whatever they are.
    pub args: Option<[u64; 6]>,
}

/// A changed text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Widened {
    /// The text.
    pub text: String,
    /// What was changed, in this order.
    pub edits: Vec<Edit>,
    /// What is to be known, one sentence each.
    pub notes: Vec<String>,
}

/// Admits the calls in a text of any JSON format.
///
/// A dangerous call that is not among those `accepted` by name is refused. A call that the profile allows for some arguments
/// is admitted for those seen alone; where none are given, for all. Numbers without a name cannot be admitted.
pub fn widen(text: &str, seen: &[Seen], accepted: &[String], facts: &Facts) -> Result<Widened, Error> {
    let explainer = Explainer::new(text, facts.clone())?;
    let mut notes = Vec::new();
    let mut wanted: Vec<&Seen> = Vec::new();
    for seen in seen {
        if is_wanted(&explainer, seen, &mut notes)? && !wanted.contains(&seen) {
            wanted.push(seen);
        }
    }
    refuse_dangerous(&wanted, accepted)?;
    let mut changed = Text::new(text);
    for seen in &wanted {
        admit(&mut changed, seen, facts, &mut notes)?;
    }
    notes.dedup();
    prove(text, changed.as_str(), &wanted, facts)?;
    let (text, edits) = changed.into_parts();
    Ok(Widened { text, edits, notes })
}

fn is_wanted(explainer: &Explainer<'_>, seen: &Seen, notes: &mut Vec<String>) -> Result<bool, Error> {
    let call = &seen.call;
    let note = if call.starts_with("syscall_") || call == "other" {
        Some(format!("{call} has no name, so no rule can allow it"))
    } else if !explainer.abis().iter().any(|&abi| exists(abi, call)) {
        let hint = did_you_mean(suggest(call));
        return Err(Error::NoSuchCall {
            name: call.clone(),
            hint,
        });
    } else if runs(explainer, seen) {
        Some(format!("{call} is allowed already"))
    } else {
        None
    };
    let is_wanted = note.is_none();
    notes.extend(note);
    Ok(is_wanted)
}

/// Whether it runs on every ABI that has it.
fn runs(explainer: &Explainer<'_>, seen: &Seen) -> bool {
    let program = &explainer.compiled.program;
    explainer.abis().into_iter().all(|abi| {
        let Some(number) = number(abi, &seen.call) else {
            return true;
        };
        match seen.args {
            Some(args) => permits(program.evaluate(&data(abi, number, args))),
            None => explainer
                .ways(abi, &seen.call, &Arguments::default())
                .iter()
                .flat_map(|way| &way.cases)
                .all(|case| permits(case.verdict)),
        }
    })
}

const fn permits(action: notifyd_bpf::Action) -> bool {
    use notifyd_bpf::Action;
    matches!(action, Action::Allow | Action::Log | Action::Notify | Action::Trace(_))
}

fn refuse_dangerous(wanted: &[&Seen], accepted: &[String]) -> Result<(), Error> {
    let dangerous = |seen: &&Seen| {
        let what = opens(&seen.call).filter(|_| !accepted.contains(&seen.call))?;
        Some(format!("{} can {what}", seen.call))
    };
    let found: BTreeSet<String> = wanted.iter().filter_map(dangerous).collect();
    if found.is_empty() {
        return Ok(());
    }
    Err(Error::Dangerous {
        calls: found.into_iter().collect(),
    })
}

/// One call more, in the text as it has become.
fn admit(text: &mut Text, seen: &Seen, facts: &Facts, notes: &mut Vec<String>) -> Result<(), Error> {
    let document = Document::parse(text.as_str())?;
    let profile = document.resolve(facts)?;
    let call = seen.call.as_str();
    for (rule, why) in document.left_out(facts)? {
        if names(rule, call) && rule.action.permits() {
            notes.push(format!("{call}: {} allows it elsewhere: {why}", rule.place()));
        }
    }
    let conditional = |rule: &&Rule| names(rule, call) && rule.action.permits() && !rule.conditions.is_empty();
    let conditions: Vec<&Rule> = profile.rules.iter().filter(conditional).collect();
    let denials: Vec<&Rule> = profile
        .rules
        .iter()
        .filter(|rule| names(rule, call) && !rule.action.permits())
        .collect();
    if let (Some(last), Some(args)) = (conditions.last(), seen.args)
        && denials.is_empty()
    {
        let wanted = conditions_for(&conditions, args);
        // Of registers that no rule looks at there may be many.
        if conditions.iter().any(|rule| rule.conditions == wanted) {
            return Ok(());
        }
        return text
            .add_rule_behind(Some(last.written_at), call, &wanted)
            .ok_or_else(|| no_place(call));
    }
    if !conditions.is_empty() {
        notes.push(format!(
            "{call} was allowed for some arguments and is now for all: {}",
            if seen.args.is_none() {
                "those that were seen are not told"
            } else {
                "a rule denies it"
            }
        ));
    }
    if conditions.is_empty() && denials.iter().any(|denial| !denial.conditions.is_empty()) {
        notes.push(format!(
            "{call} was denied for some arguments and is no longer denied for any: a rule that denies cannot leave single ones out"
        ));
    }
    // From behind, so that the places of those before stay.
    for denial in denials.iter().rev() {
        text.remove_name(denial.written_at, call)
            .ok_or_else(|| no_place(call))?;
    }
    if profile.default_action.permits() {
        return Ok(());
    }
    let place = list_of_allowed(&Document::parse(text.as_str())?);
    let changed = match place {
        Some(index) => text.add_name(index, call),
        None => text.add_rule_behind(None, call, &[]),
    };
    changed.ok_or_else(|| no_place(call))
}

fn names(rule: &Rule, call: &str) -> bool {
    rule.names.iter().any(|name| name == call)
}

/// On the arguments that the rules of the call look at already.
fn conditions_for(rules: &[&Rule], args: [u64; 6]) -> Vec<Condition> {
    let mut wanted: Vec<Condition> = Vec::new();
    let looked_at = rules.iter().flat_map(|rule| alternatives(&rule.conditions)).flatten();
    for condition in looked_at {
        if wanted.iter().any(|known| known.index == condition.index) {
            continue;
        }
        let argument = args.iter().zip(0..).find(|(_, index)| *index == condition.index);
        let argument = argument.map_or(0, |(arg, _)| *arg);
        wanted.push(match condition.operator {
            Operator::MaskedEqual => Condition {
                value_two: argument & condition.value,
                ..condition
            },
            _ => Condition {
                index: condition.index,
                value: argument,
                value_two: 0,
                operator: Operator::Equal,
            },
        });
    }
    wanted
}

/// The longest rule that allows its calls in every container, whatever their arguments are.
fn list_of_allowed(document: &Document) -> Option<usize> {
    let lists = document.written.rules.iter().filter(|conditional| {
        let rule = &conditional.rule;
        let everywhere = conditional.includes == Filter::default() && conditional.excludes == Filter::default();
        rule.action == ActionName::Allow
            && rule.conditions.is_empty()
            && everywhere
            && document.has_names(rule.written_at)
    });
    // Of equally long ones the first.
    let longest = lists.rev().max_by_key(|conditional| conditional.rule.names.len());
    longest.map(|conditional| conditional.rule.written_at)
}

fn no_place(call: &str) -> Error {
    Error::NoChange {
        what: format!("{call}: the text has no list of rules that could be changed"),
    }
}

/// Nothing but what is wanted has another verdict, and that is admitted.
fn prove(before: &str, after: &str, wanted: &[&Seen], facts: &Facts) -> Result<(), Error> {
    let carriers = ["socketcall", "ipc"];
    let is_wanted = |call: &str| {
        let carried = carriers.contains(&call) && wanted.iter().any(|seen| multiplexed().any(|name| name == seen.call));
        carried || wanted.iter().any(|seen| seen.call == call)
    };
    for abi in diff([before, after], facts)?.abis {
        for change in abi.changes {
            let [was, is] = change.verdicts;
            let call = change.call.unwrap_or_else(|| "calls without a name".to_owned());
            if !permits(is) || permits(was) || !is_wanted(&call) {
                return Err(Error::NoChange {
                    what: format!("{call} on {} would change to {}", abi.abi.label(), describe_action(is)),
                });
            }
        }
    }
    let changed = explainer(1, after, facts)?;
    let denied = wanted
        .iter()
        .find(|seen| is_known_to_libseccomp(&seen.call) && !runs(&changed, seen));
    denied.map_or(Ok(()), |seen| {
        Err(Error::NoChange {
            what: format!("{} would still be denied by other rules", seen.call),
        })
    })
}
