//! `cargo xtask bench`: the figures of `docs/benchmarks.md`.

mod forms;
mod letters;
mod peers;
mod photos;
mod shared_list;
mod table;

use std::ffi::OsStr;

use anyhow::Result;
use clap::Subcommand;

use crate::console::{doing, print_error};
use crate::machine::{self, BUILD};
use crate::process;
use crate::workspace::{cargo, target};

/// What to measure
#[derive(Debug, clap::Args)]
pub struct Options {
    #[command(subcommand)]
    part: Option<Part>,
}

/// A part of the bench; without one, all.
#[derive(Debug, Subcommand)]
enum Part {
    /// Answering, opening and syncing, on real parts, and PouchDB beside it, which it installs below
    /// target/; and how cost follows size
    Device,
    /// Only photos: upload against what the same TLS carries, ten thousand small ones both ways
    Files {
        /// How many small ones
        #[arg(long, default_value_t = 10_000)]
        small: usize,
    },
    /// The form engine beside JavaRosa and @getodk/xforms-engine; installs them below target/
    Forms(forms::Options),
    /// Nightly: what the check of letters says of thousands of drawn ones, and what is taken for a copy among
    /// a million pairs of impressions; fails when an aim is missed by more than its tolerance
    Letters(letters::Options),
    /// A photo of 12 megapixels taken in and checked, beside libvips; fails when it costs more than
    /// promised
    Photos,
}

/// Builds optimised and measures; prints tables in Markdown.
pub fn run(options: &Options) -> Result<()> {
    machine::provide(BUILD)?;
    match &options.part {
        Some(Part::Device) => device(),
        Some(Part::Files { small }) => photos(*small),
        Some(Part::Forms(options)) => forms::run(options),
        Some(Part::Letters(options)) => letters::run(options),
        Some(Part::Photos) => photos::run(),
        None => device().and_then(|()| forms::run(&forms::Options::default())).and_then(|()| photos::run()),
    }
}

/// The program that measures, optimised.
const PACKAGE: [&str; 6] = ["--profile", "measure", "--package", "ruhu-system-tests", "--bin", "ruhu-bench"];

fn photos(small: usize) -> Result<()> {
    doing("building what is measured, optimised (some minutes the first time)");
    let small = small.to_string();
    process::show(cargo()?.args(["run", "--quiet"]).args(PACKAGE).args(["--", "files", "--small", &small]))
}

fn device() -> Result<()> {
    doing("building what is measured, optimised (some minutes the first time)");
    let package = PACKAGE;
    process::show(cargo()?.arg("build").args(package))?;
    let folder = target()?.join("bench/device");
    std::fs::create_dir_all(&folder)?;
    let (households, figures) = (folder.join("households.jsonl"), folder.join("pouchdb.json"));
    let bench = |arguments: &[&OsStr]| -> Result<()> {
        process::show(cargo()?.args(["run", "--quiet"]).args(package).arg("--").args(arguments))
    };
    bench(&["households".as_ref(), households.as_os_str()])?;
    doing("measuring");
    match peers::pouchdb(&households, &folder.join("pouchdb"), &figures) {
        Ok(()) => bench(&["--pouchdb".as_ref(), figures.as_os_str()])?,
        Err(error) => {
            print_error(&format!("PouchDB is not measured: {error:#}"));
            bench(&[])?;
        }
    }
    doing("measuring how cost follows size (some minutes)");
    bench(&["exponents".as_ref()])
}
