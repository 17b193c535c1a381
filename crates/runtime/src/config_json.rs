//! A container's `config.json`, edited as text: whatever is not replaced stays as it is, byte for byte.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use crate::Error;

/// Where the original profile is kept. Runtimes pass over members that they do not know.
pub const KEPT: &str = "seccomp-notifyd.io/original";
/// crun (0.17 and later) loads what it holds in the place of what libseccomp would make of the profile.
const CRUN_PROGRAM: &str = "run.oci.seccomp_bpf_data";
const ANNOTATIONS: &str = "annotations";

/// A `config.json`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigJson {
    text: String,
    seccomp: Option<Range<usize>>,
    place: Option<Place>,
    /// Of the outermost object.
    end_of_members: usize,
    /// Of `annotations`, null or an object.
    annotated: Option<Range<usize>>,
    annotations: BTreeMap<String, String>,
}

/// What is kept of a profile that was rewritten.
#[derive(Deserialize)]
struct Kept<'a> {
    /// Of what was put in their places; what somebody has changed since is not ours to undo.
    sha256: String,
    #[serde(borrow)]
    seccomp: &'a RawValue,
    /// Where they were there before a program was added to them.
    #[serde(borrow, default, deserialize_with = "present")]
    annotations: Option<&'a RawValue>,
}

impl ConfigJson {
    /// Reads a text. What was rewritten here before, and not changed since, is read as it was before that.
    pub fn parse(text: String) -> Result<Self, Error> {
        let config = Self::read(text)?;
        match config.restored()? {
            Some(text) => Self::read(text),
            None => Ok(config),
        }
    }

    fn read(text: String) -> Result<Self, Error> {
        let members = members(&text)?;
        let annotated = find_any(&members, ANNOTATIONS)?;
        let annotations = annotated.map(|raw| from_str::<Option<_>>(raw.get())).transpose()?;
        let linux = find(&members, "linux")?;
        let (seccomp, place) = match linux {
            Some(linux) => profile(&text, linux)?,
            None => (None, None),
        };
        Ok(Self {
            seccomp,
            place,
            end_of_members: members.last().map_or(0, |(_, raw)| range(&text, raw).end),
            annotated: annotated.map(|raw| range(&text, raw)),
            annotations: annotations.flatten().unwrap_or_default(),
            text,
        })
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// `linux.seccomp`, if there is one.
    pub fn seccomp(&self) -> Option<&str> {
        self.text.get(self.seccomp.clone()?)
    }

    /// `annotations`.
    pub const fn annotations(&self) -> &BTreeMap<String, String> {
        &self.annotations
    }

    /// The bounding set of the container's process, if it says one.
    pub fn bounding_set(&self) -> Result<Option<Vec<String>>, Error> {
        let Some(process) = find(&members(&self.text)?, "process")? else {
            return Ok(None);
        };
        let Some(capabilities) = find(&members(process.get())?, "capabilities")? else {
            return Ok(None);
        };
        let bounding = find(&members(capabilities.get())?, "bounding")?;
        bounding.map(|raw| from_str(raw.get())).transpose()
    }

    /// The text with another profile in the place of its own, which is kept, and a program for crun; none where there is no
    /// place for a profile.
    pub fn with_seccomp(&self, new: &str, program: Option<&str>) -> Option<String> {
        let (place, lead) = self.place.clone()?;
        let annotations = program.map(|program| self.annotations_with(&format!("{CRUN_PROGRAM:?}:{program:?}")));
        let mut kept = format!(
            ",{KEPT:?}:{{\"sha256\":\"{}\",\"seccomp\":{}",
            digest(new, annotations.as_deref()),
            self.seccomp().unwrap_or("null"),
        );
        let mut edits = vec![(place, [lead, new].concat())];
        match (annotations, self.annotated.clone()) {
            (Some(annotations), Some(range)) => {
                kept += &format!(",{ANNOTATIONS:?}:{}}}", self.text.get(range.clone())?);
                edits.push((range, annotations));
            }
            (Some(annotations), None) => kept += &format!("}},{ANNOTATIONS:?}:{annotations}"),
            (None, _) => kept += "}",
        }
        edits.push((empty(self.end_of_members), kept));
        edited(&self.text, edits)
    }

    /// The object with one more member.
    fn annotations_with(&self, member: &str) -> String {
        let text = self.annotated.clone().and_then(|range| self.text.get(range));
        let open = text.and_then(|text| text.strip_suffix('}')).unwrap_or("{");
        let comma = if self.annotations.is_empty() { "" } else { "," };
        format!("{open}{comma}{member}}}")
    }

    /// The text as it was before its profile was rewritten.
    fn restored(&self) -> Result<Option<String>, Error> {
        let members = members(&self.text)?;
        let Some(kept) = find(&members, KEPT)? else {
            return Ok(None);
        };
        let at = range(&self.text, kept);
        let kept: Kept = from_str(kept.get())?;
        let ends = members.iter().map(|(_, raw)| range(&self.text, raw).end);
        let (Some(seccomp), Some(before)) = (self.seccomp.clone(), ends.filter(|end| *end <= at.start).max()) else {
            return Ok(None);
        };
        let changed = |annotated: &Range<usize>| kept.annotations.is_some() || annotated.start > at.end;
        let annotated = self.annotated.clone().filter(changed);
        if self.digest(&seccomp, annotated.as_ref()) != kept.sha256 || seccomp.end > before {
            return Ok(None);
        }
        let mut edits = vec![(seccomp, kept.seccomp.get().to_owned())];
        let end = match (annotated, kept.annotations) {
            (Some(annotated), Some(original)) => {
                edits.push((annotated, original.get().to_owned()));
                at.end
            }
            (Some(added), None) => added.end,
            (None, _) => at.end,
        };
        edits.push((before..end, String::new()));
        Ok(edited(&self.text, edits))
    }

    /// Of what stands in the places of the profile and the annotations.
    fn digest(&self, seccomp: &Range<usize>, annotated: Option<&Range<usize>>) -> String {
        let part = |range: &Range<usize>| self.text.get(range.clone());
        digest(part(seccomp).unwrap_or_default(), annotated.and_then(part))
    }
}

/// What a new profile takes the place of, and what stands in front of it there.
type Place = (Range<usize>, &'static str);

/// Where `linux` has its profile, and where it would have one.
fn profile(text: &str, linux: &RawValue) -> Result<(Option<Range<usize>>, Option<Place>), Error> {
    let members = members(linux.get())?;
    let place = match (find_any(&members, "seccomp")?, members.last()) {
        (Some(raw), _) => (range(text, raw), ""),
        (None, Some((_, last))) => (empty(range(text, last).end), ",\"seccomp\":"),
        (None, None) => (empty(range(text, linux).start + 1), "\"seccomp\":"),
    };
    let seccomp = find(&members, "seccomp")?.map(|raw| range(text, raw));
    Ok((seccomp, Some(place)))
}

const fn empty(at: usize) -> Range<usize> {
    at..at
}

fn digest(seccomp: &str, annotations: Option<&str>) -> String {
    let hash = Sha256::new_with_prefix(seccomp).chain_update(annotations.unwrap_or_default());
    format!("{:x}", hash.finalize())
}

/// Ranges that do not overlap, replaced; of two at one place the first comes first.
fn edited(text: &str, mut edits: Vec<(Range<usize>, String)>) -> Option<String> {
    edits.sort_by_key(|(range, _)| range.start);
    let mut result = String::new();
    let mut end = 0;
    for (range, new) in edits {
        result += text.get(end..range.start)?;
        result += &new;
        end = range.end;
    }
    result += text.get(end..)?;
    Some(result)
}

/// A member that is there, if only as null.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    Deserialize::deserialize(deserializer).map(Some)
}

/// Where a piece of the text stands.
fn range(text: &str, part: &RawValue) -> Range<usize> {
    let start = part.get().as_ptr().addr().saturating_sub(text.as_ptr().addr());
    start..start + part.get().len()
}

/// Members in their order, doubles included.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Object)
    }
}

fn members(text: &str) -> Result<Vec<(String, &RawValue)>, Error> {
    from_str::<Members>(text).map(|members| members.0)
}

fn from_str<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, Error> {
    serde_json::from_str(text).map_err(|source| Error::BundleSyntax { source })
}

/// The member, unless it is null.
fn find<'a>(members: &[(String, &'a RawValue)], name: &'static str) -> Result<Option<&'a RawValue>, Error> {
    Ok(find_any(members, name)?.filter(|raw| raw.get() != "null"))
}

/// The member. Go takes the last of several and any letter case, crun does not.
fn find_any<'a>(members: &[(String, &'a RawValue)], name: &'static str) -> Result<Option<&'a RawValue>, Error> {
    let mut named = members.iter().filter(|(found, _)| found.eq_ignore_ascii_case(name));
    match (named.next(), named.next()) {
        (None, _) => Ok(None),
        (Some((found, raw)), None) if found == name => Ok(Some(*raw)),
        _ => Err(Error::Ambiguous { name }),
    }
}
