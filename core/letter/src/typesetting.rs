//! Lines of Chinese text: where they may break, how they are filled, how they are spread.
//!
//! Lines break where Unicode's rules (UAX 14) allow it, which keeps closing marks from the beginning
//! of a line and opening ones from its end. A closing mark at the end of a line takes half its width.
//! What is left is spread between the characters.

use unicode_linebreak::linebreaks;

use crate::error::LetterError;
use crate::fonts::{Drawn, FontSet};
use crate::letter::Paragraph;

/// One character in its place: from the left of the text's place, in points.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Placed {
    pub character: char,
    pub drawn: Drawn,
    pub x: f32,
}

/// One line, and its base line from the top of the text's place, in points.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SetLine {
    pub baseline: f32,
    pub characters: Vec<Placed>,
}

/// How a text is set.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Style {
    /// Of the text's place, in points.
    pub width: f32,
    /// Of the text's place, in points.
    pub height: f32,
    /// From one base line to the next, in ems.
    pub leading: f32,
    /// The largest size, in points.
    pub largest: f32,
    /// The smallest size, in points.
    pub smallest: f32,
    /// How lines stand.
    pub aligned: Aligned,
}

/// How lines stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Aligned {
    /// Each in the middle.
    Middle,
    /// At the left, not spread.
    Left,
    /// Both edges straight, paragraphs beginning two characters further in.
    Paragraphs,
}

/// A text in its place.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SetText {
    /// The size, in points.
    pub size: f32,
    pub lines: Vec<SetLine>,
}

const STEP: f32 = 0.25;
const INDENT: f32 = 2.0;

/// Sets paragraphs at the largest size at which they fit. `place`: the section of the template.
///
/// # Errors
/// `letter_too_long` when they fit at no size; those of [`FontSet::draw`].
pub(crate) fn set(
    paragraphs: &[Paragraph],
    fonts: &FontSet,
    style: Style,
    place: &'static str,
) -> Result<SetText, LetterError> {
    let texts: Vec<&str> = paragraphs.iter().map(|paragraph| paragraph.text.as_str()).collect();
    let drawn = fonts.draw(&texts)?;
    let mut size = style.largest;
    loop {
        let width = style.width / size;
        let lines: Vec<Vec<(char, Drawn, f32)>> = paragraphs
            .iter()
            .zip(&drawn)
            .flat_map(|(paragraph, characters)| lines(paragraph, characters, width, style.aligned))
            .collect();
        let room = ((style.height / size - 1.0) / style.leading + 1.0).floor().max(0.0) as usize;
        if lines.len() <= room {
            return Ok(SetText { size, lines: placed(lines, size, style.leading, fonts.ascent()) });
        }
        if size <= style.smallest {
            return Err(LetterError::TooLong { place, lines: lines.len() - room });
        }
        size = (size - STEP).max(style.smallest);
    }
}

fn placed(lines: Vec<Vec<(char, Drawn, f32)>>, size: f32, leading: f32, ascent: f32) -> Vec<SetLine> {
    // A font for Chinese rises above its em box; the first line stands by the box.
    let first = ascent.min(0.88);
    let place = |(index, line): (usize, Vec<(char, Drawn, f32)>)| SetLine {
        baseline: (first + index as f32 * leading) * size,
        characters: line
            .into_iter()
            .map(|(character, drawn, x)| Placed { character, drawn, x: x * size })
            .collect(),
    };
    lines.into_iter().enumerate().map(place).collect()
}

/// The lines of one paragraph; lengths in ems.
fn lines(
    paragraph: &Paragraph,
    drawn: &[(char, Option<Drawn>)],
    width: f32,
    aligned: Aligned,
) -> Vec<Vec<(char, Drawn, f32)>> {
    let indented = aligned == Aligned::Paragraphs && !paragraph.flush;
    let mut indent = if indented { INDENT } else { 0.0 };
    let mut lines: Vec<(Vec<(char, Drawn)>, f32)> = Vec::new();
    let mut line: Vec<(char, Drawn)> = Vec::new();
    for unit in units(&paragraph.text, drawn) {
        if !line.is_empty() && indent + length(&line, &unit) > width {
            lines.push((std::mem::take(&mut line), indent));
            indent = 0.0;
        }
        // A word longer than a line is broken anywhere.
        for character in unit {
            if !line.is_empty() && indent + length(&line, &[character]) > width {
                lines.push((std::mem::take(&mut line), indent));
                indent = 0.0;
            }
            line.push(character);
        }
    }
    lines.push((line, indent));
    let last = lines.len() - 1;
    let spread = |(at, (line, indent)): (usize, (Vec<(char, Drawn)>, f32))| {
        aligned_line(line, indent, width, aligned, at == last)
    };
    lines.into_iter().enumerate().map(spread).collect()
}

/// What no line may be broken in, in order.
fn units(text: &str, drawn: &[(char, Option<Drawn>)]) -> Vec<Vec<(char, Drawn)>> {
    let breaks: Vec<usize> = linebreaks(text).map(|(at, _)| at).collect();
    let mut units = vec![Vec::new()];
    for ((at, _), (character, drawn)) in text.char_indices().zip(drawn) {
        if breaks.binary_search(&at).is_ok() {
            units.push(Vec::new());
        }
        if let (Some(unit), Some(drawn)) = (units.last_mut(), drawn) {
            unit.push((*character, *drawn));
        }
    }
    units
}

/// How long a line is with a unit at its end: spaces there count for nothing, a closing mark for half.
fn length(line: &[(char, Drawn)], unit: &[(char, Drawn)]) -> f32 {
    let whole = |part: &[(char, Drawn)]| part.iter().map(|(_, drawn)| drawn.advance).sum::<f32>();
    let spaces: f32 =
        unit.iter().rev().take_while(|(c, _)| is_space(*c)).map(|(_, drawn)| drawn.advance).sum();
    let last = unit.iter().rev().find(|(c, _)| !is_space(*c));
    let half = last.map_or(0.0, |(c, drawn)| if is_closing(*c) { drawn.advance / 2.0 } else { 0.0 });
    whole(line) + whole(unit) - spaces - half
}

fn aligned_line(
    mut line: Vec<(char, Drawn)>,
    indent: f32,
    width: f32,
    aligned: Aligned,
    last: bool,
) -> Vec<(char, Drawn, f32)> {
    while line.last().is_some_and(|(c, _)| is_space(*c)) {
        line.pop();
    }
    let rest = (width - indent - length(&[], &line)).max(0.0);
    let gaps = line.windows(2).filter(|pair| may_spread(pair)).count();
    let (start, gap) = match aligned {
        Aligned::Middle => ((width - length(&[], &line)).max(0.0) / 2.0, 0.0),
        Aligned::Left => (indent, 0.0),
        Aligned::Paragraphs if last || gaps == 0 => (indent, 0.0),
        Aligned::Paragraphs => (indent, rest / gaps as f32),
    };
    let mut x = start;
    let mut placed = Vec::with_capacity(line.len());
    for (at, &(character, drawn)) in line.iter().enumerate() {
        placed.push((character, drawn, x));
        let spreads = line.get(at..at + 2).is_some_and(may_spread);
        x += drawn.advance + if spreads { gap } else { 0.0 };
    }
    placed
}

/// Whether a line may be spread between two characters: anywhere but within a word or a number.
fn may_spread(pair: &[(char, Drawn)]) -> bool {
    let of_a_word = |c: char| c.is_ascii_graphic();
    !matches!(pair, [(one, _), (other, _)] if of_a_word(*one) && of_a_word(*other))
}

fn is_space(character: char) -> bool {
    character == ' ' || character == '\u{3000}'
}

/// Marks whose right half is empty.
fn is_closing(character: char) -> bool {
    "，。、；：！？）》〉」』】〕〗”’".contains(character)
}
