//! What two profiles do differently.

use napi_derive::napi;
use notifyd_profile::{AbiDifference, Change, Difference, Extent, Literal, Setting, describe_action, diff, diff_under};

use crate::error::{Result, profile_error};
use crate::explain::{UsedFacts, named_runtime};
use crate::host::{ProfileFacts, facts};

/// What two profiles do differently; `before` is the first, `after` the second.
#[napi(object, object_from_js = false)]
pub struct ProfileDifference {
    /// Whether no call has another verdict.
    pub equal: bool,
    pub facts: UsedFacts,
    /// ABIs with a difference.
    pub abis: Vec<ChangedAbi>,
    /// Fields that change no verdict and are not the same.
    pub settings: Vec<ChangedSetting>,
    /// `abi call`, where more combinations of arguments exist than are tried and no difference was found.
    pub sampled: Vec<String>,
    pub warnings: SideWarnings,
}

/// What is odd about each profile, one sentence each.
#[napi(object, object_from_js = false)]
pub struct SideWarnings {
    pub before: Vec<String>,
    pub after: Vec<String>,
}

/// What changes for calls of one ABI.
#[napi(object, object_from_js = false)]
pub struct ChangedAbi {
    pub abi: String,
    /// The only profile that judges its calls; no changes are listed then.
    #[napi(ts_type = "'before' | 'after'")]
    pub only_in: Option<String>,
    /// What becomes of all calls under the other one.
    pub other_verdict: Option<String>,
    pub changes: Vec<ChangedCall>,
}

/// Another verdict for a call, or for some of its arguments.
#[napi(object, object_from_js = false)]
pub struct ChangedCall {
    /// Missing for all numbers without a name.
    pub syscall: Option<String>,
    /// With the x32 bit.
    pub number: u32,
    pub before: String,
    pub after: String,
    #[napi(ts_type = "'always' | 'where' | 'some'")]
    pub extent: String,
    /// Lists of conditions such as `arg0 == 5`, of which all of one list must hold. Empty unless extent is `where`.
    pub conditions: Vec<Vec<String>>,
    /// Six arguments that meet these verdicts, in hexadecimal.
    pub example: Vec<String>,
}

/// A field that changes no verdict.
#[napi(object, object_from_js = false)]
pub struct ChangedSetting {
    pub field: String,
    pub before: Option<String>,
    pub after: Option<String>,
}

/// For which calls two profiles, each in its own format, have different verdicts on such a host, where the runtime loads
/// them if one is named.
#[napi]
pub fn diff_profiles(
    before: String,
    after: String,
    runtime: Option<String>,
    given: Option<ProfileFacts>,
) -> Result<ProfileDifference> {
    let facts = facts(given)?;
    let texts = [before.as_str(), &after];
    let diff = || match named_runtime(runtime.as_deref())? {
        Some(runtime) => diff_under(runtime, texts, &facts),
        None => diff(texts, &facts),
    };
    let found = diff().map_err(|error| profile_error(&error))?;
    Ok(difference(found, (&facts).into()))
}

fn difference(found: Difference, facts: UsedFacts) -> ProfileDifference {
    let [before, after] = found.warnings;
    let sampled = found.sampled.into_iter();
    ProfileDifference {
        equal: found.abis.is_empty(),
        facts,
        abis: found.abis.into_iter().map(Into::into).collect(),
        settings: found.settings.into_iter().map(Into::into).collect(),
        sampled: sampled.map(|(abi, call)| format!("{} {call}", abi.label())).collect(),
        warnings: SideWarnings { before, after },
    }
}

impl From<AbiDifference> for ChangedAbi {
    fn from(found: AbiDifference) -> Self {
        let only_in = match found.judged {
            [true, false] => Some("before"),
            [false, true] => Some("after"),
            _ => None,
        };
        Self {
            abi: found.abi.label().to_owned(),
            only_in: only_in.map(str::to_owned),
            other_verdict: found.unjudged.map(describe_action),
            changes: found.changes.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<Change> for ChangedCall {
    fn from(change: Change) -> Self {
        let [before, after] = change.verdicts.map(describe_action);
        let (extent, conditions) = match change.extent {
            Extent::Always => ("always", Vec::new()),
            Extent::Where(lists) => ("where", lists.iter().map(|list| words(list)).collect()),
            Extent::Some => ("some", Vec::new()),
        };
        Self {
            syscall: change.call,
            number: change.number,
            before,
            after,
            extent: extent.to_owned(),
            conditions,
            example: change.example.iter().map(|arg| format!("{arg:#x}")).collect(),
        }
    }
}

fn words(list: &[Literal]) -> Vec<String> {
    list.iter().map(ToString::to_string).collect()
}

impl From<Setting> for ChangedSetting {
    fn from(setting: Setting) -> Self {
        let [before, after] = setting.values;
        Self {
            field: setting.field.to_owned(),
            before,
            after,
        }
    }
}
