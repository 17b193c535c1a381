//! A rule with the text that it was written in.

use notifyd_bpf::Action;
use serde_json::{Map, Value};

use crate::flatten::kernel_action;
use crate::model::{Condition, Rule};
use crate::to_json::rule_json;
use crate::written::{ConditionalRule, Filter};
use crate::{Document, Error, Facts};

#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub rule: Rule,
    pub includes: Filter,
    pub excludes: Filter,
    raw: Map<String, Value>,
}

impl Entry {
    pub fn all(document: &Document) -> Vec<Self> {
        let raw = document.rules_json();
        let entries = document.written.rules.iter().zip(raw);
        entries.map(|(conditional, raw)| Self::new(conditional, raw)).collect()
    }

    /// Those that hold there, without conditions on it.
    pub fn resolved(document: &Document, facts: &Facts) -> Result<Vec<Self>, Error> {
        let rules = document.resolve(facts)?.rules.into_iter();
        let entries = rules.map(|rule| Self {
            raw: rule_json(&rule).as_object().cloned().unwrap_or_default(),
            rule,
            includes: Filter::default(),
            excludes: Filter::default(),
        });
        Ok(entries.collect())
    }

    fn new(conditional: &ConditionalRule, raw: &Value) -> Self {
        Self {
            rule: conditional.rule.clone(),
            includes: conditional.includes.clone(),
            excludes: conditional.excludes.clone(),
            raw: raw.as_object().cloned().unwrap_or_default(),
        }
    }

    /// As every engine reads it: no single name, no errno by name, no empty filter.
    pub fn in_any_format(mut self) -> Self {
        self.raw.retain(|field, _| field != "name" && field != "errno");
        if self.includes == Filter::default() {
            self.raw.retain(|field, _| field != "includes");
        }
        if self.excludes == Filter::default() {
            self.raw.retain(|field, _| field != "excludes");
        }
        if let Some(errno) = self.rule.errno {
            self.raw.insert("errnoRet".to_owned(), errno.into());
        }
        let names = self.rule.names.clone();
        self.with_names(names)
    }

    pub fn action(&self) -> Action {
        kernel_action(self.rule.action, self.rule.errno)
    }

    pub fn permits(&self) -> bool {
        self.rule.action.permits()
    }

    pub fn names(&self, call: &str) -> bool {
        self.rule.names.iter().any(|name| name == call)
    }

    /// Whether it holds for every container.
    pub fn is_unfiltered(&self) -> bool {
        self.includes == Filter::default() && self.excludes == Filter::default()
    }

    pub fn takes_all_arguments(&self) -> bool {
        self.rule.conditions.is_empty()
    }

    /// Whether it holds in the same containers for the same arguments.
    pub fn holds_like(&self, other: &Self) -> bool {
        self.includes == other.includes
            && self.excludes == other.excludes
            && self.rule.conditions == other.rule.conditions
    }

    /// Whether it asks for a version of the kernel, which only Docker reads.
    pub const fn asks_for_kernel(&self) -> bool {
        self.includes.kernel.is_some() || self.excludes.kernel.is_some()
    }

    /// Whether only Podman reads its errno.
    pub fn has_named_errno(&self) -> bool {
        self.raw.contains_key("errno")
    }

    /// Without `minKernel`, which only Docker reads.
    pub fn for_any_kernel(mut self) -> Self {
        for (field, filter) in [("includes", &mut self.includes), ("excludes", &mut self.excludes)] {
            filter.kernel = None;
            if let Some(raw) = self.raw.get_mut(field).and_then(Value::as_object_mut) {
                raw.remove("minKernel");
            }
        }
        self
    }

    /// For every container.
    pub fn without_filters(mut self) -> Self {
        self.includes = Filter::default();
        self.excludes = Filter::default();
        self
    }

    pub fn with_names(mut self, names: Vec<String>) -> Self {
        if self.rule.names != names || !self.raw.contains_key("names") && !self.raw.contains_key("name") {
            self.raw.remove("name");
            self.raw.insert("names".to_owned(), names.clone().into());
            self.rule.names = names;
        }
        self
    }

    pub fn with_condition(mut self, condition: Condition) -> Self {
        self.rule.conditions = vec![condition];
        let json = rule_json(&self.rule);
        if let Some(args) = json.get("args") {
            self.raw.insert("args".to_owned(), args.clone());
        }
        self
    }

    pub fn into_json(self) -> Value {
        self.raw.into()
    }
}
