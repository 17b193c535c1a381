//! Verdicts and conditions in words.

use std::fmt;

use notifyd_bpf::Action;

use super::RuleAt;
use crate::errno::errno_name;
use crate::model::{Condition, Operator};

/// `allow`, `errno 1 EPERM`, `kill process`, ...
pub fn describe_action(action: Action) -> String {
    match action.errno().and_then(|errno| errno_name(errno.get())) {
        Some(name) => format!("{action} {name}"),
        None => action.to_string(),
    }
}

impl fmt::Display for RuleAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rule {}", self.index)?;
        self.line.map_or(Ok(()), |line| write!(f, " (line {line})"))
    }
}

impl fmt::Display for Condition {
    /// `arg0 == 5`, `arg1 & 0x3000 == 0x1000`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = number(self.value);
        let sign = match self.operator {
            Operator::NotEqual => "!=",
            Operator::Less => "<",
            Operator::LessOrEqual => "<=",
            Operator::Equal => "==",
            Operator::GreaterOrEqual => ">=",
            Operator::Greater => ">",
            Operator::MaskedEqual => {
                return write!(f, "arg{} & {value} == {}", self.index, number(self.value_two));
            }
        };
        write!(f, "arg{} {sign} {value}", self.index)
    }
}

/// Small numbers are counts and descriptors, large ones flags and addresses.
fn number(value: u64) -> String {
    if value < 1024 {
        value.to_string()
    } else {
        format!("{value:#x}")
    }
}
