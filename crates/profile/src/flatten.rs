//! Rules as the runtimes hand them to libseccomp: one call at a time.

use notifyd_bpf::Action;

use crate::model::{ActionName, Condition, Operator, Profile, Rule};

/// What both runtimes put where a profile gives no errno: `EPERM` of `asm-generic/errno-base.h`.
pub(crate) const DEFAULT_ERRNO: u16 = 1;

/// One call of one rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FlatRule<'a> {
    /// The rule that it is of.
    pub rule: &'a Rule,
    /// The call.
    pub name: &'a str,
    /// Each on another argument.
    pub conditions: Vec<Condition>,
}

impl FlatRule<'_> {
    pub fn action(&self) -> Action {
        kernel_action(self.rule.action, self.rule.errno)
    }

    /// Whether libseccomp gets the catch-all behind such rules right: it was never seen to weaken a filter where each
    /// rule has one condition, or all are for equality.
    pub fn is_plain(&self) -> bool {
        self.conditions.len() == 1
            || self
                .conditions
                .iter()
                .all(|condition| condition.operator == Operator::Equal)
    }
}

/// In their order, without those that say what the default says: both runtimes pass over them.
pub(crate) fn flatten(profile: &Profile) -> Vec<FlatRule<'_>> {
    let default = kernel_action(profile.default_action, profile.default_errno);
    let rules = profile
        .rules
        .iter()
        .filter(|rule| kernel_action(rule.action, rule.errno) != default);
    rules
        .flat_map(|rule| rule.names.iter().map(move |name| (rule, name.as_str())))
        .flat_map(|(rule, name)| {
            alternatives(&rule.conditions).into_iter().map(move |mut conditions| {
                conditions.retain(|condition| !is_empty(*condition));
                FlatRule { rule, name, conditions }
            })
        })
        .collect()
}

/// A mask without bits: libseccomp takes the rule as if the condition were not there.
const fn is_empty(condition: Condition) -> bool {
    matches!(condition.operator, Operator::MaskedEqual) && condition.value == 0
}

/// What the kernel does.
pub(crate) fn kernel_action(name: ActionName, errno: Option<u16>) -> Action {
    let errno = errno.unwrap_or(DEFAULT_ERRNO);
    match name {
        ActionName::Kill | ActionName::KillThread => Action::KillThread,
        ActionName::KillProcess => Action::KillProcess,
        ActionName::Trap => Action::Trap(0),
        ActionName::Errno => Action::Errno(errno),
        ActionName::Trace => Action::Trace(errno),
        ActionName::Allow => Action::Allow,
        ActionName::Log => Action::Log,
        ActionName::Notify => Action::Notify,
    }
}

/// The conditions of one rule; each on its own where two look at the same argument, which libseccomp does not take in
/// one rule and both runtimes split like this.
pub(crate) fn alternatives(conditions: &[Condition]) -> Vec<Vec<Condition>> {
    let twice = |(at, condition): (usize, &Condition)| {
        conditions
            .iter()
            .skip(at + 1)
            .any(|other| other.index == condition.index)
    };
    if conditions.iter().enumerate().any(twice) {
        return conditions.iter().map(|&condition| vec![condition]).collect();
    }
    vec![conditions.to_vec()]
}
