//! A line that is typed, and the ways people write numbers, days and places.

use std::path::Path;

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ruhu_form::QuestionKind;
use tui_input::{Input, InputRequest};

/// The longest text that can be typed, in bytes: what the form engine takes.
const MAX_BYTES: usize = 64 * 1024;

/// A character that a key types: none for keys with Ctrl or Alt.
pub fn plain_char(key: KeyEvent) -> Option<char> {
    match key.code {
        KeyCode::Char(c) if !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT) => Some(c),
        _ => None,
    }
}

/// A line being typed.
#[derive(Debug, Clone, Default)]
pub struct LineEditor {
    input: Input,
    /// What a blank typed into the empty line stands for: today, now.
    offer: Option<String>,
    touched: bool,
}

impl LineEditor {
    /// A line that holds `text`.
    pub fn new(text: String, offer: Option<String>) -> LineEditor {
        LineEditor { input: Input::new(text), offer, touched: false }
    }

    /// The text and the cursor.
    pub fn input(&self) -> &Input {
        &self.input
    }

    /// What a blank stands for while the line is empty.
    pub fn offer(&self) -> Option<&str> {
        self.offer.as_deref().filter(|_| self.input.value().is_empty())
    }

    /// The text, if a person changed it.
    pub fn changed(&self) -> Option<&str> {
        self.touched.then(|| self.input.value())
    }

    /// Whether the key was used.
    pub fn key(&mut self, key: KeyEvent) -> bool {
        let word = key.modifiers.contains(KeyModifiers::CONTROL);
        let request = match key.code {
            KeyCode::Backspace => InputRequest::DeletePrevChar,
            KeyCode::Delete => InputRequest::DeleteNextChar,
            KeyCode::Left if !word => InputRequest::GoToPrevChar,
            KeyCode::Right if !word => InputRequest::GoToNextChar,
            KeyCode::Home => InputRequest::GoToStart,
            KeyCode::End => InputRequest::GoToEnd,
            _ => {
                let Some(c) = plain_char(key) else { return false };
                self.type_char(c);
                return true;
            }
        };
        self.touched |= self.input.handle(request).is_some_and(|changed| changed.value);
        true
    }

    /// Types one character.
    pub fn type_char(&mut self, c: char) {
        let typed = match (c, self.offer()) {
            (' ', Some(offer)) => offer.to_owned(),
            _ => c.to_string(),
        };
        self.paste(&typed);
    }

    /// Types a text. What the form engine would refuse for its length is not taken.
    pub fn paste(&mut self, text: &str) {
        if self.input.value().len() + text.len() > MAX_BYTES {
            return;
        }
        // A pasted line end may be CR, LF or both; one of them is enough.
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        for c in text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')) {
            self.touched |= self.input.handle(InputRequest::InsertChar(c)).is_some();
        }
    }
}

/// Why what was typed is no answer yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineFault {
    /// A path was typed and there is no such file.
    NoSuchFile,
}

/// What was typed, in the spelling that the form engine takes. People type full-width digits with a
/// Chinese input method, write days as `2026年11月22日`, and give a photo by its path.
///
/// # Errors
/// When a path leads to no file.
pub fn spell(kind: QuestionKind, typed: &str, is_file: &dyn Fn(&Path) -> bool) -> Result<String, LineFault> {
    if kind.is_file() {
        return file_name(typed.trim(), is_file);
    }
    use QuestionKind::{Date, DateTime, Decimal, Geopoint, Geoshape, Geotrace, Integer, Range, Time};
    Ok(match kind {
        Integer | Decimal | Range | Time => narrow(typed).trim().to_owned(),
        Date => day(&narrow(typed)),
        DateTime => day_and_time(&narrow(typed)),
        Geopoint | Geotrace | Geoshape => narrow(typed).replace([',', '、'], " "),
        _ => typed.to_owned(),
    })
}

/// Full-width forms of ASCII (U+FF01 to U+FF5E) and the ideographic blank and full stop, as ASCII.
fn narrow(text: &str) -> String {
    let narrow = |c: char| match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '\u{3000}' => ' ',
        '。' => '.',
        _ => c,
    };
    text.chars().map(narrow).collect()
}

fn day(text: &str) -> String {
    let text = text.trim();
    let eight_digits = text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit());
    if let (true, Some(year), Some(month), Some(day)) =
        (eight_digits, text.get(..4), text.get(4..6), text.get(6..))
    {
        return format!("{year}-{month}-{day}");
    }
    text.trim_end_matches(['日', '号']).replace(['年', '月', '/', '.'], "-")
}

fn day_and_time(text: &str) -> String {
    let text = text.trim();
    match text.split_once([' ', 'T']) {
        Some((date, time)) => format!("{}T{}", day(date), time.trim()),
        None => day(text),
    }
}

fn file_name(typed: &str, is_file: &dyn Fn(&Path) -> bool) -> Result<String, LineFault> {
    let path = Path::new(typed);
    match path.file_name().and_then(|name| name.to_str()) {
        Some(name) if name != typed => match is_file(path) {
            true => Ok(name.to_owned()),
            false => Err(LineFault::NoSuchFile),
        },
        _ => Ok(typed.to_owned()),
    }
}

/// A stored value as people read and type it: moments without what goes without saying.
pub fn shown(kind: QuestionKind, value: &str) -> String {
    match kind {
        QuestionKind::Time => short_time(value).to_owned(),
        QuestionKind::DateTime => match value.split_once('T') {
            Some((day, time)) => format!("{day} {}", short_time(time)),
            None => value.to_owned(),
        },
        _ => value.to_owned(),
    }
}

/// `08:30` of `08:30:00.000+08:00`; seconds stay when there are any.
fn short_time(time: &str) -> &str {
    let clock = time.split(['+', '-', 'Z']).next().unwrap_or(time);
    match (clock.get(..5), clock.get(5..)) {
        (Some(minutes), Some(rest)) if rest.chars().all(|c| matches!(c, ':' | '.' | '0')) => minutes,
        _ => clock,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spelt(kind: QuestionKind, typed: &str) -> String {
        spell(kind, typed, &|_| false).unwrap()
    }

    #[test]
    fn days_are_taken_as_people_write_them() {
        for typed in
            ["2026-11-22", "2026年11月22日", "2026.11.22", "2026/11/22", "20261122", "２０２６。１１。２２ "]
        {
            assert_eq!(spelt(QuestionKind::Date, typed), "2026-11-22", "{typed}");
        }
        assert_eq!(spelt(QuestionKind::Date, "明天"), "明天", "the engine says what is wrong with it");
        assert_eq!(spelt(QuestionKind::DateTime, "2026年1月5日 8：30"), "2026-1-5T8:30");
        assert_eq!(spelt(QuestionKind::Time, "０８：３０"), "08:30");
    }

    #[test]
    fn numbers_and_places_are_taken_from_a_chinese_input_method() {
        assert_eq!(spelt(QuestionKind::Integer, "１２"), "12");
        assert_eq!(spelt(QuestionKind::Decimal, "－12。5"), "-12.5");
        assert_eq!(spelt(QuestionKind::Geopoint, "30.18，120.26"), "30.18 120.26");
        assert_eq!(spelt(QuestionKind::Text, "１２，三。"), "１２，三。", "text stays as it is");
    }

    #[test]
    fn of_a_photo_s_path_the_name_is_the_answer() {
        let there = |path: &Path| path == Path::new("照片/house_out.jpg");
        assert_eq!(spell(QuestionKind::Image, "照片/house_out.jpg", &there).as_deref(), Ok("house_out.jpg"));
        assert_eq!(spell(QuestionKind::Image, "照片/gone.jpg", &there), Err(LineFault::NoSuchFile));
        assert_eq!(spell(QuestionKind::Image, "sign.png", &there).as_deref(), Ok("sign.png"));
        assert_eq!(spell(QuestionKind::Image, "", &there).as_deref(), Ok(""));
    }

    #[test]
    fn moments_are_shown_short_and_read_back_as_the_same() {
        assert_eq!(shown(QuestionKind::Time, "08:30:00.000+08:00"), "08:30");
        assert_eq!(shown(QuestionKind::Time, "08:30:15.000+08:00"), "08:30:15.000");
        assert_eq!(shown(QuestionKind::Time, "00:00:00.000+08:00"), "00:00");
        assert_eq!(shown(QuestionKind::Time, "10:20:20.000+08:00"), "10:20:20.000");
        assert_eq!(shown(QuestionKind::DateTime, "2026-11-22T08:30:00.000+08:00"), "2026-11-22 08:30");
    }

    #[test]
    fn a_blank_takes_the_offer_only_while_the_line_is_empty() {
        let mut line = LineEditor::new(String::new(), Some("2026-11-22 10:41".into()));
        line.type_char(' ');
        line.type_char(' ');
        assert_eq!(line.changed(), Some("2026-11-22 10:41 "));
    }
}
