//! Connected pieces.

/// The connected pieces of what is set, each as the indices of its points; neighbours share a side.
pub(crate) fn pieces(set: &[bool], width: usize) -> Vec<Vec<usize>> {
    let mut open = set.to_vec();
    let mut pieces = Vec::new();
    for from in 0..open.len() {
        if !open[from] {
            continue;
        }
        open[from] = false;
        let mut piece = vec![from];
        let mut next = 0;
        while next < piece.len() {
            let at = piece[next];
            next += 1;
            let x = at % width;
            let beside = [
                (x > 0).then(|| at - 1),
                (x + 1 < width).then_some(at + 1),
                at.checked_sub(width),
                (at + width < open.len()).then_some(at + width),
            ];
            for to in beside.into_iter().flatten() {
                if open[to] {
                    open[to] = false;
                    piece.push(to);
                }
            }
        }
        pieces.push(piece);
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_touches_at_a_corner_only_is_two_pieces() {
        let set = [true, false, false, true, true, false, false, true, true];
        let found = pieces(&set, 3);
        assert_eq!(found, [vec![0, 3, 4, 7, 8]]);
        assert_eq!(pieces(&[true, false, false, true], 2).len(), 2);
    }
}
