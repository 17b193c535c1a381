//! What the checks look at, and how they tell what they find.

use notifyd_bpf::Action;

use super::{Code, Finding, Severity};
use crate::explain::{Arguments, Case, Explainer, Reason};
use crate::flatten::{FlatRule, flatten, kernel_action};
use crate::places::Places;
use crate::{Abi, Document, Profile, Rule, Runtime, number};

/// A profile as it is written.
pub(super) struct Text<'a> {
    pub places: Places<'a>,
    pub document: &'a Document,
    /// What holds for the host and the container.
    pub profile: &'a Profile,
    pub runtimes: &'a [Runtime],
}

/// A profile as it is compiled.
pub(super) struct Subject<'a> {
    pub explainer: &'a Explainer<'a>,
    pub native: Abi,
    pub runtimes: &'a [Runtime],
    pub flat: Vec<FlatRule<'a>>,
}

impl<'a> Text<'a> {
    pub fn new(text: &'a str, document: &'a Document, profile: &'a Profile, runtimes: &'a [Runtime]) -> Self {
        Self {
            places: Places::of(text),
            document,
            profile,
            runtimes,
        }
    }

    pub fn default_action(&self) -> Action {
        kernel_action(self.profile.default_action, self.profile.default_errno)
    }

    /// About a rule, at the line on which it names the call if one is given.
    pub fn at_rule(&self, code: Code, rule: &Rule, call: Option<&str>) -> Draft {
        let index = rule.written_at;
        Draft {
            code,
            rule: Some(index),
            line: call.map_or_else(|| self.places.rule(index), |call| self.places.name(index, call)),
        }
    }

    /// About a rule as a whole.
    pub fn at_index(&self, code: Code, index: usize) -> Draft {
        let (rule, line) = (Some(index), self.places.rule(index));
        Draft { code, rule, line }
    }

    /// About a field outside the rules.
    pub fn at_field(&self, code: Code, field: &str) -> Draft {
        let (rule, line) = (None, self.places.field(field));
        Draft { code, rule, line }
    }
}

impl<'a> Subject<'a> {
    pub fn new(explainer: &'a Explainer<'a>, native: Abi, runtimes: &'a [Runtime]) -> Self {
        Self {
            explainer,
            native,
            runtimes,
            flat: flatten(&explainer.profile),
        }
    }

    /// What becomes of a call, for all arguments; nothing where the ABI has no such number.
    pub fn cases(&self, abi: Abi, call: &str) -> Vec<Case> {
        number(abi, call).map_or_else(Vec::new, |number| {
            self.explainer.cases(abi, number, &Arguments::default(), &self.flat)
        })
    }

    /// The first denial of a call, on any ABI of the profile.
    pub fn denial(&self, call: &str) -> Option<Case> {
        self.first(call, Action::is_denial)
    }

    /// The first case in which a call does not simply run, on any ABI of the profile: it is denied, or somebody is asked.
    pub fn restriction(&self, call: &str) -> Option<Case> {
        self.first(call, |verdict| !permits(verdict))
    }

    /// The first case in which a call may run, on any ABI of the profile.
    pub fn permission(&self, call: &str) -> Option<Case> {
        self.first(call, permits)
    }

    fn first(&self, call: &str, is_wanted: impl Fn(Action) -> bool) -> Option<Case> {
        let abis = self.explainer.abis().into_iter();
        let mut cases = abis.flat_map(|abi| self.cases(abi, call));
        cases.find(|case| is_wanted(case.verdict))
    }

    pub fn at_top(code: Code) -> Draft {
        let (rule, line) = (None, None);
        Draft { code, rule, line }
    }

    /// About a call, at the rule that decides.
    pub fn at_case(code: Code, case: &Case) -> Draft {
        match &case.reason {
            Reason::Rule(rule) => Draft {
                code,
                rule: Some(rule.index),
                line: rule.line,
            },
            Reason::Default | Reason::Architecture | Reason::Runtime(_) => Self::at_top(code),
        }
    }
}

pub(super) const fn permits(action: Action) -> bool {
    matches!(action, Action::Allow | Action::Log)
}

/// What a finding is of and where, still without words.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Draft {
    code: Code,
    rule: Option<usize>,
    line: Option<usize>,
}

impl Draft {
    pub fn error(self, message: impl Into<String>) -> Finding {
        self.with(Severity::Error, message)
    }

    pub fn warning(self, message: impl Into<String>) -> Finding {
        self.with(Severity::Warning, message)
    }

    pub fn note(self, message: impl Into<String>) -> Finding {
        self.with(Severity::Note, message)
    }

    pub fn with(self, severity: Severity, message: impl Into<String>) -> Finding {
        let Self { code, rule, line } = self;
        let message = message.into();
        Finding {
            severity,
            code,
            rule,
            line,
            message,
        }
    }
}

/// Items in their order, each with all that share it.
pub(super) struct Groups<K, V>(Vec<(K, Vec<V>)>);

impl<K: PartialEq, V: PartialEq> Groups<K, V> {
    pub fn of(items: impl IntoIterator<Item = (K, V)>) -> Self {
        let mut groups = Self(Vec::new());
        for (key, value) in items {
            groups.add(key, value);
        }
        groups
    }

    fn add(&mut self, key: K, value: V) {
        match self.0.iter_mut().find(|(known, _)| *known == key) {
            Some((_, values)) if values.contains(&value) => {}
            Some((_, values)) => values.push(value),
            None => self.0.push((key, vec![value])),
        }
    }
}

impl<K, V> IntoIterator for Groups<K, V> {
    type Item = (K, Vec<V>);
    type IntoIter = std::vec::IntoIter<(K, Vec<V>)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
