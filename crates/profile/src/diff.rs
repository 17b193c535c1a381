//! For which calls two profiles have different verdicts, whatever their texts look like.
//!
//! The verdicts are those of both programs; conditions of the rules only serve to say for which arguments they differ.

mod extent;

pub(crate) use self::extent::opposite;
pub use self::extent::{Extent, Literal};

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use notifyd_bpf::{Action, Coverage, Program, compared_numbers};

use self::extent::extent;
use crate::explain::{Arguments, MOST_CALLS, calls, candidates, data};
use crate::flatten::{FlatRule, flatten};
use crate::model::Condition;
use crate::syscalls::names;
use crate::{Abi, Error, Explainer, Facts, Profile, Runtime, name, number};

/// Above every number that has a name, and below the x32 bit.
const WITHOUT_NAME: u32 = 0x0fff_ffff;

/// What two profiles do differently.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Difference {
    /// ABIs with a difference.
    pub abis: Vec<AbiDifference>,
    /// Fields that change no verdict and are not the same.
    pub settings: Vec<Setting>,
    /// Calls with more combinations of arguments than are tried, of which no difference was found.
    pub sampled: Vec<(Abi, String)>,
    /// What is odd about each profile, one sentence each.
    pub warnings: [Vec<String>; 2],
}

/// What two profiles do differently to calls of one ABI.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AbiDifference {
    /// The ABI.
    pub abi: Abi,
    /// Whether each of them judges its calls; where one does not, no calls are listed.
    pub judged: [bool; 2],
    /// What becomes of all calls where the ABI is not judged.
    pub unjudged: Option<Action>,
    /// By the name of the call.
    pub changes: Vec<Change>,
}

/// Another verdict for a call, or for some of its arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Its name; `None` stands for all numbers without one.
    pub call: Option<String>,
    /// Its number, with the x32 bit.
    pub number: u32,
    /// What each profile says.
    pub verdicts: [Action; 2],
    /// For which arguments.
    pub extent: Extent,
    /// Arguments that meet these verdicts.
    pub example: [u64; 6],
}

/// A field that is not about calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The field.
    pub field: &'static str,
    /// What each profile has; `None` where it is not there.
    pub values: [Option<String>; 2],
}

/// Compares two texts, each in its own format, as their programs are for such a host and container.
pub fn diff(texts: [&str; 2], facts: &Facts) -> Result<Difference, Error> {
    let of = |number: usize, text| explainer(number, text, facts);
    let [before, after] = texts;
    Ok(Pair([of(1, before)?, of(2, after)?]).difference())
}

/// The same with what the runtime puts in front of both programs: runc answers ENOSYS to numbers above all that a profile
/// names.
pub fn diff_under(runtime: Runtime, texts: [&str; 2], facts: &Facts) -> Result<Difference, Error> {
    let of = |number: usize, text| explainer(number, text, facts)?.under(runtime);
    let [before, after] = texts;
    Ok(Pair([of(1, before)?, of(2, after)?]).difference())
}

/// The profile with its place among those that were given, for errors.
pub(crate) fn explainer<'a>(number: usize, text: &'a str, facts: &Facts) -> Result<Explainer<'a>, Error> {
    Explainer::new(text, facts.clone()).map_err(|error| Error::Of {
        number,
        source: Box::new(error),
    })
}

struct Pair<'a>([Explainer<'a>; 2]);

impl Pair<'_> {
    fn difference(&self) -> Difference {
        let mut difference = Difference {
            settings: settings(self.each(|side| &side.profile)),
            warnings: self.each(|side| side.warnings().to_vec()),
            ..Difference::default()
        };
        let rules = self.each(|side| flatten(&side.profile));
        for abi in Abi::ALL {
            let found = match self.each(|side| side.covers(abi)) {
                [false, false] => continue,
                [true, true] => self.judged(abi, &rules, &mut difference.sampled),
                judged => self.unjudged(abi, judged),
            };
            difference.abis.extend(found);
        }
        difference
    }

    fn each<'s, T>(&'s self, of: impl FnMut(&'s Explainer<'s>) -> T) -> [T; 2] {
        self.0.each_ref().map(of)
    }

    fn programs(&self) -> [&Program; 2] {
        self.each(|side| &side.compiled.program)
    }

    /// One of them leaves the ABI to libseccomp, which ends the caller.
    fn unjudged(&self, abi: Abi, judged: [bool; 2]) -> Option<AbiDifference> {
        let [before, after] = self.programs();
        let other = if judged[0] { after } else { before };
        Some(AbiDifference {
            abi,
            judged,
            unjudged: Some(other.evaluate(&data(abi, abi.number_bit(), [0; 6]))),
            changes: Vec::new(),
        })
    }

    fn judged(
        &self,
        abi: Abi,
        rules: &[Vec<FlatRule<'_>>; 2],
        sampled: &mut Vec<(Abi, String)>,
    ) -> Option<AbiDifference> {
        let mut changes = Vec::new();
        let names: BTreeSet<_> = names(abi).map(Cow::into_owned).collect();
        for (call, number) in names.iter().filter_map(|call| Some((call, number(abi, call)?))) {
            let found = self.changes(abi, number, rules);
            if found.is_empty()
                && Coverage::of(&self.programs(), abi.arch(), number).combinations() > MOST_CALLS as u128
            {
                sampled.push((abi, call.clone()));
            }
            changes.extend(found.into_iter().map(|change| Change {
                call: Some(call.clone()),
                ..change
            }));
        }
        changes.extend(self.without_name(abi, rules));
        (!changes.is_empty()).then_some(AbiDifference {
            abi,
            judged: [true; 2],
            unjudged: None,
            changes,
        })
    }

    fn changes(&self, abi: Abi, number: u32, rules: &[Vec<FlatRule<'_>>; 2]) -> Vec<Change> {
        let programs = self.programs();
        let constant = programs.map(|program| program.constant_verdict(abi.arch(), number));
        if let [Some(before), Some(after)] = constant
            && before == after
        {
            return Vec::new();
        }
        let rules: Vec<_> = rules.iter().flat_map(|rules| candidates(abi, number, rules)).collect();
        let mut groups: BTreeMap<[u32; 2], Vec<[u64; 6]>> = BTreeMap::new();
        for args in calls(&programs, abi, number, &Arguments::default(), &rules) {
            let verdicts = programs.map(|program| program.evaluate(&data(abi, number, args)).raw());
            groups.entry(verdicts).or_default().push(args);
        }
        let atoms = atoms(&rules);
        let changed = groups.iter().filter(|([before, after], _)| before != after);
        changed
            .filter_map(|(raw, inside)| {
                let outside = groups.iter().filter(|(other, _)| *other != raw);
                Some(Change {
                    call: None,
                    number,
                    verdicts: raw.map(Action::from_raw),
                    extent: extent(abi, inside, outside.flat_map(|(_, args)| args), &atoms),
                    example: *inside.first()?,
                })
            })
            .collect()
    }

    /// What becomes of numbers that have no name: one change for each pair of verdicts.
    fn without_name(&self, abi: Abi, rules: &[Vec<FlatRule<'_>>; 2]) -> Vec<Change> {
        let compared = compared_numbers(&self.programs(), abi.arch());
        let numbers = std::iter::once(WITHOUT_NAME | abi.number_bit()).chain(compared);
        let mut changes: Vec<Change> = Vec::new();
        for number in numbers.filter(|&number| is_unnamed(abi, number)) {
            for change in self.changes(abi, number, rules) {
                if changes.iter().all(|known| known.verdicts != change.verdicts) {
                    changes.push(change);
                }
            }
        }
        changes
    }
}

fn is_unnamed(abi: Abi, number: u32) -> bool {
    Abi::of(abi.arch(), number) == Some(abi) && name(abi.arch(), number).is_none()
}

fn atoms(rules: &[FlatRule<'_>]) -> Vec<Condition> {
    let mut atoms: Vec<Condition> = Vec::new();
    for condition in rules.iter().flat_map(|rule| &rule.conditions) {
        if !atoms.contains(condition) {
            atoms.push(*condition);
        }
    }
    atoms
}

fn settings(profiles: [&Profile; 2]) -> Vec<Setting> {
    let flags = |profile: &Profile| (!profile.flags.is_empty()).then(|| profile.flags.join(", "));
    let all = [
        ("flags", profiles.map(flags)),
        ("listenerPath", profiles.map(|profile| profile.listener_path.clone())),
        (
            "listenerMetadata",
            profiles.map(|profile| profile.listener_metadata.clone()),
        ),
    ];
    let changed = all.into_iter().filter(|(_, [before, after])| before != after);
    changed.map(|(field, values)| Setting { field, values }).collect()
}
