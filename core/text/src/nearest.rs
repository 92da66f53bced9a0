//! The word that a slip of the hand was meant to be.

/// The candidate nearest to `word`, when it is near enough to be a slip of
/// the hand: at most a third of the letters differ.
pub fn nearest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let length = word.chars().count();
    if length == 0 || length > 64 {
        return None;
    }
    let most = length.div_ceil(3);
    candidates
        // Lengths that differ by more cannot be nearer.
        .filter(|candidate| candidate.chars().count().abs_diff(length) <= most)
        .map(|candidate| (distance(word, candidate), candidate))
        .min()
        .filter(|(distance, _)| *distance <= most)
        .map(|(_, candidate)| candidate)
}

/// Letters to insert, delete or replace to make one word of the other.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().flat_map(char::to_lowercase).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().flat_map(char::to_lowercase).enumerate() {
        let mut next = vec![i + 1];
        for (j, cb) in b.iter().enumerate() {
            let at = |row: &[usize], k: usize| row.get(k).copied().unwrap_or(usize::MAX - 1);
            let replaced = at(&row, j) + usize::from(ca != *cb);
            next.push(replaced.min(at(&row, j + 1) + 1).min(at(&next, j) + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_hand_is_recognised_and_a_stranger_is_not() {
        let types = ["integer", "select_one", "text"];
        assert_eq!(nearest("interger", types.into_iter()), Some("integer"));
        assert_eq!(nearest("Selct_one", types.into_iter()), Some("select_one"));
        assert_eq!(nearest("hologram", types.into_iter()), None);
    }
}
