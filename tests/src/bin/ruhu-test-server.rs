//! `ruhu-server` by a clock that is wrong: so many milliseconds ahead of the machine's as the environment's
//! `RUHU_TEST_CLOCK_AHEAD_MS` says, behind it where the number is negative. A tool of tests; the program that
//! ships reads no such variable.

use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

fn main() -> ExitCode {
    ruhu_server::cli::main_at(wrong_clock)
}

fn wrong_clock() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let right = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
    let ahead = std::env::var("RUHU_TEST_CLOCK_AHEAD_MS").ok().and_then(|text| text.parse().ok());
    right.saturating_add(ahead.unwrap_or(0))
}
