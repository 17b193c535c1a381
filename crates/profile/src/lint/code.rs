//! The kinds of findings.

use std::fmt;

/// Kind of a finding; its name stays the same from version to version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Code {
    /// It is no profile: JSON, a field, a value.
    Invalid,
    /// Nothing may run.
    AllowsNothing,
    /// Two rules hold the same condition with different actions, and libseccomp refuses the second.
    ConflictingRules,
    /// A field that nobody reads.
    UnknownField,
    /// A name that no architecture has.
    UnknownCall,
    /// A name that the libseccomp of this build does not have.
    NewerThanLibseccomp,
    /// A rule that changes nothing.
    NoEffect,
    /// Nothing is denied and nobody asked.
    DeniesNothing,
    /// libseccomp makes something else of the rules than they say.
    DiffersFromRules,
    /// A runtime refuses or passes over the profile's flags.
    Flags,
    /// An errno where the action has none.
    MisplacedErrno,
    /// NOTIFY as default action, which runc refuses.
    NotifyDefault,
    /// NOTIFY for a call that the runtime needs to hand the listener over.
    NotifyWrite,
    /// NOTIFY without a socket, or one that no runtime can connect to.
    ListenerPath,
    /// Fields that containerd passes over.
    ContainerdIgnores,
    /// Calls that a runtime makes itself are denied.
    RuntimeNeeds,
    /// A call is denied whose caller does not expect to come back.
    SpinsWhenDenied,
    /// Denied calls can be made through `io_uring`.
    IoUring,
    /// Denied calls can be made through `socketcall` or `ipc` of i386.
    CarrierAllowed,
    /// A container whose supervisor is gone can answer its own notifications.
    ListenerTakeover,
    /// The profile cannot be rewritten so that denials are seen.
    NotTransformable,
    /// Some denials would not be seen.
    NotObservable,
    /// The supervisor would be asked about allowed calls too.
    AskedWhenAllowed,
}

impl Code {
    /// All, in the order of the documentation.
    pub const ALL: [Self; 23] = [
        Self::Invalid,
        Self::AllowsNothing,
        Self::ConflictingRules,
        Self::UnknownField,
        Self::UnknownCall,
        Self::NewerThanLibseccomp,
        Self::NoEffect,
        Self::DeniesNothing,
        Self::DiffersFromRules,
        Self::Flags,
        Self::MisplacedErrno,
        Self::NotifyDefault,
        Self::NotifyWrite,
        Self::ListenerPath,
        Self::ContainerdIgnores,
        Self::RuntimeNeeds,
        Self::SpinsWhenDenied,
        Self::IoUring,
        Self::CarrierAllowed,
        Self::ListenerTakeover,
        Self::NotTransformable,
        Self::NotObservable,
        Self::AskedWhenAllowed,
    ];

    /// For machines, and to look it up.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::AllowsNothing => "allows-nothing",
            Self::ConflictingRules => "conflicting-rules",
            Self::UnknownField => "unknown-field",
            Self::UnknownCall => "unknown-call",
            Self::NewerThanLibseccomp => "newer-than-libseccomp",
            Self::NoEffect => "no-effect",
            Self::DeniesNothing => "denies-nothing",
            Self::DiffersFromRules => "differs-from-rules",
            Self::Flags => "flags",
            Self::MisplacedErrno => "misplaced-errno",
            Self::NotifyDefault => "notify-default",
            Self::NotifyWrite => "notify-write",
            Self::ListenerPath => "listener-path",
            Self::ContainerdIgnores => "containerd-ignores",
            Self::RuntimeNeeds => "runtime-needs",
            Self::SpinsWhenDenied => "spins-when-denied",
            Self::IoUring => "io-uring",
            Self::CarrierAllowed => "carrier-allowed",
            Self::ListenerTakeover => "listener-takeover",
            Self::NotTransformable => "not-transformable",
            Self::NotObservable => "not-observable",
            Self::AskedWhenAllowed => "asked-when-allowed",
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
