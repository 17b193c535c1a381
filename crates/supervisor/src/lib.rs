//! The running core: takes listeners over from runtimes, answers their notifications, counts them, and ends containers.
//!
//! Four kinds of threads: the loop, which waits for nobody but the kernel; one acceptor per socket; one waiter per
//! launched command; one that keeps the program which looks at waiting calls. Callers get at the results through atomics, a ring and a channel, none of which the loop waits for.

#![forbid(unsafe_code)]

mod acceptor;
mod admission;
mod adoption;
mod arguments;
mod burst;
mod cgroup;
mod clock;
mod control;
mod counters;
mod detail;
mod error;
mod event;
mod event_loop;
mod files;
mod firsts;
mod identity;
mod inspector;
mod keeper;
mod last_words;
mod launch;
mod look_failure;
mod looks;
mod notice;
mod oci_state;
mod process;
mod record;
mod recorder;
mod refusal;
mod registrar;
mod ring;
mod service_manager;
mod socket;
mod standard_error;
mod stats;
mod stop;
mod supervisor;
mod termination_file;
mod token;
mod verdict;

pub use admission::{Admission, Defaults, admit};
pub use arguments::{MAX_VALUES, Values, Watched};
pub use clock::Monotonic;
pub use counters::{Count, Key, MAX_KEYS};
pub use detail::{Detail, Reading};
pub use error::Error;
pub use event::{EVENT_BYTES, Event};
pub use identity::Init;
pub use inspector::{Inspection, Missing};
pub use keeper::{Keeping, STORED_PREFIX};
pub use last_words::{LastWords, Told};
pub use launch::{Launch, Launched};
pub use look_failure::LookFailure;
pub use notice::{Attachment, DetachReason, Notice, NoticeKind};
pub use notifyd_kernel::spawn::Ended;
pub use oci_state::{ContainerState, Frame, Framing};
pub use recorder::Recorded;
pub use refusal::Refusal;
pub use service_manager::ServiceManager;
pub use stats::{LATENCY_BOUNDS, Stats};
pub use stop::StopReport;
pub use supervisor::{Options, Supervisor};
pub use token::Token;
pub use verdict::{Decision, Policy, Rule};
