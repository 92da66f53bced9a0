//! `cargo xtask demo`: two phones, one household, one server. The story is played through the real
//! binaries in processes of their own; every claim it makes is checked.

mod checks;
mod ending;
mod narrator;
mod phone;
mod server;
mod story;

use std::time::Instant;

use anyhow::{Result, bail};

use crate::console::{doing, print_line};
use crate::machine::{self, BUILD};
use crate::process;
use crate::workspace::{self, cargo};
use story::Story;

/// How to play the story
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Leave the server running, and the data where it is
    #[arg(long)]
    keep: bool,
}

/// Builds what the story needs and plays it.
pub fn run(options: &Options) -> Result<()> {
    machine::provide(BUILD)?;
    doing("building ruhu, ruhu-server and the photo generator");
    process::show(cargo()?.args(["build", "-p", "ruhu-cli", "-p", "ruhu-system-tests", "--bins"]))?;
    workspace::build_server()?;
    let began = Instant::now();
    let mut story = Story::set_up()?;
    story.play()?;
    let failed = story.checks.failed();
    story.summary(began.elapsed()).iter().for_each(|line| print_line(line));
    match options.keep {
        true => story.keep(),
        false => story.end()?,
    }
    if failed > 0 {
        bail!("{failed} checks of the story did not hold");
    }
    Ok(())
}
