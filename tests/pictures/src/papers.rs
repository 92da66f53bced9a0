//! Papers that households have: cards, printed pages, registers. What stands on them is no writing.

use ruhu_vision::picture::Picture;

use crate::PER_MM;
use crate::drawing::{glyph, stroke};
use crate::ink::Mark;
use crate::noise::Chance;

/// A paper as it would be scanned, in reflected light from 0 to 255.
pub fn paper(chance: &mut Chance) -> Picture {
    match chance.below(3) {
        0 => page(chance),
        1 => card(chance),
        _ => register(chance),
    }
}

/// Millimetres are halved, so that a page of 210 by 297 is drawn on 105 by 148.
const HALF: f32 = 0.5;

struct Sheet {
    ink: Mark,
    width: f32,
    height: f32,
}

impl Sheet {
    fn of(width: f32, height: f32) -> Sheet {
        let (width, height) = (width * HALF, height * HALF);
        Sheet { ink: Mark::bare(width, height), width, height }
    }

    /// From millimetres of the paper to the mark's.
    fn at(&self, x: f32, y: f32) -> (f32, f32) {
        (x * HALF - self.width / 2.0, y * HALF - self.height / 2.0)
    }

    fn text(&mut self, x: f32, y: f32, size: f32, count: usize, chance: &mut Chance) {
        for at in 0..count {
            if !chance.happens(0.04) {
                let place = self.at(x + (at as f32 + 0.5) * size * 1.05, y);
                glyph(&mut self.ink, place, size * HALF, size * HALF * 0.085, 1.3, chance);
            }
        }
    }

    fn line(&mut self, from: (f32, f32), to: (f32, f32), width: f32) {
        let points = [self.at(from.0, from.1), self.at(to.0, to.1)];
        stroke(&mut self.ink, &points, width * HALF, 1.1);
    }

    /// Ink of one colour over paper.
    fn printed(self, ink: [f32; 3], paper: impl Fn(f32, f32) -> [f32; 3]) -> Picture {
        let density = &self.ink.density;
        let mut rgb = Vec::with_capacity(density.data.len() * 3);
        for y in 0..density.height {
            for x in 0..density.width {
                let through = 10f32.powf(-density.at(x, y));
                let paper = paper(x as f32 / density.width as f32, y as f32 / density.height as f32);
                for i in 0..3 {
                    rgb.push((paper[i] * (through + (1.0 - through) * ink[i])).clamp(0.0, 255.0) as u8);
                }
            }
        }
        Picture::new(density.width, density.height, rgb).unwrap()
    }
}

fn page(chance: &mut Chance) -> Picture {
    let mut sheet = Sheet::of(210.0, 297.0);
    sheet.text(50.0, 30.0, 9.0, 11, chance);
    let size = chance.between(3.8, 5.6);
    let mut y = 48.0;
    while y < 268.0 {
        let count = (168.0 / size / 1.05) as usize - chance.below(14);
        sheet.text(20.0, y, size, count, chance);
        y += size * chance.between(1.5, 1.8);
        if chance.happens(0.1) {
            sheet.line((20.0, y), (190.0, y), 0.4);
            y += size;
        }
    }
    let shade = chance.between(235.0, 252.0);
    sheet.printed([0.08; 3], |_, _| [shade, shade, shade - 3.0])
}

fn card(chance: &mut Chance) -> Picture {
    // A card of 85.6 by 54 mm, drawn twice as large.
    let mut sheet = Sheet::of(171.2, 108.0);
    for row in 0..4 {
        sheet.text(10.0, 16.0 + row as f32 * 14.0, 6.4, 5 + chance.below(7), chance);
    }
    sheet.text(10.0, 94.0, 6.6, 20, chance);
    let (left, right) = (chance.between(195.0, 225.0), chance.between(205.0, 232.0));
    let skin = chance.between(0.7, 1.0);
    sheet.printed([0.12, 0.14, 0.2], |u, v| {
        let face = ((u - 0.8) / 0.075).powi(2) + ((v - 0.34) / 0.16).powi(2);
        let shoulders = ((u - 0.8) / 0.12).powi(2) + ((v - 0.72) / 0.2).powi(2);
        let framed = (0.67..0.93).contains(&u) && (0.12..0.72).contains(&v);
        let base = left + (right - left) * u;
        match framed {
            true if face < 1.0 => [215.0 * skin, 165.0 * skin, 140.0 * skin],
            true if shoulders < 1.0 => [60.0, 66.0, 95.0],
            true => [236.0, 238.0, 241.0],
            false => [base, base + 7.0, base + 12.0 * (1.0 - u)],
        }
    })
}

fn register(chance: &mut Chance) -> Picture {
    let mut sheet = Sheet::of(200.0, 140.0);
    let columns = [12.0, 46.0, 98.0, 132.0, 188.0];
    for row in 0..10 {
        let y = 18.0 + row as f32 * 12.0;
        sheet.line((12.0, y), (188.0, y), 0.4);
        if row < 9 {
            columns.iter().for_each(|x| sheet.line((*x, y), (*x, y + 12.0), 0.35));
            columns[..4].iter().for_each(|x| sheet.text(x + 2.0, y + 6.0, 5.0, 2 + chance.below(4), chance));
        }
    }
    let tint = chance.between(0.86, 1.0);
    sheet.printed([0.25, 0.1, 0.1], |u, _| {
        // The fold of the booklet.
        let fold = 1.0 - 0.25 * (-((u - 0.5) / 0.01).powi(2)).exp();
        [238.0 * fold, 232.0 * fold, 226.0 * tint * fold]
    })
}

/// Points of a paper a millimetre, as [`paper`] draws it.
pub const PAPER_PER_MM: f32 = PER_MM * HALF;
