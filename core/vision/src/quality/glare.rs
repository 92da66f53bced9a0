//! Reflections on paper and plastic: burnt out in the middle, fading outwards.

use super::exposure::{BURNT, Small};
use crate::picture::{pieces, quantile};

/// A piece smaller than this share of the document is a highlight that hides nothing.
const LEAST: f32 = 0.003;
/// Paper that is itself so bright shows no reflection.
const BRIGHT_PAPER: f32 = 243.0;
/// Over how many points a reflection fades at its edge, at least: a white field that is printed ends at
/// once.
const LEAST_FADING: f32 = 1.2;

/// The share of the document that reflections hide, 0 to 1. `document` says which points are its.
pub(super) fn glare(small: &Small, document: &[bool]) -> f32 {
    let least = &small.least;
    let mut inside: Vec<f32> =
        least.data.iter().zip(document).filter(|(_, inside)| **inside).map(|(value, _)| *value).collect();
    let points = inside.len().max(1) as f32;
    let paper = quantile(&mut inside, 0.6);
    if paper >= BRIGHT_PAPER {
        return 0.0;
    }
    let above = |level: f32| -> Vec<bool> {
        least.data.iter().zip(document).map(|(value, inside)| *inside && *value >= level).collect()
    };
    let burnt = above(f32::from(BURNT) - 2.0);
    let mut hidden = 0.0;
    for light in pieces(&above((paper + f32::from(BURNT)) / 2.0), least.width) {
        let core = light.iter().filter(|at| burnt[**at]).count() as f32;
        let fading = ((light.len() as f32).sqrt() - core.sqrt()) / 2.0;
        if core / points >= LEAST && fading >= LEAST_FADING {
            hidden += core / points;
        }
    }
    hidden
}
