//! The paper, with what is printed, written and pressed on it.

use ruhu_sheet::boxes_file::{BoxKind, Boxes};
use ruhu_sheet::layout::{self, Corner, Rect};
use ruhu_sheet::payload::Payload;

use crate::PER_MM;
use crate::drawing::{glyph, stroke};
use crate::ink::Mark;
use crate::noise::{Chance, smooth};

/// A sheet of A4.
#[derive(Clone)]
pub struct Sheet {
    /// Points a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Red, green, blue.
    pub rgb: Vec<u8>,
}

impl Sheet {
    /// White, with the grain of paper and perhaps a tint.
    pub fn blank(chance: &mut Chance) -> Sheet {
        let width = (layout::PAGE_WIDTH as f32 * PER_MM) as usize;
        let height = (layout::PAGE_HEIGHT as f32 * PER_MM) as usize;
        let white =
            [chance.between(238.0, 250.0), chance.between(238.0, 250.0), chance.between(230.0, 250.0)];
        let grain = smooth(512, 512, 3.0, chance);
        let mut rgb = Vec::with_capacity(width * height * 3);
        for y in 0..height {
            for x in 0..width {
                let rough = 1.2 * grain.at(x % 512, y % 512);
                rgb.extend(white.map(|v| (v + rough) as u8));
            }
        }
        Sheet { width, height, rgb }
    }

    /// Paper on which a printer put these pixels: red, green, blue, as many as [`Sheet::blank`] has points.
    pub fn with_print(pixels: &[u8], chance: &mut Chance) -> Sheet {
        let mut sheet = Sheet::blank(chance);
        assert_eq!(pixels.len(), sheet.rgb.len(), "one pixel a point");
        // The blackest that a printer's toner makes.
        const BLACK: f32 = 0.07;
        for (value, printed) in sheet.rgb.iter_mut().zip(pixels) {
            let left = BLACK + (1.0 - BLACK) * f32::from(*printed) / 255.0;
            *value = (f32::from(*value) * left) as u8;
        }
        sheet
    }

    /// Puts ink on it, the mark's middle at a point in millimetres.
    pub fn ink(&mut self, mark: &Mark, at: (f32, f32), colour: [f32; 3]) {
        let plane = &mark.density;
        let left = (at.0 * PER_MM - plane.width as f32 / 2.0).round() as i32;
        let top = (at.1 * PER_MM - plane.height as f32 / 2.0).round() as i32;
        for y in 0..plane.height {
            let row = top + y as i32;
            if row < 0 || row as usize >= self.height {
                continue;
            }
            for x in 0..plane.width {
                let column = left + x as i32;
                let density = plane.at(x, y);
                if density > 0.002 && column >= 0 && (column as usize) < self.width {
                    let from = (row as usize * self.width + column as usize) * 3;
                    for (value, strength) in self.rgb[from..from + 3].iter_mut().zip(colour) {
                        *value = (f32::from(*value) * (-density * strength).exp()) as u8;
                    }
                }
            }
        }
    }

    /// Fills a rectangle with the printer's black or a grey.
    pub fn fill(&mut self, rect: Rect, density: f32) {
        let mark = Mark::drawn(rect.w as f32, rect.h as f32, |_, _| density);
        let (x, y) = rect.centre();
        self.ink(&mark, (x as f32, y as f32), [1.0; 3]);
    }

    /// Prints a frame.
    pub fn frame(&mut self, rect: Rect, line: f32, density: f32) {
        let line = f64::from(line);
        self.fill(Rect { h: line, ..rect }, density);
        self.fill(Rect { y: rect.y + rect.h - line, h: line, ..rect }, density);
        self.fill(Rect { w: line, ..rect }, density);
        self.fill(Rect { x: rect.x + rect.w - line, w: line, ..rect }, density);
    }

    /// Prints lines of text.
    pub fn text(&mut self, rect: Rect, size: f32, density: f32, chance: &mut Chance) {
        let mut y = rect.y as f32 + size * 0.6;
        while y + size * 0.5 < (rect.y + rect.h) as f32 {
            let end = rect.x as f32
                + rect.w as f32 * if chance.happens(0.2) { chance.between(0.3, 0.9) } else { 1.0 };
            let mut line = Mark::bare(rect.w as f32 + 2.0, size * 1.2);
            let mut x = rect.x as f32 + size / 2.0;
            while x + size / 2.0 < end {
                let place = (x - (rect.x + rect.w / 2.0) as f32, 0.0);
                glyph(&mut line, place, size * 0.92, size * 0.09, density, chance);
                x += size;
            }
            self.ink(&line, ((rect.x + rect.w / 2.0) as f32, y), [1.0; 3]);
            y += size * 1.65;
        }
    }

    /// The corner marks and the QR code of a letter of ours.
    pub fn marks(&mut self, payload: &Payload) {
        let module = layout::MARK_SIDE / layout::MARK_MODULES as f64;
        for corner in Corner::ALL {
            let mark = corner.mark();
            for row in 0..layout::MARK_MODULES {
                for column in 0..layout::MARK_MODULES {
                    if corner.is_black(column, row) {
                        let (x, y) = (mark.x + column as f64 * module, mark.y + row as f64 * module);
                        self.fill(Rect { x, y, w: module, h: module }, 2.6);
                    }
                }
            }
        }
        let modules = payload.modules().unwrap();
        let side = layout::QR.w / layout::QR_MODULES as f64;
        for (at, _) in modules.iter().enumerate().filter(|(_, black)| **black) {
            let (column, row) = ((at % layout::QR_MODULES) as f64, (at / layout::QR_MODULES) as f64);
            let (x, y) = (layout::QR.x + column * side, layout::QR.y + row * side);
            self.fill(Rect { x, y, w: side, h: side }, 2.6);
        }
    }

    /// A letter's text, frames and captions. Where `ours` holds, what the layout says is kept free.
    pub fn printed(boxes: &Boxes, payload: Option<&Payload>, chance: &mut Chance) -> Sheet {
        let mut sheet = Sheet::blank(chance);
        let size = chance.between(3.4, 4.6);
        match payload {
            Some(payload) => {
                sheet.marks(payload);
                sheet.text(layout::TEXT[0], size * 1.4, 2.2, chance);
                sheet.text(layout::TEXT[1], size, 2.2, chance);
            }
            None => {
                let top = boxes.boxes.iter().map(|one| one.rect.y).fold(297.0, f64::min) - 12.0;
                let text = Rect { x: 22.0, y: 40.0, w: 166.0, h: (top - 40.0).max(0.0) };
                sheet.text(Rect { x: 60.0, y: 18.0, w: 90.0, h: 14.0 }, 7.0, 2.2, chance);
                sheet.text(text, size, 2.2, chance);
            }
        }
        let line = chance.between(0.2, 0.5);
        let density = chance.between(0.5, 2.2);
        let hint = chance.happens(0.5);
        for one in &boxes.boxes {
            sheet.frame(one.rect, line, density);
            let caption = Rect { y: one.rect.y - 5.0, h: 4.6, w: one.rect.w.min(26.0), ..one.rect };
            sheet.text(caption, 3.0, 2.0, chance);
            if hint && one.kind == BoxKind::Print {
                let (x, y) = one.rect.centre();
                let middle = Rect { x: x - 8.0, y: y - 2.0, w: 16.0, h: 4.4 };
                sheet.text(middle, 3.6, 0.35, chance);
            }
        }
        sheet
    }

    /// A fold or a pen's line across, as paper that was carried has.
    pub fn line(&mut self, from: (f32, f32), to: (f32, f32), width: f32, density: f32, colour: [f32; 3]) {
        let middle = ((from.0 + to.0) / 2.0, (from.1 + to.1) / 2.0);
        let (w, h) = ((from.0 - to.0).abs() + 3.0, (from.1 - to.1).abs() + 3.0);
        let mut mark = Mark::bare(w, h);
        let about = |p: (f32, f32)| (p.0 - middle.0, p.1 - middle.1);
        stroke(&mut mark, &[about(from), about(to)], width, density);
        self.ink(&mark, middle, colour);
    }

    /// Half as many points each way.
    pub fn halved(&self) -> Sheet {
        let (width, height) = (self.width / 2, self.height / 2);
        let mut rgb = Vec::with_capacity(width * height * 3);
        for y in 0..height {
            for x in 0..width {
                for c in 0..3 {
                    let at = |x: usize, y: usize| u16::from(self.rgb[(y * self.width + x) * 3 + c]);
                    let (x, y) = (2 * x, 2 * y);
                    rgb.push(((at(x, y) + at(x + 1, y) + at(x, y + 1) + at(x + 1, y + 1)) / 4) as u8);
                }
            }
        }
        Sheet { width, height, rgb }
    }
}
