//! `ruhu-form-bench`: makes the forms and the answers that `cargo xtask bench forms` plays in
//! several engines, and measures ours. Every engine's driver knows the same commands and prints the
//! same JSON; see `tests/peers/README.md`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, clippy::panic)]

mod lists;
mod measure;
mod record;
mod roster;
mod script;
mod sheet;
mod villages;

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::{Parser, Subcommand};
use ruhu_form::Environment;

/// Local time of the places that the forms are made for.
const UTC_OFFSET_MINUTES: i32 = 480;

#[derive(Debug, Parser)]
#[command(name = "ruhu-form-bench")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Writes roster.xlsx and villages.xlsx
    Generate {
        /// Where to
        folder: PathBuf,
    },
    /// Answers a form by chance and writes down how
    Record(record::Options),
    /// Times the way from the file to a ready session
    Load {
        /// A workbook
        form: PathBuf,
        /// How many times
        times: usize,
    },
    /// The same from the bytes that a phone keeps
    LoadCompiled {
        /// A workbook
        form: PathBuf,
        /// How many times
        times: usize,
    },
    /// Times each answer of a script
    Play {
        /// A workbook
        form: PathBuf,
        /// What `record` wrote
        script: PathBuf,
        /// How long to measure, in seconds, after one round to warm up
        seconds: u64,
    },
    /// Loads a form, plays a script once and tells the memory
    Memory {
        /// A workbook
        form: PathBuf,
        /// What `record` wrote
        script: PathBuf,
    },
    /// Writes a form of 20,000 choices that so many questions offer
    SharedList {
        /// How many questions
        questions: usize,
        /// Where to
        form: PathBuf,
    },
    /// Loads such a form and tells the memory
    SharedListMemory {
        /// What `shared-list` wrote
        form: PathBuf,
    },
    /// Tells the memory of a process that has done nothing
    Idle,
}

fn main() {
    match Arguments::parse().command {
        Command::Generate { folder } => {
            std::fs::write(folder.join("roster.xlsx"), roster::workbook()).unwrap();
            std::fs::write(folder.join("villages.xlsx"), villages::workbook()).unwrap();
        }
        Command::Record(options) => record::run(&options),
        Command::Load { form, times } => println!("{}", measure::load(&form, times)),
        Command::LoadCompiled { form, times } => println!("{}", measure::load_compiled(&form, times)),
        Command::Play { form, script, seconds } => println!("{}", measure::play(&form, &script, seconds)),
        Command::Memory { form, script } => println!("{}", measure::memory(&form, &script)),
        Command::SharedList { questions, form } => println!("{}", lists::write(questions, &form)),
        Command::SharedListMemory { form } => println!("{}", lists::memory(&form)),
        Command::Idle => println!("{}", measure::idle()),
    }
}

/// Now, as all engines see it: the forms ask for today.
fn environment() -> Environment {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Environment { now_ms: since.as_millis() as i64, utc_offset_minutes: UTC_OFFSET_MINUTES, seed: 7 }
}
