//! The `ruhu-server` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    ruhu_server::cli::main()
}
