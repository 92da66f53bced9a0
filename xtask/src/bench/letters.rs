//! The check of letters and the search for copies, on letters and impressions drawn anew.

use anyhow::Result;

use crate::console::doing;
use crate::process;
use crate::workspace::cargo;

const PACKAGE: [&str; 6] =
    ["--profile", "measure", "--package", "ruhu-pictures", "--example", "letters_measured"];

/// How much is drawn, and from which seed
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Letters, three fifths by the first hand
    #[arg(long, default_value_t = 2_000)]
    letters: usize,
    /// Pairs of impressions that are no copies, half by each hand
    #[arg(long, default_value_t = 1_000_000)]
    pairs: usize,
    /// What all is drawn from; another one draws other letters
    #[arg(long)]
    seed: Option<u64>,
}

/// Prints the tables of `docs/letters.md`; fails when an aim is missed by more than its tolerance.
pub fn run(options: &Options) -> Result<()> {
    doing("building what draws and checks letters, optimised");
    process::show(cargo()?.arg("build").args(PACKAGE))?;
    doing("drawing and checking (an hour or two of one core for the whole, on all cores there are)");
    let mut arguments = vec![options.letters.to_string(), options.pairs.to_string()];
    arguments.extend(options.seed.map(|seed| seed.to_string()));
    process::show(cargo()?.args(["run", "--quiet"]).args(PACKAGE).arg("--").args(arguments))
}
