//! The arguments that somebody asks about.

use crate::Error;

/// A value for each argument, or any.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Arguments([Option<u64>; 6]);

impl Arguments {
    /// Reads integers as strace prints them: `10`, `0xa`, `012` (octal), `-1` (all bits set), `NULL`. `_` is any value, and
    /// so is what is missing.
    pub fn parse<T: AsRef<str>>(texts: &[T]) -> Result<Self, Error> {
        let mut arguments = Self::default();
        if texts.len() > arguments.0.len() {
            return Err(Error::TooManyArguments { count: texts.len() });
        }
        for (index, (argument, text)) in arguments.0.iter_mut().zip(texts).enumerate() {
            *argument = read(text.as_ref()).ok_or_else(|| Error::Argument {
                index,
                text: text.as_ref().to_owned(),
            })?;
        }
        Ok(arguments)
    }

    /// With zero for any value.
    pub fn or_zero(&self) -> [u64; 6] {
        self.over([0; 6])
    }

    /// Only argument 0 is known.
    pub(super) const fn first(value: u64) -> Self {
        Self([Some(value), None, None, None, None, None])
    }

    /// What a call has where it is not asked about.
    pub(super) fn over(&self, mut args: [u64; 6]) -> [u64; 6] {
        for (arg, known) in args.iter_mut().zip(self.0) {
            *arg = known.unwrap_or(*arg);
        }
        args
    }
}

/// `None` for what is no integer, `Some(None)` for any value.
fn read(text: &str) -> Option<Option<u64>> {
    match text {
        "_" => Some(None),
        "NULL" => Some(Some(0)),
        _ => integer(text).map(Some),
    }
}

fn integer(text: &str) -> Option<u64> {
    match text.strip_prefix('-') {
        Some(digits) => magnitude(digits)
            .filter(|&value| value <= 1 << 63)
            .map(u64::wrapping_neg),
        None => magnitude(text),
    }
}

fn magnitude(text: &str) -> Option<u64> {
    let (digits, radix) = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => (digits, 16),
        None if text.len() > 1 && text.starts_with('0') => (text, 8),
        None => (text, 10),
    };
    // Rust would take a plus sign too.
    let plain = digits.starts_with(|first: char| first.is_ascii_hexdigit());
    plain.then(|| u64::from_str_radix(digits, radix).ok()).flatten()
}
