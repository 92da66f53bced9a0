//! How many copies are found, and how near other pressings come.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Instant;

use ruhu_vision::letter::impression::Impression;
use ruhu_vision::letter::prints::impressions;
use ruhu_vision::letter::reuse::{SAME, compare};
use ruhu_vision::picture::Picture;

use crate::copies::{Way, copy, impression};
use crate::letters::Hand;
use crate::noise::Chance;
use crate::parallel;
use crate::table::Share;

/// Copies and pairs, counted.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReuseTable {
    /// By the way of copying: found, and made.
    pub copies: BTreeMap<Way, (u32, u32)>,
    /// Pictures in which no impression was found.
    pub unseen: u32,
    /// Pairs of pressings of one finger, and those called one impression.
    pub same_finger: (u64, u64),
    /// Pairs of different fingers, and those called one impression.
    pub other_fingers: (u64, u64),
    /// The highest score of a pair that is no copy.
    pub highest: f32,
    /// Microseconds of one core that comparing the pairs took.
    pub micros: f64,
}

impl ReuseTable {
    /// So many fingers of a hand, each pressed so often; `copied` of the pressings are copied in every way. All
    /// pairs of pressings are compared, on all cores.
    pub fn of(hand: Hand, seed: u64, fingers: usize, presses: usize, copied: usize) -> ReuseTable {
        let pressed = parallel::each(fingers, |at| {
            let (mut table, mut found) = (ReuseTable::default(), Vec::new());
            table.press(
                hand,
                seed,
                at,
                presses,
                copied.saturating_sub(at * presses).min(presses),
                &mut found,
            );
            (table, found)
        });
        let (mut table, mut all) = (ReuseTable::default(), Vec::new());
        for (one, found) in pressed {
            table = table.with(one);
            all.extend(found);
        }
        let compared = parallel::each(all.len(), |at| {
            let (mut table, began) = (ReuseTable::default(), Instant::now());
            all[at + 1..].iter().for_each(|other| table.compare(&all[at], other));
            table.micros = began.elapsed().as_secs_f64() * 1e6;
            table
        });
        compared.into_iter().fold(table, ReuseTable::with)
    }

    /// Copies that were found, of all that were made.
    pub fn found(&self) -> Share {
        let sum = |of: fn(&(u32, u32)) -> u32| self.copies.values().map(|one| u64::from(of(one))).sum();
        Share { count: sum(|one| one.0), of: sum(|one| one.1) }
    }

    fn press(
        &mut self,
        hand: Hand,
        seed: u64,
        finger: usize,
        presses: usize,
        copied: usize,
        found: &mut Vec<(usize, Impression)>,
    ) {
        let chance = &mut Chance::of(seed.wrapping_mul(31_337) + finger as u64);
        let skin = hand.finger(chance.seed());
        for at in 0..presses {
            let picture = impression(hand, &skin, chance);
            let Some(one) = largest(&picture) else {
                self.unseen += 1;
                continue;
            };
            if at < copied {
                for way in Way::ALL {
                    // As whoever looks for copies does: with all that is in the picture.
                    let others = impressions(&copy(&picture, way, chance));
                    let likenesses = others.iter().filter_map(|other| compare(&one, other));
                    let count = self.copies.entry(way).or_default();
                    count.0 += u32::from(likenesses.into_iter().any(|likeness| likeness.score() >= SAME));
                    count.1 += 1;
                }
            }
            found.push((finger, one));
        }
    }

    fn compare(&mut self, one: &(usize, Impression), other: &(usize, Impression)) {
        let score = compare(&one.1, &other.1).map_or(0.0, |likeness| likeness.score());
        let count = if one.0 == other.0 { &mut self.same_finger } else { &mut self.other_fingers };
        count.0 += 1;
        count.1 += u64::from(score >= SAME);
        self.highest = self.highest.max(score);
    }

    /// Both tables as one.
    pub fn with(mut self, other: ReuseTable) -> ReuseTable {
        for (way, count) in other.copies {
            let mine = self.copies.entry(way).or_default();
            *mine = (mine.0 + count.0, mine.1 + count.1);
        }
        let sum = |a: (u64, u64), b: (u64, u64)| (a.0 + b.0, a.1 + b.1);
        self.same_finger = sum(self.same_finger, other.same_finger);
        self.other_fingers = sum(self.other_fingers, other.other_fingers);
        self.unseen += other.unseen;
        self.highest = self.highest.max(other.highest);
        self.micros += other.micros;
        self
    }
}

fn largest(picture: &Picture) -> Option<Impression> {
    impressions(picture).into_iter().max_by(|a, b| a.area.total_cmp(&b.area))
}

impl fmt::Display for ReuseTable {
    /// As tables of Markdown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| copy | found | of |\n|---|---|---|")?;
        for (way, (found, all)) in &self.copies {
            writeln!(f, "| {way:?} | {found} | {all} |")?;
        }
        writeln!(f, "\n| pairs that are no copies | number | called copies |\n|---|---|---|")?;
        writeln!(f, "| one finger, pressed twice | {} | {} |", self.same_finger.0, self.same_finger.1)?;
        writeln!(f, "| two fingers | {} | {} |", self.other_fingers.0, self.other_fingers.1)?;
        writeln!(
            f,
            "\nThe highest score of a pair that is no copy: {:.3}; from {SAME} on two are one. Pictures without an impression: {}. A pair took {:.0} µs.",
            self.highest,
            self.unseen,
            self.micros / (self.same_finger.0 + self.other_fingers.0).max(1) as f64
        )
    }
}
