//! What the command says, on which stream, in which form.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use ruhu_text::{Explain, Lang};
use serde::Serialize;

use crate::failure::Failure;
use crate::table::Table;

/// How often a terminal is told how far the work has come.
pub const PATIENCE: Duration = Duration::from_secs(1);

/// Where results go.
pub struct Output {
    json: bool,
    lang: Lang,
}

impl Output {
    /// Output as the command line asked for it.
    pub fn new(json: bool, lang: Lang) -> Output {
        Output { json, lang }
    }

    /// Whether programs read it.
    pub fn json(&self) -> bool {
        self.json
    }

    /// The language of messages.
    pub fn lang(&self) -> Lang {
        self.lang
    }

    /// The text in the language of messages.
    pub fn pick<'a>(&self, zh: &'a str, en: &'a str) -> &'a str {
        self.lang.pick(zh, en)
    }

    /// One line on standard output, there when this returns.
    pub fn line(&mut self, text: &str) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        writeln!(out, "{text}").and_then(|()| out.flush()).map_err(|error| Failure::Output(error.kind()))
    }

    /// One JSON value on one line.
    pub fn value<T: Serialize>(&mut self, value: &T) -> Result<(), Failure> {
        let text = serde_json::to_string(value).map_err(|_| Failure::Output(io::ErrorKind::InvalidData))?;
        self.line(&text)
    }

    /// A table's lines.
    pub fn table(&mut self, table: &Table) -> Result<(), Failure> {
        table.lines().iter().try_for_each(|line| self.line(line))
    }

    /// JSON for programs, else what `human` writes.
    pub fn answer<T: Serialize>(
        &mut self,
        value: &T,
        human: impl FnOnce(&mut Output, &T) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        match self.json {
            true => self.value(value),
            false => human(self, value),
        }
    }

    /// Why the command failed: an object on standard output for programs, a message on standard
    /// error for people. A stream that nobody reads any more cannot be told so.
    pub fn failure(&mut self, failure: &Failure) {
        // As with `ruhu case list | head -1`: who reads has read enough.
        if matches!(failure, Failure::Output(io::ErrorKind::BrokenPipe)) {
            return;
        }
        let _ = match self.json {
            true => self.value(&failure.json()),
            false => note(&failure.message(self.lang)),
        };
    }

    /// A line about work that takes long, on standard error; on a terminal it replaces the last one.
    pub fn progress(&self, text: &str) {
        let mut err = io::stderr().lock();
        let _ = match err.is_terminal() {
            true => write!(err, "\r\x1b[K{text}").and_then(|()| err.flush()),
            false => writeln!(err, "{text}"),
        };
    }

    /// Takes the line of [`Output::progress`] off a terminal.
    pub fn end_progress(&self) {
        let mut err = io::stderr().lock();
        if err.is_terminal() {
            let _ = write!(err, "\r\x1b[K").and_then(|()| err.flush());
        }
    }
}

/// Tells a person at a terminal, on standard error, how far the work has come. Programs are told nothing.
pub struct Ticker<'a> {
    output: &'a Output,
    shows: bool,
    told: Instant,
}

impl<'a> Ticker<'a> {
    /// From now on.
    pub fn new(output: &'a Output) -> Ticker<'a> {
        let shows = !output.json() && io::stderr().is_terminal();
        Ticker { output, shows, told: Instant::now() }
    }

    /// What is to be said, in Chinese and English; a second after what was said before it.
    pub fn tell(&mut self, text: impl FnOnce() -> (String, String)) {
        if self.shows && self.told.elapsed() >= PATIENCE {
            self.told = Instant::now();
            let (zh, en) = text();
            self.output.progress(self.output.pick(&zh, &en));
        }
    }
}

impl Drop for Ticker<'_> {
    fn drop(&mut self) {
        if self.shows {
            self.output.end_progress();
        }
    }
}

fn note(text: &str) -> Result<(), Failure> {
    writeln!(io::stderr().lock(), "{text}").map_err(|error| Failure::Output(error.kind()))
}
