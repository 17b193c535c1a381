//! A listener's view of which calls are looked at: most calls are told from those before them without asking.

use std::sync::{Arc, Mutex};

use notifyd_bpf::SeccompData;

use crate::firsts::{Firsts, Form, Kind, Look, Turn, lock};

/// Kinds of calls that a program may make in turns.
const REMEMBERED: usize = 4;

/// What tells a call from others.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call {
    pub(crate) kind: Kind,
    pub(crate) form: Form,
}

impl Call {
    pub(crate) fn of(data: &SeccompData, verdict: u32) -> Self {
        Self {
            kind: Kind::of(data, verdict),
            form: Form::of(data),
        }
    }
}

/// One listener's.
#[derive(Debug, Default)]
pub(crate) struct Looks {
    firsts: Arc<Mutex<Firsts>>,
    /// By number of the call. Empty of a listener without calls, which most are.
    passing: Vec<Option<Passing>>,
    over: bool,
}

/// Calls that are not looked at, without asking.
#[derive(Clone, Copy, Debug)]
struct Passing {
    kind: Kind,
    /// Of this form; None: of any.
    form: Option<Form>,
    passed: u64,
    most: u64,
}

impl Passing {
    fn includes(&self, call: Call) -> bool {
        self.passed < self.most && self.kind == call.kind && self.form.is_none_or(|form| form == call.form)
    }

    /// How many have passed.
    fn end(&mut self) -> u64 {
        self.most = 0;
        std::mem::take(&mut self.passed)
    }
}

impl Looks {
    /// Those of a container.
    pub(crate) fn at(firsts: &Arc<Mutex<Firsts>>) -> Self {
        Self {
            firsts: Arc::clone(firsts),
            ..Self::default()
        }
    }

    /// Whether a call is to be looked at now. `sites`: whether call sites are told apart.
    pub(crate) fn wants(&mut self, call: Call, sites: bool) -> bool {
        if self.over {
            return false;
        }
        let place = usize::try_from(call.kind.number()).unwrap_or(0) % REMEMBERED;
        if let Some(passing) = self.passing(place).filter(|passing| passing.includes(call)) {
            passing.passed += 1;
            return false;
        }
        let before = self.passing(place).filter(|passing| passing.kind == call.kind);
        let passed = before.map_or(0, Passing::end);
        let turn = lock(&self.firsts).turn(call.kind, call.form, passed, sites);
        match turn {
            Turn::Now => return true,
            Turn::Later => {}
            Turn::Not { following, any_form } => self.let_pass(
                place,
                Passing {
                    kind: call.kind,
                    form: (!any_form).then_some(call.form),
                    passed: 0,
                    most: following,
                },
            ),
            Turn::Over => self.over = true,
        }
        false
    }

    fn passing(&mut self, place: usize) -> Option<&mut Passing> {
        self.passing.get_mut(place)?.as_mut()
    }

    fn let_pass(&mut self, place: usize, passing: Passing) {
        self.passing.resize(REMEMBERED, None);
        if let Some(remembered) = self.passing.get_mut(place) {
            *remembered = Some(passing);
        }
    }

    /// To be asked for only where it is wanted.
    pub(crate) fn begin(&self, call: Call) -> Look {
        Firsts::begin(&self.firsts, call.kind, call.form)
    }

    /// A look has come to an end, and may have changed which calls are looked at.
    pub(crate) fn ask_again(&mut self) {
        for passing in self.passing.iter_mut().flatten() {
            passing.most = passing.passed;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHROOT: i32 = 161;

    fn call(number: i32, pointer: u64, argument: u64) -> Call {
        let data = SeccompData {
            nr: number,
            arch: 0xc000_003e,
            instruction_pointer: pointer,
            args: [argument, 0, 0, 0, 0, 0],
        };
        Call::of(&data, 0)
    }

    /// Makes a call at `site`, and tells whether it was looked at.
    fn make(looks: &mut Looks, call: Call, site: u64) -> bool {
        let wanted = looks.wants(call, true);
        if wanted {
            looks.begin(call).found(Some(site));
            looks.ask_again();
        }
        wanted
    }

    fn looked_at(looks: &mut Looks, count: u64, call: impl Fn(u64) -> Call, site: impl Fn(u64) -> u64) -> Vec<u64> {
        (1..=count)
            .filter(|time| make(looks, call(*time), site(*time)))
            .collect()
    }

    #[test]
    fn a_loop_is_looked_at_at_first_and_then_ever_more_rarely() {
        let mut looks = Looks::default();
        let times = looked_at(&mut looks, 100_000, |_| call(CHROOT, 1, 2), |_| 7);
        let expected: Vec<u64> = [1, 2, 3].into_iter().chain((2..17).map(|power| 1 << power)).collect();
        assert_eq!(times, expected);
    }

    #[test]
    fn each_function_that_makes_the_call_many_times_is_found() {
        let mut looks = Looks::default();
        let site = |time| time / 1000;
        let times = looked_at(&mut looks, 2999, |_| call(CHROOT, 1, 2), site);
        let found: Vec<u64> = times.iter().map(|time| site(*time)).collect();
        for expected in 0..3 {
            assert!(found.contains(&expected), "{times:?}");
        }
        assert!(times.len() <= 40, "{times:?}");
    }

    #[test]
    fn a_call_with_other_registers_is_looked_at_at_once() {
        let mut looks = Looks::default();
        looked_at(&mut looks, 1000, |_| call(CHROOT, 1, 2), |_| 7);
        assert!(!make(&mut looks, call(CHROOT, 1, 2), 7));
        assert!(make(&mut looks, call(CHROOT, 1, 3), 8), "another argument");
        assert!(make(&mut looks, call(CHROOT, 9, 2), 9), "another place");
        assert!(
            make(&mut looks, call(CHROOT, 9, 2), 9),
            "and once more, since it was new"
        );
    }

    #[test]
    fn registers_that_are_never_the_same_cost_few_looks() {
        let mut looks = Looks::default();
        let times = looked_at(&mut looks, 100_000, |time| call(CHROOT, time, time), |_| 7);
        assert!((20..=30).contains(&times.len()), "{times:?}");
    }

    #[test]
    fn sites_without_end_cost_looks_that_have_one_and_leave_some_for_others() {
        let mut looks = Looks::default();
        for number in 0..4 {
            let times = looked_at(&mut looks, 10_000, |time| call(number, time, time), |time| time);
            assert!(times.len() <= 64, "{number}: {times:?}");
        }
        let others = (4..1000).map(|number| looked_at(&mut looks, 4, |_| call(number, 1, 1), |_| 7).len());
        let of_others: Vec<usize> = others.collect();
        assert_eq!(of_others.first(), Some(&4));
        assert!((100..=240).contains(&of_others.iter().sum::<usize>()), "{of_others:?}");
    }

    #[test]
    fn where_sites_are_not_told_apart_the_first_of_each_kind_are_looked_at() {
        let mut looks = Looks::default();
        let mut look = |call| {
            let wanted = looks.wants(call, false);
            if wanted {
                looks.begin(call).found(None);
            }
            wanted
        };
        let times = (1..=10_000).filter(|time| look(call(CHROOT, *time, *time)));
        assert_eq!(times.collect::<Vec<_>>(), [1, 2, 3, 4]);
        assert!(look(call(165, 1, 1)), "another number");
    }

    #[test]
    fn verdicts_and_architectures_make_kinds() {
        let mut looks = Looks::default();
        looked_at(&mut looks, 5, |_| call(CHROOT, 1, 1), |_| 7);
        let (arch, verdict) = (0x4000_0003, 0x0005_0001);
        let data = |arch| SeccompData {
            nr: CHROOT,
            arch,
            instruction_pointer: 1,
            args: [1, 0, 0, 0, 0, 0],
        };
        assert!(!looks.wants(Call::of(&data(0xc000_003e), 0), true));
        assert!(looks.wants(Call::of(&data(0xc000_003e), verdict), true));
        assert!(looks.wants(Call::of(&data(arch), 0), true));
    }

    #[test]
    fn listeners_of_one_container_share_them() {
        let firsts = Arc::default();
        let (mut one, mut other) = (Looks::at(&firsts), Looks::at(&firsts));
        let mut both = || make(&mut one, call(CHROOT, 1, 1), 7) || make(&mut other, call(CHROOT, 1, 1), 7);
        assert_eq!((0..5).filter(|_| both()).count(), 4);
    }

    #[test]
    fn a_container_has_so_many_and_no_more() {
        let mut looks = Looks::default();
        let wanted = (0..10_000).filter(|number| make(&mut looks, call(*number, 1, 1), 7));
        assert_eq!(wanted.count(), 256);
    }

    #[test]
    fn few_are_looked_at_at_once_and_the_others_have_their_turn_later() {
        let mut looks = Looks::default();
        let open: Vec<Look> = (0..4).map(|number| looks.begin(call(number, 1, 1))).collect();
        assert!(!looks.wants(call(9, 1, 1), true));
        drop(open);
        assert!(looks.wants(call(9, 1, 1), true));
    }

    #[test]
    fn failures_in_a_row_end_it_for_the_container() {
        let mut looks = Looks::default();
        let mut number = 0;
        let mut fail = |looks: &mut Looks| {
            number += 1;
            let wanted = looks.wants(call(number, 1, 1), true);
            if wanted {
                looks.begin(call(number, 1, 1)).failed();
            }
            wanted
        };
        assert!(fail(&mut looks) && fail(&mut looks));
        assert!(make(&mut looks, call(1000, 1, 1), 7), "two in a row are borne");
        assert!(fail(&mut looks) && fail(&mut looks) && fail(&mut looks));
        assert!(!fail(&mut looks), "three are not");
    }
}
