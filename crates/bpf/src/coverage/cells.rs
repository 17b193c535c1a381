//! The calls made of representative values.

use super::Coverage;
use crate::SeccompData;

impl Coverage {
    /// Every combination if there are at most `cap`. Otherwise `cap` combinations that look random and are the same
    /// each time, or as many more as it takes to have each value once. Half of them mostly have values that comparisons
    /// ask for, since a call has to meet many to get to the end of a long rule.
    pub fn cells(&self, cap: usize) -> impl Iterator<Item = SeccompData> {
        let all = usize::try_from(self.combinations()).ok().filter(|all| *all <= cap);
        let longest = self.values.iter().map(Vec::len).max().unwrap_or(1);
        let count = all.unwrap_or_else(|| cap.max(longest));
        (0..count).map(move |index| {
            SeccompData::from_words(match all {
                Some(_) => self.combination(index),
                None => self.sample(index),
            })
        })
    }

    /// Reads the index as a number whose digits choose the values.
    fn combination(&self, index: usize) -> [u32; 16] {
        let mut rest = index;
        self.values.each_ref().map(|values| {
            let digit = rest % values.len().max(1);
            rest /= values.len().max(1);
            values.get(digit).copied().unwrap_or(0)
        })
    }

    /// The first samples go through each word's values in order, so that none is missed.
    fn sample(&self, index: usize) -> [u32; 16] {
        let mut seed = index as u64;
        let meets = index.is_multiple_of(2);
        std::array::from_fn(|word| {
            seed = scrambled(seed);
            let [values, asked_for] =
                [&self.values, &self.asked_for].map(|all| all.get(word).map_or(&[][..], Vec::as_slice));
            let position = usize::try_from(seed >> 3).unwrap_or(0);
            match values.get(index) {
                Some(value) => *value,
                None if meets && !seed.is_multiple_of(8) && !asked_for.is_empty() => chosen(asked_for, position),
                None => chosen(values, position),
            }
        })
    }
}

fn chosen(values: &[u32], position: usize) -> u32 {
    values.get(position % values.len().max(1)).copied().unwrap_or(0)
}

/// One step of SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
fn scrambled(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ z >> 31
}
