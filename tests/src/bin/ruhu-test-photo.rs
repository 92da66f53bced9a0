//! Writes a photo made from a seed.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use ruhu_system_tests::photo::{Photo, TWELVE_MEGAPIXELS};

/// A JPEG as a phone's camera makes it, from a seed: the same seed gives the same bytes.
#[derive(Debug, Parser)]
struct Arguments {
    /// What the photo shows
    #[arg(long)]
    seed: u64,
    /// Where to write it
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Pixels of the long side
    #[arg(long, default_value_t = TWELVE_MEGAPIXELS.0)]
    width: u32,
    /// Pixels of the short side
    #[arg(long, default_value_t = TWELVE_MEGAPIXELS.1)]
    height: u32,
}

fn main() -> ExitCode {
    let Arguments { seed, out, width, height } = Arguments::parse();
    let made = Photo { seed, width, height }.to_jpeg().map_err(|error| error.to_string());
    match made.and_then(|jpeg| std::fs::write(&out, jpeg).map_err(|error| error.to_string())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            // If standard error is gone, the exit code still tells.
            let _ = writeln!(std::io::stderr(), "{reason}");
            ExitCode::FAILURE
        }
    }
}
