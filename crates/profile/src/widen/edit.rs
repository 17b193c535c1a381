//! Edits of a profile's text: what is not concerned stays, byte by byte.

use std::ops::Range;

use serde_json::Value;
use serde_json::value::RawValue;

use super::style::Style;
use crate::model::{ActionName, Condition, Rule};
use crate::places::Places;
use crate::to_json::rule_json;

/// A change of the rules, for texts that are no JSON too. Places are those that the edits before have left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// A name more in a rule.
    AddName {
        /// Index of the rule.
        rule: usize,
        /// Its index among the names.
        position: usize,
        /// The name.
        name: String,
    },
    /// A name less in a rule that has others.
    RemoveName {
        /// Index of the rule.
        rule: usize,
        /// Its index among the names.
        position: usize,
    },
    /// A rule less.
    RemoveRule {
        /// Its index.
        rule: usize,
    },
    /// A rule more that allows a call.
    AddRule {
        /// Its index, from 1: it looks like the rule before.
        position: usize,
        /// As JSON.
        rule: Value,
    },
}

/// A text, and what has become of it.
pub(super) struct Text {
    text: String,
    edits: Vec<Edit>,
}

impl Text {
    pub fn new(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            edits: Vec::new(),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub fn into_parts(self) -> (String, Vec<Edit>) {
        (self.text, self.edits)
    }

    /// With a name more in a rule: in its place where the names are sorted, else at the end.
    pub fn add_name(&mut self, rule: usize, name: &str) -> Option<()> {
        let names = Places::of(&self.text).names(rule)?;
        let known: Vec<String> = names
            .iter()
            .filter_map(|name| serde_json::from_str(name.get()).ok())
            .collect();
        let position = place_for(name, &known).unwrap_or(names.len());
        let quoted = serde_json::to_string(name).ok()?;
        let text = inserted(&self.text, &names, position, &quoted);
        let name = name.to_owned();
        self.become_text(text, Edit::AddName { rule, position, name })
    }

    /// Without a name of a rule, or without the rule if it has no other.
    pub fn remove_name(&mut self, rule: usize, name: &str) -> Option<()> {
        let places = Places::of(&self.text);
        let is = |raw: &&RawValue| serde_json::from_str::<String>(raw.get()).is_ok_and(|known| known == name);
        let (text, edit) = match places.names(rule) {
            Some(names) if names.len() > 1 => {
                let position = names.iter().position(is)?;
                let edit = Edit::RemoveName { rule, position };
                (removed(&self.text, &names, position), edit)
            }
            _ => (removed(&self.text, places.rules(), rule), Edit::RemoveRule { rule }),
        };
        self.become_text(text, edit)
    }

    /// With a rule more that allows a call, behind another one or at the end.
    pub fn add_rule_behind(&mut self, rule: Option<usize>, name: &str, conditions: &[Condition]) -> Option<()> {
        let places = Places::of(&self.text);
        let rules = places.rules();
        let position = rule.map_or(rules.len(), |rule| rule + 1);
        let model = rules.get(position.checked_sub(1)?)?;
        let style = Style::of(&self.text, range(&self.text, model));
        let rule = rule_json(&allowing(name, conditions));
        let text = inserted(&self.text, rules, position, &style.written(&rule));
        self.become_text(text, Edit::AddRule { position, rule })
    }

    fn become_text(&mut self, text: String, edit: Edit) -> Option<()> {
        self.text = text;
        self.edits.push(edit);
        Some(())
    }
}

fn allowing(name: &str, conditions: &[Condition]) -> Rule {
    Rule {
        written_at: 0,
        comment: None,
        names: vec![name.to_owned()],
        action: ActionName::Allow,
        errno: None,
        conditions: conditions.to_vec(),
    }
}

/// Before the first name that is greater, where the names are in order; people let underscores count or not, and misplace
/// some.
fn place_for(name: &str, known: &[String]) -> Option<usize> {
    if known.is_sorted() {
        return known.iter().position(|known| known.as_str() > name);
    }
    let key = |name: &str| name.replace('_', "");
    let keys: Vec<String> = known.iter().map(|known| key(known)).collect();
    let misplaced = keys.windows(2).filter(|pair| !pair.is_sorted()).count();
    let in_order = misplaced * 10 <= keys.len();
    let greater = || keys.iter().position(|known| *known > key(name));
    in_order.then(greater).flatten()
}

/// Where a piece of a text is in it.
fn range(text: &str, piece: &RawValue) -> Range<usize> {
    let start = piece.get().as_ptr().addr().saturating_sub(text.as_ptr().addr());
    start..start + piece.get().len()
}

/// `items` are neighbours in the text, at least one.
fn inserted(text: &str, items: &[&RawValue], position: usize, item: &str) -> String {
    let places: Vec<Range<usize>> = items.iter().map(|item| range(text, item)).collect();
    let blank = blank(text, &places);
    match position.checked_sub(1).and_then(|before| places.get(before)) {
        Some(before) => spliced(text, before.end..before.end, &format!(",{blank}{item}")),
        None => {
            let start = places.first().map_or(0, |first| first.start);
            spliced(text, start..start, &format!("{item},{blank}"))
        }
    }
}

fn removed(text: &str, items: &[&RawValue], position: usize) -> String {
    let place = |at: usize| items.get(at).map(|item| range(text, item));
    let Some(own) = place(position) else {
        return text.to_owned();
    };
    let gone = match (position.checked_sub(1).and_then(place), place(position + 1)) {
        (Some(before), _) => before.end..own.end,
        (None, Some(next)) => own.start..next.start,
        (None, None) => own,
    };
    spliced(text, gone, "")
}

/// What stands between two items, behind the comma; of a single one, what stands before it.
fn blank<'a>(text: &'a str, places: &[Range<usize>]) -> &'a str {
    match places {
        [first, second, ..] => {
            let between = text.get(first.end..second.start).unwrap_or_default();
            between.split_once(',').map_or(" ", |(_, behind)| behind)
        }
        [only] => {
            let before = text.get(..only.start).unwrap_or_default();
            let start = before.trim_end().len();
            let blank = before.get(start..).unwrap_or_default();
            if blank.contains('\n') { blank } else { " " }
        }
        [] => " ",
    }
}

fn spliced(text: &str, place: Range<usize>, new: &str) -> String {
    let before = text.get(..place.start).unwrap_or_default();
    let behind = text.get(place.end..).unwrap_or_default();
    [before, new, behind].concat()
}
