//! What a person at the terminal, or a program behind it, is told.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use ruhu_text::{Explain, Lang};
use serde::Serialize;

use super::failure::CommandError;

/// How often a terminal is told how far the work has come.
const PATIENCE: Duration = Duration::from_secs(1);

/// How to speak, and what time it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Terminal {
    pub lang: Lang,
    pub json: bool,
    /// Gives Unix milliseconds.
    pub clock: fn() -> i64,
}

impl Terminal {
    /// The time, Unix milliseconds.
    pub(super) fn now_ms(&self) -> i64 {
        (self.clock)()
    }

    /// The text of the language.
    pub(super) fn pick(&self, zh: impl Into<String>, en: impl Into<String>) -> String {
        match self.lang {
            Lang::Zh => zh.into(),
            Lang::En => en.into(),
        }
    }

    /// One document on standard output: as JSON, or the text that is made for a person.
    pub(super) fn answer<T: Serialize>(
        &self,
        value: &T,
        text: impl FnOnce() -> String,
    ) -> Result<(), CommandError> {
        let line = match self.json {
            true => serde_json::to_string(value).map_err(|_| CommandError::Output)?,
            false => text(),
        };
        let mut out = io::stdout().lock();
        writeln!(out, "{}", line.trim_end()).and_then(|()| out.flush()).map_err(|_| CommandError::Output)
    }

    /// What went wrong, on standard error.
    pub(super) fn complain(&self, error: &CommandError) {
        let line = match self.json {
            true => serde_json::json!({
                "error": {
                    "code": error.code(),
                    "zh": error.message(Lang::Zh),
                    "en": error.message(Lang::En),
                }
            })
            .to_string(),
            false => error.message(self.lang),
        };
        // Nobody is left to be told when this fails too.
        let _ = writeln!(io::stderr().lock(), "{line}");
    }
}

/// Tells a terminal, on standard error, how far the work has come. Programs are told nothing.
pub(super) struct Teller<'a> {
    terminal: &'a Terminal,
    shows: bool,
    told: Instant,
    lines: u32,
}

impl<'a> Teller<'a> {
    pub(super) fn new(terminal: &'a Terminal) -> Teller<'a> {
        let shows = !terminal.json && io::stderr().is_terminal();
        Teller { terminal, shows, told: Instant::now(), lines: 0 }
    }

    /// What is to be said, in Chinese and English; a second after what was said before it.
    pub(super) fn tell(&mut self, text: impl FnOnce() -> (String, String)) {
        if !self.shows || self.told.elapsed() < PATIENCE {
            return;
        }
        self.told = Instant::now();
        self.lines += 1;
        let (zh, en) = text();
        // Nobody is left to be told when this fails.
        let _ = write!(io::stderr().lock(), "\r\x1b[K{}", self.terminal.pick(zh, en));
    }

    /// Takes the line off the terminal.
    pub(super) fn end(&mut self) {
        if std::mem::take(&mut self.lines) > 0 {
            let _ = write!(io::stderr().lock(), "\r\x1b[K");
        }
    }
}

impl Drop for Teller<'_> {
    fn drop(&mut self) {
        self.end();
    }
}
