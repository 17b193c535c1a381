//! Which calls of a container are looked at more closely while they wait: the first of each kind and of each call site, and not
//! too many.
//!
//! Where a call was made is known only after a look: the instruction pointer is the C library's for all callers of a function
//! of it, and differs from process to process. So after the first calls of a kind two things make another one be looked at, both
//! of which the notification tells: registers that no call was seen with, as long as that keeps finding new sites; and its turn, which
//! comes after twice as many calls each time that nothing new was found.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use notifyd_bpf::SeccompData;

/// Of one kind, whatever they look like.
const FIRST: u16 = 4;
/// Of one kind, its sites together.
const MOST_OF_A_KIND: u16 = 64;
/// Of one container.
const MOST: u16 = 256;
/// Of these, beyond the first of each kind: calls of many sites leave some for other kinds.
const MOST_LATER: u16 = 128;
/// At the same time.
const AT_ONCE: u8 = 4;
/// Failures in a row after which a container is let alone: its memory may be such that nobody can read it.
const MOST_FAILURES: u8 = 3;
/// Sites of one kind that are told apart.
const MOST_SITES: usize = 16;
/// New registers that are looked at until a new site is found.
const MOST_CHANCES: u8 = 8;

/// What makes two calls of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Kind {
    arch: u32,
    number: i32,
    verdict: u32,
}

impl Kind {
    pub(crate) const fn of(data: &SeccompData, verdict: u32) -> Self {
        Self {
            arch: data.arch,
            number: data.nr,
            verdict,
        }
    }

    /// A small number that calls of a program differ in.
    pub(crate) const fn number(self) -> i32 {
        self.number
    }
}

/// The registers of a call, as far as a notification has them: what calls of one site have in common more often than not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Form(u64);

impl Form {
    pub(crate) fn of(data: &SeccompData) -> Self {
        let mix = |hash: u64, word: &u64| (hash.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
        Self(data.args.iter().fold(data.instruction_pointer, mix))
    }
}

/// One container's, whichever of its listeners they came from.
#[derive(Debug, Default)]
pub(crate) struct Firsts {
    kinds: HashMap<Kind, Course>,
    looks: u16,
    later: u16,
    under_way: u8,
    failures: u8,
}

/// The looks at calls of one kind.
#[derive(Debug)]
struct Course {
    calls: u64,
    /// The call whose turn is next, and how many calls after the one before it.
    due: u64,
    gap: u64,
    looks: u16,
    chances: u8,
    /// Of calls that were looked at.
    forms: Vec<Form>,
    sites: Vec<u64>,
}

/// Whether a call is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    Now,
    /// Others are being looked at; a later call of the kind may be.
    Later,
    /// Nor are so many calls of the kind that follow: of its form, or of any.
    Not {
        following: u64,
        any_form: bool,
    },
    /// No call of the container any more.
    Over,
}

impl Turn {
    const NEVER: Self = Self::Not {
        following: u64::MAX,
        any_form: true,
    };
}

/// One look, from the call's deferral to its answer.
#[derive(Debug)]
pub(crate) struct Look {
    firsts: Arc<Mutex<Firsts>>,
    kind: Kind,
}

impl Firsts {
    /// One call of the kind, after `passed` others that nobody asked about. `sites`: whether they are told apart.
    pub(crate) fn turn(&mut self, kind: Kind, form: Form, passed: u64, sites: bool) -> Turn {
        if self.looks >= MOST || self.failures >= MOST_FAILURES {
            return Turn::Over;
        }
        let turn = match self.kinds.get_mut(&kind) {
            None => Turn::Now,
            Some(course) => course.turn(form, passed, sites && self.later < MOST_LATER),
        };
        if turn == Turn::Now && self.under_way >= AT_ONCE {
            return Turn::Later;
        }
        turn
    }

    /// Counted when it begins: a call that is cancelled again and again must not wait each time.
    pub(crate) fn begin(firsts: &Arc<Mutex<Self>>, kind: Kind, form: Form) -> Look {
        let mut own = lock(firsts);
        let later = own.kinds.entry(kind).or_default().begin(form);
        own.later += u16::from(later);
        own.looks += 1;
        own.under_way += 1;
        Look {
            firsts: Arc::clone(firsts),
            kind,
        }
    }
}

impl Default for Course {
    fn default() -> Self {
        Self {
            calls: 1,
            due: 0,
            gap: u64::from(FIRST),
            looks: 0,
            chances: MOST_CHANCES,
            forms: Vec::new(),
            sites: Vec::new(),
        }
    }
}

impl Course {
    fn turn(&mut self, form: Form, passed: u64, later: bool) -> Turn {
        self.calls = self.calls.saturating_add(passed).saturating_add(1);
        if self.looks < FIRST {
            return Turn::Now;
        }
        if !later || self.looks >= MOST_OF_A_KIND {
            return Turn::NEVER;
        }
        if self.calls >= self.due || (self.chances > 0 && !self.forms.contains(&form)) {
            return Turn::Now;
        }
        Turn::Not {
            following: self.due - self.calls - 1,
            any_form: self.chances == 0,
        }
    }

    /// Whether it is a later one.
    fn begin(&mut self, form: Form) -> bool {
        let later = self.looks >= FIRST;
        self.looks += 1;
        if !self.forms.contains(&form) {
            self.forms.push(form);
        }
        if later && self.calls < self.due {
            self.chances = self.chances.saturating_sub(1);
        } else if self.looks >= FIRST {
            self.due = self.calls.saturating_add(self.gap);
            self.gap = self.gap.saturating_mul(2);
        }
        later
    }

    fn found(&mut self, site: u64) {
        if self.sites.contains(&site) || self.sites.len() >= MOST_SITES {
            return;
        }
        self.sites.push(site);
        self.chances = MOST_CHANCES;
        if self.looks >= FIRST {
            self.due = self.calls.saturating_add(1);
            self.gap = 1;
        }
    }
}

impl Look {
    /// Where the call was made, if that was found out.
    pub(crate) fn found(self, site: Option<u64>) {
        let mut firsts = lock(&self.firsts);
        firsts.failures = 0;
        if let (Some(site), Some(course)) = (site, firsts.kinds.get_mut(&self.kind)) {
            course.found(site);
        }
    }

    /// The container may be to blame.
    pub(crate) fn failed(self) {
        let mut firsts = lock(&self.firsts);
        firsts.failures = firsts.failures.saturating_add(1);
    }
}

impl Drop for Look {
    fn drop(&mut self) {
        lock(&self.firsts).under_way -= 1;
    }
}

pub(crate) fn lock(firsts: &Mutex<Firsts>) -> MutexGuard<'_, Firsts> {
    // Counters, consistent between any two statements.
    firsts.lock().unwrap_or_else(PoisonError::into_inner)
}
