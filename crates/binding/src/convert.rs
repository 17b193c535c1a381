//! A profile in another format.

use napi_derive::napi;
use notifyd_profile::convert;

use crate::error::{Result, profile_error};
use crate::host::{ProfileFacts, facts};

/// Between which formats a profile is converted.
#[napi(object)]
pub struct ConversionTarget {
    pub to: String,
    /// The format that the text has to be in; missing: any.
    pub from: Option<String>,
    /// Of an object of the Security Profiles Operator that had none before.
    pub name: String,
}

/// A profile in another format.
#[napi(object, object_from_js = false)]
pub struct ConvertedProfile {
    pub json: String,
    /// The format that was read.
    #[napi(ts_type = "'oci' | 'docker' | 'containers-common' | 'spo-v1beta1' | 'spo-v1' | 'crio-artifact'")]
    pub from: String,
    /// What is not in the result, one sentence each; none of it changes a verdict for the given facts.
    pub losses: Vec<String>,
}

/// Converts JSON of any format; what would change a verdict is refused.
#[napi]
pub fn convert_profile(
    json: String,
    target: ConversionTarget,
    given: Option<ProfileFacts>,
) -> Result<ConvertedProfile> {
    let facts = facts(given)?;
    let convert = || {
        let from = target.from.as_deref().map(str::parse).transpose()?;
        convert(&json, from, target.to.parse()?, &target.name, &facts)
    };
    let converted = convert().map_err(|error| profile_error(&error))?;
    Ok(ConvertedProfile {
        json: format!("{:#}", converted.json),
        from: converted.from.label().to_owned(),
        losses: converted.losses,
    })
}
