//! Whether a rewritten profile does to every call what the original does, a notification standing for a denial.
//!
//! Both programs are interpreted over representative values of everything that either of them looks at. That is strong
//! testing, not a proof; see [`Coverage`] for what it leaves out.

use std::collections::BTreeSet;
use std::fmt;

use notifyd_bpf::{
    AUDIT_ARCH_X86_64, Action, Coverage, Program, SeccompData, X32_SYSCALL_BIT, compared_arches, compared_numbers,
};

use crate::rewrite::{EBUSY, GUARDED, NEW_LISTENER};
use crate::syscalls::is_in_libseccomp;
use crate::{display_name, name};

/// Most calls that are tried for one number; beyond, they are drawn from the cross product.
const MOST_CELLS: usize = 200_000;
/// Numbers tried above the largest that a program compares with.
const BEYOND: u32 = 40;
/// No call at all, whatever the architecture.
const ODD_NUMBERS: [u32; 3] = [0x7fff_ffff, 0x8000_0000, 0xffff_ffff];

/// What was found in comparing two programs that agree.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Comparison {
    /// Numbers of which the original denies some values, each with whether all of them notify.
    pub denied: Vec<Denied>,
    /// How many numbers without a name in libseccomp get another denial than before.
    pub other_denials: usize,
    /// Numbers of which the supervisor is asked about allowed values.
    pub asked: Vec<(u32, u32)>,
}

/// A number that the original denies, for some arguments at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Denied {
    pub arch: u32,
    pub number: u32,
    pub seen: bool,
}

/// A call for which two programs do not agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Disagreement {
    /// `AUDIT_ARCH_*` value.
    pub arch: u32,
    /// Number, with the x32 bit.
    pub number: u32,
    /// Arguments.
    pub args: [u64; 6],
    /// What the original profile does.
    pub original: Action,
    /// What the rewritten one does.
    pub rewritten: Action,
}

impl fmt::Display for Disagreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let call = display_name(self.arch, self.number);
        let [a, b, c, d, e, g] = self.args;
        write!(
            f,
            "{call}({a:#x}, {b:#x}, {c:#x}, {d:#x}, {e:#x}, {g:#x}), number {} of architecture {:#x}: the original says {}, the rewritten one {}",
            self.number, self.arch, self.original, self.rewritten
        )
    }
}

/// All numbers for which the programs do not agree, one call each, or what is known of programs that do. Where calls are
/// recorded, the supervisor is asked about those that the kernel would log, too, and the record takes the log's place.
pub(crate) fn compare(original: &Program, rewritten: &Program, records: bool) -> Result<Comparison, Vec<Disagreement>> {
    let programs = [original, rewritten];
    let mut comparison = Comparison::default();
    let mut disagreements = Vec::new();
    for arch in compared_arches(&programs) {
        for number in numbers(&programs, arch) {
            match compare_number(programs, arch, number, records) {
                Ok(found) => comparison.add(arch, number, found),
                Err(disagreement) => disagreements.push(disagreement),
            }
        }
    }
    if disagreements.is_empty() {
        Ok(comparison)
    } else {
        Err(disagreements)
    }
}

impl Comparison {
    fn add(&mut self, arch: u32, number: u32, found: Found) {
        if found.seen || found.unseen || found.other {
            let seen = !found.unseen && !found.other;
            self.denied.push(Denied { arch, number, seen });
        }
        self.other_denials += usize::from(found.other);
        if found.asked {
            self.asked.push((arch, number));
        }
    }
}

pub(crate) fn numbers(programs: &[&Program], arch: u32) -> BTreeSet<u32> {
    let compared = compared_numbers(programs, arch);
    let bits: &[u32] = if arch == AUDIT_ARCH_X86_64 {
        &[0, X32_SYSCALL_BIT]
    } else {
        &[0]
    };
    let largest = |bit: u32| {
        compared
            .iter()
            .copied()
            .filter(move |&number| is_ordinary(number, bit))
            .max()
    };
    let ordinary = bits
        .iter()
        .flat_map(|&bit| bit..=largest(bit).unwrap_or(bit).saturating_add(BEYOND));
    let mut numbers: BTreeSet<u32> = ordinary.collect();
    numbers.extend(&compared);
    numbers.extend(ODD_NUMBERS);
    numbers
}

/// Whether a number is within a table rather than far above all tables.
fn is_ordinary(number: u32, bit: u32) -> bool {
    number.checked_sub(bit).is_some_and(|index| index < 1 << 12)
}

#[derive(Default)]
struct Found {
    seen: bool,
    unseen: bool,
    asked: bool,
    other: bool,
}

fn compare_number(programs: [&Program; 2], arch: u32, number: u32, records: bool) -> Result<Found, Disagreement> {
    let guarded = name(arch, number).is_some_and(|name| name == GUARDED);
    let mut found = Found::default();
    for data in Coverage::of(&programs, arch, number).cells(MOST_CELLS) {
        let [original, rewritten] = programs.map(|program| program.evaluate(&data));
        if guarded && let Some(unguarded) = unguarded(programs, data) {
            return Err(unguarded);
        }
        let guard = guarded && data.args[1] & NEW_LISTENER != 0 && rewritten == Action::Errno(EBUSY);
        match relate(original, rewritten) {
            Relation::Different if records && original == Action::Log && rewritten == Action::Notify => {
                found.asked = true
            }
            Relation::Same => {}
            Relation::Seen => found.seen = true,
            Relation::Unseen => found.unseen = true,
            Relation::Asked => found.asked = true,
            Relation::Different if guard => {}
            // runc's ENOSYS for numbers above all that a profile names ends where the rewritten profile's names end.
            Relation::OtherDenial if !is_in_libseccomp(arch, number) => found.other = true,
            Relation::Different | Relation::OtherDenial => {
                return Err(disagreement(&data, original, rewritten));
            }
        }
    }
    Ok(found)
}

/// A call that would get a listener of its own once ours is gone.
fn unguarded([original, rewritten]: [&Program; 2], mut data: SeccompData) -> Option<Disagreement> {
    data.args[1] |= NEW_LISTENER;
    let verdict = rewritten.evaluate(&data);
    let runs = matches!(verdict, Action::Allow | Action::Log | Action::Trace(_)) && rewritten.notifies();
    runs.then(|| disagreement(&data, original.evaluate(&data), verdict))
}

enum Relation {
    Same,
    /// Denied, and the supervisor hears of it.
    Seen,
    /// Denied, in the kernel.
    Unseen,
    /// Denied, in the kernel, and differently.
    OtherDenial,
    /// Allowed, once the supervisor has said so.
    Asked,
    Different,
}

fn relate(original: Action, rewritten: Action) -> Relation {
    match (original.is_denial(), rewritten) {
        (true, Action::Notify) => Relation::Seen,
        (true, rewritten) if rewritten == original => Relation::Unseen,
        (true, rewritten) if rewritten.is_denial() => Relation::OtherDenial,
        (false, Action::Notify) if original == Action::Allow => Relation::Asked,
        (false, rewritten) if rewritten == original => Relation::Same,
        _ => Relation::Different,
    }
}

fn disagreement(data: &SeccompData, original: Action, rewritten: Action) -> Disagreement {
    Disagreement {
        arch: data.arch,
        number: data.nr.cast_unsigned(),
        args: data.args,
        original,
        rewritten,
    }
}
