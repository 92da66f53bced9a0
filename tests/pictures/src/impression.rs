//! A finger pressed on paper.

use crate::PER_MM;
use crate::finger::Finger;
use crate::ink::Mark;
use crate::noise::{Chance, smooth, step};

/// How it was pressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// As it should be, with all that varies.
    Good,
    /// Dragged or twisted while it lay on the paper.
    Smeared,
    /// With hardly any ink.
    Pale,
    /// With so much ink that the valleys are full.
    OverInked,
    /// Of a finger only a part, the ridges as they should be.
    Partial,
}

/// Half the axes of the contact, in millimetres, and where on the finger its middle is.
struct Contact {
    a: f32,
    b: f32,
    x: f32,
    y: f32,
}

/// The share of what is fine in a clear print that its ridges make up.
const CLEAR: f32 = 0.65;
/// The most that a drag leaves of the ridges.
pub(crate) const LEFT: f32 = 0.28;

/// An impression of a finger, upright, on paper of 34 × 38 mm. What is pressed as it should be shows its
/// ridges more than the paper's grain.
pub fn press(finger: &Finger, manner: Manner, chance: &mut Chance) -> Mark {
    loop {
        let (mark, skin) = touched(finger, manner, chance);
        match manner {
            Manner::Good | Manner::Partial if likeness(&skin, &mark) < CLEAR => {}
            Manner::Smeared => break dragged(&mark, chance),
            Manner::OverInked => break flooded(mark, chance),
            _ => break softened(mark, chance.between(0.5, 1.1)),
        }
    }
}

/// What hardly moved, or along its own ridges, can still be read and counts as not dragged.
fn dragged(mark: &Mark, chance: &mut Chance) -> Mark {
    loop {
        let moved = smeared(mark, chance);
        if ridges_kept(mark, &moved) < LEFT {
            break moved;
        }
    }
}

/// The ink that a finger leaves where it touches, and the ridges that touched.
fn touched(finger: &Finger, manner: Manner, chance: &mut Chance) -> (Mark, Mark) {
    let (width, height) = (34.0, 38.0);
    let (w, h) = ((width * PER_MM) as usize, (height * PER_MM) as usize);
    let contact = contact(manner, chance);
    let outline = smooth(w, h, 6.0 * PER_MM, chance);
    let (bend_x, bend_y) = (smooth(w, h, 12.0 * PER_MM, chance), smooth(w, h, 12.0 * PER_MM, chance));
    let bend = chance.between(0.15, 0.55);
    let (twist, shear) = (chance.between(-0.012, 0.012), chance.between(-0.05, 0.05));
    let blotches = smooth(w, h, chance.between(3.0, 9.0) * PER_MM, chance);
    let tooth = smooth(w, h, chance.between(2.0, 4.0), chance);
    let grain = smooth(w, h, chance.between(5.0, 10.0), chance);
    let press = Press::of(manner, chance);
    let mut skin = Mark::bare(width, height);
    let mark = Mark::drawn(width, height, |x, y| {
        let (px, py) = (x + width / 2.0, y + height / 2.0);
        let at = (((py * PER_MM) as usize).min(h - 1), ((px * PER_MM) as usize).min(w - 1));
        let of = |plane: &ruhu_vision::picture::Plane| plane.data[at.0 * w + at.1];
        let reach = ((x / contact.a).abs().powf(2.2) + (y / contact.b).abs().powf(2.2)).powf(1.0 / 2.2)
            + 0.035 * of(&outline);
        if reach > 1.25 {
            return 0.0;
        }
        let angle = twist * x.hypot(y);
        let fx = x + contact.x + bend * of(&bend_x) + shear * y - angle * y;
        let fy = y + contact.y + bend * of(&bend_y) + angle * x;
        let (gx, gy) =
            ((fx + crate::finger::WIDTH / 2.0) * PER_MM, (fy + crate::finger::HEIGHT / 2.0) * PER_MM);
        let ridge = finger.ridges.sample(gx, gy);
        skin.density.data[at.0 * w + at.1] = if reach < 0.9 { ridge } else { 0.0 };
        // Pressure falls towards the edge, and so does what a ridge gives away.
        let pressure = step(1.0 - reach, press.edge, 0.035);
        let bias = press.bias + press.uneven * of(&blotches) - 0.5 * (reach * reach);
        let touch = step(ridge + bias, 0.0, press.softness);
        let rough = 1.0 + press.tooth * of(&tooth) + press.grain * of(&grain);
        let pooled = 1.0 + 0.25 * of(&blotches);
        (press.amount * pressure * touch * rough.max(0.0) * pooled.max(0.2)).max(0.0)
    });
    (mark, skin)
}

fn contact(manner: Manner, chance: &mut Chance) -> Contact {
    let a = chance.between(6.8, 9.6);
    let mut contact = Contact {
        a,
        b: a * chance.between(1.12, 1.42),
        x: chance.between(-1.5, 1.5),
        y: chance.between(-2.0, 2.0),
    };
    if manner == Manner::Partial {
        match chance.below(3) {
            0 => contact.b *= chance.between(0.5, 0.65),
            1 => contact.a *= chance.between(0.6, 0.75),
            _ => (contact.a, contact.b) = (contact.a * 0.75, contact.b * 0.72),
        }
    }
    contact
}

struct Press {
    amount: f32,
    bias: f32,
    uneven: f32,
    softness: f32,
    tooth: f32,
    grain: f32,
    edge: f32,
}

impl Press {
    fn of(manner: Manner, chance: &mut Chance) -> Press {
        let mut press = Press {
            amount: chance.between(0.65, 1.5),
            bias: chance.between(-0.10, 0.50),
            uneven: chance.between(0.10, 0.30),
            softness: chance.between(0.14, 0.34),
            tooth: chance.between(0.10, 0.30),
            grain: chance.between(0.05, 0.25),
            edge: chance.between(0.02, 0.10),
        };
        match manner {
            Manner::Pale => {
                press.amount = chance.between(0.10, 0.22);
                press.bias = chance.between(-0.35, 0.15);
                press.tooth = chance.between(0.3, 0.6);
            }
            Manner::OverInked => {
                press.amount = chance.between(1.4, 2.2);
                press.bias = chance.between(1.5, 2.6);
                press.grain = chance.between(0.0, 0.1);
            }
            _ => {}
        }
        press
    }
}

/// Ink spreads in the paper a little.
fn softened(mark: Mark, by: f32) -> Mark {
    let soft = mark.density.blurred(1.0);
    let data = mark.density.data.iter().zip(&soft.data).map(|(a, b)| a + (b - a) * by.min(1.0)).collect();
    Mark { density: ruhu_vision::picture::Plane::new(soft.width, soft.height, data) }
}

/// Valleys run full, with a rim where ink was pressed out.
fn flooded(mark: Mark, chance: &mut Chance) -> Mark {
    let wide = mark.density.blurred(chance.between(1.5, 2.6));
    let keep = chance.between(0.0, 0.25);
    let data = mark.density.data.iter().zip(&wide.data).map(|(a, b)| b + (a - b) * keep).collect();
    Mark { density: ruhu_vision::picture::Plane::new(wide.width, wide.height, data) }
}

/// The finger moved: along a line, around a point, or it touched a second time.
fn smeared(mark: &Mark, chance: &mut Chance) -> Mark {
    let plane = &mark.density;
    let length = chance.between(2.0, 8.0) * PER_MM;
    let direction = chance.between(0.0, std::f32::consts::TAU);
    let twist = if chance.happens(0.3) { chance.between(0.15, 0.5) } else { 0.0 };
    let curve = chance.between(-0.5, 0.5);
    let fade = chance.between(0.3, 1.5);
    let left_behind = chance.between(0.0, 0.25);
    let steps = 28;
    let (cx, cy) = (plane.width as f32 / 2.0, plane.height as f32 / 2.0);
    let mut sum = vec![0.0f32; plane.data.len()];
    let mut weights = 0.0;
    for at in 0..steps {
        let t = at as f32 / (steps - 1) as f32;
        let weight = (-fade * t).exp() * chance.between(0.6, 1.4);
        weights += weight;
        let along = direction + curve * t;
        let (dx, dy) = (along.cos() * length * t, along.sin() * length * t);
        let (sin, cos) = (twist * t).sin_cos();
        let (rx, ry) = if twist > 0.0 { (0.3 * dx, 0.3 * dy) } else { (dx, dy) };
        for y in 0..plane.height {
            for x in 0..plane.width {
                let (px, py) = (x as f32 - cx - rx, y as f32 - cy - ry);
                let (sx, sy) = (cos * px + sin * py + cx, -sin * px + cos * py + cy);
                if sx >= 0.0 && sy >= 0.0 && sx < plane.width as f32 && sy < plane.height as f32 {
                    sum[y * plane.width + x] += weight * plane.sample(sx, sy);
                }
            }
        }
    }
    let streaks = smooth(plane.width, plane.height, 5.0, chance);
    let data = sum
        .iter()
        .zip(&plane.data)
        .zip(&streaks.data)
        .map(|((s, first), streak)| {
            let dragged = s / weights * (1.25 + 0.15 * streak);
            (dragged + left_behind * (first - dragged)).max(0.0)
        })
        .collect();
    Mark { density: ruhu_vision::picture::Plane::new(plane.width, plane.height, data) }
}

/// How far the fine parts of two marks agree where the first is not 0, -1 to 1.
fn likeness(skin: &Mark, mark: &Mark) -> f32 {
    let (a, b) = (fine(skin), fine(mark));
    let (mut aa, mut ab, mut bb) = (0.0f32, 0.0f32, 0.0f32);
    for ((a, b), _) in a.iter().zip(&b).zip(&skin.density.data).filter(|(_, skin)| **skin != 0.0) {
        (aa, ab, bb) = (aa + a * a, ab + a * b, bb + b * b);
    }
    ab / (aa * bb).sqrt().max(1e-6)
}

/// What is finer than a millimetre.
fn fine(mark: &Mark) -> Vec<f32> {
    let coarse = mark.density.blurred(0.4 * PER_MM);
    mark.density.data.iter().zip(&coarse.data).map(|(a, b)| a - b).collect()
}

/// How much of the ridges of one mark is in the other: of what is finer than a millimetre, the
/// regression of the second on the first, and its own strength against the first's, the larger one.
pub(crate) fn ridges_kept(before: &Mark, after: &Mark) -> f32 {
    let (a, b) = (fine(before), fine(after));
    let dot = |x: &[f32], y: &[f32]| x.iter().zip(y).map(|(x, y)| x * y).sum::<f32>();
    let (aa, ab, bb) = (dot(&a, &a), dot(&a, &b), dot(&b, &b));
    (ab / aa).max((bb / aa).sqrt() * 0.8)
}
