//! The rules of a profile in which every denial notifies.
//!
//! Explicit denials become notifications. So does the default action, by one rule for each known call that has none, and
//! behind rules with conditions by a catch-all, `argument 0 >= 0`, which libseccomp sorts last: allowed values stay allowed
//! in the kernel and never reach the supervisor.

use std::collections::{BTreeMap, BTreeSet};

use notifyd_bpf::Action;

use crate::flatten::{FlatRule, flatten, kernel_action};
use crate::known::known_calls;
use crate::model::{ActionName, Condition, Operator, Profile, Rule};
use crate::{Abi, Runtime};

/// `SECCOMP_FILTER_FLAG_NEW_LISTENER` of `linux/seccomp.h`, in argument 1 of `seccomp(2)`.
pub(crate) const NEW_LISTENER: u64 = 1 << 3;
/// `EBUSY` of `asm-generic/errno-base.h`: what the kernel says to a second listener while the first one lives.
pub(crate) const EBUSY: u16 = 16;
/// The call that the guard is about.
pub(crate) const GUARDED: &str = "seccomp";

/// Calls on i386 that carry others: libseccomp makes rules for their first argument out of rules for `socket` or `shmget`,
/// which an unconditional rule would wipe out.
const CARRIERS: [&str; 2] = ["socketcall", "ipc"];

/// Calls without which nothing runs. Notified whole, they would fail even where they are allowed once the supervisor is
/// gone; their conditional denials stay in the kernel instead.
const VITAL: [&str; 26] = [
    "brk",
    "clone",
    "clone3",
    "close",
    "execve",
    "execveat",
    "exit",
    "exit_group",
    "fork",
    "futex",
    "futex_time64",
    "mmap",
    "mmap2",
    "mprotect",
    "munmap",
    "read",
    "restart_syscall",
    "rt_sigaction",
    "rt_sigprocmask",
    "rt_sigreturn",
    "set_robust_list",
    "set_tid_address",
    "sigreturn",
    "vfork",
    "wait4",
    "write",
];

/// What is special about single calls; grows while a profile is tried.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Exceptions {
    /// Notified whatever their arguments are; the supervisor's verdict separates the values.
    pub whole: BTreeSet<String>,
    /// Left to the rules that they had.
    pub left: BTreeSet<String>,
    /// What is allowed notifies as well, so that it can be recorded.
    pub everything: bool,
}

impl Exceptions {
    /// Gives up on separating the call's values in the kernel, then on the call. `false` where neither helps.
    ///
    /// The guarded call is never left: a container whose supervisor is gone could then make a listener of its own.
    pub fn give_up(&mut self, name: &str) -> bool {
        if name == GUARDED {
            return self.whole.insert(name.to_owned());
        }
        if !VITAL.contains(&name) && !self.left.contains(name) && self.whole.insert(name.to_owned()) {
            return true;
        }
        self.whole.remove(name);
        self.left.insert(name.to_owned())
    }
}

/// A profile, looked at call by call.
pub(crate) struct Rewriter<'a> {
    profile: &'a Profile,
    runtime: Runtime,
    flat: Vec<FlatRule<'a>>,
    calls: BTreeMap<&'a str, Call<'a>>,
    known: BTreeSet<String>,
}

/// The rules of one call that have an effect.
enum Call<'a> {
    /// One for all arguments, the first of them; libseccomp forgets all others.
    Unconditional(&'a Rule),
    /// All have conditions.
    Conditional(Vec<FlatRule<'a>>),
}

/// What becomes of one call.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Treatment {
    Keep,
    Notify,
    Guard,
    Separate { catch_all: bool },
}

impl<'a> Rewriter<'a> {
    pub fn new(profile: &'a Profile, native: Abi, runtime: Runtime) -> Self {
        let flat = flatten(profile);
        let calls = group(&flat);
        Self {
            profile,
            runtime,
            flat,
            calls,
            known: known_calls(profile, native),
        }
    }

    /// What makes every call notify that the runtime lets be notified. The rest notifies where it is denied, as ever.
    pub fn everything(&self) -> Exceptions {
        let recordable = |name: &&String| !self.runtime.unrecordable().contains(&name.as_str());
        Exceptions {
            whole: self.known.iter().filter(recordable).cloned().collect(),
            left: BTreeSet::new(),
            everything: true,
        }
    }

    /// The rules, in an order in which libseccomp takes them.
    pub fn rules(&self, exceptions: &Exceptions) -> Vec<Rule> {
        let mut rules = Rules::default();
        self.add_unconditional(&mut rules, exceptions);
        self.add_defaults(&mut rules, exceptions);
        self.add_conditional(&mut rules, exceptions);
        self.add_catch_alls(&mut rules, exceptions);
        rules.0
    }

    fn add_unconditional(&self, rules: &mut Rules, exceptions: &Exceptions) {
        let mut seen = BTreeSet::new();
        for name in self.flat.iter().map(|rule| rule.name).filter(|name| seen.insert(*name)) {
            match (self.treatment(name, exceptions), self.calls.get(name)) {
                (Treatment::Notify, _) => rules.notify(name),
                (Treatment::Guard, Some(Call::Unconditional(first))) => rules.guard(first),
                (Treatment::Keep, Some(Call::Unconditional(first))) => rules.keep(name, first),
                _ => {}
            }
        }
    }

    fn add_defaults(&self, rules: &mut Rules, exceptions: &Exceptions) {
        let is_named = |name: &str| self.calls.contains_key(name);
        if !self.denies_by_default() && !exceptions.everything {
            self.keep_idle(rules);
            // TRAP and what else stops a call keeps it from making a listener; LOG and TRACE may let it run.
            if !is_named(GUARDED) && self.profile.default_action != ActionName::Trap {
                rules.refuse_listeners();
            }
            return;
        }
        let excepted = |name: &str| {
            let is_allowed = !self.denies_by_default() && !exceptions.whole.contains(name);
            is_allowed || self.runtime.unanswerable().contains(&name) || exceptions.left.contains(name)
        };
        let names = self.known.iter().map(String::as_str);
        for name in names.filter(|name| !is_named(name) && !excepted(name)) {
            if CARRIERS.contains(&name) && !exceptions.whole.contains(name) {
                continue;
            }
            rules.notify(name);
        }
    }

    /// Rules that say what the default says: without effect, but runc counts their names.
    fn keep_idle(&self, rules: &mut Rules) {
        let default = kernel_action(self.profile.default_action, self.profile.default_errno);
        let idle = self.profile.rules.iter();
        let idle = idle.filter(|rule| kernel_action(rule.action, rule.errno) == default);
        for (rule, name) in idle.flat_map(|rule| rule.names.iter().map(move |name| (rule, name))) {
            rules.keep(name, rule);
        }
    }

    fn add_conditional(&self, rules: &mut Rules, exceptions: &Exceptions) {
        for flat in &self.flat {
            let Some(Call::Conditional(_)) = self.calls.get(flat.name) else {
                continue;
            };
            match self.treatment(flat.name, exceptions) {
                Treatment::Separate { .. } if flat.action().is_denial() => {
                    rules.notify_where(flat.name, flat.conditions.clone());
                }
                Treatment::Separate { .. } | Treatment::Keep => rules.keep_where(flat),
                Treatment::Notify | Treatment::Guard => {}
            }
        }
    }

    fn add_catch_alls(&self, rules: &mut Rules, exceptions: &Exceptions) {
        let catch_all = |name: &&str| self.treatment(name, exceptions) == Treatment::Separate { catch_all: true };
        let separated = self.calls.keys().copied().filter(catch_all);
        let carriers = CARRIERS.into_iter().filter(|name| {
            self.denies_by_default()
                && self.known.contains(*name)
                && !self.calls.contains_key(name)
                && !exceptions.whole.contains(*name)
                && !exceptions.left.contains(*name)
        });
        for name in separated.chain(carriers) {
            rules.notify_where(name, vec![ANY_VALUE]);
        }
    }

    fn treatment(&self, name: &str, exceptions: &Exceptions) -> Treatment {
        if exceptions.left.contains(name) || self.runtime.unanswerable().contains(&name) {
            return Treatment::Keep;
        }
        if exceptions.whole.contains(name) {
            return Treatment::Notify;
        }
        match self.calls.get(name) {
            Some(Call::Unconditional(rule)) => unconditional_treatment(name, rule),
            Some(Call::Conditional(rules)) => self.conditional_treatment(name, rules),
            None => Treatment::Notify,
        }
    }

    fn conditional_treatment(&self, name: &str, rules: &[FlatRule<'_>]) -> Treatment {
        let denies = |rule: &FlatRule<'_>| rule.action().is_denial();
        if self.denies_by_default() && rules.iter().all(denies) {
            return Treatment::Notify;
        }
        let plain = rules.iter().all(FlatRule::is_plain);
        // A call whose conditions the guard would have to be woven into is asked about whole, which guards it as well.
        if name == GUARDED || (self.denies_by_default() && !plain && !VITAL.contains(&name)) {
            return Treatment::Notify;
        }
        if self.denies_by_default() && !plain {
            return Treatment::Keep;
        }
        Treatment::Separate {
            catch_all: self.denies_by_default(),
        }
    }

    fn denies_by_default(&self) -> bool {
        kernel_action(self.profile.default_action, self.profile.default_errno).is_denial()
    }
}

fn unconditional_treatment(name: &str, rule: &Rule) -> Treatment {
    match kernel_action(rule.action, rule.errno) {
        Action::Errno(_) | Action::KillProcess | Action::KillThread => Treatment::Notify,
        Action::Trap(_) => Treatment::Keep,
        _ if name == GUARDED => Treatment::Guard,
        _ => Treatment::Keep,
    }
}

fn group<'a>(flat: &[FlatRule<'a>]) -> BTreeMap<&'a str, Call<'a>> {
    let mut calls = BTreeMap::new();
    for rule in flat {
        let call = calls.entry(rule.name).or_insert_with(|| Call::Conditional(Vec::new()));
        match call {
            Call::Unconditional(_) => {}
            Call::Conditional(_) if rule.conditions.is_empty() => *call = Call::Unconditional(rule.rule),
            Call::Conditional(rules) => rules.push(rule.clone()),
        }
    }
    calls
}

/// True of every argument.
const ANY_VALUE: Condition = Condition {
    index: 0,
    value: 0,
    value_two: 0,
    operator: Operator::GreaterOrEqual,
};

/// Whether a new listener is asked for.
const fn asks_for_listener(value: u64) -> Condition {
    Condition {
        index: 1,
        value: NEW_LISTENER,
        value_two: value,
        operator: Operator::MaskedEqual,
    }
}

/// Rules, those that follow each other and differ in their names only put together.
#[derive(Default)]
struct Rules(Vec<Rule>);

impl Rules {
    fn notify(&mut self, name: &str) {
        self.notify_where(name, Vec::new());
    }

    fn notify_where(&mut self, name: &str, conditions: Vec<Condition>) {
        self.push(name, ActionName::Notify, None, conditions);
    }

    fn keep(&mut self, name: &str, rule: &Rule) {
        self.push(name, rule.action, rule.errno, Vec::new());
    }

    fn keep_where(&mut self, flat: &FlatRule<'_>) {
        self.push(flat.name, flat.rule.action, flat.rule.errno, flat.conditions.clone());
    }

    fn guard(&mut self, rule: &Rule) {
        self.push(GUARDED, rule.action, rule.errno, vec![asks_for_listener(0)]);
        self.refuse_listeners();
    }

    fn refuse_listeners(&mut self) {
        self.push(
            GUARDED,
            ActionName::Errno,
            Some(EBUSY),
            vec![asks_for_listener(NEW_LISTENER)],
        );
    }

    fn push(&mut self, name: &str, action: ActionName, errno: Option<u16>, conditions: Vec<Condition>) {
        let written_at = self.0.len();
        match self.0.last_mut() {
            Some(last) if last.action == action && last.errno == errno && last.conditions == conditions => {
                last.names.push(name.to_owned());
            }
            _ => self.0.push(Rule {
                written_at,
                comment: None,
                names: vec![name.to_owned()],
                action,
                errno,
                conditions,
            }),
        }
    }
}
