//! What is wrong, risky or odd about a profile.
//!
//! What a call meets is asked of the compiled program; the text is looked at for what never gets into the program, such as
//! rules that runtimes pass over and what runtimes refuse.

mod carriers;
mod code;
mod differing;
mod engines;
mod fields;
mod guard;
mod names;
mod needs;
mod observation;
mod refusals;
mod ring;
mod subject;
mod unused;

use std::error::Error as StdError;
use std::fmt;

pub use self::code::Code;
use self::subject::{Subject, Text};
use crate::places::Places;
use crate::{Document, Error, Explainer, Facts, Place, Runtime};

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// No container starts with it, or it does not protect as it says.
    Error,
    /// Hardly meant.
    Warning,
    /// To be known.
    Note,
}

/// One thing to know about a profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// What kind of thing.
    pub code: Code,
    /// Index in `syscalls` of the rule that it is about, if it is about one.
    pub rule: Option<usize>,
    /// Line of the text, from 1.
    pub line: Option<usize>,
    /// One sentence, with what to do.
    pub message: String,
}

/// All that is to be said of a profile for a host, a container and such runtimes: by line, then what has none, and by
/// severity.
///
/// What is wrong with the facts rather than the profile is an error.
pub fn lint(text: &str, facts: &Facts, runtimes: &[Runtime]) -> Result<Vec<Finding>, Error> {
    let mut findings = match Document::parse(text) {
        Ok(document) => of_document(text, &document, facts, runtimes)?,
        Err(error) => vec![refusal(&error, &Places::of(text))],
    };
    findings.sort_by_key(|finding| (finding.line.is_none(), finding.line, finding.severity));
    Ok(findings)
}

fn of_document(text: &str, document: &Document, facts: &Facts, runtimes: &[Runtime]) -> Result<Vec<Finding>, Error> {
    let profile = document.resolve(facts)?;
    let text_itself = Text::new(text, document, &profile, runtimes);
    let mut findings = in_text(&text_itself);
    match Explainer::new(text, facts.clone()) {
        Ok(explainer) => findings.extend(in_program(&Subject::new(&explainer, facts.abi, runtimes))),
        Err(error) => findings.push(refusal(&error, &text_itself.places)),
    }
    Ok(findings)
}

fn in_text(text: &Text<'_>) -> Vec<Finding> {
    let checks = [
        fields::check,
        names::check,
        unused::check,
        refusals::check,
        engines::check,
    ];
    checks.into_iter().flat_map(|check| check(text)).collect()
}

fn in_program(subject: &Subject<'_>) -> Vec<Finding> {
    let checks = [
        needs::check,
        differing::check,
        carriers::check,
        ring::check,
        guard::check,
        observation::check,
    ];
    checks.into_iter().flat_map(|check| check(subject)).collect()
}

/// A profile that gives no program.
fn refusal(error: &Error, places: &Places<'_>) -> Finding {
    let rule = match error.place() {
        Some(&Place::Rule { index, .. }) => Some(index),
        _ => None,
    };
    let line = match error {
        Error::Syntax { source } => Some(source.line()),
        _ => rule.and_then(|index| places.rule(index)),
    };
    let code = match error {
        Error::AllowsNothing { .. } => Code::AllowsNothing,
        Error::Condition { .. } => Code::ConflictingRules,
        _ => Code::Invalid,
    };
    let message = chain(error);
    let (rule, severity) = (rule, Severity::Error);
    Finding {
        severity,
        code,
        rule,
        line,
        message,
    }
}

/// What was attempted, then each cause.
fn chain(error: &dyn StdError) -> String {
    let causes = std::iter::successors(error.source(), |cause: &&dyn StdError| (*cause).source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

impl Severity {
    /// `error`, `warning` or `note`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
