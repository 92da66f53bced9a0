//! Copies of impressions: an impression as bytes, and its outline, by which it is looked for among many.
//!
//! Two outlines are one at some turn. Sorted by size, the figures of an outline are the same at every turn, and
//! what is left between two that are sorted is never more than what is left between them at their best turn; nor
//! do figures that are rounded to a byte differ by more than half of one each. So bytes, sorted and then turned,
//! say of nearly all pairs that their outlines are too far apart, and none that would be compared is lost.

use ruhu_text::{Explain, Explanation};

use super::impression::{DENSEST, DIRECTIONS, FIGURES, Impression, SIDE, outline};
use super::reuse::{FARTHEST_OUTLINE, Likeness, SAME, TRIED, best_turns, compare};
use crate::picture::Plane;

/// What an impression is: another number with every change of how it is made or kept. Those of another one are
/// made anew from their photo.
pub const FORMAT: u8 = 2;
/// The bytes of an impression: format, area (4, a float of the lower byte first), ink and mask, a byte a point.
pub const IMPRESSION_BYTES: usize = 1 + 4 + 2 * SIDE * SIDE;
/// The bytes of an outline.
pub const OUTLINE_BYTES: usize = 2 * DIRECTIONS * FIGURES;
/// What a figure of an outline is multiplied by; none reaches 8.
const FIGURE_UNIT: f32 = 8_192.0;
/// What a figure of an outline is multiplied by to be a byte. What is beyond a byte counts for less than it is.
const PER_FIGURE: f32 = 36.0;
/// By how much the sum of the differences of bytes differs from that of the figures at the most: half of one for each
/// of two figures, and a little for what floats are rounded.
const ROUNDED_OFF: u32 = (DIRECTIONS * FIGURES) as u32 + 2;
/// Outlines whose bytes differ by more are too far apart, however they are turned.
const FARTHEST_IN_BYTES: u32 =
    (FARTHEST_OUTLINE * PER_FIGURE * (DIRECTIONS * FIGURES) as f32) as u32 + ROUNDED_OFF;

/// Bytes that are no impression, or one of another program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no impression that this program reads")]
pub struct ForeignImpression;

impl Explain for ForeignImpression {
    fn code(&self) -> &'static str {
        "impression"
    }

    fn explain(&self) -> Explanation {
        Explanation::new("保存的捺印图像无法读取。", "A kept picture of a print cannot be read.").advise(
            "会按照片重新生成，不必处理。",
            "It is made again from its photo; there is nothing to do.",
        )
    }
}

impl Impression {
    /// The impression as it is kept, [`IMPRESSION_BYTES`].
    pub fn to_bytes(&self) -> Vec<u8> {
        let byte = |value: f32, most: f32| (value / most * 255.0).round().clamp(0.0, 255.0) as u8;
        let mut bytes = Vec::with_capacity(IMPRESSION_BYTES);
        bytes.push(FORMAT);
        bytes.extend(self.area.to_le_bytes());
        bytes.extend(self.ink.data.iter().map(|ink| byte(*ink, DENSEST)));
        bytes.extend(self.mask.data.iter().map(|mask| byte(*mask, 1.0)));
        bytes
    }

    /// Reads one that was kept.
    ///
    /// # Errors
    /// [`ForeignImpression`] for anything else.
    pub fn from_bytes(bytes: &[u8]) -> Result<Impression, ForeignImpression> {
        if bytes.len() != IMPRESSION_BYTES {
            return Err(ForeignImpression);
        }
        let (&[FORMAT, a, b, c, d], planes) = bytes.split_first_chunk::<5>().ok_or(ForeignImpression)? else {
            return Err(ForeignImpression);
        };
        let area = f32::from_le_bytes([a, b, c, d]);
        if !area.is_finite() || area < 0.0 {
            return Err(ForeignImpression);
        }
        let (ink, mask) = planes.split_at(SIDE * SIDE);
        let plane = |bytes: &[u8], most: f32| {
            Plane::new(SIDE, SIDE, bytes.iter().map(|byte| f32::from(*byte) / 255.0 * most).collect())
        };
        let (ink, mask) = (plane(ink, DENSEST), plane(mask, 1.0));
        let outline = outline(&ink, &mask);
        Ok(Impression { ink, mask, outline, area })
    }
}

/// How far and how densely the ink of an impression reaches in each direction.
#[derive(Debug, Clone, PartialEq)]
pub struct Outline {
    figures: Vec<f32>,
    /// The same in bytes, of which many are told apart at once: [`PER_FIGURE`] each.
    small: Vec<u8>,
    /// These, each of the kinds of figures sorted by itself.
    sorted: Vec<u8>,
}

impl Outline {
    /// Of an impression.
    pub fn of(impression: &Impression) -> Outline {
        Outline::new(impression.outline.clone())
    }

    fn new(figures: Vec<f32>) -> Outline {
        let small: Vec<u8> = figures.iter().map(|figure| (figure * PER_FIGURE).round() as u8).collect();
        let mut sorted = Vec::with_capacity(small.len());
        for kind in 0..FIGURES {
            let mut of_kind: Vec<u8> = small.iter().skip(kind).step_by(FIGURES).copied().collect();
            of_kind.sort_unstable();
            sorted.extend(of_kind);
        }
        Outline { figures, small, sorted }
    }

    /// The outline as it is kept, [`OUTLINE_BYTES`]: two bytes a figure, the lower one first.
    pub fn to_bytes(&self) -> Vec<u8> {
        let figures = self.figures.iter().map(|figure| (figure * FIGURE_UNIT).round() as u16);
        figures.flat_map(u16::to_le_bytes).collect()
    }

    /// Reads one that was kept.
    ///
    /// # Errors
    /// [`ForeignImpression`] for anything else.
    pub fn from_bytes(bytes: &[u8]) -> Result<Outline, ForeignImpression> {
        let (figures, rest) = bytes.as_chunks::<2>();
        if bytes.len() != OUTLINE_BYTES || !rest.is_empty() {
            return Err(ForeignImpression);
        }
        let figures = figures.iter().map(|two| f32::from(u16::from_le_bytes(*two)) / FIGURE_UNIT);
        Ok(Outline::new(figures.collect()))
    }

    /// How far apart two outlines are that may be of one impression: from 0, the mean of all figures.
    pub fn apart(&self, other: &Outline) -> Option<f32> {
        self.turns(other).map(|(apart, _)| apart)
    }

    /// The same, and by which angles they lie best on each other (in 64ths): as [`compare`] finds them. Bytes say of
    /// nearly all pairs that they are too far apart, and of the others which turns may be the best.
    pub(crate) fn turns(&self, other: &Outline) -> Option<(f32, [usize; TRIED])> {
        if bytes_apart(&self.sorted, &other.sorted) > FARTHEST_IN_BYTES {
            return None;
        }
        let doubled = [other.small.as_slice(), &other.small].concat();
        let turned = doubled.windows(self.small.len().max(1)).step_by(FIGURES);
        let mut apart = [u32::MAX; DIRECTIONS];
        apart.iter_mut().zip(turned).for_each(|(apart, turned)| *apart = bytes_apart(&self.small, turned));
        let mut best = apart;
        let (_, third, _) = best.select_nth_unstable(TRIED - 1);
        let bound = third.saturating_add(2 * ROUNDED_OFF);
        if apart.iter().all(|apart| *apart > FARTHEST_IN_BYTES) {
            return None;
        }
        let may_be = |turn: usize| apart.get(turn).is_some_and(|apart| *apart <= bound);
        Some(best_turns(&self.figures, &other.figures, may_be))
            .filter(|(apart, _)| *apart <= FARTHEST_OUTLINE)
    }
}

/// The sum of the differences of as many bytes.
fn bytes_apart(a: &[u8], b: &[u8]) -> u32 {
    a.iter().zip(b).map(|(a, b)| u32::from(a.abs_diff(*b))).sum()
}

/// How alike two impressions are, when they are one: from [`SAME`] to 1.
pub fn same(one: &Impression, other: &Impression) -> Option<f32> {
    score(compare(one, other))
}

/// The score of two that are one impression.
pub(crate) fn score(likeness: Option<Likeness>) -> Option<f32> {
    likeness.map(|likeness| likeness.score()).filter(|score| *score >= SAME)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn figures() -> impl Strategy<Value = Vec<f32>> {
        proptest::collection::vec(0.0f32..6.0, DIRECTIONS * FIGURES)
    }

    proptest! {
        #[test]
        fn no_pair_that_would_be_compared_is_passed_over(
            one in figures(), turn in 0..DIRECTIONS, noise in 0.0f32..0.4,
        ) {
            let mut other = one.clone();
            other.rotate_left(turn * FIGURES);
            let waves = other.iter().enumerate().map(|(at, figure)| (figure + noise * (at as f32).sin()).abs());
            let other: Vec<f32> = waves.collect();
            let best = Some(best_turns(&one, &other, |_| true)).filter(|(apart, _)| *apart <= FARTHEST_OUTLINE);
            prop_assert_eq!(Outline::new(one).turns(&Outline::new(other)), best);
        }

        #[test]
        fn what_was_kept_is_read_as_it_was_kept(
            ink in proptest::collection::vec(any::<u8>(), IMPRESSION_BYTES - 5), area in 0.0f32..900.0,
        ) {
            let bytes = [vec![FORMAT], area.to_le_bytes().to_vec(), ink].concat();
            let read = Impression::from_bytes(&bytes).unwrap();
            prop_assert_eq!(read.to_bytes(), bytes);
            let outline = Outline::of(&read);
            let kept = Outline::from_bytes(&outline.to_bytes()).unwrap();
            prop_assert_eq!(kept.to_bytes(), outline.to_bytes());
            prop_assert!(outline.apart(&kept).is_some() && kept.apart(&outline).is_some());
        }
    }

    #[test]
    fn anything_else_is_no_impression() {
        let whole = [vec![FORMAT], vec![0; IMPRESSION_BYTES - 1]].concat();
        assert!(Impression::from_bytes(&whole).is_ok());
        let newer = [vec![FORMAT + 1], whole[1..].to_vec()].concat();
        let endless = [vec![FORMAT, 0, 0, 0x80, 0x7f], whole[5..].to_vec()].concat();
        for bytes in [&whole[1..], &newer, &endless, &[]] {
            assert_eq!(Impression::from_bytes(bytes), Err(ForeignImpression));
        }
        assert_eq!(Outline::from_bytes(&[0; OUTLINE_BYTES - 1]), Err(ForeignImpression));
    }
}
