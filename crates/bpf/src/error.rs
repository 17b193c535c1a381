//! What can be wrong with a program.

/// Why a program was refused; the kernel answers each with `EINVAL` and no reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// No instruction, or more than `BPF_MAXINSNS`.
    #[error("checking a program: it has {count} instructions, the kernel takes 1 to 4096")]
    Length {
        /// Instructions found.
        count: usize,
    },
    /// Bytes that end inside an instruction.
    #[error("reading a program: {count} bytes are no whole number of 8-byte instructions")]
    Bytes {
        /// Bytes found.
        count: usize,
    },
    /// An opcode that seccomp does not take.
    #[error("checking instruction {at}: opcode {code:#06x} is not one that seccomp accepts")]
    Opcode {
        /// Index of the instruction.
        at: usize,
        /// Its opcode.
        code: u16,
    },
    /// A load from outside `struct seccomp_data`.
    #[error("checking instruction {at}: load offset {offset} must be a multiple of 4 below 64")]
    LoadOffset {
        /// Index of the instruction.
        at: usize,
        /// Offset in bytes.
        offset: u32,
    },
    /// A jump to or behind the end of the program.
    #[error("checking instruction {at}: a jump over {distance} instructions leaves the program")]
    Jump {
        /// Index of the instruction.
        at: usize,
        /// Instructions jumped over.
        distance: u32,
    },
    /// A scratch cell that does not exist.
    #[error("checking instruction {at}: scratch cell {cell} does not exist, there are 0 to 15")]
    ScratchCell {
        /// Index of the instruction.
        at: usize,
        /// The cell.
        cell: u32,
    },
    /// A scratch cell that is read on a path that never wrote it.
    #[error("checking instruction {at}: scratch cell {cell} may be read before it is written")]
    ScratchUnwritten {
        /// Index of the instruction.
        at: usize,
        /// The cell.
        cell: u32,
    },
    /// Division by the constant zero.
    #[error("checking instruction {at}: it divides by the constant 0")]
    DivisionByZero {
        /// Index of the instruction.
        at: usize,
    },
    /// A shift by a whole word or more.
    #[error("checking instruction {at}: shift by {bits} bits, the kernel takes 0 to 31")]
    Shift {
        /// Index of the instruction.
        at: usize,
        /// The constant.
        bits: u32,
    },
    /// The last instruction is not a return.
    #[error("checking the last instruction: opcode {code:#06x} is not a return")]
    NoReturn {
        /// Its opcode.
        code: u16,
    },
    /// A verdict that is computed, so that it cannot be replaced in place.
    #[error("making denials notify: instruction {at} returns a computed verdict, only constant ones can be replaced")]
    ComputedVerdict {
        /// Index of the instruction.
        at: usize,
    },
    /// A division by X that can kill the caller before any verdict.
    #[error(
        "making denials notify: instruction {at} divides by X, which may be 0 and then kills the caller without a \
         notification; divide by a constant"
    )]
    KillingDivision {
        /// Index of the instruction.
        at: usize,
    },
}
