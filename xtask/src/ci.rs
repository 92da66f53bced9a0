//! `cargo xtask ci`: what a contributor runs before pushing.

use anyhow::Result;

use crate::console::doing;
use crate::machine::{self, BUILD};
use crate::workspace::cargo;
use crate::{process, tests};

/// Formatting, lints, documentation, licences, then the tests; stops at the first that fails.
pub fn run() -> Result<()> {
    machine::provide(BUILD)?;
    doing("cargo fmt --check");
    process::show(cargo()?.args(["fmt", "--all", "--check"]))?;
    doing("cargo clippy");
    process::show(cargo()?.args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    doing("cargo doc");
    process::show(cargo()?.args(["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings"))?;
    deny()?;
    tests::run(&tests::Options::all())
}

/// Licences, banned crates and sources. The advisory database lies on another server than the crates
/// and may be out of reach: `cargo deny check advisories` is a step of its own.
fn deny() -> Result<()> {
    if machine::which("cargo-deny").is_none() {
        doing("installing cargo-deny (some minutes, once)");
        process::show(cargo()?.args(["install", "cargo-deny", "--locked"]))?;
    }
    doing("cargo deny");
    process::show(cargo()?.args(["deny", "check", "bans", "licenses", "sources"]))
}
