//! Names that make no rule.

use super::subject::Text;
use super::{Code, Finding, Severity};
use crate::compile::is_known_to_libseccomp;
use crate::flatten::kernel_action;
use crate::nearest::did_you_mean;
use crate::syscalls::exists_anywhere;
use crate::{Rule, libseccomp_version, suggest};

/// In all rules, also those that do not hold for the host and the container.
pub(super) fn check(text: &Text<'_>) -> Vec<Finding> {
    let rules = text.document.written.rules.iter().map(|conditional| &conditional.rule);
    let rules = rules.filter(|rule| kernel_action(rule.action, rule.errno) != text.default_action());
    rules.flat_map(|rule| of_rule(text, rule)).collect()
}

fn of_rule(text: &Text<'_>, rule: &Rule) -> Vec<Finding> {
    let names = rule.names.iter().filter(|name| !is_known_to_libseccomp(name));
    let (newer, unknown): (Vec<&String>, Vec<&String>) = names.partition(|name| exists_anywhere(name));
    let newer = newer.split_first().map(|(first, _)| too_new(text, rule, first, &newer));
    let unknown = unknown.into_iter().map(|name| nothing(text, rule, name));
    unknown.chain(newer).collect()
}

/// Runtimes pass over such a name: what it should have denied is allowed.
fn loses_a_denial(text: &Text<'_>, rule: &Rule) -> bool {
    kernel_action(rule.action, rule.errno).is_denial() && !text.default_action().is_denial()
}

fn nothing(text: &Text<'_>, rule: &Rule, name: &str) -> Finding {
    let hint = did_you_mean(suggest(name));
    let severity = if loses_a_denial(text, rule) {
        Severity::Error
    } else {
        Severity::Warning
    };
    let message = format!("{name:?} is no system call, and runtimes pass over it{hint}");
    text.at_rule(Code::UnknownCall, rule, Some(name))
        .with(severity, message)
}

fn too_new(text: &Text<'_>, rule: &Rule, first: &str, names: &[&String]) -> Finding {
    let list = names.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ");
    let version = libseccomp_version();
    let at = text.at_rule(Code::NewerThanLibseccomp, rule, Some(first));
    if loses_a_denial(text, rule) {
        return at.warning(format!(
            "libseccomp {version} does not know {list}, so a runtime with that version allows what this rule denies; use a newer libseccomp"
        ));
    }
    at.note(format!(
        "libseccomp {version} does not know {list}, and runtimes with that version pass over the rule for it"
    ))
}
