//! Papers lying on tables, or held, photographed.

use ruhu_vision::geometry::{Homography, Point};
use ruhu_vision::picture::{Picture, Plane};

use crate::noise::{Chance, smooth};
use crate::papers::paper;
use crate::sensor::{Light, Taking};

/// What is wrong with a photo of a paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// Out of focus or shaken.
    Blurred,
    /// Hardly any light.
    Dark,
    /// Far too much.
    OverExposed,
    /// A lamp is reflected.
    Glare,
    /// A part lies beyond the picture's edge.
    CutOff,
}

/// A photo of a card, a page or a register, 1,600 by 1,200 pixels or the other way.
pub fn document_photo(seed: u64, fault: Fault) -> Vec<u8> {
    document_seen(seed, fault).0
}

/// The same, and where its corners are in the picture, from the paper's upper left one clockwise.
pub fn document_seen(seed: u64, fault: Fault) -> (Vec<u8>, [Point; 4]) {
    let mut chance = Chance::of(seed);
    let paper = paper(&mut chance);
    let (width, height) = if paper.width() > paper.height() { (1600, 1200) } else { (1200, 1600) };
    let view = view(&paper, (width as f32, height as f32), fault == Fault::CutOff, &mut chance);
    let scene = Scene::of(&paper, fault, &mut chance);
    let back = view.inverse().unwrap();
    let light = Light::of(width, height, |x, y| {
        let at = back.apply((x as f64, y as f64));
        scene.light(at, (x as f32 / width as f32, y as f32 / height as f32))
    });
    let taking = taking(fault, &mut chance);
    let (w, h) = (paper.width() as f64, paper.height() as f64);
    let corners = [(0.0, 0.0), (w, 0.0), (w, h), (0.0, h)].map(|corner| view.apply(corner));
    (light.taken(&taking, &mut chance), corners)
}

/// How a photo with this fault is taken: pixels are those of a picture of 1,600.
pub(crate) fn taking(fault: Fault, chance: &mut Chance) -> Taking {
    let mut taking = Taking::fair(chance);
    match fault {
        Fault::Blurred if chance.happens(0.6) => taking.blur = chance.between(2.8, 7.0),
        Fault::Blurred => {
            taking.shake = Some((chance.between(11.0, 28.0), chance.between(0.0, std::f32::consts::PI)));
        }
        Fault::Dark => {
            taking.exposure = chance.between(0.012, 0.05);
            taking.noise *= 2.0;
        }
        Fault::OverExposed => taking.exposure = chance.between(5.0, 10.0),
        Fault::Glare => taking.exposure = chance.between(0.45, 0.75),
        Fault::None | Fault::CutOff => {}
    }
    taking
}

/// From points of the paper to the picture.
fn view(paper: &Picture, (width, height): (f32, f32), cut: bool, chance: &mut Chance) -> Homography {
    let (w, h) = (paper.width() as f32, paper.height() as f32);
    let (sin, cos) = chance.between(-10.0, 10.0).to_radians().sin_cos();
    let tilt = [chance.between(-0.08, 0.08), chance.between(-0.08, 0.08)];
    let mut corners = [(-1.0f32, -1.0f32), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)].map(|(u, v)| {
        let near = 1.0 + tilt[0] * u + tilt[1] * v;
        let (x, y) = (u * w / 2.0 * near, v * h / 2.0 * near);
        (x * cos - y * sin, x * sin + y * cos)
    });
    let extent = |of: fn(&(f32, f32)) -> f32, corners: &[(f32, f32); 4]| {
        let values = corners.iter().map(of);
        values.fold((f32::MAX, f32::MIN), |(l, h), v| (l.min(v), h.max(v)))
    };
    let ((left, right), (top, bottom)) = (extent(|p| p.0, &corners), extent(|p| p.1, &corners));
    let fill = chance.between(0.6, 0.93);
    let scale = (fill * width / (right - left)).min(fill * height / (bottom - top));
    let slack = ((width - scale * (right - left)) / 2.0, (height - scale * (bottom - top)) / 2.0);
    let mut off = (chance.between(-0.6, 0.6) * slack.0, chance.between(-0.6, 0.6) * slack.1);
    if cut {
        // So far beyond one edge that print is lost with it.
        let beyond = chance.between(0.1, 0.3);
        let (across, down) =
            (slack.0 + beyond * scale * (right - left), slack.1 + beyond * scale * (bottom - top));
        match chance.below(4) {
            0 => off.0 = across,
            1 => off.0 = -across,
            2 => off.1 = down,
            _ => off.1 = -down,
        }
    }
    let middle = ((left + right) / 2.0, (top + bottom) / 2.0);
    for corner in &mut corners {
        corner.0 = (corner.0 - middle.0) * scale + width / 2.0 + off.0;
        corner.1 = (corner.1 - middle.1) * scale + height / 2.0 + off.1;
    }
    let from = [(0.0, 0.0), (w, 0.0), (w, h), (0.0, h)].map(|(x, y)| (f64::from(x), f64::from(y)));
    let pairs: Vec<(Point, Point)> =
        from.into_iter().zip(corners.map(|(x, y)| (f64::from(x), f64::from(y)))).collect();
    Homography::fit(&pairs).unwrap()
}

/// In points of the paper: its middle and its radii.
struct Oval {
    at: (f32, f32),
    radii: (f32, f32),
}

impl Oval {
    /// How far out a point lies, across and down; 1 is the edge.
    fn out(&self, x: f32, y: f32) -> (f32, f32) {
        ((x - self.at.0) / self.radii.0, (y - self.at.1) / self.radii.1)
    }
}

/// A paper on a table under a lamp.
struct Scene<'a> {
    paper: &'a Picture,
    table: [f32; 3],
    cloth: Option<(f32, [f32; 3])>,
    grain: Plane,
    uneven: Plane,
    shadow: Option<(f32, f32, f32, f32)>,
    finger: Option<(Oval, [f32; 3])>,
    glare: Option<(Oval, f32)>,
}

const GRAIN: usize = 256;
const GRID: usize = 48;

impl<'a> Scene<'a> {
    fn of(paper: &'a Picture, fault: Fault, chance: &mut Chance) -> Scene<'a> {
        let (w, h) = (paper.width() as f32, paper.height() as f32);
        let bright = chance.between(0.02, 0.45);
        let table = [bright * chance.between(0.9, 1.5), bright, bright * chance.between(0.5, 1.1)];
        let cloth = chance.happens(0.3).then(|| {
            let other = [chance.between(0.02, 0.5), chance.between(0.02, 0.5), chance.between(0.02, 0.5)];
            (chance.between(0.05, 0.2) * w, other)
        });
        let shadow = chance.happens(0.35).then(|| {
            let angle = chance.between(0.0, std::f32::consts::TAU);
            (angle.cos(), angle.sin(), chance.between(-0.3, 0.3), chance.between(0.2, 0.5))
        });
        // A thumb over an edge, in points of the paper.
        let finger = chance.happens(0.35).then(|| {
            let (thick, long) = (0.035 * (w + h), 0.09 * (w + h));
            let along = chance.between(0.15, 0.85);
            let tone = chance.between(0.3, 1.0);
            let skin = [0.62 * tone, 0.36 * tone, 0.25 * tone];
            match chance.below(3) {
                0 => (Oval { at: (-0.5 * long, along * h), radii: (long, thick) }, skin),
                1 => (Oval { at: (w + 0.5 * long, along * h), radii: (long, thick) }, skin),
                _ => (Oval { at: (along * w, h + 0.5 * long), radii: (thick, long) }, skin),
            }
        });
        let glare = (fault == Fault::Glare).then(|| {
            let radius = chance.between(0.07, 0.16) * w.max(h);
            let at = (chance.between(0.2, 0.8) * w, chance.between(0.2, 0.8) * h);
            (Oval { at, radii: (radius, radius * chance.between(0.5, 1.4)) }, chance.between(1.5, 4.0))
        });
        Scene {
            paper,
            table,
            cloth,
            grain: smooth(GRAIN, GRAIN, chance.between(3.0, 30.0), chance),
            uneven: smooth(GRID, GRID, 24.0, chance),
            shadow,
            finger,
            glare,
        }
    }

    /// The light from a point of the paper's plane; `u` and `v` say where in the picture.
    fn light(&self, at: Point, (u, v): (f32, f32)) -> [f32; 3] {
        let (x, y) = (at.0 as f32, at.1 as f32);
        let (w, h) = (self.paper.width() as f32, self.paper.height() as f32);
        let inside = x >= 0.0 && y >= 0.0 && x < w && y < h;
        let mut colour = match inside {
            true => self.paper.sample(x, y).map(|value| (value / 255.0).powf(2.2)),
            false => self.table_at(x, y),
        };
        if !inside {
            // The paper stands up a little, and its shadow lies beside it.
            let beside = (x - w).max(-x).max(y - h).max(-y);
            let shade = 1.0 - 0.35 * (-beside / (0.012 * (w + h))).exp();
            colour = colour.map(|value| value * shade);
        }
        if let Some((oval, skin)) = &self.finger {
            let (across, down) = oval.out(x, y);
            let r = across.powi(4) + down.powi(4);
            if r < 1.0 {
                colour = skin.map(|value| value * (1.0 - 0.5 * r));
            }
        }
        let mut lit = 1.0 + 0.10 * self.uneven.sample(u * (GRID - 1) as f32, v * (GRID - 1) as f32)
            - 0.4 * ((u - 0.5).powi(2) + (v - 0.5).powi(2));
        if let Some((nx, ny, off, dark)) = self.shadow {
            let side = (u - 0.5) * nx + (v - 0.5) * ny - off;
            lit *= 1.0 - dark * (side / 0.06 + 0.5).clamp(0.0, 1.0);
        }
        let mirrored = self.glare.as_ref().filter(|_| inside).map_or(0.0, |(oval, strength)| {
            let (across, down) = oval.out(x, y);
            strength * (-(across * across + down * down).powf(1.3)).exp()
        });
        colour.map(|value| (value * lit + mirrored).max(0.0))
    }

    fn table_at(&self, x: f32, y: f32) -> [f32; 3] {
        let index = |value: f32| (value * 0.25).rem_euclid(GRAIN as f32) as usize % GRAIN;
        let grain = (1.0 + 0.18 * self.grain.at(index(x), index(y * 0.2))).max(0.2);
        let colour = match self.cloth {
            Some((size, other)) if ((x / size).floor() + (y / size).floor()).rem_euclid(2.0) < 1.0 => other,
            _ => self.table,
        };
        colour.map(|value| value * grain)
    }
}
