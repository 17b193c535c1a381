//! Which fields a profile has, and what they tell of its format.

use serde_json::{Map, Value};

use crate::nearest::nearest;
use crate::{Error, Format, Place};

type Object = Map<String, Value>;

/// Fields of the profile in the OCI runtime specification and in the engines' formats.
const TOP: [&str; 9] = [
    "defaultAction",
    "defaultErrnoRet",
    "defaultErrno",
    "architectures",
    "archMap",
    "flags",
    "listenerPath",
    "listenerMetadata",
    "syscalls",
];
const RULE: [&str; 9] = [
    "names", "name", "action", "errnoRet", "errno", "args", "comment", "includes", "excludes",
];
const CONDITION: [&str; 4] = ["index", "value", "valueTwo", "op"];
const FILTER: [&str; 3] = ["caps", "arches", "minKernel"];
const FILTERS: [&str; 2] = ["includes", "excludes"];

/// Whether a field of the profile is one of those.
pub(crate) fn is_known(name: &str) -> bool {
    TOP.contains(&name)
}

/// Fields that only the engines' formats have, and the engine if it is one; both pass over each other's fields.
const ENGINE_TOP: [(&str, Option<Format>); 2] = [("archMap", None), ("defaultErrno", Some(Format::ContainersCommon))];
const ENGINE_RULE: [(&str, Option<Format>); 4] = [
    ("includes", None),
    ("excludes", None),
    ("name", None),
    ("errno", Some(Format::ContainersCommon)),
];
const ENGINE_FILTER: [(&str, Option<Format>); 1] = [("minKernel", Some(Format::Docker))];

/// A field that plain OCI profiles do not have.
pub(crate) struct EngineField {
    pub(crate) place: Place,
    pub(crate) name: &'static str,
    engine: Option<Format>,
}

/// The format that the fields belong to.
pub(crate) fn format(profile: &Object) -> Result<Format, Error> {
    let fields = engine_fields(profile);
    let of = |format| fields.iter().find(|field| field.engine == Some(format));
    match (of(Format::ContainersCommon), of(Format::Docker)) {
        (Some(field), Some(other)) => Err(Error::TwoFormats {
            place: field.place.clone(),
            field: field.name,
            other: other.place.clone(),
        }),
        (Some(_), None) => Ok(Format::ContainersCommon),
        (None, _) if fields.is_empty() => Ok(Format::Oci),
        (None, _) => Ok(Format::Docker),
    }
}

/// All that are not null, which Go's encoder writes for what is absent.
pub(crate) fn engine_fields(profile: &Object) -> Vec<EngineField> {
    let mut fields = those_of(profile, &ENGINE_TOP, &Place::Top);
    for (place, rule) in rules(profile) {
        fields.extend(those_of(rule, &ENGINE_RULE, &place));
        for filter in objects_at(rule, &FILTERS) {
            fields.extend(those_of(filter, &ENGINE_FILTER, &place));
        }
    }
    fields
}

/// Go finds a field in any case, other languages do not: `Includes` would restrict a rule for Docker alone.
pub(crate) fn check_letter_case(profile: &Object) -> Result<(), Error> {
    check(profile, &TOP, &Place::Top)?;
    for (place, rule) in rules(profile) {
        check(rule, &RULE, &place)?;
        for filter in objects_at(rule, &FILTERS) {
            check(filter, &FILTER, &place)?;
        }
        for condition in objects_in(rule, "args") {
            check(condition, &CONDITION, &place)?;
        }
    }
    Ok(())
}

/// Fields that nobody reads, each with the known one that it resembles most, if any does.
pub(crate) fn unknown_fields(profile: &Object) -> Vec<UnknownField> {
    let mut fields = not_among(profile, &TOP, &Place::Top);
    for (place, rule) in rules(profile) {
        fields.extend(not_among(rule, &RULE, &place));
        let filters = objects_at(rule, &FILTERS);
        fields.extend(filters.flat_map(|filter| not_among(filter, &FILTER, &place)));
        let conditions = objects_in(rule, "args");
        fields.extend(conditions.flat_map(|condition| not_among(condition, &CONDITION, &place)));
    }
    fields
}

/// A field that nobody reads.
pub(crate) struct UnknownField {
    pub(crate) place: Place,
    pub(crate) name: String,
    pub(crate) resembles: Option<&'static str>,
}

fn not_among(object: &Object, known: &'static [&'static str], place: &Place) -> Vec<UnknownField> {
    let unknown = object.keys().filter(|field| !known.contains(&field.as_str()));
    unknown
        .map(|field| UnknownField {
            place: place.clone(),
            name: field.clone(),
            resembles: nearest(field, known.iter().copied()),
        })
        .collect()
}

/// A rule's place; its first name may be in `name`.
pub(crate) fn rule_place(index: usize, rule: &Value) -> Place {
    let name = rule.pointer("/names/0").or_else(|| rule.get("name"));
    let name = name.and_then(Value::as_str).map(str::to_owned);
    Place::Rule { index, name }
}

fn those_of(object: &Object, table: &[(&'static str, Option<Format>)], place: &Place) -> Vec<EngineField> {
    let field = |&(name, engine): &(&'static str, Option<Format>)| {
        let present = object.get(name).is_some_and(|value| !is_absent(value));
        present.then(|| EngineField {
            place: place.clone(),
            name,
            engine,
        })
    };
    table.iter().filter_map(field).collect()
}

/// The engines take an empty text for none.
fn is_absent(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(str::is_empty)
}

fn check(object: &Object, known: &[&'static str], place: &Place) -> Result<(), Error> {
    let resembled = |field: &str| {
        let same = |known: &&&str| known.eq_ignore_ascii_case(field) && **known != field;
        known.iter().find(same).copied()
    };
    let found = object.keys().find_map(|field| Some((field, resembled(field)?)));
    found.map_or(Ok(()), |(field, known)| {
        Err(Error::LetterCase {
            place: place.clone(),
            field: field.clone(),
            known,
        })
    })
}

fn rules(profile: &Object) -> impl Iterator<Item = (Place, &Object)> {
    let rules = profile.get("syscalls").and_then(Value::as_array);
    let rules = rules.into_iter().flatten().enumerate();
    rules.filter_map(|(index, rule)| Some((rule_place(index, rule), rule.as_object()?)))
}

fn objects_at<'a>(object: &'a Object, fields: &'a [&str]) -> impl Iterator<Item = &'a Object> {
    fields.iter().filter_map(|&field| object.get(field)?.as_object())
}

fn objects_in<'a>(object: &'a Object, field: &str) -> impl Iterator<Item = &'a Object> {
    let items = object.get(field).and_then(Value::as_array);
    items.into_iter().flatten().filter_map(Value::as_object)
}
