//! The `ruhu` command: everything a phone does, from a terminal. It parses, calls the device object
//! and prints; what is right and what is wrong is decided beneath it.

mod arguments;
mod clock;
mod commands;
mod failure;
mod fonts;
mod install;
mod key;
mod mask;
mod output;
mod table;
mod words;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;
use ruhu_device::SyncExtent;

use crate::arguments::Arguments;
use crate::commands::Outcome;
use crate::failure::Failure;
use crate::output::Output;

const EXIT_ERROR: u8 = 1;
const EXIT_USAGE: u8 = 2;
const EXIT_IN_PART: u8 = 3;
const EXIT_NOTHING: u8 = 4;

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return explain_usage(&error),
    };
    let mut output = Output::new(arguments.json, arguments.lang.into());
    match commands::run(&arguments, &mut output) {
        Ok(Outcome::Fine) => ExitCode::SUCCESS,
        Ok(Outcome::Findings) => ExitCode::from(EXIT_ERROR),
        Ok(Outcome::InPart) => ExitCode::from(EXIT_IN_PART),
        Err(failure) => {
            output.failure(&failure);
            ExitCode::from(exit_code(&failure))
        }
    }
}

fn exit_code(failure: &Failure) -> u8 {
    match failure {
        Failure::Usage(_) | Failure::NoFolder => EXIT_USAGE,
        Failure::Sync(broken) if broken.extent == SyncExtent::Nothing => EXIT_NOTHING,
        Failure::Sync(_) => EXIT_IN_PART,
        _ => EXIT_ERROR,
    }
}

/// Help and version are no errors; everything else is told in the form that was asked for.
fn explain_usage(error: &clap::Error) -> ExitCode {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        return match error.print() {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::from(EXIT_ERROR),
        };
    }
    let given: Vec<OsString> = std::env::args_os().skip(1).collect();
    let english =
        given.windows(2).any(|pair| matches!(pair, [flag, value] if flag == "--lang" && value == "en"))
            || given.iter().any(|word| word == "--lang=en");
    let lang = if english { ruhu_device::Lang::En } else { ruhu_device::Lang::Zh };
    let json = given.iter().any(|word| word == "--json");
    Output::new(json, lang).failure(&Failure::Usage(error.render().to_string()));
    ExitCode::from(EXIT_USAGE)
}
