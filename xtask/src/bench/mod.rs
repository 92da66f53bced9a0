//! `cargo xtask bench`: the figures of `docs/benchmarks.md`.

mod forms;
mod peers;
mod shared_list;
mod table;

use anyhow::Result;
use clap::Subcommand;

use crate::console::doing;
use crate::machine::{self, BUILD};
use crate::process;
use crate::workspace::cargo;

/// What to measure
#[derive(Debug, clap::Args)]
pub struct Options {
    #[command(subcommand)]
    part: Option<Part>,
}

/// A part of the bench; without one, all.
#[derive(Debug, Subcommand)]
enum Part {
    /// Answering, opening and syncing, on real parts
    Device,
    /// The form engine beside JavaRosa and @getodk/xforms-engine; installs them below target/
    Forms(forms::Options),
}

/// Builds optimised and measures; prints tables in Markdown.
pub fn run(options: &Options) -> Result<()> {
    machine::provide(BUILD)?;
    match &options.part {
        Some(Part::Device) => device(),
        Some(Part::Forms(options)) => forms::run(options),
        None => device().and_then(|()| forms::run(&forms::Options::default())),
    }
}

fn device() -> Result<()> {
    doing("building what is measured, optimised (some minutes the first time)");
    let package = ["--profile", "measure", "--package", "ruhu-system-tests", "--bin", "ruhu-bench"];
    process::show(cargo()?.arg("build").args(package))?;
    doing("measuring");
    process::show(cargo()?.args(["run", "--quiet"]).args(package))
}
