//! `cargo xtask tus`: clients of tus that others wrote, as they come, against the real server through a line
//! that breaks. They are fetched from registries, pinned by version and hash, into the target folder.

use std::process::Command;
use std::time::Duration;

use anyhow::{Result, bail};

use crate::console::doing;
use crate::machine::{self, NPM, PYTHON};
use crate::process;
use crate::workspace::{cargo, root, target};

/// No installation takes longer, or it hangs.
const DEADLINE: Duration = Duration::from_secs(900);
const DRIVERS: [&str; 3] = ["driver.js", "tuspy_driver.py", "aiotus_driver.py"];

/// Installs the clients and lets them upload.
pub fn run() -> Result<()> {
    machine::provide(&[PYTHON, NPM])?;
    let (sources, folder) = (root()?.join("tests/peers/tus"), target()?.join("peers/tus"));
    std::fs::create_dir_all(&folder)?;
    for file in ["package.json", "package-lock.json"].iter().chain(&DRIVERS) {
        std::fs::copy(sources.join(file), folder.join(file))?;
    }
    doing(&format!("tuspy and aiotus into {}", folder.display()));
    process::show(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
    let quiet = ["install", "--quiet", "--disable-pip-version-check"];
    let exact = ["--require-hashes", "--only-binary", ":all:", "--no-deps", "--requirement"];
    let mut pip = Command::new(folder.join("bin/pip"));
    process::show(pip.args(quiet).args(exact).arg(sources.join("requirements.txt")))?;
    doing(&format!("tus-js-client into {}", folder.display()));
    let quiet = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
    let finished = process::finish(Command::new("npm").current_dir(&folder).args(quiet), DEADLINE)?;
    if !finished.status.success() {
        bail!("npm ci: {}", finished.stderr);
    }
    let tests = ["test", "--workspace", "--test", "network", "--", "--ignored", "tus_clients"];
    process::show(cargo()?.env("RUHU_TUS_CLIENTS", &folder).args(tests))
}
