//! The terminal: keys in, frames out.

use std::io::{ErrorKind, stdout};
use std::path::Path;

use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, DisableBracketedPaste, EnableBracketedPaste, Event, KeyEventKind};
use ratatui::crossterm::execute;
use ruhu_form::Environment;

use super::draft::Draft;
use super::model::{Effect, Model, Surroundings};
use super::{FillError, now_ms, view};

/// How filling ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The form is complete.
    Finished,
    /// A person left before that.
    Left,
}

/// The terminal in the state that a form needs; as it was when this is dropped.
struct Screen {
    terminal: DefaultTerminal,
}

impl Screen {
    fn open() -> std::io::Result<Screen> {
        let terminal = ratatui::try_init()?;
        let screen = Screen { terminal };
        execute!(stdout(), EnableBracketedPaste)?;
        Ok(screen)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // Nobody is left to be told.
        let _ = execute!(stdout(), DisableBracketedPaste);
        let _ = ratatui::try_restore();
    }
}

/// Runs until a person finishes or leaves. `environment` makes the surroundings of an entry from the
/// time, in milliseconds since 1970 UTC.
pub fn fill(
    model: &mut Model,
    draft: &mut Draft,
    environment: impl Fn(i64) -> Environment,
) -> Result<Ending, FillError> {
    let failed = |error: std::io::Error| FillError::Terminal(error.kind());
    let mut screen = Screen::open().map_err(failed)?;
    loop {
        screen.terminal.draw(|frame| view::draw(model, frame)).map_err(failed)?;
        let event = event::read().map_err(failed)?;
        let around = Surroundings { environment: environment(now_ms()), is_file: &Path::is_file };
        let effects = match event {
            Event::Key(key) if key.kind != KeyEventKind::Release => model.key(key, &around),
            Event::Paste(text) => model.paste(&text, &around),
            _ => Vec::new(),
        };
        if let Some(ending) = carry_out(model, draft, effects) {
            return Ok(ending);
        }
    }
}

/// Does what a key asked for. What is not on the disk keeps the form from being finished.
fn carry_out(model: &mut Model, draft: &mut Draft, effects: Vec<Effect>) -> Option<Ending> {
    for effect in effects {
        let result: Result<(), ErrorKind> = match effect {
            Effect::Save(record) => draft.append(&record),
            Effect::SaveAgain => draft.flush(),
            Effect::Finish => return Some(Ending::Finished),
            Effect::Leave => return Some(Ending::Left),
        };
        model.saved(result);
        if model.is_unsaved() {
            return None;
        }
    }
    None
}
