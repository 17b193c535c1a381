//! What a profile does and why, and what it is for a host.

use std::collections::BTreeSet;

use napi_derive::napi;
use notifyd_profile::{
    Abi, AbiSummary, Arguments, Case, Document, Error, Explainer, Facts, Format, Reason, RuleAt, Runtime, Unused, Way,
    describe_action,
};

use crate::error::{Result, profile_error};
use crate::host::{ProfileFacts, facts, facts_for};

/// A profile that was read.
#[napi(object, object_from_js = false)]
pub struct ParsedProfile {
    #[napi(ts_type = "'oci' | 'docker' | 'containers-common'")]
    pub format: String,
}

/// What an engine would hand to the runtime.
#[napi(object, object_from_js = false)]
pub struct ResolvedProfile {
    /// OCI linux.seccomp.
    pub json: String,
    /// The facts that its conditions were compared with.
    pub facts: UsedFacts,
    /// Rules that do not hold.
    pub left_out: Vec<UnusedRule>,
}

/// What a profile's conditions were compared with.
#[napi(object, object_from_js = false)]
pub struct UsedFacts {
    pub architecture: String,
    pub capabilities: Vec<String>,
    /// Missing where the host's release is no version.
    pub kernel: Option<String>,
}

/// What a profile does to all calls that have a name.
#[napi(object, object_from_js = false)]
pub struct ProfileExplanation {
    #[napi(ts_type = "'oci' | 'docker' | 'containers-common'")]
    pub format: String,
    pub facts: UsedFacts,
    /// What happens where no rule matches: allow, errno 1 EPERM, kill process, ...
    pub default_verdict: String,
    pub abis: Vec<AbiExplanation>,
    /// Rules whose conditions on capabilities, architecture or kernel do not hold.
    pub left_out: Vec<UnusedRule>,
    pub warnings: Vec<String>,
}

/// What a profile does to the calls of one ABI.
#[napi(object, object_from_js = false)]
pub struct AbiExplanation {
    pub abi: String,
    /// Calls that meet one verdict whatever their arguments are.
    pub verdicts: Vec<VerdictCalls>,
    /// Calls whose verdict depends on their arguments.
    pub conditional: Vec<String>,
}

/// Calls that meet the same verdict.
#[napi(object, object_from_js = false)]
pub struct VerdictCalls {
    pub verdict: String,
    pub syscalls: Vec<String>,
}

/// What a profile does to one call, and why.
#[napi(object, object_from_js = false)]
pub struct CallExplanation {
    pub syscall: String,
    /// As they were given.
    pub args: Vec<String>,
    #[napi(ts_type = "'oci' | 'docker' | 'containers-common'")]
    pub format: String,
    pub facts: UsedFacts,
    /// Each way to make the call.
    pub ways: Vec<CallWay>,
    /// Rules that name it and have no effect.
    pub unused: Vec<UnusedRule>,
    pub warnings: Vec<String>,
}

/// One way to make a call.
#[napi(object, object_from_js = false)]
pub struct CallWay {
    pub abi: String,
    /// With the x32 bit; missing where the ABI has no such call.
    pub number: Option<u32>,
    /// The call that carries it: socketcall and ipc of i386.
    pub carrier: Option<String>,
    /// The largest number that the profile names, where this one is above it: runc answers it with ENOSYS by itself.
    pub largest_named: Option<u32>,
    /// One, unless the verdict depends on arguments that were left open.
    pub cases: Vec<CallCase>,
}

/// What happens to some arguments.
#[napi(object, object_from_js = false)]
pub struct CallCase {
    /// What the program does: allow, errno 1 EPERM, kill process, ...
    pub verdict: String,
    /// The same as SECCOMP_RET_* value.
    pub value: u32,
    #[napi(ts_type = "'rule' | 'default' | 'architecture' | 'runtime'")]
    pub reason: String,
    pub rule: Option<RulePlace>,
    /// What the reason says, where the program does something else: libseccomp reads such rules differently.
    pub written: Option<String>,
    /// Rules that match some of these arguments too and say otherwise.
    pub overruled: Vec<RulePlace>,
    /// Six arguments that get the verdict, in hexadecimal.
    pub example: Vec<String>,
}

/// A rule, and where it stands.
#[napi(object, object_from_js = false)]
pub struct RulePlace {
    /// Index in `syscalls`.
    pub index: u32,
    /// Line on which it names the call, from 1.
    pub line: Option<u32>,
    pub verdict: String,
    /// Such as `arg0 == 5`; all must hold, and none: it matches whatever the arguments are.
    pub conditions: Vec<String>,
}

/// A rule without effect.
#[napi(object, object_from_js = false)]
pub struct UnusedRule {
    pub rule: RulePlace,
    /// In words.
    pub why: String,
}

/// Reads a profile in any format; an error says what is wrong with it.
#[napi]
pub fn parse_profile(json: String) -> Result<ParsedProfile> {
    let document = Document::parse(&json).map_err(|error| profile_error(&error))?;
    Ok(ParsedProfile {
        format: format(document.format()),
    })
}

/// What an engine would hand to the runtime on such a host.
#[napi]
pub fn resolve_profile(json: String, given: Option<ProfileFacts>) -> Result<ResolvedProfile> {
    let facts = facts(given)?;
    let resolve = || {
        let document = Document::parse(&json)?;
        Ok((document.resolve(&facts)?, document.left_out_at(&json, &facts)?))
    };
    let (profile, left_out) = resolve().map_err(|error| profile_error(&error))?;
    Ok(ResolvedProfile {
        json: profile.to_json().to_string(),
        facts: (&facts).into(),
        left_out: left_out.iter().map(Into::into).collect(),
    })
}

/// What a profile does to all calls; only those of one ABI where one is named.
#[napi]
pub fn explain_profile(
    json: String,
    abi: Option<String>,
    runtime: Option<String>,
    given: Option<ProfileFacts>,
) -> Result<ProfileExplanation> {
    let (facts, abi) = facts_for(abi, given)?;
    let explain = || {
        let explainer = explainer(&json, facts, runtime.as_deref())?;
        let summary = explainer.summary(&chosen(&explainer, abi));
        Ok(ProfileExplanation {
            format: format(explainer.format()),
            facts: explainer.facts().into(),
            default_verdict: describe_action(explainer.default_action()),
            abis: summary.abis.into_iter().map(Into::into).collect(),
            left_out: explainer.left_out()?.iter().map(Into::into).collect(),
            warnings: explainer.warnings().to_vec(),
        })
    };
    explain().map_err(|error| profile_error(&error))
}

/// What a profile does to a call with such arguments: integers as strace prints them, `_` for any; only on one ABI where
/// one is named.
#[napi]
pub fn explain_call(
    json: String,
    syscall: String,
    args: Vec<String>,
    abi: Option<String>,
    runtime: Option<String>,
    given: Option<ProfileFacts>,
) -> Result<CallExplanation> {
    let (facts, abi) = facts_for(abi, given)?;
    let explain = || {
        let arguments = Arguments::parse(&args)?;
        let explainer = explainer(&json, facts, runtime.as_deref())?;
        let call = explainer.call(&syscall, &arguments, &chosen(&explainer, abi))?;
        Ok(CallExplanation {
            syscall: call.name,
            args: args.clone(),
            format: format(explainer.format()),
            facts: explainer.facts().into(),
            ways: call.ways.into_iter().map(Into::into).collect(),
            unused: call.unused.iter().map(Into::into).collect(),
            warnings: explainer.warnings().to_vec(),
        })
    };
    explain().map_err(|error| profile_error(&error))
}

fn explainer<'a>(json: &'a str, facts: Facts, runtime: Option<&str>) -> std::result::Result<Explainer<'a>, Error> {
    let explainer = Explainer::new(json, facts)?;
    match named_runtime(runtime)? {
        Some(runtime) => explainer.under(runtime),
        None => Ok(explainer),
    }
}

/// The runtime that is to load a profile, where one is named.
pub fn named_runtime(name: Option<&str>) -> std::result::Result<Option<Runtime>, Error> {
    name.map(str::parse).transpose()
}

fn chosen(explainer: &Explainer<'_>, abi: Option<Abi>) -> Vec<Abi> {
    abi.map_or_else(|| explainer.abis(), |abi| vec![abi])
}

fn format(format: Format) -> String {
    let name = match format {
        Format::Oci => "oci",
        Format::Docker => "docker",
        Format::ContainersCommon => "containers-common",
    };
    name.to_owned()
}

impl From<&Facts> for UsedFacts {
    fn from(facts: &Facts) -> Self {
        let none = BTreeSet::new();
        Self {
            architecture: facts.abi.label().to_owned(),
            capabilities: facts.capabilities.as_ref().unwrap_or(&none).iter().cloned().collect(),
            kernel: facts.kernel.map(|kernel| kernel.to_string()),
        }
    }
}

impl From<AbiSummary> for AbiExplanation {
    fn from(summary: AbiSummary) -> Self {
        let calls = |(action, syscalls)| VerdictCalls {
            verdict: describe_action(action),
            syscalls,
        };
        Self {
            abi: summary.abi.label().to_owned(),
            verdicts: summary.verdicts.into_iter().map(calls).collect(),
            conditional: summary.conditional,
        }
    }
}

impl From<Way> for CallWay {
    fn from(way: Way) -> Self {
        Self {
            abi: way.abi.label().to_owned(),
            number: way.number,
            carrier: way.carrier,
            largest_named: way.largest_named,
            cases: way.cases.iter().map(Into::into).collect(),
        }
    }
}

impl From<&Case> for CallCase {
    fn from(case: &Case) -> Self {
        let (reason, rule) = match &case.reason {
            Reason::Rule(rule) => ("rule", Some(rule.into())),
            Reason::Default => ("default", None),
            Reason::Architecture => ("architecture", None),
            Reason::Runtime(_) => ("runtime", None),
        };
        Self {
            verdict: describe_action(case.verdict),
            value: case.verdict.raw(),
            reason: reason.to_owned(),
            rule,
            written: (case.written != case.verdict).then(|| describe_action(case.written)),
            overruled: case.overruled.iter().map(Into::into).collect(),
            example: case.example.iter().map(|arg| format!("{arg:#x}")).collect(),
        }
    }
}

impl From<&RuleAt> for RulePlace {
    fn from(rule: &RuleAt) -> Self {
        // A text of at most 4 MiB has no more rules or lines than fit.
        let narrow = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Self {
            index: narrow(rule.index),
            line: rule.line.map(narrow),
            verdict: describe_action(rule.action),
            conditions: rule.conditions.iter().map(ToString::to_string).collect(),
        }
    }
}

impl From<&Unused> for UnusedRule {
    fn from(unused: &Unused) -> Self {
        Self {
            rule: (&unused.rule).into(),
            why: unused.why.to_string(),
        }
    }
}
