//! A part of a sheet as if seen from straight above.

use ruhu_sheet::page::Rect;

use crate::geometry::Homography;
use crate::picture::{Picture, Plane};

/// A rectangle of the sheet, straightened: red, green and blue from 0 to 255.
#[derive(Debug, Clone)]
pub struct Straight {
    /// Points a millimetre.
    pub per_mm: f64,
    /// Which part of the sheet, in millimetres.
    pub rect: Rect,
    /// Red, green, blue.
    pub planes: [Plane; 3],
    /// The share of it that lies in the picture, 0 to 1.
    pub seen: f64,
}

impl Straight {
    /// Straightens a rectangle. `view` leads from millimetres on the sheet to pixels. Where the picture
    /// has more pixels than are wanted, several are averaged.
    pub fn of(picture: &Picture, view: &Homography, rect: Rect, per_mm: f64) -> Straight {
        let width = (rect.w * per_mm).round().max(1.0) as usize;
        let height = (rect.h * per_mm).round().max(1.0) as usize;
        let many = (view.scale_at(rect.centre()) / per_mm).round().clamp(1.0, 4.0) as usize;
        let (last_x, last_y) = ((picture.width() - 1) as f64, (picture.height() - 1) as f64);
        let mut planes: [Vec<f32>; 3] = std::array::from_fn(|_| Vec::with_capacity(width * height));
        let mut inside = 0usize;
        let share = 1.0 / (many * many) as f32;
        for y in 0..height {
            for x in 0..width {
                let mut sum = [0.0f32; 3];
                for part in 0..many * many {
                    let dx = ((part % many) as f64 + 0.5) / many as f64;
                    let dy = ((part / many) as f64 + 0.5) / many as f64;
                    let at = (rect.x + (x as f64 + dx) / per_mm, rect.y + (y as f64 + dy) / per_mm);
                    let (px, py) = view.apply(at);
                    if part == 0 && px >= 0.0 && py >= 0.0 && px <= last_x && py <= last_y {
                        inside += 1;
                    }
                    let colour = picture.sample(px as f32, py as f32);
                    sum.iter_mut().zip(colour).for_each(|(sum, value)| *sum += value * share);
                }
                planes.iter_mut().zip(sum).for_each(|(plane, value)| plane.push(value));
            }
        }
        let planes = planes.map(|plane| Plane::new(width, height, plane));
        Straight { per_mm, rect, planes, seen: inside as f64 / (width * height) as f64 }
    }

    /// Points a row.
    pub fn width(&self) -> usize {
        self.planes[0].width
    }

    /// Rows.
    pub fn height(&self) -> usize {
        self.planes[0].height
    }

    /// Brightness.
    pub fn grey(&self) -> Plane {
        let [red, green, blue] = &self.planes;
        let data = red.data.iter().zip(&green.data).zip(&blue.data);
        let data = data.map(|((r, g), b)| 0.30 * r + 0.59 * g + 0.11 * b).collect();
        Plane::new(red.width, red.height, data)
    }

    /// A rectangle of the sheet in points, cut to what is here: left, top, right, bottom, the last two
    /// not included.
    pub fn points(&self, rect: &Rect) -> (usize, usize, usize, usize) {
        let clamp = |value: f64, most: usize| (value.round().max(0.0) as usize).min(most);
        let at = |x: f64, from: f64| (x - from) * self.per_mm;
        (
            clamp(at(rect.x, self.rect.x), self.width()),
            clamp(at(rect.y, self.rect.y), self.height()),
            clamp(at(rect.x + rect.w, self.rect.x), self.width()),
            clamp(at(rect.y + rect.h, self.rect.y), self.height()),
        )
    }
}
