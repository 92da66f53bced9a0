//! What ink without ridges is: a stamp, something drawn, ink that ran together, or writing.
//!
//! Figures are weighed by multinomial logistic regression. The weights are fitted to drawn letters of two
//! hands by the example `weigh` of `ruhu-pictures`, which writes [`super::weights`].

use super::weights::{DEVIATIONS, FIGURES, KINDS, MEANS, WEIGHTS};
use crate::print::Print;

/// What it may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A stamp or a seal.
    Stamp,
    /// Drawn or printed.
    Drawn,
    /// Ink that ran together.
    Pool,
    /// Somebody wrote.
    Writing,
}

impl Kind {
    /// In the order of the weights.
    pub const ALL: [Kind; KINDS] = [Kind::Stamp, Kind::Drawn, Kind::Pool, Kind::Writing];
}

/// A figure that is further from the usual, in deviations, counts as so far: no single one decides.
pub const FURTHEST: f32 = 3.0;

/// The figures of a piece of ink in a picture whose sharpest rims take `sharpest` millimetres.
pub fn figures(print: &Print, sharpest: f32) -> [f32; FIGURES] {
    let (long, short) = print.axes;
    [
        print.area.max(1.0).ln(),
        long,
        short,
        short / long.max(0.1),
        print.solidity,
        print.density,
        print.cover,
        print.unevenness,
        print.ridges,
        print.directed,
        print.flow,
        print.together,
        print.around,
        print.peak,
        print.contrast,
        print.coarse,
        print.lattice,
        print.slope,
        print.lines,
        print.grain,
        print.streaks,
        print.texture.across,
        print.rim.rim / sharpest,
        print.rim.soft_rim / sharpest,
        print.drawn.outlined,
        print.drawn.hollow,
        print.drawn.largest_part,
        print.drawn.square,
    ]
}

/// The figures as deviations from the usual.
pub fn scaled(figures: [f32; FIGURES]) -> [f32; FIGURES] {
    std::array::from_fn(|at| ((figures[at] - MEANS[at]) / DEVIATIONS[at]).clamp(-FURTHEST, FURTHEST))
}

/// The likeliest of the kinds that are allowed.
pub fn kind(print: &Print, sharpest: f32, allowed: impl Fn(Kind) -> bool) -> Kind {
    let scaled = scaled(figures(print, sharpest));
    let odds = |weights: &[f32; FIGURES + 1]| {
        weights[FIGURES] + weights.iter().zip(&scaled).map(|(weight, value)| weight * value).sum::<f32>()
    };
    let kinds = Kind::ALL.into_iter().zip(&WEIGHTS).filter(|(kind, _)| allowed(*kind));
    let likeliest = kinds.max_by(|(_, a), (_, b)| odds(a).total_cmp(&odds(b)));
    likeliest.map_or(Kind::Drawn, |(kind, _)| kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_and_figure_has_its_weight_and_none_is_spread_over_nothing() {
        assert!(DEVIATIONS.iter().all(|deviation| *deviation > 1e-3));
        assert!(WEIGHTS.iter().flatten().chain(&MEANS).all(|value| value.is_finite()));
        assert!((0..FIGURES).all(|figure| WEIGHTS.iter().any(|kind| kind[figure] != 0.0)));
    }

    #[test]
    fn no_single_figure_counts_beyond_the_furthest() {
        let mut figures = MEANS;
        figures[0] = f32::INFINITY;
        figures[1] = -1e9;
        let scaled = scaled(figures);
        assert_eq!((scaled[0], scaled[1], scaled[2]), (FURTHEST, -FURTHEST, 0.0));
    }
}
