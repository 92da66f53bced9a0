//! What the tasks say.

use std::io::{self, Write};

use unicode_width::UnicodeWidthStr;

/// A line of the story or of a result, on standard output. When nobody reads any more, the task
/// still does its work and its exit code tells.
pub fn print_line(text: &str) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

/// A line about what is being done, on standard error.
pub fn doing(text: &str) {
    let _ = writeln!(io::stderr().lock(), "==> {text}");
}

/// Why a task failed, on standard error.
pub fn print_error(text: &str) {
    let _ = writeln!(io::stderr().lock(), "xtask: {text}");
}

/// Rows of two cells, the second column aligned by the width on a screen.
pub fn pairs(rows: &[(String, String)]) -> Vec<String> {
    let widest = rows.iter().map(|(name, _)| name.width()).max().unwrap_or(0);
    let line = |(name, value): &(String, String)| {
        format!("{name}{}  {value}", " ".repeat(widest.saturating_sub(name.width())))
    };
    rows.iter().map(line).collect()
}
