//! What happens to listeners, told apart from events because none of it may be lost.

use std::sync::Arc;

use notifyd_kernel::spawn::Ended;

use crate::clock::Monotonic;
use crate::identity::Init;
use crate::oci_state::ContainerState;
use crate::refusal::Refusal;
use crate::token::Token;
use crate::verdict::Policy;

/// One thing that happened, and when.
#[derive(Debug)]
pub struct Notice {
    /// When.
    pub at: Monotonic,
    /// What.
    pub kind: NoticeKind,
}

/// What happened.
#[derive(Debug)]
pub enum NoticeKind {
    /// A listener is served; its message may not be complete.
    Attached(Token, Option<Box<Attachment>>),
    /// The message of an attached listener is complete.
    Identified(Token, Box<Attachment>),
    /// A listener is closed.
    Detached(Token, DetachReason),
    /// A hand-over was refused.
    Refused {
        /// Why, for the metric.
        reason: Refusal,
        /// Why, in words.
        message: String,
        /// The container's id, if it was told.
        id: Option<String>,
    },
    /// The first caller was compared with the container that the message names.
    Membership(Token, bool),
    /// A launched command ended.
    Exited(Token, Ended),
    /// Nobody of a launched command's tree is left.
    Ended(Token),
    /// The service manager does not hold this listener, so it ends with this process; in words, why.
    Unkept(Token, String),
    /// Calls that waited for a former process were answered by the default errno: nobody knows which calls they are.
    Orphans(Token, u64),
}

/// Why a listener was closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DetachReason {
    /// No task uses its filter any more.
    HangUp,
    /// Its hand-over was refused after it had been served for a moment.
    Refused,
    /// The kernel made it useless.
    Failed,
    /// The supervisor was closed.
    Closed,
}

impl DetachReason {
    /// The stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::HangUp => "hup",
            Self::Refused => "refused",
            Self::Failed => "error",
            Self::Closed => "closed",
        }
    }
}

/// What a complete message told.
#[derive(Debug)]
pub struct Attachment {
    /// The message.
    pub state: ContainerState,
    /// The container's init, or why there is none to stop.
    pub init: Result<Arc<Init>, String>,
    /// The runtime's pid, if it is in our pid namespace.
    pub peer: Option<u32>,
    /// How the listener is answered.
    pub policy: Policy,
    /// Whether the message brought the original profile's program.
    pub has_program: bool,
    /// The name under which the service manager holds the listener, or is about to.
    pub kept: Option<String>,
    /// Why nothing is known of a listener that came back.
    pub kept_problem: Option<String>,
    /// What was off, and served all the same.
    pub warnings: Vec<String>,
}
