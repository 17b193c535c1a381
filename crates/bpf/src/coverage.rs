//! Calls that tell programs apart: representative values of everything that they look at.
//!
//! Exact, in that every comparison gets a call for each of its outcomes: a word of `struct seccomp_data`, behind up to
//! six arithmetic instructions with constants, compared with a constant, wherever it was kept meanwhile (X, scratch
//! memory). Of a comparison between values of two or more words only the constants are known; see
//! [`Coverage::is_exact`]. Which comparisons one word must meet *together* is tried for pairs and more, up to a limit.
//! So two programs that agree on all cells have been tested well, not proved equal.

mod cells;
mod representatives;

use std::collections::BTreeSet;

use self::representatives::{Comparison, asked_for, representatives};
use crate::value::Value;
use crate::walk::{ANY_CALL, Known, Seen, walk};
use crate::{Action, Program, op};

const NR: usize = 0;
const ARCH: usize = 1;

/// What some programs look at in a call of one number on one architecture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    /// Values of each word; one where no program looks.
    values: [Vec<u32>; 16],
    /// Those of them that a comparison asks for.
    asked_for: [Vec<u32>; 16],
    exact: bool,
}

impl Coverage {
    /// Follows the programs; `arch` is an `AUDIT_ARCH_*` value.
    pub fn of(programs: &[&Program], arch: u32, nr: u32) -> Self {
        let mut known = ANY_CALL;
        known[NR] = Some(nr);
        known[ARCH] = Some(arch);
        let looked = Looked::at(programs, &known);
        let mut values = looked.values();
        values[NR] = vec![nr];
        values[ARCH] = vec![arch];
        Self {
            values,
            asked_for: looked.asked_for(),
            exact: looked.exact,
        }
    }

    /// Number of calls in the cross product of all values, or the greatest number that there is.
    pub fn combinations(&self) -> u128 {
        self.values
            .iter()
            .fold(1, |product: u128, values| product.saturating_mul(values.len() as u128))
    }

    /// Whether every comparison was of one word with a constant. If not, a difference may hide between the cells.
    pub const fn is_exact(&self) -> bool {
        self.exact
    }
}

/// Numbers that some program compares the call's number with if it has the architecture, their neighbours, and some
/// that nobody compares with; sorted.
pub fn compared_numbers(programs: &[&Program], arch: u32) -> Vec<u32> {
    let mut known = ANY_CALL;
    known[ARCH] = Some(arch);
    let [numbers, ..] = Looked::at(programs, &known).values();
    numbers
}

/// Architectures that some program compares with, their neighbours, and some that nobody compares with; sorted.
pub fn compared_arches(programs: &[&Program]) -> Vec<u32> {
    let [_, arches, ..] = Looked::at(programs, &ANY_CALL).values();
    arches
}

/// What programs compare each word with.
struct Looked {
    comparisons: [BTreeSet<Comparison>; 16],
    /// Sets of words that are compared with each other; no word is in two.
    together: Vec<u16>,
    exact: bool,
}

impl Looked {
    fn at(programs: &[&Program], known: &Known) -> Self {
        let mut looked = Self {
            comparisons: Default::default(),
            together: Vec::new(),
            exact: true,
        };
        for program in programs {
            walk(program, known, &mut |seen| looked.note(&seen));
        }
        looked.share();
        looked
    }

    fn note(&mut self, seen: &Seen<'_>) {
        match *seen {
            Seen::Compared { code, left, right } => self.compare(code, left, right),
            Seen::Divided { by, .. } => self.compare(op::JEQ_K, by, &Value::Constant(0)),
            Seen::Returned(value) => self.give_back(value),
        }
    }

    fn compare(&mut self, code: u16, left: &Value, right: &Value) {
        match (left, right) {
            (value, &Value::Constant(constant)) => self.with_constant(code, value, constant),
            (&Value::Constant(constant), value) => self.with_constant(code, value, constant),
            _ => {
                // Their sum or difference decides, and that may be anything: zero stands for equal.
                self.with_constant(code, left, 0);
                self.with_constant(code, right, 0);
                self.join(left.words() | right.words());
                self.exact = false;
            }
        }
    }

    fn with_constant(&mut self, code: u16, value: &Value, constant: u32) {
        let bits = code == op::JSET_K;
        let comparison = |operations| Comparison {
            operations,
            bits,
            constant,
        };
        match value {
            Value::Constant(_) => {}
            Value::Word(word, operations) => self.insert(*word, comparison(operations.clone())),
            Value::Mixed(words) => {
                for word in members(*words) {
                    self.insert(word, comparison(Vec::new()));
                }
                self.join(*words);
                self.exact = false;
            }
        }
    }

    /// A computed verdict may be each action, with each bit of its data.
    fn give_back(&mut self, value: &Value) {
        if value.words() == 0 {
            return;
        }
        for action in ACTIONS {
            self.with_constant(op::JEQ_K, value, action.raw());
        }
        self.with_constant(op::JSET_K, value, u32::MAX);
        self.exact = false;
    }

    fn insert(&mut self, word: usize, comparison: Comparison) {
        if let Some(comparisons) = self.comparisons.get_mut(word) {
            comparisons.insert(comparison);
        }
    }

    fn join(&mut self, words: u16) {
        let (touched, apart): (Vec<u16>, Vec<u16>) = self.together.iter().partition(|set| *set & words != 0);
        self.together = apart;
        self.together.push(touched.iter().fold(words, |all, set| all | set));
    }

    /// Words that are compared with each other get each other's values.
    fn share(&mut self) {
        for words in std::mem::take(&mut self.together) {
            let all: BTreeSet<Comparison> = members(words)
                .filter_map(|word| self.comparisons.get(word).cloned())
                .flatten()
                .collect();
            for comparison in all {
                members(words).for_each(|word| self.insert(word, comparison.clone()));
            }
        }
    }

    fn values(&self) -> [Vec<u32>; 16] {
        self.of_each(representatives)
    }

    fn asked_for(&self) -> [Vec<u32>; 16] {
        self.of_each(asked_for)
    }

    fn of_each(&self, values: fn(&BTreeSet<Comparison>) -> BTreeSet<u32>) -> [Vec<u32>; 16] {
        self.comparisons
            .each_ref()
            .map(|comparisons| values(comparisons).into_iter().collect())
    }
}

const ACTIONS: [Action; 8] = [
    Action::KillProcess,
    Action::KillThread,
    Action::Trap(0),
    Action::Errno(0),
    Action::Notify,
    Action::Trace(0),
    Action::Log,
    Action::Allow,
];

fn members(words: u16) -> impl Iterator<Item = usize> {
    (0..16).filter(move |word| words & (1 << word) != 0)
}
