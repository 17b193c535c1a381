//! What is wrong, risky or odd about a profile.

use napi_derive::napi;
use notifyd_profile::{Code, Finding, Runtime, lint};

use crate::error::{Result, profile_error};
use crate::host::{ProfileFacts, facts};

/// One thing to know about a profile.
#[napi(object, object_from_js = false)]
pub struct ProfileFinding {
    /// An error: no container starts with it, or it does not protect as it says. A warning: hardly meant.
    #[napi(ts_type = "'error' | 'warning' | 'note'")]
    pub severity: String,
    /// What kind of finding, the same from version to version.
    pub code: String,
    /// Index in `syscalls` of the rule that it is about.
    pub rule: Option<u32>,
    /// Line of the text, from 1.
    pub line: Option<u32>,
    /// One sentence, with what to do.
    pub message: String,
}

/// All that is to be said of a profile, in any format, for such runtimes: by line, then what has none. A text that is no
/// profile is a finding too.
///
/// libseccomp does not return for a few artificial profiles: call this in a process that can be killed.
#[napi]
pub fn check_profile(
    json: String,
    runtimes: Option<Vec<String>>,
    given: Option<ProfileFacts>,
) -> Result<Vec<ProfileFinding>> {
    let facts = facts(given)?;
    let check = || {
        let runtimes = match runtimes {
            Some(names) => names
                .iter()
                .map(|name| name.parse())
                .collect::<std::result::Result<Vec<_>, _>>()?,
            None => Runtime::ALL.to_vec(),
        };
        lint(&json, &facts, &runtimes)
    };
    let findings = check().map_err(|error| profile_error(&error))?;
    Ok(findings.into_iter().map(Into::into).collect())
}

/// All codes of findings.
#[napi]
pub fn profile_finding_codes() -> Vec<String> {
    Code::ALL.iter().map(|code| code.name().to_owned()).collect()
}

impl From<Finding> for ProfileFinding {
    fn from(finding: Finding) -> Self {
        // A text of at most 4 MiB has no more rules or lines than fit.
        let narrow = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Self {
            severity: finding.severity.name().to_owned(),
            code: finding.code.name().to_owned(),
            rule: finding.rule.map(narrow),
            line: finding.line.map(narrow),
            message: finding.message,
        }
    }
}
