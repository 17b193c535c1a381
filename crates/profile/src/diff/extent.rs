//! A set of calls in the words of conditions.

use std::collections::BTreeSet;
use std::fmt;

use crate::Abi;
use crate::explain::holds;
use crate::model::{Condition, Operator};

/// More conditions on one call, or more combinations of them, are not put into words.
const MOST_ATOMS: usize = 64;
const MOST_COMBINATIONS: usize = 4096;

/// Which arguments of a call are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Extent {
    /// All.
    Always,
    /// Those that meet all conditions of one of the lists.
    Where(Vec<Vec<Literal>>),
    /// Some; the rules' conditions do not tell which.
    Some,
}

/// A condition, or that it does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Literal {
    /// The condition.
    pub condition: Condition,
    /// Whether it holds.
    pub holds: bool,
}

impl fmt::Display for Literal {
    /// `arg0 == 5`, `arg1 & 0x3000 != 0x1000`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.holds, opposite(self.condition)) {
            (true, _) => self.condition.fmt(f),
            (false, Some(opposite)) => opposite.fmt(f),
            // The only operator without an opposite is an equality of masked bits.
            (false, None) => f.write_str(&self.condition.to_string().replacen("==", "!=", 1)),
        }
    }
}

/// The condition that holds where this one does not, if rules have one.
pub(crate) fn opposite(condition: Condition) -> Option<Condition> {
    let operator = match condition.operator {
        Operator::NotEqual => Operator::Equal,
        Operator::Equal => Operator::NotEqual,
        Operator::Less => Operator::GreaterOrEqual,
        Operator::LessOrEqual => Operator::Greater,
        Operator::GreaterOrEqual => Operator::Less,
        Operator::Greater => Operator::LessOrEqual,
        Operator::MaskedEqual => return None,
    };
    Some(Condition { operator, ..condition })
}

/// Whether each condition holds.
type Combination = Vec<bool>;

/// The fewest words for the calls inside that leave out all calls outside.
pub(super) fn extent<'a>(
    abi: Abi,
    inside: &[[u64; 6]],
    outside: impl Iterator<Item = &'a [u64; 6]>,
    atoms: &[Condition],
) -> Extent {
    let mut outside = outside.peekable();
    if outside.peek().is_none() {
        return Extent::Always;
    }
    let combination = |args: &[u64; 6]| -> Combination { atoms.iter().map(|atom| holds(abi, atom, *args)).collect() };
    let inside: BTreeSet<_> = inside.iter().map(combination).collect();
    let outside: BTreeSet<_> = outside.map(combination).collect();
    let tells = inside.is_disjoint(&outside);
    if !tells || atoms.len() > MOST_ATOMS || inside.len().max(outside.len()) > MOST_COMBINATIONS {
        return Extent::Some;
    }
    Extent::Where(
        cover(&inside, &outside)
            .iter()
            .map(|cube| literals(cube, atoms))
            .collect(),
    )
}

/// What each condition has to be; `None`: either.
type Cube = Vec<Option<bool>>;

fn cover(inside: &BTreeSet<Combination>, outside: &BTreeSet<Combination>) -> Vec<Cube> {
    let mut cubes: Vec<Cube> = Vec::new();
    for combination in inside {
        if cubes.iter().all(|cube| !contains(cube, combination)) {
            cubes.push(widened(combination, outside));
        }
    }
    cubes
}

/// Leaves out what is not needed; first that something does not hold, since people write what holds.
fn widened(combination: &Combination, outside: &BTreeSet<Combination>) -> Cube {
    let mut cube: Cube = combination.iter().copied().map(Some).collect();
    for value in [false, true] {
        for position in (0..combination.len()).filter(|&at| combination.get(at) == Some(&value)) {
            let kept = replace(&mut cube, position, None);
            if outside.iter().any(|other| contains(&cube, other)) {
                replace(&mut cube, position, kept);
            }
        }
    }
    cube
}

fn replace(cube: &mut Cube, position: usize, value: Option<bool>) -> Option<bool> {
    cube.get_mut(position).and_then(|place| std::mem::replace(place, value))
}

fn contains(cube: &Cube, combination: &Combination) -> bool {
    cube.iter()
        .zip(combination)
        .all(|(needed, found)| needed.is_none_or(|needed| needed == *found))
}

fn literals(cube: &Cube, atoms: &[Condition]) -> Vec<Literal> {
    let needed = cube.iter().zip(atoms);
    needed
        .filter_map(|(holds, &condition)| {
            Some(Literal {
                condition,
                holds: (*holds)?,
            })
        })
        .collect()
}
