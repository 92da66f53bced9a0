//! What lens, hand, sensor and file make of a scene: blur, shake, exposure, noise, JPEG. Scenes are
//! linear light, 1 is paper in the light that the photo is exposed for.

use ruhu_vision::picture::Plane;

use crate::camera::{gauss, jpeg};
use crate::noise::Chance;

/// Light in front of the lens: red, green, blue.
pub struct Light {
    /// Pixels a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// The three planes.
    pub planes: [Plane; 3],
}

/// How the photo is taken.
#[derive(Debug, Clone, Copy)]
pub struct Taking {
    /// By how much the light is multiplied.
    pub exposure: f32,
    /// Deviation of the blur, in pixels.
    pub blur: f32,
    /// Length of a shake, in pixels, and its direction.
    pub shake: Option<(f32, f32)>,
    /// Deviation of the noise at full light, of 1.
    pub noise: f32,
    /// Of the JPEG.
    pub quality: u8,
}

impl Taking {
    /// Sharp, well lit.
    pub fn fair(chance: &mut Chance) -> Taking {
        Taking {
            exposure: chance.between(0.6, 1.0),
            blur: chance.between(0.4, 0.85),
            shake: None,
            noise: chance.between(0.003, 0.015),
            quality: chance.one_of(&[75, 82, 88, 93]),
        }
    }
}

impl Light {
    /// A scene of these colours, given by place.
    pub fn of(width: usize, height: usize, colour: impl Fn(usize, usize) -> [f32; 3]) -> Light {
        let mut planes: [Vec<f32>; 3] = std::array::from_fn(|_| Vec::with_capacity(width * height));
        for y in 0..height {
            for x in 0..width {
                let colour = colour(x, y);
                planes.iter_mut().zip(colour).for_each(|(plane, value)| plane.push(value));
            }
        }
        Light { width, height, planes: planes.map(|plane| Plane::new(width, height, plane)) }
    }

    /// The photo of it, a JPEG.
    pub fn taken(self, taking: &Taking, chance: &mut Chance) -> Vec<u8> {
        let white = [1.0 + chance.between(-0.07, 0.07), 1.0, 1.0 + chance.between(-0.07, 0.07)];
        let planes = self.planes.map(|plane| {
            let plane = if taking.blur > 0.25 { gauss(&plane, taking.blur) } else { plane };
            taking.shake.map_or(plane.clone(), |shake| shaken(&plane, shake))
        });
        // Chance is dear, so a long row of it is used again and again, from another place each time.
        let chances: Vec<f32> = (0..1 << 16).map(|_| chance.normal()).collect();
        let mut rgb = Vec::with_capacity(self.width * self.height * 3);
        for y in 0..self.height {
            let from: [usize; 3] = std::array::from_fn(|_| chance.below(1 << 16));
            for x in 0..self.width {
                for (i, plane) in planes.iter().enumerate() {
                    let light = plane.at(x, y) * taking.exposure * white[i];
                    // Of photons, and of the amplifier.
                    let deviation = taking.noise * (light.max(0.0) + 0.05).sqrt();
                    let seen = light + deviation * chances[(from[i] + x) & 0xffff];
                    rgb.push((seen.clamp(0.0, 1.0).powf(1.0 / 2.2) * 255.0).round() as u8);
                }
            }
        }
        jpeg(&rgb, self.width, self.height, taking.quality)
    }
}

fn shaken(plane: &Plane, (length, angle): (f32, f32)) -> Plane {
    let steps = length.ceil().max(1.0) as usize;
    let (sin, cos) = angle.sin_cos();
    let mut out = Vec::with_capacity(plane.data.len());
    for y in 0..plane.height {
        for x in 0..plane.width {
            let sum: f32 = (0..=steps)
                .map(|at| (at as f32 / steps as f32 - 0.5) * length)
                .map(|t| plane.sample(x as f32 + t * cos, y as f32 + t * sin))
                .sum();
            out.push(sum / (steps + 1) as f32);
        }
    }
    Plane::new(plane.width, plane.height, out)
}
