//! Ink on paper: what the paper's light lacks, by colour.
//!
//! The density of a colour is the logarithm of how much less of it comes back than from bare paper
//! beside it. Uneven light and shadows, which lie on paper and ink alike, drop out; so does the colour
//! of the light.

use serde::Serialize;

use crate::picture::{Plane, quantile};
use crate::straight::Straight;

/// Side of the tiles in which paper is looked for, in millimetres.
const TILE: f64 = 4.0;
/// Densities beyond this are black.
const MOST: f32 = 3.0;
/// A tile whose brightness changes by less, as a density, is at rest.
const LEAST_UNREST: f32 = 0.05;

/// The colour of an ink.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Colour {
    /// Takes green and blue.
    Red,
    /// Takes red most and blue least; green and violet pads count here.
    Blue,
    /// Takes all alike.
    Black,
}

impl Colour {
    /// Of densities in red, green and blue.
    pub fn of(density: [f32; 3]) -> Colour {
        let [red, green, blue] = density;
        let most = red.max(green).max(blue);
        let least = red.min(green).min(blue);
        if most - least < 0.30 * most {
            Colour::Black
        } else if red <= green && red <= blue.max(0.6 * green) {
            Colour::Red
        } else {
            Colour::Blue
        }
    }
}

/// The densities of a part of a sheet.
#[derive(Debug, Clone)]
pub struct Densities {
    /// Of red, green and blue; about 0 on paper.
    pub planes: [Plane; 3],
    /// The brightness of the paper, 0 to 255.
    pub paper: Plane,
}

impl Densities {
    /// Measures them.
    pub fn of(part: &Straight) -> Densities {
        Densities::on(part, paper(part, |_| true))
    }

    /// Measures them where one piece of ink lies on paper, whatever its colour: in grey pictures a print is as
    /// bright as paper in shade, and no tile of it is taken for paper.
    pub fn of_lone_ink(part: &Straight) -> Densities {
        let calm = calm(part);
        Densities::on(part, paper(part, |at| calm[at]))
    }

    fn on(part: &Straight, paper: [Plane; 3]) -> Densities {
        let planes = std::array::from_fn(|c| {
            let (plane, under) = (&part.planes[c], &paper[c]);
            let density =
                |(value, paper): (&f32, &f32)| ((paper + 1.0) / (value + 1.0)).ln().clamp(-0.3, MOST);
            Plane::new(plane.width, plane.height, plane.data.iter().zip(&under.data).map(density).collect())
        });
        let [red, green, blue] = paper;
        let grey = red.data.iter().zip(&green.data).zip(&blue.data);
        let grey = grey.map(|((r, g), b)| 0.30 * r + 0.59 * g + 0.11 * b).collect();
        Densities { planes, paper: Plane::new(red.width, red.height, grey) }
    }

    /// The densities of one point.
    #[inline]
    pub fn at(&self, index: usize) -> [f32; 3] {
        [self.planes[0].data[index], self.planes[1].data[index], self.planes[2].data[index]]
    }

    /// How coloured each point is over about `deviation` points: the largest density less the smallest.
    /// The densities are averaged before they are compared, so that noise averages out.
    pub fn chroma(&self, deviation: f32) -> Plane {
        let [red, green, blue] = self.planes.each_ref().map(|plane| plane.blurred(deviation));
        let data = red.data.iter().zip(&green.data).zip(&blue.data);
        let data = data.map(|((r, g), b)| r.max(*g).max(*b) - r.min(*g).min(*b)).collect();
        Plane::new(red.width, red.height, data)
    }

    /// The largest density of each point over about `deviation` points.
    pub fn most(&self, deviation: f32) -> Plane {
        let [red, green, blue] = self.planes.each_ref().map(|plane| plane.blurred(deviation));
        let data =
            red.data.iter().zip(&green.data).zip(&blue.data).map(|((r, g), b)| r.max(*g).max(*b)).collect();
        Plane::new(red.width, red.height, data)
    }

    /// How much of an ink of this mean density lies at each point, by its colour alone: printed lines and
    /// shadows, which take all colours alike, count nothing. 1 is the mean.
    pub fn coloured_amount(&self, ink: [f32; 3]) -> Plane {
        let without_grey = |d: [f32; 3]| {
            let least = d[0].min(d[1]).min(d[2]);
            d.map(|value| value - least)
        };
        let ink = without_grey(ink);
        let size: f32 = ink.iter().map(|v| v * v).sum::<f32>().max(1e-6);
        let amount = |at: usize| {
            let d = without_grey(self.at(at));
            (d[0] * ink[0] + d[1] * ink[1] + d[2] * ink[2]) / size
        };
        let plane = &self.planes[0];
        Plane::new(plane.width, plane.height, (0..plane.data.len()).map(amount).collect())
    }

    /// How much of an ink of this mean density lies at each point; 1 is the mean.
    pub fn amount(&self, ink: [f32; 3]) -> Plane {
        let size: f32 = ink.iter().map(|v| v * v).sum::<f32>().max(1e-6);
        let weights = ink.map(|v| v / size);
        let [red, green, blue] = &self.planes;
        let data = red.data.iter().zip(&green.data).zip(&blue.data);
        let data = data.map(|((r, g), b)| r * weights[0] + g * weights[1] + b * weights[2]).collect();
        Plane::new(red.width, red.height, data)
    }
}

/// The colour that bare paper has at each point.
///
/// In each tile the brightest tenth is paper, unless it is coloured as paper is nowhere, or so much
/// darker than the tiles around it that ink must cover it whole; such tiles take the colour of their
/// neighbours, and so do those that cannot be paper.
fn paper(part: &Straight, may_be: impl Fn(usize) -> bool) -> [Plane; 3] {
    let (side, across, down) = tiles(part);
    let tiles: [Vec<f32>; 3] =
        std::array::from_fn(|c| tile_quantiles(&part.planes[c], 0.85, side, across, down));
    let light = |at: usize| (tiles[0][at] + tiles[1][at] + tiles[2][at]) / 3.0;
    let lights: Vec<f32> = (0..across * down).map(light).collect();
    let brightest = Plane::new(across, down, lights.clone()).highest((20.0 / TILE) as usize);
    // The colour of the light: the median of the brighter half's colours.
    let half = quantile(&mut lights.clone(), 0.5);
    let tints: [f32; 3] = std::array::from_fn(|c| {
        let bright = (0..lights.len()).filter(|&at| lights[at] >= half && lights[at] > 1.0);
        let mut shares: Vec<f32> = bright.map(|at| tiles[c][at] / lights[at]).collect();
        quantile(&mut shares, 0.5).max(0.05)
    });
    let bare: Vec<bool> = (0..lights.len())
        .map(|at| {
            let shares: [f32; 3] =
                std::array::from_fn(|c| (tiles[c][at] + 1.0) / (lights[at] + 1.0) / tints[c]);
            let most = shares.iter().fold(f32::MIN, |m, v| m.max(*v));
            let least = shares.iter().fold(f32::MAX, |m, v| m.min(*v));
            (most / least).ln() < 0.12 && lights[at] > 0.45 * brightest.data[at] && may_be(at)
        })
        .collect();
    std::array::from_fn(|c| {
        let filled = filled(&tiles[c], &bare, across, down);
        let coarse = Plane::new(across, down, filled).mean(1);
        let mut data = Vec::with_capacity(part.width() * part.height());
        for y in 0..part.height() {
            let v = (y as f32 + 0.5) / side as f32 - 0.5;
            for x in 0..part.width() {
                data.push(coarse.sample((x as f32 + 0.5) / side as f32 - 0.5, v));
            }
        }
        Plane::new(part.width(), part.height(), data)
    })
}

/// The side of a tile in points, and how many lie across and down.
fn tiles(part: &Straight) -> (usize, usize, usize) {
    let side = ((TILE * part.per_mm).round() as usize).clamp(2, part.width().min(part.height()).max(2));
    (side, part.width().div_ceil(side), part.height().div_ceil(side))
}

/// Which tiles are as even as bare paper and not shut in by others: ridges and a print's outline are restless, and
/// what lies within a print is no paper however even it is.
fn calm(part: &Straight) -> Vec<bool> {
    let (side, across, down) = tiles(part);
    let of = |share| tile_quantiles(&part.planes[1], share, side, across, down).into_iter();
    let unrest: Vec<f32> =
        of(0.9).zip(of(0.1)).map(|(bright, dark)| ((bright + 1.0) / (dark + 1.0)).ln()).collect();
    // A quarter of the tiles at least are paper, with its noise and its change of light.
    let rest = (2.0 * quantile(&mut unrest.clone(), 0.25)).max(LEAST_UNREST);
    let mut open = vec![false; unrest.len()];
    let on_edge = |at: usize| {
        let (x, y) = (at % across, at / across);
        x == 0 || y == 0 || x + 1 == across || y + 1 == down
    };
    let mut reached: Vec<usize> = (0..unrest.len()).filter(|&at| on_edge(at) && unrest[at] < rest).collect();
    reached.iter().for_each(|&at| open[at] = true);
    while let Some(at) = reached.pop() {
        let (x, y) = (at % across, at / across);
        let beside = [
            (x > 0).then(|| at - 1),
            (x + 1 < across).then_some(at + 1),
            (y > 0).then(|| at - across),
            (y + 1 < down).then_some(at + across),
        ];
        for next in beside.into_iter().flatten().filter(|&next| unrest[next] < rest) {
            if !std::mem::replace(&mut open[next], true) {
                reached.push(next);
            }
        }
    }
    open
}

fn tile_quantiles(plane: &Plane, share: f32, side: usize, across: usize, down: usize) -> Vec<f32> {
    let mut out = Vec::with_capacity(across * down);
    let mut values = Vec::with_capacity(side * side);
    for ty in 0..down {
        for tx in 0..across {
            values.clear();
            for y in ty * side..((ty + 1) * side).min(plane.height) {
                let row = &plane.data[y * plane.width..][..plane.width];
                values.extend_from_slice(&row[tx * side..((tx + 1) * side).min(plane.width)]);
            }
            out.push(quantile(&mut values, share));
        }
    }
    out
}

/// What is no paper takes the mean of the nearest paper around it, ring by ring.
fn filled(values: &[f32], known: &[bool], across: usize, down: usize) -> Vec<f32> {
    let (mut values, mut known) = (values.to_vec(), known.to_vec());
    if !known.contains(&true) {
        return values;
    }
    while known.contains(&false) {
        let (before, known_before) = (values.clone(), known.clone());
        for y in 0..down {
            for x in 0..across {
                let at = y * across + x;
                if known_before[at] {
                    continue;
                }
                let (mut sum, mut count) = (0.0, 0.0);
                for ny in y.saturating_sub(1)..=(y + 1).min(down - 1) {
                    for nx in x.saturating_sub(1)..=(x + 1).min(across - 1) {
                        if known_before[ny * across + nx] {
                            sum += before[ny * across + nx];
                            count += 1.0;
                        }
                    }
                }
                if count > 0.0 {
                    values[at] = sum / count;
                    known[at] = true;
                }
            }
        }
    }
    values
}
