//! A target's bytes as text that can be shown: escaped as strace(1) does, and cut.

use std::fmt::Write;

/// What follows text that was cut.
pub(crate) const CUT: &str = "...";

/// Control characters, the backslash and what is no UTF-8 as `\n`, `\\` and `\xNN`.
pub(crate) fn escape(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            push(&mut text, character);
        }
        for byte in chunk.invalid() {
            push_code(&mut text, u32::from(*byte));
        }
    }
    text
}

/// The same between quotes.
pub(crate) fn quote(bytes: &[u8], is_cut: bool) -> String {
    let inside = escape(bytes).replace('"', "\\\"");
    format!("\"{inside}\"{}", if is_cut { CUT } else { "" })
}

fn push(text: &mut String, character: char) {
    match character {
        '\n' => text.push_str("\\n"),
        '\r' => text.push_str("\\r"),
        '\t' => text.push_str("\\t"),
        '\\' => text.push_str("\\\\"),
        _ if character.is_control() => push_code(text, u32::from(character)),
        _ => text.push(character),
    }
}

fn push_code(text: &mut String, code: u32) {
    // Writing to a String does not fail.
    let _ = write!(text, "\\x{code:02x}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_terminal_obeys_is_left() {
        let hostile = b"\x1b[2J\x07\x00a\\b\"c\n\r\t\x7f\xc2\x9b\xff<b>";
        assert_eq!(escape(hostile), r#"\x1b[2J\x07\x00a\\b"c\n\r\t\x7f\x9b\xff<b>"#);
    }

    #[test]
    fn quoted_text_ends_where_its_quotes_do() {
        assert_eq!(quote(br#"a"b\"#, false), r#""a\"b\\""#);
        assert_eq!(quote("grün".as_bytes(), true), "\"grün\"...");
    }
}
