//! Copies among many impressions: the one search of phones, of the server and of files.
//!
//! Each is read once. What is kept of it then, some 10 KB, is its outline and how thick its ink lies in each square,
//! so that nearly all pairs are parted without their pictures: by the sorted figures of both outlines, by the
//! outlines turned, by the squares turned, by the squares aligned. What comes through is read again and laid over
//! each other point by point.
//! What is found is what [`compare`](super::reuse::compare) finds of each pair; only of an impression that comes
//! through with more than [`MOST_LAID_OVER`] before it the most alike alone are laid over it, and the rest is
//! counted.

use super::copies::{Outline, score};
use super::impression::{DIRECTIONS, Impression};
use super::reuse::{Coarse, Squares, laid_over, worth_trying};
use crate::cores::on_all_cores;

/// The most impressions that are laid over one, of those that stand before it: of many copies of one print a
/// hundred say as much as all.
pub const MOST_LAID_OVER: usize = 100;
/// Outlines that are compared before somebody hears of it: half a second at the most.
const PAIRS_AT_ONCE: usize = 65_536;
/// Impressions whose pictures are held meanwhile, 200 KB each: from, to.
const HELD_AT_ONCE: (usize, usize) = (8, 64);
/// Pairs that are laid over each other before somebody hears of it.
const LAID_OVER_AT_ONCE: usize = 32;

/// Hears how many impressions have been compared with those before them, of how many; whether to go on.
pub type Follow<'a> = &'a mut dyn FnMut(usize, usize) -> bool;

/// What came of looking for copies among many impressions, which are named by their places.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Copies {
    /// The pairs that are one impression, in order, with their scores; the first stands before the second.
    pub pairs: Vec<(usize, usize, f32)>,
    /// Those that could not be read; they are compared with none.
    pub unread: Vec<usize>,
    /// Pairs that look alike and were not laid over each other, beyond [`MOST_LAID_OVER`].
    pub left: u64,
    /// How many, the last ones, were not come to, for somebody stopped it.
    pub not_come_to: usize,
}

/// Looks for copies among so many impressions. `left_out` says which pairs nobody asks about, `impression` gives
/// one, or nothing when it cannot be read.
///
/// # Errors
/// Those of `impression`.
pub fn copies<E>(
    count: usize,
    left_out: impl Fn(usize, usize) -> bool + Sync,
    impression: impl Fn(usize) -> Result<Option<Impression>, E>,
    follow: Follow<'_>,
) -> Result<Copies, E> {
    let mut found = Search { count, left_out, impression, most: MOST_LAID_OVER }.run(follow)?;
    found.pairs.sort_by_key(|(a, b, _)| (*b, *a));
    Ok(found)
}

struct Search<O, I> {
    count: usize,
    left_out: O,
    impression: I,
    /// See [`MOST_LAID_OVER`].
    most: usize,
}

/// What is kept of an impression that was read.
struct Kept {
    outline: Outline,
    squares: Squares,
}

/// An impression that is compared with those before it.
struct Looked {
    at: usize,
    impression: Impression,
    coarse: Coarse,
}

/// One that stands before another and came through: by which turns, and how the ink of both agrees.
struct Near {
    before: usize,
    turns: Vec<usize>,
    agreement: f32,
}

impl<O, I, E> Search<O, I>
where
    O: Fn(usize, usize) -> bool + Sync,
    I: Fn(usize) -> Result<Option<Impression>, E>,
{
    fn run(self, follow: Follow<'_>) -> Result<Copies, E> {
        let (mut found, left_out) = (Copies::default(), &self.left_out);
        let mut kept: Vec<Option<Kept>> = Vec::with_capacity(self.count);
        while kept.len() < self.count {
            let (done, left) = (kept.len(), found.left);
            let went_on = follow(done, self.count) && {
                let looked = self.look(&mut kept, &mut found)?;
                let near = on_all_cores(&looked, |one| near(one, &kept, left_out));
                self.lay_over(&looked, near, &mut found, &mut || follow(done, self.count))?
            };
            if !went_on {
                found.not_come_to = self.count - done;
                found.unread.retain(|at| *at < done);
                found.left = left;
                return Ok(found);
            }
        }
        follow(self.count, self.count);
        Ok(found)
    }

    /// Reads the next ones.
    fn look(&self, kept: &mut Vec<Option<Kept>>, found: &mut Copies) -> Result<Vec<Looked>, E> {
        let done = kept.len();
        let some = (PAIRS_AT_ONCE / (done + 1)).clamp(HELD_AT_ONCE.0, HELD_AT_ONCE.1);
        let mut read = Vec::new();
        for at in done..self.count.min(done + some) {
            match (self.impression)(at)? {
                Some(impression) => read.push((at, impression)),
                None => found.unread.push(at),
            }
            kept.push(None);
        }
        let looked = read.into_iter().map(|(at, impression)| {
            let coarse = Coarse::of(&impression);
            if let Some(place) = kept.get_mut(at) {
                *place = Some(Kept { outline: Outline::of(&impression), squares: coarse.squares() });
            }
            Looked { at, impression, coarse }
        });
        Ok(looked.collect())
    }

    /// Lays those that came through over each other; whether it was not stopped.
    fn lay_over(
        &self,
        looked: &[Looked],
        near: Vec<Vec<Near>>,
        found: &mut Copies,
        goes_on: &mut dyn FnMut() -> bool,
    ) -> Result<bool, E> {
        let mut all = Vec::new();
        for (one, mut near) in looked.iter().zip(near) {
            found.left += near.len().saturating_sub(self.most) as u64;
            near.truncate(self.most);
            all.extend(near.into_iter().map(|near| (one, near)));
        }
        for (number, some) in all.chunks(LAID_OVER_AT_ONCE).enumerate() {
            if number > 0 && !goes_on() {
                return Ok(false);
            }
            let read = some.iter().map(|(one, near)| Ok((one, near, (self.impression)(near.before)?)));
            let scores = on_all_cores(&read.collect::<Result<Vec<_>, E>>()?, |(one, near, before)| {
                let likeness = before.as_ref().and_then(|it| laid_over(it, &one.impression, &near.turns));
                score(likeness).map(|score| (near.before, one.at, score))
            });
            found.pairs.extend(scores.into_iter().flatten());
        }
        Ok(true)
    }
}

/// Those before one that come through, the most alike first.
fn near(one: &Looked, kept: &[Option<Kept>], left_out: &impl Fn(usize, usize) -> bool) -> Vec<Near> {
    let Some(Some(Kept { outline, .. })) = kept.get(one.at) else { return Vec::new() };
    let mut turned: [Option<Squares>; DIRECTIONS] = [const { None }; DIRECTIONS];
    let mut near = Vec::new();
    for (before, other) in kept.iter().enumerate().take(one.at) {
        let Some(other) = other else { continue };
        let Some((_, turns)) = other.outline.turns(outline) else { continue };
        if left_out(before, one.at) {
            continue;
        }
        let worth = worth_trying(&other.squares, &one.coarse, turns, |turn| {
            let turned =
                turned.get_mut(turn).map(|turned| turned.get_or_insert_with(|| one.coarse.turned(turn)));
            turned.map_or(0.0, |turned| turned.agreement(&other.squares))
        });
        near.extend(worth.map(|(turns, agreement)| Near { before, turns, agreement }));
    }
    near.sort_by(|one, other| other.agreement.total_cmp(&one.agreement));
    near
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use proptest::prelude::*;

    use super::*;
    use crate::letter::copies::same;
    use crate::letter::spots_tests::spot;

    /// A few kinds of spots, each turned, and larger or smaller: some are copies, most are alike in outline.
    fn spots() -> impl Strategy<Value = Vec<Impression>> {
        let one = (0u8..5, -3.1f32..3.1, 0.96f32..1.04);
        let of = |(kind, turn, size): (u8, f32, f32)| spot(f32::from(kind) * 0.35, turn, size);
        proptest::collection::vec(one.prop_map(of), 2..8)
    }

    fn among(all: &[Option<Impression>], most: usize) -> Copies {
        let impression = |at: usize| Ok::<_, Infallible>(all[at].clone());
        let search = Search { count: all.len(), left_out: |_, _| false, impression, most };
        let Ok(mut found) = search.run(&mut |_, _| true);
        found.pairs.sort_by_key(|(a, b, _)| (*a, *b));
        found
    }

    fn by_comparing_all(all: &[Option<Impression>]) -> Vec<(usize, usize, f32)> {
        let mut pairs = Vec::new();
        for (a, one) in all.iter().enumerate() {
            for (b, other) in all.iter().enumerate().skip(a + 1) {
                let score = one.as_ref().zip(other.as_ref()).and_then(|(one, other)| same(one, other));
                pairs.extend(score.map(|score| (a, b, score)));
            }
        }
        pairs
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn what_is_found_among_many_is_what_is_found_by_comparing_all(
            all in spots(), unread in proptest::option::of(0usize..8),
        ) {
            let all: Vec<_> =
                all.into_iter().enumerate().map(|(at, one)| (unread != Some(at)).then_some(one)).collect();
            let found = among(&all, MOST_LAID_OVER);
            prop_assert_eq!(found.pairs, by_comparing_all(&all));
            prop_assert_eq!((found.left, found.not_come_to), (0, 0));
            prop_assert_eq!(found.unread, unread.filter(|at| *at < all.len()).into_iter().collect::<Vec<_>>());
        }
    }

    #[test]
    fn of_many_copies_the_most_alike_alone_are_laid_over_each_other_and_the_rest_is_counted() {
        let all: Vec<_> = (0..5).map(|at| Some(spot(0.3, at as f32, 1.0))).collect();
        let found = among(&all, 2);
        // The fourth has three before it, the fifth four.
        assert_eq!((found.pairs.len(), found.left), (1 + 2 + 2 + 2, 1 + 2));
        assert_eq!((among(&all, 4).pairs.len(), among(&all, 4).left), (10, 0));
    }

    #[test]
    fn pairs_that_nobody_asks_about_are_not_told() {
        let all = [0.0, 0.5, 1.0].map(|turn| spot(0.3, turn, 1.0));
        let impression = |at: usize| Ok::<_, Infallible>(Some(all[at].clone()));
        let Ok(found) = copies(3, |a, b| (a, b) == (0, 1), impression, &mut |_, _| true);
        let pairs: Vec<_> = found.pairs.iter().map(|(a, b, _)| (*a, *b)).collect();
        assert_eq!(pairs, [(0, 2), (1, 2)]);
    }

    #[test]
    fn who_stops_it_is_told_what_was_found_and_how_many_were_not_come_to() {
        let count = HELD_AT_ONCE.1 + 6;
        let print = |at: usize| [1, 2, count - 1].contains(&at).then(|| spot(0.3, at as f32, 1.0));
        let mut heard = Vec::new();
        let Ok(found) = copies(count, |_, _| false, |at| Ok::<_, Infallible>(print(at)), &mut |done, of| {
            heard.push((done, of));
            done < HELD_AT_ONCE.1
        });
        assert_eq!(heard, [(0, count), (HELD_AT_ONCE.1, count)]);
        assert_eq!((found.pairs.len(), found.not_come_to, found.unread.len()), (1, 6, HELD_AT_ONCE.1 - 2));
        let failed = copies(3, |_, _| false, |_| Err("gone"), &mut |_, _| true);
        assert_eq!(failed, Err("gone"));
    }
}
