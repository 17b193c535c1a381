//! Which calls of a container are looked at more closely while they wait: the first of each kind, and not too many.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use notifyd_bpf::SeccompData;

/// Of one kind.
const OF_A_KIND: u8 = 4;
/// Of one container.
const MOST: u16 = 256;
/// At the same time.
const AT_ONCE: u8 = 4;
/// Failures in a row after which a container is let alone: its memory may be such that nobody can read it.
const MOST_FAILURES: u8 = 3;

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
}

/// One container's, whichever of its listeners they came from.
#[derive(Debug, Default)]
pub(crate) struct Firsts {
    seen: HashMap<Kind, u8>,
    looks: u16,
    under_way: u8,
    failures: u8,
}

/// Whether a call is one of the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    Now,
    /// Others are being looked at; a later call of the kind may be.
    Later,
    /// No call of the kind any more.
    Never,
    /// No call of the container any more.
    Over,
}

/// A listener's view of its container's.
#[derive(Debug, Default)]
pub(crate) struct Looks {
    firsts: Arc<Mutex<Firsts>>,
    /// The kind that was asked for last, if it is done: a flood repeats one call.
    done: Option<Kind>,
    over: bool,
}

/// One look, from the call's deferral to its answer.
#[derive(Debug)]
pub(crate) struct Look(Arc<Mutex<Firsts>>);

impl Firsts {
    fn turn(&mut self, kind: Kind) -> Turn {
        if self.looks >= MOST || self.failures >= MOST_FAILURES {
            return Turn::Over;
        }
        let count = self.seen.get(&kind).copied().unwrap_or_default();
        if count >= OF_A_KIND {
            return Turn::Never;
        }
        if self.under_way >= AT_ONCE {
            return Turn::Later;
        }
        Turn::Now
    }

    /// Counted when it begins: a call that is cancelled again and again must not wait each time.
    fn begin(&mut self, kind: Kind) {
        *self.seen.entry(kind).or_default() += 1;
        self.looks += 1;
        self.under_way += 1;
    }
}

impl Looks {
    /// Those of a container.
    pub(crate) fn at(firsts: &Arc<Mutex<Firsts>>) -> Self {
        Self {
            firsts: Arc::clone(firsts),
            done: None,
            over: false,
        }
    }

    /// Whether a call of the kind is to be looked at now.
    pub(crate) fn wants(&mut self, kind: Kind) -> bool {
        if self.over || self.done == Some(kind) {
            return false;
        }
        let turn = lock(&self.firsts).turn(kind);
        match turn {
            Turn::Now => return true,
            Turn::Later => {}
            Turn::Never => self.done = Some(kind),
            Turn::Over => self.over = true,
        }
        false
    }

    /// To be asked for only where it is wanted.
    pub(crate) fn begin(&self, kind: Kind) -> Look {
        lock(&self.firsts).begin(kind);
        Look(Arc::clone(&self.firsts))
    }
}

impl Look {
    /// Whether it failed so that the container may be to blame.
    pub(crate) fn end(self, failed: bool) {
        let mut firsts = lock(&self.0);
        firsts.failures = if failed { firsts.failures + 1 } else { 0 };
    }
}

impl Drop for Look {
    fn drop(&mut self) {
        lock(&self.0).under_way -= 1;
    }
}

fn lock(firsts: &Mutex<Firsts>) -> MutexGuard<'_, Firsts> {
    // Counters, consistent between any two statements.
    firsts.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(number: i32) -> Kind {
        Kind {
            arch: 0xc000_003e,
            number,
            verdict: 0,
        }
    }

    /// Looks at a call, and tells whether that was wanted.
    fn look(looks: &mut Looks, number: i32, failed: bool) -> bool {
        let wanted = looks.wants(kind(number));
        if wanted {
            looks.begin(kind(number)).end(failed);
        }
        wanted
    }

    #[test]
    fn the_first_of_each_kind_are_looked_at() {
        let mut looks = Looks::default();
        let wanted: Vec<bool> = (0..6).map(|_| look(&mut looks, 161, false)).collect();
        assert_eq!(wanted, [true, true, true, true, false, false]);
        assert!(look(&mut looks, 165, false), "another number");
        assert!(
            looks.wants(Kind {
                verdict: 1,
                ..kind(161)
            }),
            "another verdict"
        );
        assert!(looks.wants(Kind { arch: 1, ..kind(161) }), "another architecture");
    }

    #[test]
    fn listeners_of_one_container_share_them() {
        let firsts = Arc::default();
        let (mut one, mut other) = (Looks::at(&firsts), Looks::at(&firsts));
        let wanted = (0..6).filter(|_| look(&mut one, 161, false) || look(&mut other, 161, false));
        assert_eq!(wanted.count(), 4);
    }

    #[test]
    fn a_container_has_so_many_and_no_more() {
        let mut looks = Looks::default();
        let wanted = (0..10_000).filter(|number| look(&mut looks, *number, false)).count();
        assert_eq!(wanted, usize::from(MOST));
        assert!(lock(&looks.firsts).seen.len() <= wanted);
    }

    #[test]
    fn few_are_looked_at_at_once_and_the_others_have_their_turn_later() {
        let mut looks = Looks::default();
        let open: Vec<Look> = (0..4).map(|number| looks.begin(kind(number))).collect();
        assert!(!looks.wants(kind(9)));
        drop(open);
        assert!(looks.wants(kind(9)));
    }

    #[test]
    fn failures_in_a_row_end_it_for_the_container() {
        let mut looks = Looks::default();
        for failed in [true, true, false, true, true] {
            assert!(look(&mut looks, 161 + i32::from(failed), failed) || !failed);
        }
        assert!(look(&mut looks, 1, true), "two in a row are borne");
        assert!(!looks.wants(kind(2)), "three are not");
    }
}
