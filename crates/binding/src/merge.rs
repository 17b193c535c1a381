//! One profile of several.

use napi_derive::napi;
use notifyd_profile::merge;

use crate::error::{Result, profile_error};
use crate::host::{ProfileFacts, facts};

/// What several profiles allow together.
#[napi(object, object_from_js = false)]
pub struct MergedProfile {
    /// In the format of the first.
    pub json: String,
    /// What is to be known of it, one sentence each.
    pub notes: Vec<String>,
}

/// A profile that allows what any of them allows on such a host and denies what all deny; what has no such union is refused.
#[napi]
pub fn merge_profiles(texts: Vec<String>, given: Option<ProfileFacts>) -> Result<MergedProfile> {
    let facts = facts(given)?;
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let merged = merge(&texts, &facts).map_err(|error| profile_error(&error))?;
    Ok(MergedProfile {
        json: format!("{:#}", merged.json),
        notes: merged.notes,
    })
}
