//! Copies among many impressions: an impression as bytes, and its outline, by which it is looked for.
//!
//! Two outlines are one at some turn. Sorted by size, the figures of an outline are the same at every turn, and
//! what is left between two that are sorted is never more than what is left between them at their best turn: so
//! of many outlines nearly all are passed over by one look, and none that would be compared is lost.

use ruhu_text::{Explain, Explanation};

use super::impression::{DENSEST, DIRECTIONS, FIGURES, Impression, SIDE, outline};
use super::reuse::{FARTHEST_OUTLINE, SAME, compare, outlines_within};
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
    /// Each of the kinds of figures sorted by itself.
    sorted: Vec<f32>,
}

impl Outline {
    /// Of an impression.
    pub fn of(impression: &Impression) -> Outline {
        Outline::new(impression.outline.clone())
    }

    fn new(figures: Vec<f32>) -> Outline {
        let mut sorted = Vec::with_capacity(figures.len());
        for kind in 0..FIGURES {
            let mut of_kind: Vec<f32> = figures.iter().skip(kind).step_by(FIGURES).copied().collect();
            of_kind.sort_by(f32::total_cmp);
            sorted.extend(of_kind);
        }
        Outline { figures, sorted }
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

    /// Whether both may be outlines of one impression: it is worth comparing them.
    pub fn may_be(&self, other: &Outline) -> bool {
        self.apart(other).is_some()
    }

    /// How far apart two outlines are that may be of one impression: from 0, the mean of all figures.
    pub fn apart(&self, other: &Outline) -> Option<f32> {
        let apart: f32 = self.sorted.iter().zip(&other.sorted).map(|(a, b)| (a - b).abs()).sum();
        let at_least = apart / (DIRECTIONS * FIGURES) as f32;
        // Sums of many floats differ in their last digits by the order in which they were added.
        if at_least > FARTHEST_OUTLINE + 1e-4 {
            return None;
        }
        outlines_within(&self.figures, &other.figures, FARTHEST_OUTLINE)
    }
}

/// How alike two impressions are, when they are one: from [`SAME`] to 1.
pub fn same(one: &Impression, other: &Impression) -> Option<f32> {
    compare(one, other).map(|likeness| likeness.score()).filter(|score| *score >= SAME)
}

/// The pairs of these that are one impression, with their scores; `a` stands before `b`. `left_out` says which
/// pairs nobody asks about, `impression` gives one, or nothing when it cannot be read.
///
/// # Errors
/// Those of `impression`.
pub fn pairs<E>(
    outlines: &[Outline],
    left_out: impl Fn(usize, usize) -> bool,
    impression: impl Fn(usize) -> Result<Option<Impression>, E>,
) -> Result<Vec<(usize, usize, f32)>, E> {
    let mut found = Vec::new();
    for (b, outline) in outlines.iter().enumerate() {
        let before = outlines.iter().enumerate().take(b);
        let near = before.filter(|(a, other)| !left_out(*a, b) && outline.may_be(other));
        let near: Vec<usize> = near.map(|(a, _)| a).collect();
        let Some(one) = (if near.is_empty() { None } else { impression(b)? }) else { continue };
        for a in near {
            let score = impression(a)?.and_then(|other| same(&other, &one));
            found.extend(score.map(|score| (a, b, score)));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::letter::reuse::outlines_apart;

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
            let apart = outlines_apart(&one, &other).0;
            // Sums of many floats differ in their last digits by the order in which they were added.
            prop_assume!((apart - FARTHEST_OUTLINE).abs() > 1e-4);
            let would_be = Some(apart).filter(|apart| *apart <= FARTHEST_OUTLINE);
            let found = Outline::new(one).apart(&Outline::new(other));
            prop_assert_eq!(found.is_some(), would_be.is_some());
            prop_assert!(found.zip(would_be).is_none_or(|(a, b)| (a - b).abs() < 1e-4));
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
            prop_assert!(outline.may_be(&kept) && kept.may_be(&outline));
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
