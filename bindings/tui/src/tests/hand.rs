//! Hands on the keys, and eyes on the screen.

use std::path::Path;
use std::sync::Arc;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::style::Color;
use ruhu_form::{Environment, Form, Session};
use ruhu_formats::read_workbook;
use ruhu_text::Lang;
use unicode_width::UnicodeWidthStr;

use super::fill_form;
use crate::draft::Record;
use crate::model::{Effect, Model, Surroundings};
use crate::view;

/// 2026-11-22 10:41:55 in China.
pub const NOW: Environment = Environment { now_ms: 1_795_315_315_000, utc_offset_minutes: 480, seed: 7 };
/// The only file there is.
pub const PHOTO: &str = "照片/house_out.jpg";

pub fn short_visit() -> Arc<Form> {
    Arc::new(read_workbook(&fill_form::bytes()).unwrap().form)
}

/// One person filling one form.
pub struct Hand {
    pub model: Model,
    pub saved: Vec<Record>,
    pub effects: Vec<Effect>,
}

impl Hand {
    pub fn new(form: Arc<Form>, lang: Lang) -> Hand {
        let model = Model::new(Session::new(form, NOW), lang, NOW, None);
        Hand { model, saved: Vec::new(), effects: Vec::new() }
    }

    pub fn visit() -> Hand {
        Hand::new(short_visit(), Lang::Zh)
    }

    fn key(&mut self, key: KeyEvent) -> &mut Hand {
        let around = Surroundings { environment: NOW, is_file: &|path| path == Path::new(PHOTO) };
        for effect in self.model.key(key, &around) {
            match effect {
                Effect::Save(record) => self.saved.push(record),
                other => self.effects.push(other),
            }
        }
        self
    }

    pub fn press(&mut self, code: KeyCode) -> &mut Hand {
        self.key(KeyEvent::new(code, KeyModifiers::NONE))
    }

    pub fn times(&mut self, count: usize, code: KeyCode) -> &mut Hand {
        for _ in 0..count {
            self.press(code);
        }
        self
    }

    pub fn ctrl(&mut self, letter: char) -> &mut Hand {
        self.key(KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL))
    }

    pub fn ctrl_key(&mut self, code: KeyCode) -> &mut Hand {
        self.key(KeyEvent::new(code, KeyModifiers::CONTROL))
    }

    pub fn types(&mut self, text: &str) -> &mut Hand {
        for c in text.chars() {
            self.press(KeyCode::Char(c));
        }
        self
    }

    /// Types an answer and takes it.
    pub fn answers(&mut self, text: &str) -> &mut Hand {
        self.types(text).press(KeyCode::Enter)
    }

    pub fn pastes(&mut self, text: &str) -> &mut Hand {
        let around = Surroundings { environment: NOW, is_file: &|_| false };
        assert!(self.model.paste(text, &around).is_empty());
        self
    }

    /// The stored answer of a question.
    pub fn value(&self, path: &str) -> String {
        self.model.session().node(path).unwrap().value
    }

    /// The name of the question that is open.
    pub fn here(&self) -> &str {
        &self.model.node().unwrap().name
    }

    pub fn page(&self) -> String {
        self.model.sheet().unwrap().title()
    }

    fn drawn(&self, width: u16, height: u16) -> Terminal<TestBackend> {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal.draw(|frame| view::draw(&self.model, frame)).unwrap();
        terminal
    }

    /// The screen as text, `|` at its right edge.
    pub fn screen(&self, width: u16, height: u16) -> String {
        let terminal = self.drawn(width, height);
        let lines = (0..height).map(|y| format!("{}|", row(terminal.backend().buffer(), y)));
        lines.collect::<Vec<_>>().join("\n")
    }

    /// What stands on the screen in red.
    pub fn red(&self) -> String {
        let terminal = self.drawn(80, 24);
        let buffer = terminal.backend().buffer();
        let is_red = |x: u16, y: u16| buffer.cell((x, y)).is_some_and(|cell| cell.fg == Color::Red);
        let lines = (0..24).map(|y| {
            cells(buffer, y).filter(|(x, _)| is_red(*x, y)).map(|(_, symbol)| symbol).collect::<String>()
        });
        lines.filter(|line| !line.trim().is_empty()).collect::<Vec<_>>().join("\n")
    }

    /// The character to the left of the terminal's cursor.
    pub fn left_of_cursor(&self, width: u16) -> String {
        let mut terminal = self.drawn(width, 24);
        let place = terminal.get_cursor_position().unwrap();
        let buffer = terminal.backend().buffer();
        let left = cells(buffer, place.y).take_while(|(x, _)| *x < place.x).last();
        left.map_or_else(String::new, |(_, symbol)| symbol.to_owned())
    }
}

fn row(buffer: &Buffer, y: u16) -> String {
    cells(buffer, y).map(|(_, symbol)| symbol).collect()
}

/// The characters of a row with their columns; a wide one is followed by no cell of its own.
fn cells(buffer: &Buffer, y: u16) -> impl Iterator<Item = (u16, &str)> {
    let mut x = 0;
    std::iter::from_fn(move || {
        let symbol = buffer.cell((x, y))?.symbol();
        let at = x;
        x += symbol.width().max(1) as u16;
        Some((at, symbol))
    })
}
