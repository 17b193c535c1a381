//! How far one backtrace may go.

use std::time::Duration;

/// Bounds on time and size.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Most frames, inlined functions included.
    pub frames: usize,
    /// How much of the stack is copied, in bytes.
    pub stack_bytes: usize,
    /// How long resolving may take. Looked at between steps: one step is reading one module's tables.
    pub time: Duration,
    /// How many modules stay parsed.
    pub modules: usize,
    /// Most bytes of debug information of one module; of a larger one the symbols are read.
    pub debug_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            frames: 64,
            stack_bytes: 128 << 10,
            time: Duration::from_secs(1),
            modules: 32,
            debug_bytes: 128 << 20,
        }
    }
}
