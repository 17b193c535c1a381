//! What an engine makes of a text that is meant for another.

use super::subject::Text;
use super::{Code, Finding};
use crate::Place;

/// `LoadProfile` of `contrib/seccomp/seccomp.go` in containerd reads a file into the runtimes' own structure.
pub(super) fn check(text: &Text<'_>) -> Vec<Finding> {
    let fields = text.document.engine_fields();
    let Some(first) = fields.first() else {
        return Vec::new();
    };
    let mut names: Vec<_> = fields.iter().map(|field| field.name).collect();
    names.sort_unstable();
    names.dedup();
    let at = match &first.place {
        Place::Rule { index, .. } => text.at_index(Code::ContainerdIgnores, *index),
        _ => text.at_field(Code::ContainerdIgnores, first.name),
    };
    vec![at.note(format!(
        "containerd passes over {} where it is given this file (Localhost profiles of Kubernetes) and applies every rule; give it what `profile show --resolve` prints",
        names.join(", ")
    ))]
}
