//! A profile in another format.
//!
//! The programs of both texts are compared for the given host and container. What a format has no place for is told where
//! it changes no verdict, and refused where it does.

mod dialect;
mod source;
mod spo;

pub use self::dialect::Dialect;

use serde_json::{Map, Value};

use self::source::Source;
use crate::entry::Entry;
use crate::{Document, Error, Facts, diff};

/// A profile in another format.
#[derive(Debug, Clone, PartialEq)]
pub struct Converted {
    /// The text as JSON; the operator's formats are usually written as YAML.
    pub json: Value,
    /// The format that was read.
    pub from: Dialect,
    /// What is not in the result, one sentence each. None of it changes a verdict for the given facts.
    pub losses: Vec<String>,
}

/// Converts a text, JSON in any of the formats; `from` is the format that it has to be in, and `name` what an object of the
/// operator is called that had no name before.
pub fn convert(text: &str, from: Option<Dialect>, to: Dialect, name: &str, facts: &Facts) -> Result<Converted, Error> {
    let source = Source::read(text, from)?;
    let mut losses = Vec::new();
    let json = match (&source.object, to.version()) {
        (Some(object), Some(version)) => spo::renewed(object, &source.document, version)?,
        (_, Some(version)) => {
            let plain = plain(&source, facts, &mut losses)?;
            spo::object(&plain, version, name, &mut losses)?
        }
        (_, None) => {
            let object = match to {
                Dialect::Oci => plain(&source, facts, &mut losses)?,
                Dialect::Docker => docker(&source, &mut losses),
                _ => containers_common(&source, facts, &mut losses)?,
            };
            object.into()
        }
    };
    if to.version().is_none() {
        source.refuse_base()?;
        losses.extend(source.losses());
    }
    prove(&source.document, &json, to, facts)?;
    Ok(Converted {
        json,
        from: source.dialect,
        losses,
    })
}

/// What the engine would hand to the runtime, unknown fields and comments with it.
fn plain(source: &Source, facts: &Facts, losses: &mut Vec<String>) -> Result<Map<String, Value>, Error> {
    let document = &source.document;
    if document.engine_fields().is_empty() {
        return Ok(document.seccomp_json().0);
    }
    let profile = document.resolve(facts)?;
    for (rule, why) in document.left_out(facts)? {
        losses.push(format!("{} is left out: {why}", rule.place()));
    }
    let kept = Entry::all(document).into_iter();
    let kept = kept.filter(|entry| {
        profile
            .rules
            .iter()
            .any(|rule| rule.written_at == entry.rule.written_at)
    });
    let filtered = kept.clone().any(|entry| !entry.is_unfiltered()) || !losses.is_empty();
    if filtered || !document.written.architecture_map.is_empty() {
        losses.push(
            "conditions on capabilities, architecture and kernel are taken for the given host and container, and the result is right for such alone".to_owned(),
        );
    }
    let rules: Vec<Value> = kept
        .map(|entry| entry.without_filters().in_any_format().into_json())
        .collect();
    let mut json = profile.to_json();
    let mut object = json.as_object_mut().map(std::mem::take).unwrap_or_default();
    object.insert("syscalls".to_owned(), rules.into());
    let unknown = document.seccomp_json().0.into_iter();
    object.extend(unknown.filter(|(field, _)| !crate::fields::is_known(field)));
    Ok(object)
}

/// Docker reads what the runtimes read, and conditions.
fn docker(source: &Source, losses: &mut Vec<String>) -> Map<String, Value> {
    let entries = Entry::all(&source.document);
    if source.dialect.is_podmans() && entries.iter().any(|entry| !entry.includes.capabilities.is_empty()) {
        losses.push("for a container whose specification has no capabilities at all, Podman and CRI-O keep rules that ask for some, and Docker leaves them out".to_owned());
    }
    with_entries(source, entries)
}

/// Podman, CRI-O and Buildah pass over `minKernel`.
fn containers_common(source: &Source, facts: &Facts, losses: &mut Vec<String>) -> Result<Map<String, Value>, Error> {
    let document = &source.document;
    let mut entries = Vec::new();
    for entry in Entry::all(document) {
        let place = entry.rule.place();
        if !entry.asks_for_kernel() {
            entries.push(entry);
        } else if holds_for_kernel(&entry, facts)? {
            losses.push(format!(
                "minKernel of {place}, which this kernel meets: Podman has none"
            ));
            entries.push(entry.for_any_kernel());
        } else {
            losses.push(format!(
                "{place} is left out: this kernel does not meet its minKernel, and Podman has none"
            ));
        }
    }
    let unread = document.written.architecture_map.iter().map(|entry| entry.main);
    let unread: Vec<_> = unread.filter(|&main| !dialect::is_in_podmans_map(main)).collect();
    for main in unread {
        losses.push(format!(
            "Podman and CRI-O do not look {} up in archMap: on such hosts the profile is for that architecture alone",
            crate::architecture::architecture_name(main)
        ));
    }
    if source.dialect.is_podmans() {
        return Ok(document.seccomp_json().0);
    }
    Ok(with_entries(source, entries))
}

fn holds_for_kernel(entry: &Entry, facts: &Facts) -> Result<bool, Error> {
    let place = entry.rule.place();
    let host = facts.kernel.ok_or(Error::NoKernelVersion { place })?;
    let included = entry.includes.kernel.is_none_or(|least| host >= least);
    Ok(included && entry.excludes.kernel.is_none_or(|from| host < from))
}

/// The object with numbers in the place of names of errnos.
fn with_entries(source: &Source, entries: Vec<Entry>) -> Map<String, Value> {
    let document = &source.document;
    let rules: Vec<Value> = entries
        .into_iter()
        .map(|entry| {
            if entry.has_named_errno() {
                entry.in_any_format().into_json()
            } else {
                entry.into_json()
            }
        })
        .collect();
    let (mut object, _) = document.seccomp_json();
    if object.remove("defaultErrno").is_some()
        && let Some(errno) = document.written.profile(Vec::new(), Vec::new()).default_errno
    {
        object.insert("defaultErrnoRet".to_owned(), errno.into());
    }
    if object.contains_key("syscalls") {
        object.insert("syscalls".to_owned(), rules.into());
    }
    object
}

fn prove(source: &Document, json: &Value, to: Dialect, facts: &Facts) -> Result<(), Error> {
    let before = Value::from(source.seccomp_json().0).to_string();
    let after = match to.version() {
        Some(_) => json.get("spec").map(Value::to_string).unwrap_or_default(),
        None => json.to_string(),
    };
    let difference = diff([&before, &after], facts)?;
    let Some(abi) = difference.abis.first() else {
        return Ok(());
    };
    let call = abi.changes.first().and_then(|change| change.call.as_deref());
    Err(Error::CannotHold {
        format: to.label(),
        what: format!(
            "what the profile says of {} on {}",
            call.unwrap_or("calls without a name"),
            abi.abi.label()
        ),
    })
}
