//! The fonts of a letter: for each character the first that has it.

use std::collections::BTreeSet;

use krilla::text::Font as PdfFont;
use skrifa::MetadataProvider;
use skrifa::instance::{LocationRef, Size};
use skrifa::raw::{FileRef, FontRef, TableProvider};
use skrifa::string::StringId;

use crate::error::LetterError;

/// One character as a font draws it; lengths in ems.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Drawn {
    pub font: usize,
    pub glyph: u32,
    pub advance: f32,
}

/// The characters of a text; those that nobody sees are not drawn.
pub(crate) type Characters = Vec<(char, Option<Drawn>)>;

struct Font {
    bytes: krilla::Data,
    index: u32,
    pdf: PdfFont,
    ascent: f32,
}

/// Fonts in the order in which they are asked.
#[derive(Default)]
pub struct FontSet {
    fonts: Vec<Font>,
}

impl std::fmt::Debug for FontSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FontSet").field("fonts", &self.fonts.len()).finish()
    }
}

impl FontSet {
    /// No fonts.
    pub fn new() -> FontSet {
        FontSet::default()
    }

    /// Adds the contents of a font file (.ttf, .otf, .ttc). Of a collection the face for simplified
    /// Chinese is taken where one says so, else the first. `false` when it is no font that can be
    /// embedded; nothing is added then.
    pub fn add(&mut self, bytes: Vec<u8>) -> bool {
        let Some(index) = face(&bytes) else { return false };
        let bytes: krilla::Data = bytes.into();
        let Some(pdf) = PdfFont::new(bytes.clone(), index) else { return false };
        let font = FontRef::from_index(bytes.as_ref(), index).ok();
        let Some(ascent) = font.map(|font| font.metrics(Size::new(1.0), LocationRef::default()).ascent)
        else {
            return false;
        };
        self.fonts.push(Font { bytes, index, pdf, ascent });
        true
    }

    /// Adds the fonts of another set, asked after these.
    pub fn append(&mut self, mut other: FontSet) {
        self.fonts.append(&mut other.fonts);
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.fonts.is_empty()
    }

    pub(crate) fn pdf(&self, font: usize) -> Option<PdfFont> {
        self.fonts.get(font).map(|font| font.pdf.clone())
    }

    pub(crate) fn face(&self, font: usize) -> Option<FontRef<'_>> {
        self.fonts.get(font).and_then(|font| FontRef::from_index(font.bytes.as_ref(), font.index).ok())
    }

    /// How far the first font rises above the line, in ems.
    pub(crate) fn ascent(&self) -> f32 {
        self.fonts.first().map_or(0.88, |font| font.ascent)
    }

    /// The characters of a text, each with the font that draws it. Characters that nobody sees have
    /// none.
    ///
    /// # Errors
    /// `letter_no_font` when there are no fonts, `letter_no_glyph` with every character that no font
    /// has, or that cannot be set one by one.
    pub(crate) fn draw(&self, texts: &[&str]) -> Result<Vec<Characters>, LetterError> {
        if self.fonts.is_empty() {
            return Err(LetterError::NoFont);
        }
        let faces: Vec<FontRef<'_>> = self
            .fonts
            .iter()
            .filter_map(|font| FontRef::from_index(font.bytes.as_ref(), font.index).ok())
            .collect();
        let mut missing = BTreeSet::new();
        let mut draw = |character: char| {
            if is_unseen(character) {
                return (character, None);
            }
            let drawn = if needs_shaping(character) { None } else { find(&faces, character) };
            if drawn.is_none() {
                missing.insert(character);
            }
            (character, drawn)
        };
        let drawn = texts.iter().map(|text| text.chars().map(&mut draw).collect()).collect();
        if missing.is_empty() { Ok(drawn) } else { Err(LetterError::NoGlyph(missing.into_iter().collect())) }
    }
}

fn find(faces: &[FontRef<'_>], character: char) -> Option<Drawn> {
    faces.iter().enumerate().find_map(|(font, face)| {
        let glyph = face.charmap().map(character).filter(|glyph| glyph.to_u32() != 0)?;
        let metrics = face.glyph_metrics(Size::new(1.0), LocationRef::default());
        Some(Drawn { font, glyph: glyph.to_u32(), advance: metrics.advance_width(glyph)? })
    })
}

/// Which face of a file to take.
fn face(bytes: &[u8]) -> Option<u32> {
    match FileRef::new(bytes).ok()? {
        FileRef::Font(font) => can_be_embedded(&font).then_some(0),
        FileRef::Collection(all) => {
            let faces: Vec<(u32, FontRef<'_>)> =
                (0..all.len()).filter_map(|at| Some((at, all.get(at).ok()?))).collect();
            let fit = faces.iter().filter(|(_, font)| can_be_embedded(font));
            let simplified = |font: &FontRef<'_>| {
                let mut names = font.localized_strings(StringId::FAMILY_NAME);
                names.any(|name| name.to_string().ends_with(" SC"))
            };
            let chosen = fit.clone().find(|(_, font)| simplified(font)).or(fit.clone().next());
            chosen.map(|(at, _)| *at)
        }
    }
}

/// It has outlines, and its maker does not forbid embedding it.
fn can_be_embedded(font: &FontRef<'_>) -> bool {
    const RESTRICTED: u16 = 0x0002;
    let forbidden = font.os2().is_ok_and(|os2| os2.fs_type() & 0x000f == RESTRICTED);
    (font.glyf().is_ok() || font.cff().is_ok()) && !forbidden
}

/// Characters that say something to programs and show nothing: selectors of variants, marks of
/// direction, joiners.
fn is_unseen(character: char) -> bool {
    matches!(u32::from(character),
        0x00ad | 0x034f | 0x061c | 0x115f..=0x1160 | 0x17b4..=0x17b5 | 0x180b..=0x180f | 0x200b..=0x200f
        | 0x202a..=0x202e | 0x2060..=0x206f | 0x3164 | 0xfe00..=0xfe0f | 0xfeff | 0xffa0 | 0xe0000..=0xe0fff)
}

/// Scripts whose letters change with their neighbours: set one by one they would be wrong.
fn needs_shaping(character: char) -> bool {
    matches!(u32::from(character),
        0x0590..=0x08ff | 0x0900..=0x0eff | 0x0f00..=0x109f | 0x1780..=0x18af | 0x1950..=0x1aaf
        | 0x1b00..=0x1c4f | 0xa840..=0xa87f | 0xa8e0..=0xa8ff | 0xaa00..=0xaadf | 0xfb1d..=0xfdff | 0xfe70..=0xfefc)
}
