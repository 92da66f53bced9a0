//! `cargo xtask demo`: two phones, one household, one server; `--story hostile`: what mischance and malice
//! do to them. The stories are played through the real binaries in processes of their own; every claim
//! they make is checked.

mod checks;
mod drawn;
mod ending;
mod hostile;
mod letter;
mod narrator;
mod phone;
mod server;
mod story;

use std::time::Instant;

use anyhow::{Result, bail};

use crate::console::{doing, print_line};
use crate::fonts;
use crate::machine::{self, BUILD, PDF};
use crate::process;
use crate::workspace::{self, cargo};
use hostile::Hostile;
use story::Story;

/// How to play the story
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Which story
    #[arg(long, value_enum, default_value = "visit")]
    story: Name,
    /// Leave the server running, and the data where it is
    #[arg(long)]
    keep: bool,
}

/// The stories.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Name {
    /// Two phones visit one household without a network
    Visit,
    /// Slow lines, restored servers, and people who mean harm
    Hostile,
}

/// Builds what the story needs and plays it.
pub fn run(options: &Options) -> Result<()> {
    machine::provide(BUILD)?;
    let mut packages = vec!["ruhu-cli", "ruhu-system-tests"];
    if options.story == Name::Visit {
        machine::provide(&[PDF])?;
        fonts::provide_in_target()?;
        packages.push("ruhu-pictures");
    }
    doing("building ruhu, ruhu-server and the generators of pictures");
    let named = packages.iter().flat_map(|package| ["-p", package]);
    process::show(cargo()?.arg("build").args(named).arg("--bins"))?;
    workspace::build_server()?;
    let failed = match options.story {
        Name::Visit => visit(options.keep)?,
        Name::Hostile => hostile(options.keep)?,
    };
    if failed > 0 {
        bail!("{failed} checks of the story did not hold");
    }
    Ok(())
}

/// The story of a visit; gives how many checks did not hold.
fn visit(keep: bool) -> Result<usize> {
    let began = Instant::now();
    let mut story = Story::set_up()?;
    story.play()?;
    let failed = story.checks.failed();
    story.summary(began.elapsed()).iter().for_each(|line| print_line(line));
    match keep {
        true => story.keep(),
        false => story.end()?,
    }
    Ok(failed)
}

/// The story of mischance and malice; gives how many checks did not hold.
fn hostile(keep: bool) -> Result<usize> {
    let began = Instant::now();
    let mut story = Hostile::set_up()?;
    story.play()?;
    let failed = story.failed();
    story.summary(began.elapsed()).iter().for_each(|line| print_line(line));
    match keep {
        true => story.keep(),
        false => story.end()?,
    }
    Ok(failed)
}
