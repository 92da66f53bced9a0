//! Ink: how much of it lies where, and what colour it is.

use ruhu_vision::picture::Plane;

use crate::PER_MM;
use crate::noise::Chance;

/// Ink on a piece of paper: optical densities about a middle.
pub struct Mark {
    /// Density, 0 is bare paper.
    pub density: Plane,
}

impl Mark {
    /// Bare paper of so many millimetres.
    pub fn bare(width: f32, height: f32) -> Mark {
        Mark { density: Plane::filled((width * PER_MM) as usize, (height * PER_MM) as usize, 0.0) }
    }

    /// A mark drawn by a function of millimetres from its middle.
    pub fn drawn(width: f32, height: f32, mut density: impl FnMut(f32, f32) -> f32) -> Mark {
        let mut mark = Mark::bare(width, height);
        let plane = &mut mark.density;
        let (cx, cy) = (plane.width as f32 / 2.0, plane.height as f32 / 2.0);
        for y in 0..plane.height {
            for x in 0..plane.width {
                plane.data[y * plane.width + x] = density((x as f32 - cx) / PER_MM, (y as f32 - cy) / PER_MM);
            }
        }
        mark
    }

    /// The mark turned by an angle (to the right, in radians) and scaled, on paper just large enough.
    pub fn turned(&self, angle: f32, scale: f32) -> Mark {
        let (sin, cos) = angle.sin_cos();
        let (w, h) = (self.density.width as f32 * scale, self.density.height as f32 * scale);
        let width = (w * cos.abs() + h * sin.abs()).ceil() as usize;
        let height = (w * sin.abs() + h * cos.abs()).ceil() as usize;
        let mut data = Vec::with_capacity(width * height);
        for y in 0..height {
            for x in 0..width {
                let (dx, dy) = (x as f32 - width as f32 / 2.0, y as f32 - height as f32 / 2.0);
                let sx = (dx * cos + dy * sin) / scale + self.density.width as f32 / 2.0;
                let sy = (-dx * sin + dy * cos) / scale + self.density.height as f32 / 2.0;
                let inside = sx >= 0.0
                    && sy >= 0.0
                    && sx < self.density.width as f32 - 1.0
                    && sy < self.density.height as f32 - 1.0;
                data.push(if inside { self.density.sample(sx, sy) } else { 0.0 });
            }
        }
        Mark { density: Plane::new(width, height, data) }
    }

    /// Adds another one, its middle so many millimetres from the middle of this.
    pub fn add(&mut self, other: &Mark, dx: f32, dy: f32) {
        let left = self.density.width as f32 / 2.0 + dx * PER_MM - other.density.width as f32 / 2.0;
        let top = self.density.height as f32 / 2.0 + dy * PER_MM - other.density.height as f32 / 2.0;
        let (left, top) = (left.round() as i32, top.round() as i32);
        for y in 0..other.density.height {
            for x in 0..other.density.width {
                let (tx, ty) = (left + x as i32, top + y as i32);
                if tx >= 0
                    && ty >= 0
                    && (tx as usize) < self.density.width
                    && (ty as usize) < self.density.height
                {
                    let at = ty as usize * self.density.width + tx as usize;
                    let both = self.density.data[at] + other.density.at(x, y);
                    // Wet ink on wet ink does not simply add up.
                    self.density.data[at] =
                        both.min(self.density.data[at].max(other.density.at(x, y)) + 0.35);
                }
            }
        }
    }

    /// The area with ink on it, in square millimetres, counted after closing gaps.
    pub fn area(&self) -> f32 {
        let spread = self.density.blurred(0.4 * PER_MM);
        spread.data.iter().filter(|&&v| v > 0.06).count() as f32 / (PER_MM * PER_MM)
    }
}

/// Which ink.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ink {
    /// The pad of most offices.
    Red,
    /// Another pad, or a pen.
    Blue,
    /// Another pad, a pen, a printer.
    Black,
}

impl Ink {
    /// How strongly it takes away red, green and blue: no two pads are alike.
    pub fn colour(self, chance: &mut Chance) -> [f32; 3] {
        let mut near = |value: f32, by: f32| value + chance.between(-by, by);
        match self {
            Ink::Red => [near(0.16, 0.10), near(1.05, 0.2), near(0.85, 0.3)],
            Ink::Blue => [near(1.1, 0.2), near(0.72, 0.2), near(0.20, 0.10)],
            Ink::Black => {
                let tint = near(0.0, 0.06);
                [near(1.0, 0.05) + tint, near(1.0, 0.04), near(1.0, 0.05) - tint]
            }
        }
    }
}
