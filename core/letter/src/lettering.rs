//! Words as pixels, with the fonts of a letter.

use skrifa::instance::{LocationRef, Size};
use skrifa::outline::{DrawSettings, OutlinePen};
use skrifa::{GlyphId, MetadataProvider};
use zeno::{Command, Mask, PathBuilder};

use crate::error::LetterError;
use crate::fonts::{Drawn, FontSet};

/// The height of a line, in ems.
const LEADING: f32 = 1.3;

/// A line of words: how much of each pixel is covered, 0 to 255, row by row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lettering {
    /// Pixels a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// The pixels.
    pub covered: Vec<u8>,
}

impl Lettering {
    /// How wide a line of so many ems is, in pixels, when it is so many pixels high.
    pub fn width_of(ems: f32, height: u32) -> f32 {
        (ems * height as f32 / LEADING).ceil()
    }
}

impl FontSet {
    /// How wide a line of words is, in ems.
    ///
    /// # Errors
    /// `letter_no_font`, `letter_no_glyph` with every character that no font has.
    pub fn ems(&self, text: &str) -> Result<f32, LetterError> {
        Ok(self.line(text)?.iter().map(|drawn| drawn.advance).sum())
    }

    /// Sets a line of words, so many pixels high from one line to the next.
    ///
    /// # Errors
    /// As [`FontSet::ems`].
    pub fn lettering(&self, text: &str, height: u32) -> Result<Lettering, LetterError> {
        let size = height as f32 / LEADING;
        let base = height as f32 / 2.0 + size * 0.36;
        let (mut outlines, mut left) = (Outlines(Vec::new(), (0.0, base)), 0.0f32);
        for Drawn { font, glyph, advance } in self.line(text)? {
            outlines.1 = (left, base);
            if let Some(face) = self.face(font)
                && let Some(outline) = face.outline_glyphs().get(GlyphId::new(glyph))
            {
                let settings = DrawSettings::unhinted(Size::new(size), LocationRef::default());
                // A glyph whose outline is damaged stays blank, as in print.
                let _ = outline.draw(settings, &mut outlines);
            }
            left += advance * size;
        }
        let width = (left.ceil() as u32).max(1);
        let (covered, _) = Mask::new(&outlines.0).size(width, height).render();
        Ok(Lettering { width: width as usize, height: height as usize, covered })
    }

    fn line(&self, text: &str) -> Result<Vec<Drawn>, LetterError> {
        let lines = self.draw(&[text])?;
        Ok(lines.into_iter().flatten().filter_map(|(_, drawn)| drawn).collect())
    }
}

/// Outlines that grow to the right; fonts count upwards, pixels downwards.
struct Outlines(Vec<Command>, (f32, f32));

impl Outlines {
    fn place(&self, x: f32, y: f32) -> (f32, f32) {
        (self.1.0 + x, self.1.1 - y)
    }
}

impl OutlinePen for Outlines {
    fn move_to(&mut self, x: f32, y: f32) {
        let to = self.place(x, y);
        self.0.move_to(to);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let to = self.place(x, y);
        self.0.line_to(to);
    }

    fn quad_to(&mut self, cx: f32, cy: f32, x: f32, y: f32) {
        let (by, to) = (self.place(cx, cy), self.place(x, y));
        self.0.quad_to(by, to);
    }

    fn curve_to(&mut self, ax: f32, ay: f32, bx: f32, by: f32, x: f32, y: f32) {
        let (a, b, to) = (self.place(ax, ay), self.place(bx, by), self.place(x, y));
        self.0.curve_to(a, b, to);
    }

    fn close(&mut self) {
        self.0.close();
    }
}
