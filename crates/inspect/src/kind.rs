//! What one argument of a call is.

use crate::bits::Bits;

/// How an argument is written.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// `int`: signed, 32 bits.
    Int,
    /// A size or count, as wide as the call's registers.
    Size,
    /// Bits without names, or a pointer to what is not read.
    Hex,
    /// A mode without file type: octal.
    Mode,
    /// A mode that counts only where the flags before it create a file.
    CreationMode,
    /// A mode with file type.
    FileMode,
    /// `dev_t`.
    Device,
    /// A descriptor, or `AT_FDCWD`.
    Folder,
    /// A path.
    Path,
    /// Another string.
    Text,
    /// Strings up to a null pointer: argv.
    Words,
    /// Names for 32 bits.
    Bits(Bits),
    /// Flags of open(2), which differ between machines.
    Open,
    /// Protocol of the domain that the first argument names.
    Protocol,
    /// struct clone_args.
    CloneArguments,
    /// struct open_how.
    OpenHow,
    /// A key's serial number, or a special keyring.
    Keyring,
    /// Number of a signal.
    Signal,
}
