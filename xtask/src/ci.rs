//! `cargo xtask ci`: what a contributor runs before pushing.

use anyhow::Result;
use clap::ValueEnum;

use crate::console::doing;
use crate::machine::{self, BUILD};
use crate::workspace::cargo;
use crate::{deny, process, tests};

/// What to check
#[derive(Debug, clap::Args)]
pub struct Options {
    /// The steps, in this order; all of them when none is named
    #[arg(value_enum, value_name = "STEP")]
    steps: Vec<Step>,
}

/// A step of the check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Step {
    /// Formatting
    Fmt,
    /// Lints of every crate and its tests; a warning fails
    Clippy,
    /// Documentation; a warning fails
    Doc,
    /// Licences, banned crates, sources of dependencies
    Deny,
    /// Every test, also those in Kotlin and WebAssembly
    Test,
}

/// Runs the steps; stops at the first that fails.
pub fn run(options: &Options) -> Result<()> {
    let steps = if options.steps.is_empty() { Step::value_variants() } else { &options.steps };
    steps.iter().try_for_each(|step| match step {
        Step::Fmt => fmt(),
        Step::Clippy => clippy(),
        Step::Doc => doc(),
        Step::Deny => deny::run(),
        Step::Test => tests::run(&tests::Options::all()),
    })
}

fn fmt() -> Result<()> {
    doing("cargo fmt --check");
    process::show(cargo()?.args(["fmt", "--all", "--check"]))
}

fn clippy() -> Result<()> {
    machine::provide(BUILD)?;
    doing("cargo clippy");
    process::show(cargo()?.args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))
}

fn doc() -> Result<()> {
    machine::provide(BUILD)?;
    doing("cargo doc");
    process::show(cargo()?.args(["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings"))
}
