//! The known word nearest to one that is not known, for the text of an error.

/// The nearest of the candidates, unless a quarter of the word would have to change.
pub(crate) fn nearest<T: AsRef<str> + Ord>(word: &str, candidates: impl Iterator<Item = T>) -> Option<T> {
    let (distance, nearest) = candidates.map(|known| (distance(word, known.as_ref()), known)).min()?;
    (distance <= word.len().div_ceil(4)).then_some(nearest)
}

/// A hint to append to an error, empty where nothing is near.
pub(crate) fn did_you_mean<T: AsRef<str>>(nearest: Option<T>) -> String {
    nearest.map_or_else(String::new, |nearest| format!("; did you mean {}", nearest.as_ref()))
}

/// Levenshtein's edit distance.
fn distance(left: &str, right: &str) -> usize {
    let mut row: Vec<usize> = (1..=right.len()).collect();
    for (at, byte) in left.bytes().enumerate() {
        let (mut diagonal, mut before) = (at, at + 1);
        for (cell, other) in row.iter_mut().zip(right.bytes()) {
            let substituted = diagonal + usize::from(byte != other);
            diagonal = *cell;
            before = substituted.min(before + 1).min(*cell + 1);
            *cell = before;
        }
    }
    row.last().copied().unwrap_or(left.len())
}
