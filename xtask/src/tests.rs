//! `cargo xtask test`: every test of every crate, then those of the phone library in Kotlin and of the
//! form engine in WebAssembly.

use anyhow::{Result, bail};

use crate::console::{doing, print_line};
use crate::machine::{self, BUILD, PDF};
use crate::workspace::cargo;
use crate::{fonts, kotlin, process, wasm};

/// How to run the tests
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Only the Rust tests
    #[arg(long)]
    quick: bool,
}

impl Options {
    /// Every test of every language.
    pub fn all() -> Options {
        Options { quick: false }
    }
}

/// Tests that ran.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count {
    /// Those that held.
    pub passed: u64,
    /// Those that did not.
    pub failed: u64,
}

impl Count {
    /// Both together.
    fn and(self, other: Count) -> Count {
        Count { passed: self.passed + other.passed, failed: self.failed + other.failed }
    }
}

/// Runs them all, also after a failure, and closes with one line of their number.
pub fn run(options: &Options) -> Result<()> {
    machine::provide(BUILD)?;
    machine::provide(&[PDF])?;
    fonts::provide_in_target()?;
    let mut total = rust()?;
    if !options.quick {
        total = total.and(kotlin::run()?);
        total = total.and(wasm::run()?);
    }
    print_line(&format!("{} passed, {} failed", total.passed, total.failed));
    if total.failed > 0 {
        bail!("{} tests failed", total.failed);
    }
    Ok(())
}

/// The server by itself: its tests run on the SQLite that it ships, see [`crate::workspace::build_server`].
const SERVER: &[&str] = &["-p", "ruhu-server"];
const ALL_BUT_THE_SERVER: &[&str] = &["--workspace", "--exclude", "ruhu-server"];

fn rust() -> Result<Count> {
    doing("building all crates and their tests");
    for packages in [SERVER, ALL_BUT_THE_SERVER] {
        process::show(cargo()?.arg("test").args(packages).arg("--no-run"))?;
    }
    doing("running the tests of all crates");
    Ok(cargo_test(SERVER)?.and(cargo_test(ALL_BUT_THE_SERVER)?))
}

fn cargo_test(packages: &[&str]) -> Result<Count> {
    let (status, lines) = process::tee(cargo()?.arg("test").args(packages).arg("--no-fail-fast"))?;
    let count = lines.iter().filter_map(|line| tally(line)).fold(Count::default(), Count::and);
    if !status.success() && count.failed == 0 {
        bail!("cargo test failed: {status}");
    }
    Ok(count)
}

/// libtest's closing line: `test result: ok. 8 passed; 0 failed; …`.
fn tally(line: &str) -> Option<Count> {
    let numbers = line.strip_prefix("test result: ")?;
    let number_before = |word: &str| {
        let (before, _) = numbers.split_once(word)?;
        before.trim_end().rsplit(' ').next()?.parse().ok()
    };
    Some(Count { passed: number_before("passed")?, failed: number_before("failed")? })
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn libtest_s_count_is_understood() {
        let line = "test result: FAILED. 12 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.1s";
        assert_eq!(tally(line), Some(Count { passed: 12, failed: 3 }));
        assert_eq!(tally("test result_is_signed ... ok"), None);
    }
}
