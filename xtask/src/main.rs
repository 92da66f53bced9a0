//! The project's tasks: `cargo xtask demo | test | ci | bench | fuzz | wasm | fonts | tus | doctor`.

mod bench;
mod ci;
mod console;
mod demo;
mod deny;
mod doctor;
mod fonts;
mod fuzz;
mod kotlin;
mod machine;
mod process;
mod tests;
mod tus;
mod wasm;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Tasks of the Ruhu project
#[derive(Debug, Parser)]
#[command(name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Play the story: two phones, one household, one server, on real parts
    Demo(demo::Options),
    /// Install what is needed and run every test
    Test(tests::Options),
    /// Measure what a phone feels and what travels, beside peers
    Bench(bench::Options),
    /// Feed hostile bytes to every decoder, with libFuzzer, and keep what it finds
    Fuzz(fuzz::Options),
    /// Fill in a visit with the form engine in WebAssembly, and report its size
    Wasm,
    /// What a contributor runs before pushing: formatting, lints, documentation, licences, tests
    Ci(ci::Options),
    /// Fetch the fonts that letters are printed with
    Fonts(fonts::Options),
    /// Let clients of tus that others wrote upload through a line that breaks
    Tus,
    /// Say what this machine has and lacks
    Doctor,
}

fn main() -> ExitCode {
    let result = match Arguments::parse().task {
        Task::Demo(options) => demo::run(&options),
        Task::Test(options) => tests::run(&options),
        Task::Bench(options) => bench::run(&options),
        Task::Fuzz(options) => fuzz::run(&options),
        Task::Wasm => wasm::task(),
        Task::Ci(options) => ci::run(&options),
        Task::Fonts(options) => fonts::run(&options),
        Task::Tus => tus::run(),
        Task::Doctor => doctor::run(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            console::print_error(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}
