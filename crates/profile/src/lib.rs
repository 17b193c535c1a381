//! Profiles: from JSON text to the program that libseccomp makes of it, and from call names to numbers and back.
//!
//! A text is a [`Document`], in the runtimes' format or an engine's; resolved for a host and a container it is a
//! [`Profile`], and compiled a [`Program`](notifyd_bpf::Program).
//! [`transform`] makes a profile of it whose denials a supervisor hears of.
//!
//! Pure but for the anonymous file through which libseccomp hands over its program. The program is the one that runc
//! and crun, which use libseccomp too, would have loaded.
#![forbid(unsafe_code)]

mod abi;
mod architecture;
mod capability;
mod check;
mod compile;
mod convert;
mod dangerous;
mod deny_list;
mod diff;
mod document;
mod entry;
mod errno;
mod error;
mod explain;
mod facts;
mod fields;
mod flatten;
mod known;
mod left_out;
mod lint;
mod merge;
mod metadata;
mod model;
mod nearest;
mod operator;
mod places;
mod record;
mod recording_name;
mod resolve;
mod rewrite;
mod runtime;
mod runtime_default;
mod stub;
mod syscalls;
mod to_json;
mod transform;
mod widen;
mod written;

pub use abi::Abi;
pub use capability::{CAPABILITIES, CRIO_CAPABILITIES, DOCKER_CAPABILITIES, PODMAN_CAPABILITIES, capabilities};
pub use check::Disagreement;
pub use compile::{Compiled, compile, libseccomp_version};
pub use convert::{Converted, Dialect, convert};
pub use deny_list::deny_list;
pub use diff::{AbiDifference, Change, Difference, Extent, Literal, Setting, diff, diff_under};
pub use document::{Document, Format, MAX_TEXT_BYTES};
pub use error::{Error, Place};
pub use explain::{
    AbiSummary, Arguments, CallExplanation, Case, Explainer, Reason, RuleAt, Summary, Unused, Way, describe_action,
};
pub use facts::{Facts, KernelVersion};
pub use left_out::LeftOut;
pub use lint::{Code, Finding, Severity, lint};
pub use merge::{Merged, merge};
pub use model::{ActionName, Condition, Operator, Profile, Rule};
pub use record::{Observation, Purpose, Recorded, Watched, recorded, watched};
pub use recording_name::RecordingName;
pub use runtime::Runtime;
pub use runtime_default::{runtime_default, runtime_default_text};
pub use syscalls::{display_name, name, number, suggest};
pub use transform::{AbiReport, Report, Target, Transformed, Unseen, record, transform, unconfined};
pub use widen::{Edit, Seen, Widened, widen};
