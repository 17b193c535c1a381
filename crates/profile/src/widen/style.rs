//! How a text writes its rules.

use std::ops::Range;

use serde_json::Value;

/// Layout of one rule.
pub(super) enum Style {
    /// On one line, with a blank inside of braces or without, and behind colons and commas or without.
    Inline { braces: bool, blanks: bool },
    /// Over several lines.
    Lines {
        /// Before the rule's own first line.
        own: String,
        /// What each level adds.
        step: String,
        /// End of a line.
        end: &'static str,
    },
}

impl Style {
    /// Of the rule that stands there.
    pub fn of(text: &str, place: Range<usize>) -> Self {
        let rule = text.get(place.clone()).unwrap_or_default();
        let Some((first, rest)) = rule.split_once('\n') else {
            return Self::Inline {
                braces: rule.starts_with("{ "),
                blanks: rule.contains("\": "),
            };
        };
        let line = text.get(..place.start).unwrap_or_default();
        let line = line.rsplit('\n').next().unwrap_or_default();
        let own = leading_blank(line);
        let inner = leading_blank(rest);
        Self::Lines {
            step: inner
                .strip_prefix(own)
                .filter(|step| !step.is_empty())
                .unwrap_or("  ")
                .to_owned(),
            own: own.to_owned(),
            end: if first.ends_with('\r') { "\r\n" } else { "\n" },
        }
    }

    /// A rule in this style.
    pub fn written(&self, rule: &Value) -> String {
        match self {
            Self::Inline { braces, blanks } => inline(rule, *braces, *blanks),
            Self::Lines { own, step, end } => lines(rule, own, step).join(end).trim_start().to_owned(),
        }
    }
}

fn leading_blank(line: &str) -> &str {
    line.get(..line.len() - line.trim_start_matches([' ', '\t']).len())
        .unwrap_or_default()
}

fn inline(value: &Value, braces: bool, blanks: bool) -> String {
    let (comma, colon) = if blanks { (", ", ": ") } else { (",", ":") };
    let (open, close) = if braces { ("{ ", " }") } else { ("{", "}") };
    match value {
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(|item| inline(item, braces, blanks)).collect();
            format!("[{}]", items.join(comma))
        }
        Value::Object(fields) => {
            let fields: Vec<_> = fields
                .iter()
                .map(|(field, value)| format!("\"{field}\"{colon}{}", inline(value, braces, blanks)))
                .collect();
            format!("{open}{}{close}", fields.join(comma))
        }
        other => other.to_string(),
    }
}

fn lines(value: &Value, own: &str, step: &str) -> Vec<String> {
    let pretty = format!("{value:#}");
    let line = |line: &str| {
        let depth = leading_blank(line).len() / 2;
        format!("{own}{}{}", step.repeat(depth), line.trim_start())
    };
    pretty.lines().map(line).collect()
}
