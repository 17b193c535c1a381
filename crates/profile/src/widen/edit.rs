//! Edits of a profile's text: what is not concerned stays, byte by byte.

use std::borrow::Cow;
use std::ops::Range;

use serde_json::value::RawValue;

use super::style::{Style, rule_text};
use crate::model::Condition;
use crate::places::Places;

pub(super) struct Text<'a>(Cow<'a, str>);

impl<'a> Text<'a> {
    pub const fn new(text: &'a str) -> Self {
        Self(Cow::Borrowed(text))
    }

    pub const fn new_owned(text: String) -> Self {
        Self(Cow::Owned(text))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn into_string(self) -> String {
        self.0.into_owned()
    }

    /// With a name more in a rule: in its place where the names are sorted, else at the end.
    pub fn with_name(&self, rule: usize, name: &str) -> Option<String> {
        let text = self.as_str();
        let places = Places::of(text);
        let names = places.names(rule)?;
        let known: Vec<String> = names
            .iter()
            .filter_map(|name| serde_json::from_str(name.get()).ok())
            .collect();
        let position = place_for(name, &known);
        let quoted = serde_json::to_string(name).ok()?;
        Some(inserted(text, &names, position.unwrap_or(names.len()), &quoted))
    }

    /// Without a name of a rule, or without the rule if it has no other.
    pub fn without_name(&self, rule: usize, name: &str) -> Option<String> {
        let text = self.as_str();
        let places = Places::of(text);
        match places.names(rule) {
            Some(names) if names.len() > 1 => {
                let is = |raw: &&RawValue| serde_json::from_str::<String>(raw.get()).is_ok_and(|known| known == name);
                Some(removed(text, &names, names.iter().position(is)?))
            }
            _ => Some(removed(text, places.rules(), rule)),
        }
    }

    /// With a rule more that allows a call, behind another one or at the end.
    pub fn with_rule_behind(&self, rule: Option<usize>, name: &str, conditions: &[Condition]) -> Option<String> {
        let text = self.as_str();
        let places = Places::of(text);
        let rules = places.rules();
        let position = rule.map_or(rules.len(), |rule| rule + 1);
        let model = rules.get(position.checked_sub(1)?)?;
        let style = Style::of(text, range(text, model));
        Some(inserted(text, rules, position, &rule_text(&style, name, conditions)))
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
