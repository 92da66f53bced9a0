//! A letter as a PDF: A4 sheets with corner marks, QR code, text, and the boxes of those who sign.

use krilla::Document;
use krilla::color::luma;
use krilla::geom::{Path, PathBuilder, Point, Rect as PdfRect};
use krilla::metadata::Metadata;
use krilla::num::NormalizedF32;
use krilla::page::PageSettings;
use krilla::paint::{Fill, LineCap, LineJoin, Stroke};
use krilla::surface::Surface;
use krilla::text::{GlyphId, KrillaGlyph};
use ruhu_sheet::boxes_file::Boxes;
use ruhu_sheet::layout::{self, Corner, GRANTORS_PER_SHEET, MARK_MODULES, QR_MODULES, Rect};
use ruhu_sheet::payload::Payload;

use crate::error::LetterError;
use crate::fonts::FontSet;
use crate::letter::{Letter, Paragraph};
use crate::signature::Signature;
use crate::typesetting::{Aligned, Placed, SetText, Style, set};

const POINTS_PER_MM: f64 = 72.0 / 25.4;
/// Below the boxes, between the lower corner marks.
const SIGNING: Rect = Rect { x: 26.0, y: 276.0, w: 158.0, h: 10.0 };
const TITLE_SIZE: f32 = 20.0;
const HEAD_SIZE: f32 = 9.0;
const SMALLEST: f32 = 7.5;
const SMALLEST_OF_A_CELL: f32 = 4.5;
const LEADING: f32 = 1.45;
const INSET_OF_A_SIGNATURE: f64 = 2.0;

/// Writes a letter. The same letter and fonts give the same bytes.
///
/// # Errors
/// `letter_no_font`, `letter_no_glyph`, `letter_too_long`, `letter_version`, `letter_pdf`.
pub fn write(letter: &Letter, fonts: &FontSet) -> Result<Vec<u8>, LetterError> {
    write_signed(letter, fonts, &[])
}

/// Writes a copy of a letter with signatures that were drawn on the screen, each with the place of its
/// grantor in the letter, from 0.
///
/// # Errors
/// Those of [`write()`].
pub fn write_signed(
    letter: &Letter,
    fonts: &FontSet,
    signatures: &[(usize, Signature)],
) -> Result<Vec<u8>, LetterError> {
    let sheets = layout::sheets(letter.cells.len());
    let mut document = Document::new();
    let title = letter.title.iter().map(|line| line.text.as_str()).collect::<Vec<_>>().join(" ");
    document.set_metadata(Metadata::new().title(title).language("zh-CN".into()).creator("ruhu".into()));
    for sheet in 1..=sheets {
        let set = Sheet::of(letter, fonts, sheet)?;
        let (width, height) = (points(layout::PAGE_WIDTH), points(layout::PAGE_HEIGHT));
        let settings = PageSettings::from_wh(width, height)
            .ok_or_else(|| LetterError::Pdf("the size of the page".into()))?;
        let mut page = document.start_page_with(settings);
        let mut surface = page.surface();
        set.draw(&mut surface, fonts)?;
        let first = (sheet - 1) * GRANTORS_PER_SHEET;
        for (grantor, signature) in signatures {
            let cell = grantor.checked_sub(first).and_then(layout::cell);
            cell.iter().for_each(|cell| draw_signature(&mut surface, &cell.signature, signature));
        }
        surface.finish();
        page.finish();
    }
    document.finish().map_err(|error| LetterError::Pdf(format!("{error:?}")))
}

/// Where on the sheets each grantor signs and presses a finger.
pub fn boxes(letter: &Letter) -> Boxes {
    layout::boxes(letter.cells.len())
}

/// What stands on one sheet.
struct Sheet {
    modules: Vec<bool>,
    texts: Vec<(Rect, SetText)>,
    cells: usize,
}

impl Sheet {
    fn of(letter: &Letter, fonts: &FontSet, sheet: usize) -> Result<Sheet, LetterError> {
        let on_sheet = |paragraphs: &[Paragraph]| -> Vec<Paragraph> {
            paragraphs.iter().map(|paragraph| Letter::on_sheet(paragraph, sheet)).collect()
        };
        let of_sheet = letter.cells.iter().skip((sheet - 1) * GRANTORS_PER_SHEET).take(GRANTORS_PER_SHEET);
        let cells: Vec<&Vec<Paragraph>> = of_sheet.collect();
        all_can_be_drawn(letter, fonts)?;
        let mut texts = Vec::new();
        let [above, body] = layout::TEXT;
        let head = on_sheet(&letter.head);
        let head_height = head.len() as f64 * f64::from(HEAD_SIZE * LEADING) / POINTS_PER_MM + 2.0;
        let head_height = head_height.min(above.h / 2.0);
        let title_place = Rect { h: above.h - head_height, ..above };
        let head_place = Rect { y: above.y + title_place.h, h: head_height, ..above };
        let title = style(title_place, (TITLE_SIZE, 10.0), 1.3, Aligned::Middle);
        texts.push((title_place, set(&on_sheet(&letter.title), fonts, title, "title")?));
        let head_style = style(head_place, (HEAD_SIZE, 6.0), 1.3, Aligned::Left);
        texts.push((head_place, set(&head, fonts, head_style, "head")?));
        let body_style = style(body, (letter.size, SMALLEST), LEADING, Aligned::Paragraphs);
        texts.push((body, set(&on_sheet(&letter.text), fonts, body_style, "text")?));
        let signing = style(SIGNING, (10.0, SMALLEST), 1.3, Aligned::Left);
        texts.push((SIGNING, set(&on_sheet(&letter.signing), fonts, signing, "signing")?));
        for (at, cell) in cells.iter().enumerate() {
            let Some(place) = layout::cell(at).map(|cell| cell.caption) else { continue };
            let style = style(place, (9.0, SMALLEST_OF_A_CELL), 1.1, Aligned::Left);
            texts.push((place, set(cell, fonts, style, "grantor")?));
        }
        Ok(Sheet {
            modules: payload(letter, sheet)?.modules().map_err(|_| LetterError::Version)?,
            texts,
            cells: cells.len(),
        })
    }

    fn draw(&self, surface: &mut Surface<'_>, fonts: &FontSet) -> Result<(), LetterError> {
        surface.set_fill(Some(black()));
        for corner in Corner::ALL {
            let side = layout::MARK_SIDE / MARK_MODULES as f64;
            let at = corner.mark();
            fill_modules(surface, (at.x, at.y), MARK_MODULES, side, &|x, y| corner.is_black(x, y));
        }
        let qr = layout::QR;
        let module = qr.w / QR_MODULES as f64;
        let is_black = |x: usize, y: usize| self.modules.get(y * QR_MODULES + x).copied().unwrap_or(false);
        fill_modules(surface, (qr.x, qr.y), QR_MODULES, module, &is_black);
        for (place, text) in &self.texts {
            draw_text(surface, fonts, *place, text)?;
        }
        surface.set_fill(None);
        for cell in (0..self.cells).filter_map(layout::cell) {
            surface.set_stroke(Some(line(0.6)));
            [cell.signature, cell.print].iter().filter_map(outline).for_each(|path| surface.draw_path(&path));
        }
        surface.set_stroke(None);
        Ok(())
    }
}

/// All characters of the letter are asked for at once, so that all that are missing are told at once.
fn all_can_be_drawn(letter: &Letter, fonts: &FontSet) -> Result<(), LetterError> {
    let parts = [&letter.title, &letter.head, &letter.text, &letter.signing];
    let all = parts.into_iter().chain(&letter.cells).flatten();
    let texts: Vec<String> = all.map(|paragraph| Letter::on_sheet(paragraph, 1).text).collect();
    fonts.draw(&texts.iter().map(String::as_str).collect::<Vec<_>>()).map(drop)
}

fn payload(letter: &Letter, sheet: usize) -> Result<Payload, LetterError> {
    let hash = *letter.hash.first_chunk().ok_or(LetterError::Version)?;
    Ok(Payload {
        case: letter.contents.case,
        version: letter.version.clone(),
        hash,
        sheet: u8::try_from(sheet).map_err(|_| LetterError::Version)?,
        grantors: u8::try_from(letter.cells.len()).map_err(|_| LetterError::Version)?,
    })
}

fn points(mm: f64) -> f32 {
    (mm * POINTS_PER_MM) as f32
}

fn style(place: Rect, (largest, smallest): (f32, f32), leading: f32, aligned: Aligned) -> Style {
    let (width, height) = (points(place.w), points(place.h));
    Style { width, height, leading, largest, smallest, aligned }
}

fn black() -> Fill {
    Fill { paint: luma::Color::black().into(), ..Fill::default() }
}

fn line(width: f32) -> Stroke {
    Stroke { paint: luma::Color::black().into(), width, opacity: NormalizedF32::ONE, ..Stroke::default() }
}

fn rectangle(x: f64, y: f64, w: f64, h: f64) -> Option<PdfRect> {
    PdfRect::from_xywh(points(x), points(y), points(w), points(h))
}

fn outline(rect: &Rect) -> Option<Path> {
    let mut path = PathBuilder::new();
    path.push_rect(rectangle(rect.x, rect.y, rect.w, rect.h)?);
    path.finish()
}

/// Black modules as one path, those of a row that touch as one rectangle: no seams between them.
fn fill_modules(
    surface: &mut Surface<'_>,
    (left, top): (f64, f64),
    modules: usize,
    side: f64,
    is_black: &dyn Fn(usize, usize) -> bool,
) {
    let mut path = PathBuilder::new();
    for row in 0..modules {
        let mut column = 0;
        while column < modules {
            let run = (column..modules).take_while(|&at| is_black(at, row)).count();
            if run > 0 {
                let (x, y) = (left + column as f64 * side, top + row as f64 * side);
                if let Some(rect) = rectangle(x, y, run as f64 * side, side) {
                    path.push_rect(rect);
                }
            }
            column += run.max(1);
        }
    }
    if let Some(path) = path.finish() {
        surface.draw_path(&path);
    }
}

fn draw_signature(surface: &mut Surface<'_>, place: &Rect, signature: &Signature) {
    let Rect { x, y, w, h } = place.grown(-INSET_OF_A_SIGNATURE);
    let mut path = PathBuilder::new();
    for stroke in signature.fitted((x, y, w, h)) {
        let Some(((x, y), rest)) = stroke.split_first() else { continue };
        path.move_to(points(*x), points(*y));
        rest.iter().for_each(|(x, y)| path.line_to(points(*x), points(*y)));
    }
    surface.set_fill(None);
    let round = (LineCap::Round, LineJoin::Round);
    surface.set_stroke(Some(Stroke { line_cap: round.0, line_join: round.1, ..line(1.2) }));
    if let Some(path) = path.finish() {
        surface.draw_path(&path);
    }
    surface.set_stroke(None);
}

fn draw_text(
    surface: &mut Surface<'_>,
    fonts: &FontSet,
    place: Rect,
    text: &SetText,
) -> Result<(), LetterError> {
    for line in &text.lines {
        // Characters of one font after each other are one run.
        for run in line.characters.chunk_by(|one, other| one.drawn.font == other.drawn.font) {
            let Some(first) = run.first() else { continue };
            let font = fonts.pdf(first.drawn.font).ok_or(LetterError::NoFont)?;
            let (words, glyphs) = glyphs(run, text.size);
            let start = Point::from_xy(points(place.x) + first.x, points(place.y) + line.baseline);
            surface.draw_glyphs(start, &glyphs, font, &words, text.size, false);
        }
    }
    Ok(())
}

/// Glyphs with the way to the next, in ems, and the text that they stand for.
fn glyphs(run: &[Placed], size: f32) -> (String, Vec<KrillaGlyph>) {
    let mut words = String::new();
    let mut glyphs = Vec::with_capacity(run.len());
    for (at, placed) in run.iter().enumerate() {
        let from = words.len();
        words.push(placed.character);
        let next = run.get(at + 1).map_or(placed.drawn.advance, |next| (next.x - placed.x) / size);
        let glyph = GlyphId::new(placed.drawn.glyph);
        glyphs.push(KrillaGlyph::new(glyph, next, 0.0, 0.0, 0.0, from..words.len(), None));
    }
    (words, glyphs)
}
