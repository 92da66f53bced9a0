//! A signature as a picture: what was drawn on, with ink on white.

use ruhu_vision::picture::Picture;
use zeno::{Cap, Command, Join, Mask, PathBuilder, Stroke};

use super::strokes::Signature;

/// How wide the pen is, in parts of the longer side of what was drawn on.
const PEN: f32 = 1.0 / 90.0;
/// The narrowest pen, in pixels.
const LEAST_PEN: f32 = 1.2;
/// The shortest piece of a line, in pixels.
const LEAST_STEP: f32 = 0.01;
/// Paper less ink, for each colour.
const INK: [u8; 3] = [225, 205, 150];

impl Signature {
    /// A picture of it, so many pixels along the longer side.
    pub fn picture(&self, longest: u32) -> Option<Picture> {
        let scale = longest as f32 / self.width.max(self.height);
        let side = |length: f32| ((length * scale).round() as u32).clamp(1, longest.max(1));
        let (width, height) = (side(self.width), side(self.height));
        let mut line: Vec<Command> = Vec::new();
        for stroke in &self.strokes {
            let mut points = stroke.iter().map(|point| (point.0 * scale, point.1 * scale));
            let Some(first) = points.next() else { continue };
            line.move_to(first);
            // A dot is a line too, or nothing would be seen of it.
            line.line_to((first.0 + LEAST_STEP, first.1));
            let mut last = first;
            for point in points {
                // A piece without length has no direction, and would fill the whole picture.
                if (point.0 - last.0).hypot(point.1 - last.1) >= LEAST_STEP {
                    line.line_to(point);
                    last = point;
                }
            }
        }
        let mut pen = Stroke::new((PEN * longest as f32).max(LEAST_PEN));
        let (ink, _) =
            Mask::new(&line).style(pen.cap(Cap::Round).join(Join::Round)).size(width, height).render();
        let dark = |ink: u8| INK.map(|most| 255 - (u16::from(most) * u16::from(ink) / 255) as u8);
        Picture::new(width as usize, height as usize, ink.into_iter().flat_map(dark).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::super::strokes::Point;
    use super::*;

    #[test]
    fn ink_lies_where_the_pen_was_and_nowhere_else() {
        let end = Point(270.0, 60.0, 400);
        let strokes =
            vec![vec![Point(30.0, 60.0, 0), Point(30.0, 60.0, 9), end, end], vec![Point(150.0, 20.0, 500)]];
        let signature = Signature { width: 300.0, height: 120.0, strokes };
        let picture = signature.picture(250).unwrap();
        assert_eq!((picture.width(), picture.height()), (250, 100));
        let is_dark = |x: f32, y: f32| picture.pixel((x / 1.2) as usize, (y / 1.2) as usize)[0] < 120;
        assert!(is_dark(31.0, 60.0) && is_dark(150.0, 60.0) && is_dark(269.0, 60.0), "along the stroke");
        assert!(is_dark(150.0, 20.0), "a dot");
        assert!(!is_dark(150.0, 40.0) && !is_dark(15.0, 60.0) && !is_dark(285.0, 60.0), "beside and beyond");
    }

    #[test]
    fn a_field_of_any_shape_has_a_picture() {
        for (width, height) in [(10_000.0, 1.0), (1.0, 10_000.0), (3.0, 2.0)] {
            let strokes = vec![vec![Point(0.0, 0.0, 0), Point(width, height, 900)]];
            let picture = Signature { width, height, strokes }.picture(256).unwrap();
            assert_eq!(picture.width().max(picture.height()), 256);
        }
    }
}
