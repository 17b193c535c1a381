//! Why a hand-over was refused: a label of bounded variety.

/// A reason with a stable name; metrics and `docs/troubleshooting.md` use it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The peer's uid is neither root nor ours.
    PeerUid,
    /// The message ended, or time was up, before the JSON was complete.
    Incomplete,
    /// More bytes than [`crate::oci_state::MAX_BYTES`], or too many unfinished messages.
    TooLarge,
    /// Not one ContainerProcessState object.
    Malformed,
    /// No descriptor came, or none is called seccompFd.
    NoDescriptor,
    /// The kernel cut the descriptors short.
    DescriptorsTruncated,
    /// The descriptor called seccompFd is something else.
    NotAListener,
    /// The same listener is being served already.
    Duplicate,
    /// No descriptors are left.
    FileLimit,
    /// The kernel refused to let us serve it.
    Kernel,
}

impl Refusal {
    /// All reasons, in the order of the metric.
    pub const ALL: [Self; 10] = [
        Self::PeerUid,
        Self::Incomplete,
        Self::TooLarge,
        Self::Malformed,
        Self::NoDescriptor,
        Self::DescriptorsTruncated,
        Self::NotAListener,
        Self::Duplicate,
        Self::FileLimit,
        Self::Kernel,
    ];

    /// The stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PeerUid => "peer_uid",
            Self::Incomplete => "incomplete",
            Self::TooLarge => "too_large",
            Self::Malformed => "malformed",
            Self::NoDescriptor => "no_descriptor",
            Self::DescriptorsTruncated => "descriptors_truncated",
            Self::NotAListener => "not_a_listener",
            Self::Duplicate => "duplicate",
            Self::FileLimit => "file_limit",
            Self::Kernel => "kernel",
        }
    }
}
