//! `cargo xtask bench`: the figures of `docs/benchmarks.md`.

use anyhow::Result;

use crate::console::doing;
use crate::machine::{self, BUILD};
use crate::process;
use crate::workspace::cargo;

/// Builds optimised and measures; prints a table in Markdown.
pub fn run() -> Result<()> {
    machine::provide(BUILD)?;
    doing("building what is measured, optimised (some minutes the first time)");
    let package = ["--profile", "measure", "--package", "ruhu-system-tests", "--bin", "ruhu-bench"];
    process::show(cargo()?.arg("build").args(package))?;
    doing("measuring");
    process::show(cargo()?.args(["run", "--quiet"]).args(package))
}
