//! The picture of a sheet: where the phone was held, what light there was, what the lens and the file
//! made of it.

use ruhu_sheet::layout::{PAGE_HEIGHT, PAGE_WIDTH};
use ruhu_vision::geometry::Homography;
use ruhu_vision::picture::{Picture, Plane};

use crate::PER_MM;
use crate::noise::{Chance, smooth};
use crate::sheet::Sheet;

/// How a picture is taken.
#[derive(Debug, Clone)]
pub struct Shot {
    /// Pixels of the longer side; the shorter has three quarters of it.
    pub longest: usize,
    /// How much of the picture's height the sheet takes, 0 to 1 (above 1, it is cut off).
    pub fill: f32,
    /// The phone's tilt, in degrees, and in which direction.
    pub tilt: f32,
    /// See `tilt`.
    pub tilt_towards: f32,
    /// Turned about the lens, in degrees.
    pub turn: f32,
    /// The sheet's middle off the picture's, as a share of its width.
    pub off: (f32, f32),
    /// Brightness of the paper, 0 to 1, and how it changes across the picture.
    pub light: f32,
    /// See `light`.
    pub uneven: f32,
    /// Darkness of a shadow that lies over a part, 0 to 1.
    pub shadow: f32,
    /// Shares of red, green and blue in the light.
    pub cast: [f32; 3],
    /// A reflection at a point of the sheet (mm), its radius (mm) and strength.
    pub glare: Option<((f32, f32), f32, f32)>,
    /// Deviation of the blur, in pixels.
    pub blur: f32,
    /// Length of a shake, in pixels, and its direction.
    pub shake: (f32, f32),
    /// Deviation of the noise, in steps of 255.
    pub noise: f32,
    /// How far wrinkles move points, in millimetres, and how they shade.
    pub wrinkles: f32,
    /// Fingers that hold the sheet's edge.
    pub fingers: usize,
    /// A corner folded over, in millimetres along its sides; which of four.
    pub folded: Option<(usize, f32)>,
    /// The JPEG's quality.
    pub quality: u8,
    /// How strongly the phone sharpens, 0 for not at all.
    pub sharpening: f32,
    /// Whether two by two pixels share their colour, as in most files of phones.
    pub coarse_colour: bool,
}

impl Shot {
    /// A picture as a caseworker takes it: sharp and bright enough, otherwise anything.
    pub fn fair(chance: &mut Chance) -> Shot {
        let warm = chance.between(-0.12, 0.12);
        let longest = chance.one_of(&[2400, 2400, 2592, 2592, 2800, 3000, 3264, 4000]);
        Shot {
            longest,
            fill: chance.between(0.78, 0.98),
            tilt: chance.between(0.0, 22.0),
            tilt_towards: chance.between(0.0, 360.0),
            turn: chance.between(-8.0, 8.0),
            off: (chance.between(-0.03, 0.03), chance.between(-0.02, 0.02)),
            light: chance.between(0.55, 0.98),
            uneven: chance.between(0.0, 0.35),
            shadow: if chance.happens(0.35) { chance.between(0.1, 0.45) } else { 0.0 },
            cast: [1.0 + warm, 1.0, 1.0 - warm],
            glare: None,
            blur: chance.between(0.3, 0.9) * longest as f32 / 3600.0,
            shake: (0.0, 0.0),
            noise: chance.between(0.5, 4.0),
            wrinkles: if chance.happens(0.5) { chance.between(0.0, 0.5) } else { 0.0 },
            fingers: if chance.happens(0.3) { 1 + chance.below(2) } else { 0 },
            folded: chance.happens(0.12).then(|| (chance.below(4), chance.between(8.0, 26.0))),
            quality: chance.one_of(&[75, 82, 88, 92, 95]),
            sharpening: 0.0,
            coarse_colour: false,
        }
    }

    /// The same, by a phone that makes of it what phones make.
    pub fn of_a_phone(self, chance: &mut Chance) -> Shot {
        Shot { sharpening: chance.between(0.2, 1.2), coarse_colour: true, ..self }
    }

    /// A scanner: straight, even, filling the picture.
    pub fn scan(longest: usize) -> Shot {
        Shot {
            longest,
            fill: 1.0,
            tilt: 0.0,
            tilt_towards: 0.0,
            turn: 0.0,
            off: (0.0, 0.0),
            light: 0.97,
            uneven: 0.0,
            shadow: 0.0,
            cast: [1.0; 3],
            glare: None,
            blur: 0.4,
            shake: (0.0, 0.0),
            noise: 1.0,
            wrinkles: 0.0,
            fingers: 0,
            folded: None,
            quality: 88,
            sharpening: 0.0,
            coarse_colour: false,
        }
    }
}

/// A picture with where the sheet lies in it.
pub struct Photo {
    /// The file: a JPEG.
    pub jpeg: Vec<u8>,
    /// From millimetres on the sheet to pixels.
    pub view: Homography,
}

/// Takes the picture.
pub fn photograph(sheet: &Sheet, shot: &Shot, chance: &mut Chance) -> Photo {
    let (width, height) = (shot.longest * 3 / 4, shot.longest);
    let view = view(shot, width, height);
    let scale = view.scale_at((PAGE_WIDTH / 2.0, PAGE_HEIGHT / 2.0)) as f32 / PER_MM;
    let halved = (scale < 0.6).then(|| sheet.halved());
    let source = halved.as_ref().unwrap_or(sheet);
    let per_mm = source.width as f32 / PAGE_WIDTH as f32;
    let back = view.inverse().unwrap();
    let scene = Scene::of(shot, chance);
    let paper = Picture::new(source.width, source.height, source.rgb.clone()).unwrap();
    let mut planes: [Vec<f32>; 3] = std::array::from_fn(|_| Vec::with_capacity(width * height));
    for y in 0..height {
        for x in 0..width {
            let (px, py) = back.apply((x as f64, y as f64));
            let colour = scene.colour(
                &paper,
                per_mm,
                (px as f32, py as f32),
                x as f32 / width as f32,
                y as f32 / height as f32,
            );
            for (plane, value) in planes.iter_mut().zip(colour) {
                plane.push(value);
            }
        }
    }
    let planes = planes.map(|plane| blurred(Plane::new(width, height, plane), shot));
    // Chance is dear, so a long row of it is used again and again, from another place each time.
    let chances: Vec<f32> = (0..1 << 16).map(|_| 0.7 * chance.normal()).collect();
    let mut rgb = Vec::with_capacity(width * height * 3);
    for y in 0..height {
        let from: [usize; 4] = std::array::from_fn(|_| chance.below(1 << 16));
        for x in 0..width {
            let noise = |i: usize| chances[(from[i] + x) & 0xffff];
            for (i, plane) in planes.iter().enumerate() {
                let value = plane.at(x, y) + shot.noise * (noise(3) + noise(i));
                rgb.push(value.clamp(0.0, 255.0) as u8);
            }
        }
    }
    developed(&mut rgb, width, height, shot);
    Photo { jpeg: jpeg(&rgb, width, height, shot.quality), view }
}

/// What a phone makes of a picture: less noise, sharper edges, coarser colour.
fn developed(rgb: &mut [u8], width: usize, height: usize, shot: &Shot) {
    if shot.sharpening == 0.0 && !shot.coarse_colour {
        return;
    }
    let plane = |c: usize, rgb: &[u8]| {
        Plane::new(width, height, rgb.iter().skip(c).step_by(3).map(|&v| f32::from(v)).collect())
    };
    let planes: [Plane; 3] = std::array::from_fn(|c| plane(c, rgb));
    let grey =
        |at: usize| 0.299 * planes[0].data[at] + 0.587 * planes[1].data[at] + 0.114 * planes[2].data[at];
    let grey = Plane::new(width, height, (0..width * height).map(grey).collect());
    let soft = gauss(&grey, 0.6);
    let wide = gauss(&grey, 1.8);
    for c in 0..3 {
        let colour: Vec<f32> = planes[c].data.iter().zip(&grey.data).map(|(v, g)| v - g).collect();
        let colour = Plane::new(width, height, colour);
        let colour = if shot.coarse_colour { colour.mean(1) } else { colour };
        for y in 0..height {
            for x in 0..width {
                let at = y * width + x;
                let from = if shot.coarse_colour { (y & !1) * width + (x & !1) } else { at };
                let sharp = soft.data[at] + shot.sharpening * (soft.data[at] - wide.data[at]);
                rgb[at * 3 + c] = (sharp + colour.data[from]).clamp(0.0, 255.0) as u8;
            }
        }
    }
}

/// A JPEG of these pixels.
pub fn jpeg(rgb: &[u8], width: usize, height: usize, quality: u8) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut out, quality);
    encoder.encode(rgb, width as u32, height as u32, image::ExtendedColorType::Rgb8).unwrap();
    out
}

fn blurred(plane: Plane, shot: &Shot) -> Plane {
    let mut plane = if shot.blur > 0.25 { gauss(&plane, shot.blur) } else { plane };
    if shot.shake.0 > 0.8 {
        let steps = shot.shake.0.ceil() as usize;
        let (sin, cos) = shot.shake.1.sin_cos();
        let mut out = Vec::with_capacity(plane.data.len());
        for y in 0..plane.height {
            for x in 0..plane.width {
                let sum: f32 = (0..=steps)
                    .map(|at| (at as f32 / steps as f32 - 0.5) * shot.shake.0)
                    .map(|t| plane.sample(x as f32 + t * cos, y as f32 + t * sin))
                    .sum();
                out.push(sum / (steps + 1) as f32);
            }
        }
        plane = Plane::new(plane.width, plane.height, out);
    }
    plane
}

/// A Gaussian of any deviation, also below a pixel.
pub fn gauss(plane: &Plane, deviation: f32) -> Plane {
    let radius = (deviation * 3.0).ceil() as i32;
    let kernel: Vec<f32> =
        (-radius..=radius).map(|x| (-(x * x) as f32 / (2.0 * deviation * deviation)).exp()).collect();
    let total: f32 = kernel.iter().sum();
    let (width, height, radius) = (plane.width, plane.height, radius as usize);
    // Row by row, and weight by weight over a row: each point's sum is the same, and many go side by side.
    let mut across = Vec::with_capacity(plane.data.len());
    let mut padded = vec![0.0f32; width + 2 * radius];
    let mut sums = vec![0.0f32; width];
    for row in plane.data.chunks_exact(width) {
        padded[..radius].fill(row[0]);
        padded[radius..][..width].copy_from_slice(row);
        padded[radius + width..].fill(row[width - 1]);
        sums.fill(0.0);
        for (k, weight) in kernel.iter().enumerate() {
            sums.iter_mut().zip(&padded[k..]).for_each(|(sum, value)| *sum += weight * value);
        }
        across.extend(sums.iter().map(|sum| sum / total));
    }
    let mut data = Vec::with_capacity(plane.data.len());
    for y in 0..height {
        sums.fill(0.0);
        for (k, weight) in kernel.iter().enumerate() {
            let from = (y + k).saturating_sub(radius).min(height - 1);
            let row = &across[from * width..][..width];
            sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += weight * value);
        }
        data.extend(sums.iter().map(|sum| sum / total));
    }
    Plane::new(width, height, data)
}

/// From the sheet to the picture.
fn view(shot: &Shot, width: usize, height: usize) -> Homography {
    let (tilt, towards, turn) =
        (shot.tilt.to_radians(), shot.tilt_towards.to_radians(), shot.turn.to_radians());
    let distance = 2.2 * PAGE_HEIGHT as f32;
    let project = |x: f32, y: f32| {
        let (x, y) = (x - PAGE_WIDTH as f32 / 2.0, y - PAGE_HEIGHT as f32 / 2.0);
        let (x, y) = (x * turn.cos() - y * turn.sin(), x * turn.sin() + y * turn.cos());
        // Tilted about an axis in the sheet's plane.
        let (axis_x, axis_y) = (towards.cos(), towards.sin());
        let (along, across) = (x * axis_x + y * axis_y, -x * axis_y + y * axis_x);
        let (flat, depth) = (across * tilt.cos(), across * tilt.sin());
        let (x, y) = (along * axis_x - flat * axis_y, along * axis_y + flat * axis_x);
        let factor = distance / (distance + depth);
        (x * factor, y * factor)
    };
    let corners = [(0.0, 0.0), (PAGE_WIDTH, 0.0), (PAGE_WIDTH, PAGE_HEIGHT), (0.0, PAGE_HEIGHT)];
    let seen = corners.map(|(x, y)| project(x as f32, y as f32));
    let extent = |values: [f32; 4]| {
        let (low, high) = values.iter().fold((f32::MAX, f32::MIN), |(l, h), v| (l.min(*v), h.max(*v)));
        (high - low, (high + low) / 2.0)
    };
    let (tall, middle_y) = extent(seen.map(|p| p.1));
    let (wide, middle_x) = extent(seen.map(|p| p.0));
    let scale = (shot.fill * height as f32 / tall).min(shot.fill * width as f32 / wide);
    let place = |(x, y): (f32, f32)| {
        let cx = (0.5 + shot.off.0) * width as f32 - 0.5;
        let cy = (0.5 + shot.off.1) * height as f32 - 0.5;
        (f64::from((x - middle_x) * scale + cx), f64::from((y - middle_y) * scale + cy))
    };
    let pairs: Vec<_> = corners.into_iter().zip(seen.map(place)).collect();
    Homography::fit(&pairs).unwrap()
}

/// What is in front of the lens.
struct Scene {
    desk: [f32; 3],
    grain: Plane,
    light: Plane,
    shadow: Option<(f32, f32, f32, f32)>,
    move_x: Plane,
    move_y: Plane,
    shade: Plane,
    fingers: Vec<(f32, f32, f32, f32)>,
    skin: [f32; 3],
    shot: Shot,
}

const GRID: usize = 64;

impl Scene {
    fn of(shot: &Shot, chance: &mut Chance) -> Scene {
        let bright = chance.between(20.0, 190.0);
        let desk = [bright * chance.between(0.8, 1.3), bright, bright * chance.between(0.6, 1.1)];
        let (gx, gy) = (chance.between(-1.0, 1.0), chance.between(-1.0, 1.0));
        let waves = smooth(GRID, GRID, 26.0, chance);
        let mut light = Plane::filled(GRID, GRID, 0.0);
        for y in 0..GRID {
            for x in 0..GRID {
                let (u, v) = (x as f32 / GRID as f32 - 0.5, y as f32 / GRID as f32 - 0.5);
                let vignette = 1.0 - 0.25 * (u * u + v * v);
                let uneven =
                    1.0 - shot.uneven * (0.5 + gx * u + gy * v + 0.15 * waves.at(x, y)).clamp(0.0, 1.0);
                light.data[y * GRID + x] = shot.light * vignette * uneven;
            }
        }
        let shadow = (shot.shadow > 0.0).then(|| {
            let angle = chance.between(0.0, std::f32::consts::TAU);
            (angle.cos(), angle.sin(), chance.between(-0.25, 0.25), chance.between(0.01, 0.10))
        });
        let fingers = (0..shot.fingers)
            .map(|_| {
                let (w, h) = (PAGE_WIDTH as f32, PAGE_HEIGHT as f32);
                let along = chance.between(0.1, 0.9);
                let deep = chance.between(3.0, 22.0);
                match chance.below(3) {
                    0 => (deep - 30.0, along * h, 30.0, 11.0),
                    1 => (w - deep + 30.0, along * h, 30.0, 11.0),
                    _ => (along * w, h - deep + 30.0, 11.0, 30.0),
                }
            })
            .collect();
        let tone = chance.between(0.6, 1.0);
        Scene {
            desk,
            grain: smooth(256, 256, chance.between(3.0, 30.0), chance),
            light,
            shadow,
            move_x: smooth(GRID, GRID, 9.0, chance),
            move_y: smooth(GRID, GRID, 9.0, chance),
            shade: smooth(GRID, GRID, 7.0, chance),
            fingers,
            skin: [225.0 * tone, 170.0 * tone, 140.0 * tone],
            shot: shot.clone(),
        }
    }

    /// The colour of what is at a point of the sheet's plane, in the light that falls there.
    fn colour(&self, paper: &Picture, per_mm: f32, at: (f32, f32), u: f32, v: f32) -> [f32; 3] {
        let (w, h) = (PAGE_WIDTH as f32, PAGE_HEIGHT as f32);
        let (gx, gy) = (at.0 / w * (GRID - 1) as f32, at.1 / h * (GRID - 1) as f32);
        let (mut x, mut y) = at;
        let mut shading = 1.0;
        if self.shot.wrinkles > 0.0 {
            x += self.shot.wrinkles * self.move_x.sample(gx, gy);
            y += self.shot.wrinkles * self.move_y.sample(gx, gy);
            shading = 1.0 + 0.10 * self.shot.wrinkles * self.shade.sample(gx, gy);
        }
        let mut colour = match self.folded(x, y) {
            _ if x < 0.0 || y < 0.0 || x >= w || y >= h => self.desk_at(x, y),
            Fold::Away => self.desk_at(x, y),
            Fold::Over => [215.0, 215.0, 210.0],
            Fold::Flat => paper.sample(x * per_mm, y * per_mm),
        };
        for &(cx, cy, a, b) in &self.fingers {
            let r = ((x - cx) / a).powi(2) + ((y - cy) / b).powi(2);
            if r < 1.0 {
                colour = self.skin.map(|s| s * (1.0 - 0.35 * r));
            }
        }
        let mut light = self.light.sample(u * (GRID - 1) as f32, v * (GRID - 1) as f32) * shading;
        if let Some((nx, ny, off, soft)) = self.shadow {
            let side = (u - 0.5) * nx + (v - 0.5) * ny - off;
            light *= 1.0 - self.shot.shadow * (side / soft + 0.5).clamp(0.0, 1.0);
        }
        let glare = self.shot.glare.map_or(0.0, |((cx, cy), radius, strength)| {
            let r2 = ((at.0 - cx).powi(2) + (at.1 - cy).powi(2)) / (radius * radius);
            strength * (-r2).exp()
        });
        std::array::from_fn(|i| {
            let lit = colour[i] * light * self.shot.cast[i];
            lit + (262.0 - lit).max(0.0) * glare.min(1.0)
        })
    }

    fn desk_at(&self, x: f32, y: f32) -> [f32; 3] {
        let index = |value: f32| (value * 2.0).rem_euclid(256.0) as usize % 256;
        let grain = 1.0 + 0.10 * self.grain.at(index(x), index(y * 0.25));
        self.desk.map(|v| v * grain)
    }

    fn folded(&self, x: f32, y: f32) -> Fold {
        let Some((corner, length)) = self.shot.folded else { return Fold::Flat };
        let (w, h) = (PAGE_WIDTH as f32, PAGE_HEIGHT as f32);
        let (dx, dy) = match corner {
            0 => (x, y),
            1 => (w - x, y),
            2 => (w - x, h - y),
            _ => (x, h - y),
        };
        match dx + dy {
            sum if sum < length => Fold::Away,
            // The folded triangle lies mirrored on the other side of the fold.
            _ if dx < length && dy < length => Fold::Over,
            _ => Fold::Flat,
        }
    }
}

enum Fold {
    Flat,
    Over,
    Away,
}
