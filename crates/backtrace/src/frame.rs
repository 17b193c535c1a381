//! What a backtrace says.

/// How a frame was found, which is how far it can be trusted; a hostile program can forge its stack in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// The address that the kernel itself tells: the place of the system call.
    Kernel,
    /// By tables of the module that was called (unwind tables, or those of a Go program).
    Tables,
    /// By searching the stack for an address behind a call instruction that leads to the frame before.
    Search,
}

/// One function that was active, the innermost first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The file that the code was mapped from, as the target sees it; `[vdso]`, or `[anon]` for code without a file.
    pub module: String,
    /// The file's build id in hexadecimal digits.
    pub build_id: Option<String>,
    /// The address of the instruction that follows the call, as the file's own tables have it (what `addr2line` takes); without an ELF
    /// file the distance from the start of the mapping.
    pub offset: u64,
    /// The function, demangled.
    pub function: Option<String>,
    /// Its source file.
    pub file: Option<String>,
    /// The line in it, from 1.
    pub line: Option<u32>,
    /// Whether the compiler put this function into the next frame's.
    pub inlined: bool,
    /// How it was found.
    pub found: Found,
}

/// Why there are no frames beyond the last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The thread's first function was reached.
    Complete,
    /// As many frames as were asked for.
    Depth,
    /// The time was over.
    Deadline,
    /// The stack goes on beyond what was copied.
    Stack,
    /// No table and no search says who the caller is.
    NoCaller,
    /// Callers are not looked for on this architecture.
    Architecture,
}

/// The active functions of a thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backtrace {
    /// The innermost first.
    pub frames: Vec<Frame>,
    /// Why it ends where it ends.
    pub end: End,
}

impl Backtrace {
    /// Whether callers may be missing.
    #[must_use]
    pub fn truncated(&self) -> bool {
        self.end != End::Complete
    }
}

impl End {
    /// The reason as a phrase; `None` for a backtrace that is complete.
    #[must_use]
    pub fn reason(self) -> Option<&'static str> {
        match self {
            Self::Complete => None,
            Self::Depth => Some("it is deeper than asked for"),
            Self::Deadline => Some("its time was over"),
            Self::Stack => Some("the stack is larger than what is copied of it"),
            Self::NoCaller => Some("nothing tells the next caller"),
            Self::Architecture => Some("callers are looked for on x86_64 and arm64 only"),
        }
    }
}
