//! Profiles whose denials are seen.

use napi::bindgen_prelude::Buffer;
use napi_derive::napi;
use notifyd_profile::{AbiReport, Document, Error, Report, Target, Transformed, Unseen, transform};

use crate::error::{Result, invalid, profile_error};
use crate::host::{ProfileFacts, facts};

/// What a profile is rewritten for.
#[napi(object)]
pub struct TransformTarget {
    /// runc or crun.
    pub runtime: String,
    /// Absolute path of the socket that gets the listener, at most 107 bytes.
    pub listener_path: String,
    /// Whether the runtime takes SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV: crun 1.6, on Linux 5.19. Default: no.
    pub wait_killable: Option<bool>,
}

/// A profile whose denials are seen.
#[napi(object, object_from_js = false)]
pub struct TransformedProfile {
    /// What was given, with the rewritten profile in its place, as JSON text.
    pub json: String,
    /// struct sock_filter[] of the original, by which the daemon answers.
    pub program: Buffer,
    /// How much is seen.
    pub report: CoverageReport,
    /// What is odd about the original, one sentence each.
    pub warnings: Vec<String>,
}

/// How much of a profile's denials is seen.
#[napi(object, object_from_js = false)]
pub struct CoverageReport {
    /// One for each ABI of the profile.
    pub abis: Vec<AbiCoverage>,
    /// Calls of which some denials are not seen.
    pub unseen: Vec<UnseenCall>,
    /// Calls that the daemon is asked about even where they are allowed; without it they fail with ENOSYS.
    pub asked: Vec<String>,
    /// What is not observable whatever the profile says, one sentence each.
    pub limits: Vec<String>,
}

/// How much is seen on one ABI.
#[napi(object, object_from_js = false)]
pub struct AbiCoverage {
    /// x86_64, i386, x32, aarch64 or arm.
    pub abi: String,
    /// Named calls that are denied for some arguments.
    pub denied: u32,
    /// Those of which every denial is seen.
    pub seen: u32,
}

/// A call of which some denials are not seen.
#[napi(object, object_from_js = false)]
pub struct UnseenCall {
    /// x86_64, i386, x32, aarch64 or arm.
    pub abi: String,
    /// Name.
    pub syscall: String,
    /// Why, in words.
    pub reason: String,
}

/// Rewrites a profile, in any format, so that every denial notifies the daemon, and checks that nothing else changes.
///
/// libseccomp does not return for a few artificial profiles: call this in a process that can be killed.
#[napi]
pub fn transform_profile(
    json: String,
    target: TransformTarget,
    given: Option<ProfileFacts>,
) -> Result<TransformedProfile> {
    let facts = facts(given)?;
    let target = Target {
        runtime: target.runtime.parse().map_err(refused)?,
        abi: facts.abi,
        listener_path: listener_path(target.listener_path)?,
        wait_killable: target.wait_killable.unwrap_or(false),
    };
    let document = Document::parse(&json).map_err(refused)?;
    let profile = document.resolve(&facts).map_err(refused)?;
    let done = transform(&profile, &target).map_err(refused)?;
    Ok(written(&document, done))
}

fn written(document: &Document, done: Transformed) -> TransformedProfile {
    TransformedProfile {
        json: format!("{:#}", document.with_profile(&done.profile)),
        program: done.original.to_bytes().into(),
        report: done.report.into(),
        warnings: done.warnings,
    }
}

/// `sun_path` of unix(7) has 108 bytes, the last of which is 0.
fn listener_path(path: String) -> Result<String> {
    if path.starts_with('/') && path.len() < 108 && !path.contains('\0') {
        return Ok(path);
    }
    Err(invalid(format!(
        "the listener's path {path:?} is not an absolute path of at most 107 bytes, such as /run/seccomp-notifyd/listener.sock"
    )))
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn refused(error: Error) -> napi::Error<crate::error::Code> {
    profile_error(&error)
}

impl From<Report> for CoverageReport {
    fn from(report: Report) -> Self {
        Self {
            abis: report.abis.into_iter().map(AbiCoverage::from).collect(),
            unseen: report.unseen.into_iter().map(UnseenCall::from).collect(),
            asked: report.asked,
            limits: report.limits,
        }
    }
}

impl From<AbiReport> for AbiCoverage {
    fn from(report: AbiReport) -> Self {
        let count = |count| u32::try_from(count).unwrap_or(u32::MAX);
        Self {
            abi: report.abi.label().to_owned(),
            denied: count(report.denied),
            seen: count(report.seen),
        }
    }
}

impl From<Unseen> for UnseenCall {
    fn from(unseen: Unseen) -> Self {
        Self {
            abi: unseen.abi.label().to_owned(),
            syscall: unseen.call,
            reason: unseen.reason,
        }
    }
}
