//! On which line of a profile's text something stands.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

type Object<'a> = BTreeMap<String, &'a RawValue>;

/// The rules of a text, as it has them.
#[derive(Debug)]
pub(crate) struct Places<'a> {
    text: &'a str,
    profile: Object<'a>,
    rules: Vec<&'a RawValue>,
}

impl<'a> Places<'a> {
    /// Of a text that is a profile.
    pub fn of(text: &'a str) -> Self {
        let profile = profile(text).unwrap_or_default();
        let rules = profile.get("syscalls").and_then(|rules| parse(rules.get()));
        Self {
            text,
            rules: rules.unwrap_or_default(),
            profile,
        }
    }

    /// Where the value of a field outside the rules begins, from 1.
    pub fn field(&self, name: &str) -> Option<usize> {
        self.profile.get(name).map(|value| self.line(value.get()))
    }

    /// Where a rule begins, from 1.
    pub fn rule(&self, index: usize) -> Option<usize> {
        self.rules.get(index).map(|rule| self.line(rule.get()))
    }

    /// The rules, as they are written.
    pub fn rules(&self) -> &[&'a RawValue] {
        &self.rules
    }

    /// The names of a rule, as they are written; `None` where they are not in `names`.
    pub fn names(&self, index: usize) -> Option<Vec<&'a RawValue>> {
        object(self.rules.get(index)?.get()).and_then(|rule| parse(rule.get("names")?.get()))
    }

    /// Where a rule names the call; where it begins if it does not.
    pub fn name(&self, index: usize, name: &str) -> Option<usize> {
        let rule = self.rules.get(index)?;
        let names = object(rule.get()).and_then(|rule| parse::<Vec<&RawValue>>(rule.get("names")?.get()));
        let names = names.unwrap_or_default();
        let named = names.into_iter().find(|text| is(text, name)).map(RawValue::get);
        Some(self.line(named.unwrap_or(rule.get())))
    }

    /// `part` is a piece of the text.
    fn line(&self, part: &str) -> usize {
        let offset = part.as_ptr().addr().saturating_sub(self.text.as_ptr().addr());
        let before = self.text.as_bytes().iter().take(offset);
        1 + before.filter(|&&byte| byte == b'\n').count()
    }
}

/// Where `Document` looks for it.
fn profile(text: &str) -> Option<Object<'_>> {
    let mut profile = object(text)?;
    if !profile.contains_key("defaultAction") && profile.contains_key("apiVersion") {
        return object(profile.get("spec")?.get());
    }
    if !profile.contains_key("defaultAction")
        && let Some(linux) = profile.get("linux")
    {
        profile = object(object(linux.get())?.get("seccomp")?.get())?;
    }
    Some(profile)
}

fn object(text: &str) -> Option<Object<'_>> {
    parse(text)
}

fn parse<'a, T: serde::Deserialize<'a>>(text: &'a str) -> Option<T> {
    serde_json::from_str(text).ok()
}

fn is(text: &RawValue, name: &str) -> bool {
    parse::<String>(text.get()).is_some_and(|text| text == name)
}
