//! Values of one word that lie on both sides of every comparison it is part of.

use std::collections::BTreeSet;

use crate::interpret::arithmetic;
use crate::op;
use crate::value::Operation;

/// How a word is compared with a constant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Comparison {
    /// What is done with the word first.
    pub(super) operations: Vec<Operation>,
    /// Whether single bits are asked for (JSET) rather than the value.
    pub(super) bits: bool,
    /// The constant.
    pub(super) constant: u32,
}

/// Values made by putting what one comparison asks for into a value of another; those of the comparisons themselves
/// are not counted.
const MOST_SPLICED: usize = 128;

/// Sorted, without duplicates; a word that is not looked at has one.
pub(super) fn representatives(comparisons: &BTreeSet<Comparison>) -> BTreeSet<u32> {
    if comparisons.is_empty() {
        return BTreeSet::from([0]);
    }
    let mut values = BTreeSet::from([0, u32::MAX, 1 << 31]);
    values.extend(comparisons.iter().flat_map(Comparison::values));
    splice(&mut values, comparisons);
    values
}

/// Those of the representatives that a comparison asks for, sorted: most ways through a program need them.
pub(super) fn asked_for(comparisons: &BTreeSet<Comparison>) -> BTreeSet<u32> {
    comparisons
        .iter()
        .flat_map(|comparison| sources(&comparison.operations, comparison.constant))
        .collect()
}

impl Comparison {
    fn values(&self) -> BTreeSet<u32> {
        let results = if self.bits { self.bit_results() } else { self.results() };
        let operations = self.operations.as_slice();
        results
            .into_iter()
            .flat_map(|result| sources(operations, result))
            .collect()
    }

    /// The constant and its neighbours; where operations hide bits, also with each of the others flipped.
    fn results(&self) -> Vec<u32> {
        let c = self.constant;
        let mut results = vec![c, c.wrapping_sub(1), c.wrapping_add(1), 0, u32::MAX, 1 << 31];
        let visible = self.result_of(0) ^ self.result_of(u32::MAX);
        if !self.operations.is_empty() && visible != u32::MAX {
            results.extend(single_bits(visible).map(|bit| c ^ bit));
            results.push(!c);
        }
        results
    }

    /// Each bit alone, each bit missing, none, all, and the others.
    fn bit_results(&self) -> Vec<u32> {
        let mask = self.constant;
        let alone = single_bits(mask);
        let missing = single_bits(mask).flat_map(|bit| [mask ^ bit, !bit]);
        alone.chain(missing).chain([0, u32::MAX, mask, !mask]).collect()
    }

    fn result_of(&self, word: u32) -> u32 {
        self.operations
            .iter()
            .fold(word, |value, step| arithmetic(step.code, value, step.k).unwrap_or(0))
    }

    /// The bits of the word that the outcome depends on, found by flipping each.
    fn mask(&self) -> u32 {
        let asked = if self.bits { self.constant } else { u32::MAX };
        let outcome = |word| self.result_of(word) & asked;
        single_bits(u32::MAX)
            .filter(|bit| outcome(0) != outcome(*bit) || outcome(u32::MAX) != outcome(!bit))
            .fold(0, |mask, bit| mask | bit)
    }

    /// Bits to look at, and values for them with which the comparison holds or does not.
    fn wishes(&self) -> Vec<(u32, u32)> {
        let mask = self.mask();
        if self.bits {
            let lowest = mask & mask.wrapping_neg();
            let highest = (1_u32 << 31).checked_shr(mask.leading_zeros()).unwrap_or(0);
            return vec![(mask, 0), (lowest, lowest), (highest, highest)];
        }
        if mask == u32::MAX {
            return Vec::new();
        }
        let wanted = sources(&self.operations, self.constant);
        let both = wanted.into_iter().flat_map(|word| [word, !word]);
        both.map(|word| (mask, word & mask)).collect()
    }
}

/// Pairs of a value and a wish that are tried at a time, however many there are.
const MOST_PAIRS: usize = 20_000;

/// A word may have to meet several comparisons at once to get somewhere.
fn splice(values: &mut BTreeSet<u32>, comparisons: &BTreeSet<Comparison>) {
    let wishes: BTreeSet<(u32, u32)> = comparisons.iter().flat_map(Comparison::wishes).collect();
    let most = values.len() + MOST_SPLICED;
    let mut latest: Vec<u32> = values.iter().copied().collect();
    while !latest.is_empty() {
        let pairs = latest
            .iter()
            .flat_map(|value| wishes.iter().map(move |(mask, wish)| value & !mask | wish));
        let spliced = pairs.step_by(1 + latest.len() * wishes.len() / MOST_PAIRS);
        let mut fresh: Vec<u32> = spliced.filter(|value| !values.contains(value)).collect();
        fresh.sort_unstable();
        fresh.dedup();
        fresh.truncate(most.saturating_sub(values.len()));
        values.extend(&fresh);
        latest = fresh;
    }
}

/// Words that the operations turn into the result, as far as there are some: the least and the greatest.
fn sources(operations: &[Operation], result: u32) -> BTreeSet<u32> {
    operations.iter().rev().fold(BTreeSet::from([result]), |results, step| {
        results.into_iter().flat_map(|result| undo(*step, result)).collect()
    })
}

fn undo(Operation { code, k }: Operation, result: u32) -> [u32; 2] {
    let exactly = |word| [word; 2];
    match code {
        op::ADD_K => exactly(result.wrapping_sub(k)),
        op::SUB_K => exactly(result.wrapping_add(k)),
        op::XOR_K => exactly(result ^ k),
        op::NEG => exactly(result.wrapping_neg()),
        op::AND_K => [result & k, result & k | !k],
        op::OR_K => [result & !k, result],
        op::LSH_K => [
            result.wrapping_shr(k),
            result.wrapping_shr(k) | !u32::MAX.wrapping_shr(k),
        ],
        op::RSH_K => [
            result.wrapping_shl(k),
            result.wrapping_shl(k) | !u32::MAX.wrapping_shl(k),
        ],
        op::DIV_K => [
            result.wrapping_mul(k),
            result.wrapping_mul(k).wrapping_add(k.wrapping_sub(1)),
        ],
        op::MUL_K => undo_multiplication(k, result),
        _ => exactly(result),
    }
}

/// Multiplying by an odd number can be undone; by an even one, the highest bits are lost.
fn undo_multiplication(k: u32, result: u32) -> [u32; 2] {
    let Some(odd) = k.checked_shr(k.trailing_zeros()) else {
        return [0, u32::MAX];
    };
    // Each round of Newton's method doubles the number of right bits, beginning with 3.
    let inverse = (0..4).fold(odd, |inverse, _| {
        inverse.wrapping_mul(2_u32.wrapping_sub(odd.wrapping_mul(inverse)))
    });
    let lost = !u32::MAX.wrapping_shr(k.trailing_zeros());
    let least = inverse.wrapping_mul(result.wrapping_shr(k.trailing_zeros())) & !lost;
    [least, least | lost]
}

fn single_bits(mask: u32) -> impl Iterator<Item = u32> {
    (0..u32::BITS)
        .map(|bit| 1 << bit)
        .filter(move |bit: &u32| mask & bit != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn undone_operations_lead_back() {
        let operations = [
            (op::ADD_K, 7),
            (op::SUB_K, 7),
            (op::XOR_K, 0xff),
            (op::NEG, 0),
            (op::MUL_K, 0x1234_5677),
        ];
        for (code, k) in operations {
            for word in [0, 1, 41, 0x8000_0000, u32::MAX] {
                let result = arithmetic(code, word, k).unwrap();
                assert_eq!(undo(Operation { code, k }, result), [word; 2], "{code:#x} {word:#x}");
            }
        }
    }

    #[test]
    fn operations_that_lose_bits_lead_back_to_the_least_and_the_greatest() {
        let cases = [
            (op::AND_K, 0xff, 0x12, [0x12, 0xffff_ff12]),
            (op::OR_K, 0xff, 0x12ff, [0x1200, 0x12ff]),
            (op::LSH_K, 4, 0x120, [0x12, 0xf000_0012]),
            (op::RSH_K, 4, 0x12, [0x120, 0x12f]),
            (op::DIV_K, 10, 7, [70, 79]),
            (op::MUL_K, 12, 36, [3, 0xc000_0003]),
        ];
        for (code, k, result, expected) in cases {
            assert_eq!(undo(Operation { code, k }, result), expected, "{code:#x}");
            for word in expected {
                assert_eq!(arithmetic(code, word, k), Some(result), "{code:#x} {word:#x}");
            }
        }
        assert_eq!(undo(Operation { code: op::MUL_K, k: 0 }, 5), [0, u32::MAX]);
    }
}
