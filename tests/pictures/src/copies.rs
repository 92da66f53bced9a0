//! Pictures of impressions, and copies of such pictures.

use ruhu_vision::picture::{Picture, decode};

use crate::PER_MM;
use crate::camera::{gauss, jpeg};
use crate::finger::Finger;
use crate::impression::Manner;
use crate::ink::{Ink, Mark};
use crate::letters::Hand;
use crate::noise::{Chance, smooth};
use ruhu_vision::picture::Plane;

/// A finger pressed on paper by a hand and photographed closely: a picture of one print.
pub fn impression(hand: Hand, finger: &Finger, chance: &mut Chance) -> Picture {
    let manner = if chance.happens(0.1) { Manner::Partial } else { Manner::Good };
    let mark = hand.press(finger, manner, chance).turned(chance.between(-0.5, 0.5), 1.0);
    let ink = chance.one_of(&[Ink::Red, Ink::Red, Ink::Red, Ink::Blue]).colour(chance);
    photographed(&mark, ink, chance)
}

fn photographed(mark: &Mark, ink: [f32; 3], chance: &mut Chance) -> Picture {
    let per_mm = chance.between(7.5, 13.0);
    let scale = PER_MM / per_mm;
    let (width, height) =
        ((mark.density.width as f32 / scale) as usize, (mark.density.height as f32 / scale) as usize);
    let light = chance.between(0.6, 1.0);
    let (gx, gy) = (chance.between(-0.2, 0.2), chance.between(-0.2, 0.2));
    let (keystone, shear) = (chance.between(-0.08, 0.08), chance.between(-0.04, 0.04));
    let planes = std::array::from_fn(|c| {
        let mut data = Vec::with_capacity(width * height);
        for y in 0..height {
            for x in 0..width {
                let (u, v) = (x as f32 / width as f32 - 0.5, y as f32 / height as f32 - 0.5);
                let w = 1.0 + keystone * v;
                let sx = (u / w + shear * v + 0.5) * mark.density.width as f32;
                let sy = (v / w + 0.5) * mark.density.height as f32;
                let paper = 245.0 * light * (1.0 + gx * u + gy * v);
                data.push(paper * (-mark.density.sample(sx, sy) * ink[c]).exp());
            }
        }
        gauss(&Plane::new(width, height, data), chance.between(0.5, 0.9))
    });
    stored(&planes, chance.between(0.5, 3.0), chance.one_of(&[80, 88, 92, 95]), chance)
}

/// Noise and a JPEG.
fn stored(planes: &[Plane; 3], noise: f32, quality: u8, chance: &mut Chance) -> Picture {
    let (width, height) = (planes[0].width, planes[0].height);
    let mut rgb = Vec::with_capacity(width * height * 3);
    for at in 0..width * height {
        for plane in planes {
            rgb.push((plane.data[at] + noise * chance.normal()).clamp(0.0, 255.0) as u8);
        }
    }
    decode(&jpeg(&rgb, width, height, quality)).unwrap()
}

/// How a copy was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Way {
    /// Stored again with less quality.
    Recompressed,
    /// Larger or smaller.
    Scaled,
    /// Turned by any angle.
    Rotated,
    /// Cut out and put into another letter's box.
    Pasted,
    /// Printed on paper and photographed again.
    Reprinted,
    /// Several of these.
    Several,
}

impl Way {
    /// All of them.
    pub const ALL: [Way; 6] =
        [Way::Recompressed, Way::Scaled, Way::Rotated, Way::Pasted, Way::Reprinted, Way::Several];
}

/// A copy of a picture.
pub fn copy(picture: &Picture, way: Way, chance: &mut Chance) -> Picture {
    let quality = chance.one_of(&[40, 55, 70, 85]);
    match way {
        Way::Recompressed => stored(&planes(picture), 0.0, chance.one_of(&[30, 40, 50, 65]), chance),
        Way::Scaled => {
            let factor =
                if chance.happens(0.5) { chance.between(0.62, 0.9) } else { chance.between(1.1, 1.8) };
            stored(&moved(picture, 0.0, factor), 0.5, quality, chance)
        }
        Way::Rotated => stored(&moved(picture, chance.between(0.1, 6.2), 1.0), 0.5, quality, chance),
        Way::Pasted => pasted(picture, chance),
        Way::Reprinted => reprinted(picture, chance),
        Way::Several => {
            let factor = chance.between(0.75, 1.4);
            let turned = stored(&moved(picture, chance.between(-3.1, 3.1), factor), 0.5, 85, chance);
            match chance.happens(0.5) {
                true => reprinted(&turned, chance),
                false => pasted(&turned, chance),
            }
        }
    }
}

fn planes(picture: &Picture) -> [Plane; 3] {
    std::array::from_fn(|c| {
        let data = picture.rgb().iter().skip(c).step_by(3).map(|&v| f32::from(v)).collect();
        Plane::new(picture.width(), picture.height(), data)
    })
}

/// Turned about its middle and scaled; paper around it.
fn moved(picture: &Picture, angle: f32, factor: f32) -> [Plane; 3] {
    let (sin, cos) = angle.sin_cos();
    let (w, h) = (picture.width() as f32 * factor, picture.height() as f32 * factor);
    let width = (w * cos.abs() + h * sin.abs()) as usize;
    let height = (w * sin.abs() + h * cos.abs()) as usize;
    let planes = planes(picture);
    let soft = if factor < 0.95 { planes.map(|p| gauss(&p, 0.4 / factor)) } else { planes };
    let paper: [f32; 3] = std::array::from_fn(|c| soft[c].quantile(0.8));
    std::array::from_fn(|c| {
        let mut data = Vec::with_capacity(width * height);
        for y in 0..height {
            for x in 0..width {
                let (dx, dy) = (x as f32 - width as f32 / 2.0, y as f32 - height as f32 / 2.0);
                let sx = (dx * cos + dy * sin) / factor + picture.width() as f32 / 2.0;
                let sy = (-dx * sin + dy * cos) / factor + picture.height() as f32 / 2.0;
                let inside = sx >= 0.0
                    && sy >= 0.0
                    && sx < picture.width() as f32 - 1.0
                    && sy < picture.height() as f32 - 1.0;
                data.push(if inside { soft[c].sample(sx, sy) } else { paper[c] });
            }
        }
        Plane::new(width, height, data)
    })
}

/// On other paper, multiplied into it, with a box's frame around it.
fn pasted(picture: &Picture, chance: &mut Chance) -> Picture {
    let source = planes(picture);
    let paper: [f32; 3] = std::array::from_fn(|c| source[c].quantile(0.85));
    let (width, height) = (picture.width() + 60, picture.height() + 60);
    let tint = [chance.between(225.0, 252.0), chance.between(225.0, 252.0), chance.between(215.0, 250.0)];
    let frame = chance.between(6.0, 28.0) as usize;
    let made = std::array::from_fn(|c| {
        let mut data = Vec::with_capacity(width * height);
        for y in 0..height {
            for x in 0..width {
                let inside =
                    (30..30 + picture.width()).contains(&x) && (30..30 + picture.height()).contains(&y);
                let share = if inside { (source[c].at(x - 30, y - 30) / paper[c]).min(1.0) } else { 1.0 };
                let on_frame = |v: usize, end: usize| v.abs_diff(frame) < 2 || v.abs_diff(end - frame) < 2;
                let line = if on_frame(x, width) || on_frame(y, height) { 0.3 } else { 1.0 };
                data.push(tint[c] * share * line);
            }
        }
        Plane::new(width, height, data)
    });
    stored(&made, 1.0, chance.one_of(&[60, 75, 90]), chance)
}

/// Printed, perhaps by a printer of one colour, and photographed again.
fn reprinted(picture: &Picture, chance: &mut Chance) -> Picture {
    let source = planes(picture);
    let paper: [f32; 3] = std::array::from_fn(|c| source[c].quantile(0.85));
    let grey = chance.happens(0.2);
    let gamma = chance.between(0.8, 1.4);
    let gain = chance.between(0.85, 1.3);
    let grain = smooth(picture.width(), picture.height(), 2.5, chance);
    let rough = chance.between(0.02, 0.10);
    let density = |at: usize, c: usize| (paper[c] / source[c].data[at].max(4.0)).ln().max(0.0);
    let made = std::array::from_fn(|c| {
        let data = (0..source[0].data.len())
            .map(|at| {
                let mut d = density(at, c);
                if grey {
                    d = 0.3 * density(at, 0) + 0.6 * density(at, 1) + 0.1 * density(at, 2);
                }
                240.0 * (-(gain * d.powf(gamma) * (1.0 + rough * grain.data[at]))).exp()
            })
            .collect();
        gauss(&Plane::new(picture.width(), picture.height(), data), chance.between(0.5, 1.0))
    });
    let printed = stored(&made, 1.0, 92, chance);
    let turned = moved(&printed, chance.between(-0.3, 0.3), chance.between(0.8, 1.15));
    stored(&turned, chance.between(0.5, 3.0), chance.one_of(&[70, 85, 92]), chance)
}
