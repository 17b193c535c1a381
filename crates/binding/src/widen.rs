//! The smallest change that admits what was seen.

use napi_derive::napi;
use notifyd_profile::{Arguments, Error, Seen, widen};

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
    /// What is to be known, one sentence each.
    pub notes: Vec<String>,
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
