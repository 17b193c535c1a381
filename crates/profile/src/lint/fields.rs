//! Fields that nobody reads: `arg` for `args` makes a rule for some arguments one for all.

use super::subject::Text;
use super::{Code, Finding};
use crate::Place;
use crate::fields::UnknownField;

pub(super) fn check(text: &Text<'_>) -> Vec<Finding> {
    let fields = text.document.unknown_fields();
    fields.iter().map(|field| finding(text, field)).collect()
}

fn finding(text: &Text<'_>, field: &UnknownField) -> Finding {
    let UnknownField { place, name, resembles } = field;
    let at = match place {
        Place::Rule { index, .. } => text.at_index(Code::UnknownField, *index),
        _ => text.at_field(Code::UnknownField, name),
    };
    match resembles {
        Some(known) => at.warning(format!("nobody reads the field {name:?}; did you mean {known}")),
        None => at.note(format!(
            "nobody reads the field {name:?}; remove it unless it documents something"
        )),
    }
}
