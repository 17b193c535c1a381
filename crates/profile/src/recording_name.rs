//! The name that calls are recorded under. It may become a file's, so it is checked before it is used for anything.

use std::str::FromStr;

use crate::Error;

/// A label of Kubernetes has 63; two of them, so that a container's name may stand behind.
const MOST_BYTES: usize = 128;

/// 1 to 128 of A-Z, a-z, 0-9, `.`, `_` and `-`, the first of them a letter or a digit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordingName(String);

impl RecordingName {
    /// As it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RecordingName {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        let begins = name.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
        if begins && name.len() <= MOST_BYTES && name.bytes().all(is_plain) {
            Ok(Self(name.to_owned()))
        } else {
            Err(Error::RecordingName { name: shown(name) })
        }
    }
}

/// Whoever makes containers chooses it, so it is cut.
fn shown(name: &str) -> String {
    let cut: String = name.chars().take(MOST_BYTES + 1).collect();
    if cut.len() < name.len() { cut + "…" } else { cut }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_a_files_name_everywhere_is_taken() {
        for name in ["a", "web", "Web-1.2_x", "0", &"a".repeat(128)] {
            assert_eq!(name.parse::<RecordingName>().unwrap().as_str(), name);
        }
    }

    #[test]
    fn anything_else_is_refused_in_one_sentence_that_is_not_long() {
        let long = "a".repeat(100_000);
        for name in [
            "",
            ".",
            "..",
            ".a",
            "-a",
            "_a",
            "../a",
            "a/b",
            "a b",
            "a\nb",
            "ä",
            "a\0",
            &"a".repeat(129),
            &long,
        ] {
            let said = name.parse::<RecordingName>().unwrap_err().to_string();
            assert!(
                said.contains("is no name for a recording; accepted: 1 to 128 of"),
                "{said}"
            );
            assert!(said.len() < 600 && !said.contains('\n'), "{said}");
        }
    }
}
