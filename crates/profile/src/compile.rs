//! Profile to program, by libseccomp, the way runc and crun ask it.
//!
//! Not covered: for a few artificial sets of conditions `seccomp_rule_add` does not return. Who compiles profiles of
//! strangers does it in a process that can be killed.

use std::fs::File;
use std::io::{Read, Seek};
use std::sync::{Mutex, PoisonError};

use libseccomp::{ScmpAction, ScmpArch, ScmpArgCompare, ScmpCompareOp, ScmpFilterContext, ScmpSyscall, ScmpVersion};
use notifyd_bpf::Program;
use rustix::fs::MemfdFlags;

use crate::flatten::{DEFAULT_ERRNO, alternatives};
use crate::model::{ActionName, Condition, Operator, Profile, Rule};
use crate::nearest::did_you_mean;
use crate::syscalls::exists_anywhere;
use crate::{Abi, Error, Place, suggest};

/// With more rules than this, one for each name, runc asks for a binary tree. libseccomp up to 2.5.4 makes a wrong one of
/// no rules at all (`InitSeccomp` of runc's `libcontainer/seccomp/seccomp_linux.go`).
const LINEAR_RULES: usize = 32;
/// libseccomp's level for NOTIFY with all flags. Set, because the kernel that the program is for need not let this
/// process try its actions.
const API_LEVEL: u32 = 6;

/// libseccomp keeps its API level and its last error in statics.
static LIBSECCOMP: Mutex<()> = Mutex::new(());

/// What became of a profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compiled {
    /// The program.
    pub program: Program,
    /// Whether some rule, or the default action, may keep a call from running.
    pub restricts: bool,
    /// What is odd about the profile, one sentence each.
    pub warnings: Vec<String>,
}

/// Compiles a profile for a machine whose main ABI is given.
pub fn compile(profile: &Profile, native: Abi) -> Result<Compiled, Error> {
    let _one_at_a_time = LIBSECCOMP.lock().unwrap_or_else(PoisonError::into_inner);
    let mut compiler = Compiler::new(profile, native)?;
    for rule in &profile.rules {
        compiler.add(rule)?;
    }
    compiler.finish()
}

/// Version of the libseccomp inside, such as `2.5.4`.
pub fn libseccomp_version() -> String {
    let version = ScmpVersion::current().map(|version| (version.major, version.minor, version.micro));
    version.map_or_else(
        |_| "unknown".to_owned(),
        |(major, minor, micro)| format!("{major}.{minor}.{micro}"),
    )
}

/// Whether runtimes make rules for calls of that name; they pass over others.
pub(crate) fn is_known_to_libseccomp(name: &str) -> bool {
    ScmpSyscall::from_name(name).is_ok()
}

struct Compiler {
    context: ScmpFilterContext,
    default: ScmpAction,
    permits: bool,
    restricts: bool,
    skipped: Vec<String>,
    warnings: Vec<String>,
}

impl Compiler {
    fn new(profile: &Profile, native: Abi) -> Result<Self, Error> {
        // An older libseccomp without the level says so when a rule needs it.
        let _ = libseccomp::set_api(API_LEVEL);
        let default = action(profile.default_action, profile.default_errno);
        let mut context = ScmpFilterContext::new(default).map_err(|source| refused("start a filter", source))?;
        add_architectures(&mut context, profile, native)?;
        if profile.rules.iter().map(|rule| rule.names.len()).sum::<usize>() > LINEAR_RULES {
            context
                .set_ctl_optimize(2)
                .map_err(|source| refused("make a binary tree", source))?;
        }
        let (permits, restricts) = (profile.default_action.permits(), profile.default_action.restricts());
        let mut warnings = Vec::new();
        warnings.extend(misplaced_errno(
            &Place::Top,
            profile.default_action,
            profile.default_errno,
        ));
        Ok(Self {
            context,
            default,
            permits,
            restricts,
            skipped: Vec::new(),
            warnings,
        })
    }

    fn add(&mut self, rule: &Rule) -> Result<(), Error> {
        let place = rule.place();
        self.warnings.extend(misplaced_errno(&place, rule.action, rule.errno));
        let action = action(rule.action, rule.errno);
        // libseccomp refuses a rule that says what the default says; the runtimes pass over it.
        if action == self.default {
            return Ok(());
        }
        for name in &rule.names {
            match ScmpSyscall::from_name(name) {
                Ok(call) => self.add_call(&place, name, call, action, rule)?,
                Err(_) => self.skipped.push(name.clone()),
            }
        }
        Ok(())
    }

    fn add_call(
        &mut self,
        place: &Place,
        name: &str,
        call: ScmpSyscall,
        action: ScmpAction,
        rule: &Rule,
    ) -> Result<(), Error> {
        for conditions in alternatives(&rule.conditions) {
            let comparators: Vec<_> = conditions.iter().map(comparator).collect();
            let added = self.context.add_rule_conditional(action, call, &comparators);
            added.map_err(|source| Error::Condition {
                place: place.clone(),
                call: name.to_owned(),
                source,
            })?;
        }
        self.permits |= rule.action.permits();
        self.restricts |= rule.action.restricts();
        Ok(())
    }

    fn finish(mut self) -> Result<Compiled, Error> {
        self.warnings.extend(skipped_names(&self.skipped));
        if !self.permits {
            return Err(Error::AllowsNothing { reason: String::new() });
        }
        if !self.restricts {
            self.warnings
                .push("the profile denies nothing and asks nobody".to_owned());
        }
        Ok(Compiled {
            program: export(&self.context)?,
            restricts: self.restricts,
            warnings: self.warnings,
        })
    }
}

fn add_architectures(context: &mut ScmpFilterContext, profile: &Profile, native: Abi) -> Result<(), Error> {
    if native.libseccomp() != ScmpArch::native() {
        add_architecture(context, native.libseccomp())?;
        context
            .remove_arch(ScmpArch::Native)
            .map_err(|source| refused("leave out this machine", source))?;
    }
    profile
        .architectures
        .iter()
        .try_for_each(|&architecture| add_architecture(context, architecture))
}

fn add_architecture(context: &mut ScmpFilterContext, architecture: ScmpArch) -> Result<(), Error> {
    let added = context.add_arch(architecture).map(drop);
    added.map_err(|source| Error::Architecture {
        architecture: format!("{architecture:?}"),
        source,
    })
}

fn action(name: ActionName, errno: Option<u16>) -> ScmpAction {
    let errno = errno.unwrap_or(DEFAULT_ERRNO);
    match name {
        ActionName::Kill | ActionName::KillThread => ScmpAction::KillThread,
        ActionName::KillProcess => ScmpAction::KillProcess,
        ActionName::Trap => ScmpAction::Trap,
        ActionName::Errno => ScmpAction::Errno(errno.into()),
        ActionName::Trace => ScmpAction::Trace(errno),
        ActionName::Allow => ScmpAction::Allow,
        ActionName::Log => ScmpAction::Log,
        ActionName::Notify => ScmpAction::Notify,
    }
}

fn comparator(condition: &Condition) -> ScmpArgCompare {
    let Condition {
        index,
        value,
        value_two,
        operator,
    } = *condition;
    let (operator, datum) = match operator {
        Operator::NotEqual => (ScmpCompareOp::NotEqual, value),
        Operator::Less => (ScmpCompareOp::Less, value),
        Operator::LessOrEqual => (ScmpCompareOp::LessOrEqual, value),
        Operator::Equal => (ScmpCompareOp::Equal, value),
        Operator::GreaterOrEqual => (ScmpCompareOp::GreaterEqual, value),
        Operator::Greater => (ScmpCompareOp::Greater, value),
        Operator::MaskedEqual => (ScmpCompareOp::MaskedEqual(value), value_two),
    };
    ScmpArgCompare::new(index, operator, datum)
}

fn misplaced_errno(place: &Place, action: ActionName, errno: Option<u16>) -> Option<String> {
    let takes_errno = matches!(action, ActionName::Errno | ActionName::Trace);
    errno.filter(|_| !takes_errno).map(|errno| {
        format!(
            "{place} gives errno {errno} for {}, which has none: crun refuses that, runc passes over it",
            action.name()
        )
    })
}

/// One warning for names that are only newer than libseccomp, one for each that nothing knows.
fn skipped_names(names: &[String]) -> Vec<String> {
    let (newer, unknown): (Vec<_>, Vec<_>) = names.iter().cloned().partition(|name| exists_anywhere(name));
    let mut warnings: Vec<String> = unknown.iter().map(|name| unknown_name(name)).collect();
    if !newer.is_empty() {
        let version = libseccomp_version();
        warnings.push(format!(
            "rules skipped for calls that libseccomp {version} does not know: {}",
            newer.join(", ")
        ));
    }
    warnings
}

fn unknown_name(name: &str) -> String {
    let hint = did_you_mean(suggest(name));
    format!("rules skipped for {name:?}, which is no system call{hint}")
}

fn export(context: &ScmpFilterContext) -> Result<Program, Error> {
    let fd = rustix::fs::memfd_create("seccomp-program", MemfdFlags::CLOEXEC);
    let mut file = fd
        .map(File::from)
        .map_err(|errno| Error::Transfer { source: errno.into() })?;
    context
        .export_bpf(&file)
        .map_err(|source| refused("export the program", source))?;
    let mut bytes = Vec::new();
    file.rewind()
        .and_then(|()| file.read_to_end(&mut bytes))
        .map_err(|source| Error::Transfer { source })?;
    Program::from_bytes(&bytes).map_err(|source| Error::Program { source })
}

fn refused(attempt: &'static str, source: libseccomp::error::SeccompError) -> Error {
    Error::Libseccomp { attempt, source }
}
