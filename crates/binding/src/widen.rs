//! The smallest change that admits what was seen.

use napi_derive::napi;
use notifyd_profile::{Arguments, Edit, Error, Seen, widen};

use crate::error::{Result, profile_error};
use crate::host::{ProfileFacts, facts};

/// A denied call that is to be admitted.
#[napi(object)]
pub struct SeenCall {
    pub syscall: String,
    /// Six integers as strace prints them; missing: whatever they are.
    pub args: Option<Vec<String>>,
}

/// A changed text.
#[napi(object, object_from_js = false)]
pub struct WidenedProfile {
    /// The text; bytes that are not concerned are as they were.
    pub text: String,
    /// What was changed, in this order.
    pub edits: Vec<RuleEdit>,
    /// What is to be known, one sentence each.
    pub notes: Vec<String>,
}

/// A change of the rules. Places are those that the edits before have left.
#[napi(object, object_from_js = false)]
pub struct RuleEdit {
    #[napi(ts_type = "'add-name' | 'remove-name' | 'add-rule' | 'remove-rule'")]
    pub does: String,
    /// Index of the rule; of a new one its own.
    pub rule: u32,
    /// Index among the names of the rule; 0 where it is about the rule.
    pub position: u32,
    /// JSON of the name or of the rule that is added.
    pub json: Option<String>,
}

/// Edits a profile's JSON so that it admits the calls; a dangerous one has to be accepted by its name.
#[napi]
pub fn widen_profile(
    text: String,
    calls: Vec<SeenCall>,
    accepted: Vec<String>,
    given: Option<ProfileFacts>,
) -> Result<WidenedProfile> {
    let facts = facts(given)?;
    let widen = || {
        let seen: Vec<Seen> = calls.iter().map(seen).collect::<std::result::Result<_, _>>()?;
        widen(&text, &seen, &accepted, &facts)
    };
    let widened = widen().map_err(|error| profile_error(&error))?;
    Ok(WidenedProfile {
        text: widened.text,
        edits: widened.edits.iter().map(rule_edit).collect(),
        notes: widened.notes,
    })
}

fn seen(call: &SeenCall) -> std::result::Result<Seen, Error> {
    let args = call.args.as_ref().map(|args| Arguments::parse(args)).transpose()?;
    Ok(Seen {
        call: call.syscall.clone(),
        args: args.map(|args| args.or_zero()),
    })
}

fn rule_edit(edit: &Edit) -> RuleEdit {
    let (does, rule, position, json) = match edit {
        Edit::AddName { rule, position, name } => ("add-name", rule, position, Some(format!("{name:?}"))),
        Edit::RemoveName { rule, position } => ("remove-name", rule, position, None),
        Edit::AddRule { position, rule } => ("add-rule", position, &0, Some(rule.to_string())),
        Edit::RemoveRule { rule } => ("remove-rule", rule, &0, None),
    };
    RuleEdit {
        does: does.to_owned(),
        rule: index(*rule),
        position: index(*position),
        json,
    }
}

/// A text of 4 MiB has no more.
fn index(of: usize) -> u32 {
    u32::try_from(of).unwrap_or(u32::MAX)
}
