//! What can be wrong with a profile or a list of names.

use std::fmt;

use libseccomp::error::SeccompError;

use crate::{Abi, Disagreement, Runtime};

/// Where in a profile something is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Outside the rules.
    Top,
    /// Not in the profile: the capabilities that it is resolved for.
    Capabilities,
    /// In a rule, counted from 0, with its first name.
    Rule {
        /// Index in `syscalls`.
        index: usize,
        /// First name, if there is one.
        name: Option<String>,
    },
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Top => f.write_str("the profile"),
            Self::Capabilities => f.write_str("the given capabilities"),
            Self::Rule { index, name: None } => write!(f, "rule {index}"),
            Self::Rule {
                index,
                name: Some(name),
            } => write!(f, "rule {index} ({name})"),
        }
    }
}

/// Why a profile or a deny list gives no program.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Longer than is read.
    #[error("reading the profile: it has {bytes} bytes, at most 4194304 are read")]
    TooLarge {
        /// Length of the text.
        bytes: usize,
    },
    /// No JSON.
    #[error("reading the profile as JSON")]
    Syntax {
        /// Where and why.
        source: serde_json::Error,
    },
    /// A field of another type than the OCI runtime specification says.
    #[error("reading {place}: a field has the wrong type; see linux.seccomp in the OCI runtime specification")]
    Field {
        /// Where.
        place: Place,
        /// Which type was found and which is expected.
        source: serde_json::Error,
    },
    /// Neither a seccomp object nor a configuration with one.
    #[error(
        "reading the profile: it has neither defaultAction nor linux.seccomp; expected the seccomp object or a whole config.json"
    )]
    NoProfile,
    /// What engines take for a container without seccomp.
    #[error(
        "reading the profile: it has neither defaultAction nor syscalls, which the engines take for no seccomp at all; expected the seccomp object or a whole config.json"
    )]
    SeccompOff,
    /// An engine's format, whose conditions the engine resolves before a runtime sees them.
    #[error(
        "reading {place}: field {field} belongs to the format of Docker and Podman, only plain OCI profiles are accepted; hint: take linux.seccomp from the config.json of a container"
    )]
    EngineFormat {
        /// Where.
        place: Place,
        /// The field.
        field: &'static str,
    },
    /// Fields of two engines, each of which passes over the other's.
    #[error(
        "reading {place}: {field} is read by Podman and CRI-O only, and minKernel of {other} by Docker only; hint: remove one of them"
    )]
    TwoFormats {
        /// Where the first is.
        place: Place,
        /// The first.
        field: &'static str,
        /// Where minKernel is.
        other: Place,
    },
    /// A field that some runtimes take for a known one.
    #[error(
        "reading {place}: field {field:?} differs from {known} in letter case only, so that some runtimes read it and others do not; hint: write {known}"
    )]
    LetterCase {
        /// Where.
        place: Place,
        /// The field as it is written.
        field: String,
        /// The field that it resembles.
        known: &'static str,
    },
    /// Two fields that say the same thing.
    #[error("reading {place}: it has both {first} and {second}; hint: keep one of them")]
    Both {
        /// Where.
        place: Place,
        /// The older one.
        first: &'static str,
        /// The newer one.
        second: &'static str,
    },
    /// A value that may be there once only.
    #[error("reading {place}: {field} {value:?} is there twice")]
    Duplicate {
        /// Where.
        place: Place,
        /// The field.
        field: &'static str,
        /// What it holds.
        value: String,
    },
    /// A capability that Linux does not have.
    #[error("reading {place}: {name:?} is no capability{hint}")]
    UnknownCapability {
        /// Where.
        place: Place,
        /// The name.
        name: String,
        /// Empty, or the nearest name, with a leading semicolon.
        hint: String,
    },
    /// No kernel version.
    #[error("reading the kernel version: {text:?} does not begin with two numbers, such as 5.10")]
    KernelVersion {
        /// What was given.
        text: String,
    },
    /// A profile that asks for a version when none is given.
    #[error("resolving {place}: it holds for some kernels only, and the kernel's version is not given")]
    NoKernelVersion {
        /// Where.
        place: Place,
    },
    /// A value that is none of those that exist.
    #[error("reading {place}: {field} {value:?} is none of {accepted}")]
    Unknown {
        /// Where.
        place: Place,
        /// The field.
        field: &'static str,
        /// What it holds.
        value: String,
        /// What it may hold.
        accepted: String,
    },
    /// A number that is too large.
    #[error("reading {place}: {field} {value} is out of range, accepted are 0 to {most}")]
    Range {
        /// Where.
        place: Place,
        /// The field.
        field: &'static str,
        /// What it holds.
        value: u64,
        /// The largest accepted value.
        most: u64,
    },
    /// A rule without names.
    #[error("reading the profile: rule {index} names no call; hint: fill names or remove the rule")]
    NoNames {
        /// Index in `syscalls`.
        index: usize,
    },
    /// An empty name, which runc refuses.
    #[error("reading {place}: one of its names is empty")]
    EmptyName {
        /// Where.
        place: Place,
    },
    /// Everything is denied.
    #[error("compiling the profile: profile allows nothing, container cannot start{reason}")]
    AllowsNothing {
        /// Empty, or what explains it, with a leading colon.
        reason: String,
    },
    /// libseccomp refused.
    #[error("compiling the profile: libseccomp refused to {attempt}")]
    Libseccomp {
        /// What it was asked for.
        attempt: &'static str,
        /// Its answer.
        source: SeccompError,
    },
    /// libseccomp refused an architecture.
    #[error("compiling the profile: libseccomp refused architecture {architecture:?} next to the machine's own")]
    Architecture {
        /// libseccomp's name for it.
        architecture: String,
        /// Its answer.
        source: SeccompError,
    },
    /// libseccomp refused a rule; so would the runtime.
    #[error(
        "compiling {place}: libseccomp refused its condition on {call}; hint: another rule may hold the same condition with a different action"
    )]
    Condition {
        /// Where.
        place: Place,
        /// The call.
        call: String,
        /// Its answer.
        source: SeccompError,
    },
    /// The anonymous file for the program failed.
    #[error("compiling the profile: taking the program over from libseccomp")]
    Transfer {
        /// The system's answer.
        source: std::io::Error,
    },
    /// The program is not one that the kernel takes.
    #[error("compiling the profile: the kernel would refuse the program")]
    Program {
        /// Why.
        source: notifyd_bpf::Error,
    },
    /// A question about a call that no ABI has.
    #[error("explaining the profile: {name:?} is no system call{hint}")]
    NoSuchCall {
        /// The name.
        name: String,
        /// Empty, or the nearest name, with a leading semicolon.
        hint: String,
    },
    /// An argument that is no number.
    #[error(
        "reading argument {index}: {text:?} is no integer of 64 bits; accepted are 10, 0xa, 012, -1, and _ for any value"
    )]
    Argument {
        /// Which, from 0.
        index: usize,
        /// What was given.
        text: String,
    },
    /// More arguments than a call has.
    #[error("reading the arguments: {count} are given, a call has at most 6")]
    TooManyArguments {
        /// How many.
        count: usize,
    },
    /// A format that is not known here.
    #[error(
        "choosing the format: {name:?} is none of oci, docker, containers-common, spo-v1beta1, spo-v1, crio-artifact"
    )]
    UnknownFormat {
        /// What was given.
        name: String,
    },
    /// A text in another format than was said.
    #[error("reading the profile as {expected}: it is {found}; hint: leave out the format that it is read in")]
    OtherFormat {
        /// What was said.
        expected: &'static str,
        /// What the text is.
        found: String,
    },
    /// A text whose rules are partly elsewhere, or an object of another kind.
    #[error("reading the profile: {what}")]
    Incomplete {
        /// What is missing, and what to do.
        what: String,
    },
    /// Something that would be lost with a verdict.
    #[error("converting the profile: {format} cannot hold {what}")]
    CannotHold {
        /// The format.
        format: &'static str,
        /// What, and what to do.
        what: String,
    },
    /// Calls that reach beyond a container.
    #[error(
        "widening the profile: {}; hint: if that is meant, say so for each call by its name",
        calls.join("; ")
    )]
    Dangerous {
        /// What each opens, by name.
        calls: Vec<String>,
    },
    /// No change admits just what is wanted.
    #[error("widening the profile: no change of single names or rules admits just these calls: {what}")]
    NoChange {
        /// Why.
        what: String,
    },
    /// What several profiles allow together cannot be said by rules.
    #[error("merging the profiles: there is no union for {what}: {reason}")]
    NoUnion {
        /// A call, or what else it is about.
        what: String,
        /// Why, and what to do.
        reason: String,
    },
    /// One of several profiles is at fault.
    #[error("in profile {number} of those given")]
    Of {
        /// Which, from 1.
        number: usize,
        /// What is wrong.
        source: Box<Error>,
    },
    /// No ABI that is known here.
    #[error("reading the architecture: {name:?} is not known; accepted are {}", Abi::ALL.map(Abi::label).join(", "))]
    UnknownArchitecture {
        /// What was given.
        name: String,
    },
    /// A deny list without names.
    #[error("making a deny list: it names no call; hint: an empty list would leave the command unfiltered")]
    EmptyList,
    /// A name that no ABI has.
    #[error("making a deny list: {name:?} is no system call{hint}")]
    UnknownCall {
        /// The name.
        name: String,
        /// Empty, or the nearest name, with a leading semicolon.
        hint: String,
    },
    /// A name that this machine has not.
    #[error("making a deny list: {name:?} exists on {abis} only, this machine has no such ABI")]
    ForeignCall {
        /// The name.
        name: String,
        /// Where it exists.
        abis: String,
    },
    /// A runtime that is not known here.
    #[error("choosing the runtime: {name:?} is neither runc nor crun")]
    UnknownRuntime {
        /// What was given.
        name: String,
    },
    /// A recorded profile that denies what was recorded.
    #[error(
        "making a profile of what was recorded: libseccomp's program would deny {call}; this is a defect, please report it"
    )]
    NotRecorded {
        /// The call and its ABI.
        call: String,
    },
    /// A profile that another supervisor answers.
    #[error(
        "rewriting the profile: it notifies a supervisor already{}; hint: rewrite the profile that it was made of",
        .path.as_ref().map(|path| format!(" (listenerPath {path:?})")).unwrap_or_default()
    )]
    AlreadySupervised {
        /// Its `listenerPath`.
        path: Option<String>,
    },
    /// A profile whose calls cannot be recorded.
    #[error(
        "recording a profile whose defaultAction is {action} is not possible: nobody can answer a call as that does; hint: use SCMP_ACT_ERRNO or SCMP_ACT_LOG"
    )]
    CannotRecord {
        /// `SCMP_ACT_TRAP`, `SCMP_ACT_TRACE`.
        action: &'static str,
    },
    /// A name that no recording may have.
    #[error(
        "{name:?} is no name for a recording; accepted: 1 to 128 of A-Z, a-z, 0-9, '.', '_' and '-', the first a letter or a digit"
    )]
    RecordingName {
        /// As it was given, cut.
        name: String,
    },
    /// Metadata that is meant for somebody else.
    #[error(
        "rewriting the profile: its listenerMetadata {text:?} is not version 1 of ours, such as {{\"v\":1,\"action\":\"stop\"}}; hint: remove it"
    )]
    ForeignMetadata {
        /// What it is.
        text: String,
    },
    /// A flag that runc does not take.
    #[error(
        "rewriting the profile: SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV is asked for, and runc refuses a profile that has it; only crun 1.6 and newer take it"
    )]
    WaitKillable,
    /// A denied call that the runtime needs.
    #[error(
        "rewriting the profile: it denies {call}, which {runtime} needs to start a container, and {runtime} refuses to notify it; hint: allow {call}"
    )]
    RuntimeNeeds {
        /// Which runtime.
        runtime: Runtime,
        /// The call.
        call: &'static str,
    },
    /// A rewritten profile that does not do what the original does.
    #[error("rewriting the profile: the result is not equivalent and is not used; {cell}")]
    Disagreement {
        /// Where.
        cell: Box<Disagreement>,
    },
}

impl Error {
    /// Where in the profile it is.
    pub(crate) const fn place(&self) -> Option<&Place> {
        match self {
            Self::Field { place, .. }
            | Self::EngineFormat { place, .. }
            | Self::TwoFormats { place, .. }
            | Self::LetterCase { place, .. }
            | Self::Both { place, .. }
            | Self::Duplicate { place, .. }
            | Self::UnknownCapability { place, .. }
            | Self::NoKernelVersion { place }
            | Self::Unknown { place, .. }
            | Self::Range { place, .. }
            | Self::EmptyName { place }
            | Self::Condition { place, .. } => Some(place),
            _ => None,
        }
    }
}
