//! What a runtime refuses to load, or loads as something else.

use super::subject::Text;
use super::{Code, Finding};
use crate::model::ActionName;
use crate::transform::WAIT_KILLABLE;
use crate::{Rule, Runtime};

/// What `flags` may hold: the OCI runtime specification 1.3, `config-linux.md`.
const FLAGS: [&str; 4] = [
    "SECCOMP_FILTER_FLAG_TSYNC",
    "SECCOMP_FILTER_FLAG_LOG",
    "SECCOMP_FILTER_FLAG_SPEC_ALLOW",
    WAIT_KILLABLE,
];

pub(super) fn check(text: &Text<'_>) -> Vec<Finding> {
    let mut findings = flags(text);
    findings.extend(misplaced_errnos(text));
    findings.extend(default_notifies(text));
    findings.extend(write_notifies(text));
    findings.extend(listener_path(text));
    findings
}

impl Text<'_> {
    fn is_for(&self, runtime: Runtime) -> bool {
        self.runtimes.contains(&runtime)
    }
}

fn flags(text: &Text<'_>) -> Vec<Finding> {
    let flags = &text.profile.flags;
    let unknown = flags.iter().filter(|flag| !FLAGS.contains(&flag.as_str()));
    let unknown = unknown.map(|flag| {
        let accepted = FLAGS.join(", ");
        let message = format!("{flag:?} is no flag that a runtime knows, and runtimes refuse it; accepted: {accepted}");
        text.at_field(Code::Flags, "flags").error(message)
    });
    let runc = (!flags.is_empty() && text.is_for(Runtime::Runc)).then(|| {
        let killable = flags.iter().any(|flag| flag == WAIT_KILLABLE);
        let since = if killable { "1.5" } else { "1.2" };
        text.at_field(Code::Flags, "flags").warning(format!(
            "runc before {since} refuses a profile with these flags; see `runc features`, or leave them out"
        ))
    });
    unknown.chain(runc).collect()
}

fn misplaced_errnos(text: &Text<'_>) -> Vec<Finding> {
    let profile = text.profile;
    let takes_none =
        |action, errno: Option<u16>| errno.is_some() && !matches!(action, ActionName::Errno | ActionName::Trace);
    let default = takes_none(profile.default_action, profile.default_errno).then(|| {
        (
            text.at_field(Code::MisplacedErrno, "defaultAction"),
            profile.default_action,
        )
    });
    let rules = profile.rules.iter().filter(|rule| takes_none(rule.action, rule.errno));
    let rules = rules.map(|rule| (text.at_rule(Code::MisplacedErrno, rule, None), rule.action));
    default
        .into_iter()
        .chain(rules)
        .map(|(at, action)| {
            let name = action.name();
            if text.is_for(Runtime::Crun) {
                return at.error(format!("{name} has no errno, and crun refuses one; remove it"));
            }
            at.warning(format!("{name} has no errno, and runc passes over it; remove it"))
        })
        .collect()
}

fn default_notifies(text: &Text<'_>) -> Option<Finding> {
    let notifies = text.profile.default_action == ActionName::Notify && text.is_for(Runtime::Runc);
    notifies.then(|| {
        text.at_field(Code::NotifyDefault, "defaultAction")
            .error("runc refuses SCMP_ACT_NOTIFY as default action; make the default SCMP_ACT_ERRNO and use `profile transform`")
    })
}

fn write_notifies(text: &Text<'_>) -> Option<Finding> {
    let is_one = |rule: &&Rule| rule.action == ActionName::Notify && rule.names.iter().any(|name| name == "write");
    let rule = text.profile.rules.iter().find(is_one)?;
    text.is_for(Runtime::Runc).then(|| {
        text.at_rule(Code::NotifyWrite, rule, Some("write"))
            .error("runc refuses SCMP_ACT_NOTIFY for write, with which its init tells of the listener; give write another action")
    })
}

fn listener_path(text: &Text<'_>) -> Vec<Finding> {
    let profile = text.profile;
    match profile.listener_path.as_deref().filter(|path| !path.is_empty()) {
        None if profile.notifies() => text.runtimes.iter().map(|&runtime| no_path(text, runtime)).collect(),
        Some(path) if !path.starts_with('/') => {
            let message = format!(
                "listenerPath {path:?} is not absolute; runtimes connect from another folder, and crun refuses it"
            );
            vec![text.at_field(Code::ListenerPath, "listenerPath").error(message)]
        }
        _ => Vec::new(),
    }
}

fn no_path(text: &Text<'_>, runtime: Runtime) -> Finding {
    let at = text.at_field(Code::ListenerPath, "defaultAction");
    match runtime {
        Runtime::Runc => at.error("runc refuses SCMP_ACT_NOTIFY without listenerPath; use `profile transform`"),
        Runtime::Crun => at.warning(
            "crun fails calls that notify with ENOSYS where there is neither listenerPath nor the annotation run.oci.seccomp.receiver; use `profile transform`",
        ),
    }
}
