//! From a profile to one whose denials are seen, with the proof that it allows and denies the same.

use std::collections::BTreeSet;

use notifyd_bpf::{Action, Program};

use crate::check::{Comparison, Denied, Disagreement, compare};
use crate::compile::{Compiled, compile};
use crate::metadata::Metadata;
use crate::model::{ActionName, Profile};
use crate::rewrite::{Exceptions, Rewriter};
use crate::stub::with_stub;
use crate::syscalls::is_in_libseccomp;
use crate::{Abi, Error, RecordingName, Runtime, display_name, libseccomp_version, name, number};

/// What is not observable whatever the profile says.
pub(crate) const GENERAL_LIMITS: [&str; 4] = [
    "numbers without a name keep the default action",
    "calls of architectures that are not in the profile end the process in the kernel",
    "operations submitted through io_uring pass no filter",
    "a stricter filter that a program installs itself hides what it denies",
];
/// `SECCOMP_FILTER_FLAG_*`: what both runtimes set where a profile has no flags.
const IMPLICIT_FLAG: &str = "SECCOMP_FILTER_FLAG_SPEC_ALLOW";
/// Only a signal that kills interrupts a call once the supervisor has received it (Linux 5.19).
pub(crate) const WAIT_KILLABLE: &str = "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV";

/// What a profile is rewritten for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The runtime that will load it.
    pub runtime: Runtime,
    /// ABI of the machine that it will run on.
    pub abi: Abi,
    /// Socket that will get the listener, absolute.
    pub listener_path: String,
    /// Whether runtime and kernel have `SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV` (crun 1.6, Linux 5.19), with which a
    /// signal does not make a call be announced twice.
    pub wait_killable: bool,
}

/// A profile whose denials are seen.
#[derive(Debug, Clone, PartialEq)]
pub struct Transformed {
    /// For the runtime.
    pub profile: Profile,
    /// What decides on each notification: the original, as the runtime would have loaded it.
    pub original: Program,
    /// What the runtime will load.
    pub rewritten: Program,
    /// How much is seen.
    pub report: Report,
    /// What is odd about the original, one sentence each.
    pub warnings: Vec<String>,
}

impl Transformed {
    /// A program for a runtime that takes a finished one: each denial of the original notifies, of calls that libseccomp has
    /// no name for too. None where nobody is to be asked, or the original is a program that cannot be changed so.
    pub fn finished(&self) -> Option<Program> {
        self.profile.listener_path.as_ref()?;
        let notifying = self.original.notifying_denials().ok()?;
        notifying.refusing_listeners().ok()
    }
}

/// How much of a profile's denials is seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Per ABI, in the order of [`Abi::ALL`].
    pub abis: Vec<AbiReport>,
    /// Calls of which some denials are not seen.
    pub unseen: Vec<Unseen>,
    /// Calls that the supervisor is asked about even where they are allowed: they fail with ENOSYS when it is gone.
    pub asked: Vec<String>,
    /// What is not observable whatever the profile says, one sentence each.
    pub limits: Vec<String>,
}

/// How much of the denials is seen on one ABI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AbiReport {
    /// Which.
    pub abi: Abi,
    /// Named calls that are denied for some arguments.
    pub denied: usize,
    /// Those of which every denial is seen.
    pub seen: usize,
}

/// A call of which some denials are not seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unseen {
    /// Where.
    pub abi: Abi,
    /// Its name.
    pub call: String,
    /// Why, in words.
    pub reason: String,
}

/// Rewrites a profile so that every denial notifies, and checks the result.
///
/// A profile that was rewritten for the same socket is given back as it is. One with another listener is refused.
pub fn transform(profile: &Profile, target: &Target) -> Result<Transformed, Error> {
    if let Some(done) = already(profile, target)? {
        return Ok(done);
    }
    rewrite(profile, target, None)
}

/// Rewrites a profile so that every call notifies and can be recorded under the name, and checks the result: the supervisor
/// lets run what the profile allows, and nothing else. What the runtime cannot have notified keeps its rules.
pub fn record(profile: &Profile, target: &Target, name: &RecordingName) -> Result<Transformed, Error> {
    let traps = [ActionName::Trap, ActionName::Trace].into_iter();
    if let Some(action) = { traps }.find(|&action| profile.default_action == action) {
        return Err(Error::CannotRecord { action: action.name() });
    }
    if profile.notifies() || profile.listener_path.is_some() {
        return Err(Error::AlreadySupervised {
            path: profile.listener_path.clone(),
        });
    }
    rewrite(profile, target, Some(name))
}

/// The profile of a container that has none, which allows everything on all ABIs of the machine.
pub fn unconfined() -> Profile {
    Profile {
        default_action: ActionName::Allow,
        default_errno: None,
        architectures: Abi::native().iter().map(|abi| abi.libseccomp()).collect(),
        flags: Vec::new(),
        listener_path: None,
        listener_metadata: None,
        rules: Vec::new(),
    }
}

fn rewrite(profile: &Profile, target: &Target, name: Option<&RecordingName>) -> Result<Transformed, Error> {
    let metadata = Metadata::read(profile.listener_metadata.as_deref())?;
    let Compiled { program, warnings, .. } = compile(profile, target.abi)?;
    let original = target.loads(profile, program)?;
    refuse_denied_needs(&original, target)?;
    let mut attempt = Attempt::new(profile, target, &original);
    if name.is_some() {
        attempt.exceptions = attempt.rewriter.everything();
    }
    let (mut rewritten, program, comparison) = attempt.succeed()?;
    let report = report(profile, target, &comparison, &attempt.exceptions);
    // Nobody to ask: neither a listener nor its guard.
    if !program.notifies() {
        return Ok(Transformed {
            profile: profile.clone(),
            rewritten: original.clone(),
            original,
            report,
            warnings,
        });
    }
    rewritten.listener_path = Some(target.listener_path.clone());
    rewritten.listener_metadata = Some(metadata.with(&original, name));
    rewritten.flags = target.flags(profile)?;
    Ok(Transformed {
        profile: rewritten,
        original,
        rewritten: program,
        report,
        warnings,
    })
}

/// What a profile says that notifies already.
fn already(profile: &Profile, target: &Target) -> Result<Option<Transformed>, Error> {
    if !profile.notifies() && profile.listener_path.is_none() {
        return Ok(None);
    }
    let ours = || {
        let original = Metadata::read(profile.listener_metadata.as_deref()).ok()?.program()?;
        (profile.listener_path.as_deref() == Some(&target.listener_path)).then_some(original)
    };
    let Some(original) = ours() else {
        return Err(Error::AlreadySupervised {
            path: profile.listener_path.clone(),
        });
    };
    let Compiled { program, warnings, .. } = compile(profile, target.abi)?;
    let rewritten = target.loads(profile, program)?;
    let comparison = compare(&original, &rewritten, false).map_err(first)?;
    Ok(Some(Transformed {
        profile: profile.clone(),
        report: report(profile, target, &comparison, &Exceptions::default()),
        original,
        rewritten,
        warnings,
    }))
}

impl Target {
    /// What the runtime loads of a profile that libseccomp made a program of.
    fn loads(&self, profile: &Profile, program: Program) -> Result<Program, Error> {
        if self.runtime.answers_newer_numbers() {
            with_stub(profile, program, self.abi)
        } else {
            Ok(program)
        }
    }

    fn flags(&self, profile: &Profile) -> Result<Vec<String>, Error> {
        if !self.wait_killable || profile.flags.iter().any(|flag| flag == WAIT_KILLABLE) {
            return Ok(profile.flags.clone());
        }
        if self.runtime == Runtime::Runc {
            return Err(Error::WaitKillable);
        }
        let implicit = profile.flags.is_empty().then(|| IMPLICIT_FLAG.to_owned());
        let flags = profile.flags.iter().cloned().chain(implicit);
        Ok(flags.chain([WAIT_KILLABLE.to_owned()]).collect())
    }
}

/// Tries until the programs agree; each failure costs a call its rules for single values, then its notifications.
struct Attempt<'a> {
    profile: &'a Profile,
    target: &'a Target,
    original: &'a Program,
    rewriter: Rewriter<'a>,
    exceptions: Exceptions,
}

impl<'a> Attempt<'a> {
    fn new(profile: &'a Profile, target: &'a Target, original: &'a Program) -> Self {
        Self {
            profile,
            target,
            original,
            rewriter: Rewriter::new(profile, target.abi, target.runtime),
            exceptions: Exceptions::default(),
        }
    }

    fn succeed(&mut self) -> Result<(Profile, Program, Comparison), Error> {
        loop {
            let profile = Profile {
                rules: self.rewriter.rules(&self.exceptions),
                ..self.profile.clone()
            };
            let program = match compile(&profile, self.target.abi) {
                Ok(compiled) => self.target.loads(&profile, compiled.program)?,
                Err(Error::Condition { call, .. }) if self.exceptions.give_up(&call) => continue,
                Err(error) => return Err(error),
            };
            match compare(self.original, &program, self.exceptions.everything) {
                Ok(comparison) => return Ok((profile, program, comparison)),
                Err(disagreements) => self.learn(disagreements)?,
            }
        }
    }

    fn learn(&mut self, disagreements: Vec<Disagreement>) -> Result<(), Error> {
        let names: BTreeSet<_> = disagreements
            .iter()
            .filter_map(|cell| name(cell.arch, cell.number))
            .collect();
        let mut learnt = false;
        for name in names {
            learnt |= self.exceptions.give_up(&name);
        }
        if learnt { Ok(()) } else { Err(first(disagreements)) }
    }
}

fn first(disagreements: Vec<Disagreement>) -> Error {
    let cell = disagreements.into_iter().next();
    cell.map_or_else(
        || Error::AllowsNothing { reason: String::new() },
        |cell| Error::Disagreement { cell: Box::new(cell) },
    )
}

/// A runtime that is denied what it needs before anybody can answer it starts no container.
fn refuse_denied_needs(original: &Program, target: &Target) -> Result<(), Error> {
    let is_denied = |call: &str| {
        let verdict = number(target.abi, call).and_then(|number| original.constant_verdict(target.abi.arch(), number));
        verdict.is_some_and(Action::is_denial)
    };
    let needs = target.runtime.unanswerable();
    match needs.iter().find(|call| is_denied(call)) {
        Some(&call) => Err(Error::RuntimeNeeds {
            runtime: target.runtime,
            call,
        }),
        None => Ok(()),
    }
}

fn report(profile: &Profile, target: &Target, comparison: &Comparison, exceptions: &Exceptions) -> Report {
    let asked: BTreeSet<String> = comparison
        .asked
        .iter()
        .map(|&(arch, number)| display_name(arch, number))
        .collect();
    Report {
        abis: Abi::ALL
            .into_iter()
            .filter(|abi| profile.covers(*abi, target.abi))
            .map(|abi| abi_report(abi, comparison))
            .collect(),
        unseen: comparison
            .denied
            .iter()
            .filter_map(|denied| unseen(denied, target, exceptions))
            .filter(|unseen| profile.covers(unseen.abi, target.abi))
            .collect(),
        asked: asked.into_iter().collect(),
        limits: limits(profile, comparison),
    }
}

fn abi_report(abi: Abi, comparison: &Comparison) -> AbiReport {
    let is_counted = |denied: &&Denied| {
        Abi::of(denied.arch, denied.number) == Some(abi) && is_in_libseccomp(denied.arch, denied.number)
    };
    let denied: Vec<_> = comparison.denied.iter().filter(is_counted).collect();
    AbiReport {
        abi,
        denied: denied.len(),
        seen: denied.iter().filter(|denied| denied.seen).count(),
    }
}

fn unseen(denied: &Denied, target: &Target, exceptions: &Exceptions) -> Option<Unseen> {
    let &Denied { arch, number, seen } = denied;
    let call = name(arch, number).filter(|_| !seen)?.into_owned();
    Some(Unseen {
        abi: Abi::of(arch, number)?,
        reason: if is_in_libseccomp(arch, number) {
            reason(&call, target.runtime, exceptions)
        } else {
            format!(
                "libseccomp {} has no name for it; {} notifies it if built with a newer one",
                libseccomp_version(),
                target.runtime
            )
        },
        call,
    })
}

fn reason(call: &str, runtime: Runtime, exceptions: &Exceptions) -> String {
    if runtime.unanswerable().contains(&call) {
        format!("{runtime} needs it to hand the listener over, and refuses a profile that notifies it")
    } else if exceptions.left.contains(call) {
        "libseccomp cannot notify it without changing what is allowed".to_owned()
    } else {
        "its conditions cannot be notified one by one, and nothing runs if it fails whole".to_owned()
    }
}

fn limits(profile: &Profile, comparison: &Comparison) -> Vec<String> {
    let left = |action: ActionName| matches!(action, ActionName::Trap | ActionName::Trace | ActionName::Log);
    let mut limits = GENERAL_LIMITS.map(str::to_owned).to_vec();
    if left(profile.default_action) || profile.rules.iter().any(|rule| left(rule.action)) {
        limits.push("SCMP_ACT_TRAP, SCMP_ACT_TRACE and SCMP_ACT_LOG are left to the kernel".to_owned());
    }
    if comparison.other_denials > 0 {
        limits.push(format!(
            "{} numbers without a name in libseccomp {} get the default action where runc answered ENOSYS",
            comparison.other_denials,
            libseccomp_version()
        ));
    }
    limits
}
