//! A profile as a runtime reads it.

use serde_json::{Map, Value};

use crate::architecture::architecture_name;
use crate::model::{Condition, Profile, Rule};

impl Profile {
    /// The OCI seccomp object, every number exact.
    ///
    /// Comments are kept; runtimes pass over them. [`Rule::written_at`] is not: reading the object again counts anew.
    pub fn to_json(&self) -> Value {
        let architectures: Vec<_> = self.architectures.iter().copied().map(architecture_name).collect();
        let optional = [
            ("defaultErrnoRet", self.default_errno.map(Value::from)),
            ("architectures", unless_empty(architectures)),
            ("flags", unless_empty(self.flags.clone())),
            ("listenerPath", self.listener_path.clone().map(Value::from)),
            ("listenerMetadata", self.listener_metadata.clone().map(Value::from)),
        ];
        let mut object = Map::from_iter([field("defaultAction", self.default_action.name())]);
        object.extend(present(optional));
        object.extend([field("syscalls", self.rules.iter().map(rule_json).collect::<Vec<_>>())]);
        object.into()
    }
}

/// One entry of `syscalls`.
pub(crate) fn rule_json(rule: &Rule) -> Value {
    let conditions: Vec<_> = rule.conditions.iter().map(condition).collect();
    let optional = [
        ("errnoRet", rule.errno.map(Value::from)),
        ("args", unless_empty(conditions)),
        ("comment", rule.comment.clone().map(Value::from)),
    ];
    let mut object = Map::from_iter([field("names", rule.names.clone()), field("action", rule.action.name())]);
    object.extend(present(optional));
    object.into()
}

fn condition(condition: &Condition) -> Value {
    let value_two = (condition.value_two != 0).then(|| condition.value_two.into());
    let mut object = Map::from_iter([field("index", condition.index), field("value", condition.value)]);
    object.extend(present([("valueTwo", value_two)]));
    object.extend([field("op", condition.operator.name())]);
    object.into()
}

fn field(name: &str, value: impl Into<Value>) -> (String, Value) {
    (name.to_owned(), value.into())
}

fn unless_empty<T: Into<Value>>(items: Vec<T>) -> Option<Value> {
    (!items.is_empty()).then(|| items.into())
}

fn present<const N: usize>(fields: [(&str, Option<Value>); N]) -> impl Iterator<Item = (String, Value)> {
    fields
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
}
