//! Names a listener inside this process.

/// Never reused while the supervisor lives, so that a late message cannot reach another listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Token(pub u32);
