//! One profile that allows what any of several allows, and denies what all deny.
//!
//! The rules are put together by what they say; whether that is the union is then asked of the programs, for the given
//! host and container and, where rules have conditions on capabilities, for containers with none and with all of them.

mod proof;
mod union;

use serde_json::Value;

use self::proof::prove;
use self::union::union;
use crate::flatten::kernel_action;
use crate::{Abi, Document, Error, Facts, Place, Profile, describe_action};

/// What several profiles allow together.
#[derive(Debug, Clone, PartialEq)]
pub struct Merged {
    /// In the format of the first, with its unknown fields and inside its `config.json` if it was one.
    pub json: Value,
    /// What is to be known of it, one sentence each.
    pub notes: Vec<String>,
}

/// Merges texts, each in its own format.
///
/// Refused is what has no union that rules can say: other default denials or errnos, other architectures, conditions whose
/// opposite no rule can have.
pub fn merge(texts: &[&str], facts: &Facts) -> Result<Merged, Error> {
    let documents = read(texts, facts)?;
    let mut notes = Vec::new();
    let mut all = documents.iter().enumerate();
    let Some((_, first)) = all.next() else {
        return Err(no_union("anything", "no profile is given"));
    };
    let mut merged = first.clone();
    for (index, document) in all {
        let json = union(&merged, document, index + 1, facts, &mut notes)?;
        merged = Document::parse(&json.to_string())?;
    }
    prove(&merged, &documents, facts, notes.is_empty())?;
    Ok(Merged {
        json: merged.json().clone(),
        notes,
    })
}

fn read(texts: &[&str], facts: &Facts) -> Result<Vec<Document>, Error> {
    let read = |(index, text): (usize, &&str)| {
        let read = || {
            let document = Document::parse(text)?;
            let profile = document.resolve(facts)?;
            Ok((document, profile))
        };
        read().map_err(|error| Error::Of {
            number: index + 1,
            source: Box::new(error),
        })
    };
    let read: Vec<_> = texts.iter().enumerate().map(read).collect::<Result<_, _>>()?;
    for (index, (_, profile)) in read.iter().enumerate() {
        refuse_asking(index + 1, profile)?;
    }
    if let Some(((_, first), others)) = read.split_first() {
        for (index, (_, other)) in others.iter().enumerate() {
            same_architectures(first, other, index + 2, facts.abi)?;
        }
    }
    Ok(read.into_iter().map(|(document, _)| document).collect())
}

/// What a supervisor or tracer would say is not known.
fn refuse_asking(number: usize, profile: &Profile) -> Result<(), Error> {
    let asks = |action: crate::ActionName| action.permits() && action.restricts();
    let place = if asks(profile.default_action) {
        Some((Place::Top, profile.default_action))
    } else {
        let rule = profile.rules.iter().find(|rule| asks(rule.action));
        rule.map(|rule| (rule.place(), rule.action))
    };
    place.map_or(Ok(()), |(place, action)| {
        Err(no_union(
            &format!("{place} of profile {number}"),
            &format!(
                "{} leaves it to somebody else what is allowed; hint: merge the profiles that it was made of",
                action.name()
            ),
        ))
    })
}

/// A rule holds for every architecture of its profile.
fn same_architectures(first: &Profile, other: &Profile, number: usize, native: Abi) -> Result<(), Error> {
    let differing = |abi: &Abi| first.covers(*abi, native) != other.covers(*abi, native);
    let Some(abi) = Abi::ALL.into_iter().find(differing) else {
        return Ok(());
    };
    let (has, lacks) = if first.covers(abi, native) {
        (1, number)
    } else {
        (number, 1)
    };
    Err(no_union(
        &format!("calls of {}", abi.label()),
        &format!(
            "profile {has} lists the architecture and profile {lacks} does not, and rules hold for all that a profile lists; hint: give them the same architectures"
        ),
    ))
}

fn default_of(profile: &Profile) -> String {
    describe_action(kernel_action(profile.default_action, profile.default_errno))
}

fn no_union(what: &str, reason: &str) -> Error {
    Error::NoUnion {
        what: what.to_owned(),
        reason: reason.to_owned(),
    }
}
