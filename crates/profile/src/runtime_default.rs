//! A profile for containers in general, like the default profiles of engines, made from what is known of each call.
//!
//! Allowed is every call that is known and of which nothing in [`RESTRICTIONS`] says otherwise. A call that is newer than
//! [`LAST_NUMBER`] has not been looked at and is denied, whatever the tables of this build know.

mod restrictions;

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde_json::{Value, json};

use self::restrictions::{Permission, RESTRICTIONS};
use crate::deny_list::multiplexed;
use crate::{Abi, Document, Error, number, syscalls};

/// `file_setattr` of Linux 6.17. Up to it, restrictions tell all that is to be told.
const LAST_NUMBER: u32 = 469;
/// Above every number of a table, below arm's private calls.
const NUMBERS: u32 = 1024;

/// As for Docker and containerd, with conditions on capabilities and kernel, so that it is right for any container.
pub fn runtime_default() -> Result<Document, Error> {
    Document::parse(&runtime_default_text())
}

/// Its text, the same each time.
pub fn runtime_default_text() -> String {
    format!("{:#}\n", profile())
}

fn profile() -> Value {
    let mut rules = vec![json!({
        "comment": "what needs no capability, or is told by the kernel itself to need one",
        "names": unrestricted(),
        "action": "SCMP_ACT_ALLOW",
    })];
    rules.extend(RESTRICTIONS.iter().flat_map(|restriction| {
        let rules = restriction.permissions.iter();
        rules.map(|permission| rule(restriction.calls, permission, restriction.why))
    }));
    json!({
        "defaultAction": "SCMP_ACT_ERRNO",
        "defaultErrnoRet": 1,
        "archMap": [
            {"architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86", "SCMP_ARCH_X32"]},
            {"architecture": "SCMP_ARCH_AARCH64", "subArchitectures": ["SCMP_ARCH_ARM"]},
        ],
        "syscalls": rules,
    })
}

/// On all ABIs that an entry of `archMap` has.
fn unrestricted() -> BTreeSet<String> {
    let names = Abi::ALL.into_iter().flat_map(reviewed);
    let carried = multiplexed().map(Cow::Borrowed);
    let all = names.chain(carried).map(Cow::into_owned);
    all.filter(|name| !is_restricted(name)).collect()
}

fn reviewed(abi: Abi) -> impl Iterator<Item = Cow<'static, str>> {
    let is_reviewed = move |name: &Cow<'_, str>| {
        let number = number(abi, name).map(|number| number & !abi.number_bit());
        // x32 has calls of its own from 512 on, arm from 983040 on.
        number.is_some_and(|number| number <= LAST_NUMBER || abi == Abi::X32 || number >= NUMBERS)
    };
    syscalls::names(abi).filter(is_reviewed)
}

fn is_restricted(name: &str) -> bool {
    RESTRICTIONS.iter().any(|restriction| restriction.calls.contains(&name))
}

fn rule(calls: &[&str], permission: &Permission, why: &str) -> Value {
    let mut rule = json!({"comment": why, "names": calls, "action": "SCMP_ACT_ALLOW"});
    let mut set = |field: &str, value: Value| {
        if let Some(object) = rule.as_object_mut() {
            object.insert(field.to_owned(), value);
        }
    };
    match permission {
        Permission::With(capability) => set("includes", json!({"caps": [capability]})),
        Permission::Since(kernel) => set("includes", json!({"minKernel": kernel})),
        Permission::Where { operator, value } => set("args", json!([{"index": 0, "value": value, "op": operator}])),
        Permission::WithoutFlags { flags, unless } => {
            set(
                "args",
                json!([{"index": 0, "value": flags, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}]),
            );
            set("excludes", json!({"caps": [unless]}));
        }
        Permission::MissingWithout(capability) => {
            set("action", "SCMP_ACT_ERRNO".into());
            set("errnoRet", ENOSYS.into());
            set("excludes", json!({"caps": [capability]}));
        }
    }
    rule
}

/// `asm-generic/errno.h`.
const ENOSYS: u16 = 38;
