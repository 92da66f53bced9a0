//! `cargo xtask doctor`: what is there, what is missing, and the mend.

use anyhow::{Result, bail};

use crate::console::{pairs, print_line};
use crate::machine::{self, BUILD, KOTLIN, NODE, NPM, Need, PDF, PYTHON};
use crate::{wasm, workspace};

/// The dev profile with its tests takes about this much.
const DISK_NEEDED_GB: u64 = 12;

/// Looks, and fails when something that building needs is missing.
pub fn run() -> Result<()> {
    let mut rows = vec![(
        "✓ rustc".to_owned(),
        machine::version("rustc", &["--version"]).unwrap_or_else(|| "unknown".into()),
    )];
    rows.extend(
        BUILD.iter().chain(KOTLIN).chain(wasm::NEEDS).chain(NODE).chain(&[PYTHON, NPM, PDF]).map(row),
    );
    rows.push(disk()?);
    pairs(&rows).iter().for_each(|line| print_line(line));
    match BUILD.iter().filter(|need| (need.found)().is_none()).count() {
        0 => Ok(()),
        missing => bail!("{missing} things that building needs are missing"),
    }
}

fn row(need: &Need) -> (String, String) {
    match (need.found)() {
        Some(version) => (format!("✓ {}", need.name), version),
        None => {
            let mend = format!(
                "missing ({}). Debian: apt-get install {}; elsewhere: {}",
                need.why,
                need.debian.join(" "),
                need.elsewhere
            );
            (format!("✗ {}", need.name), mend)
        }
    }
}

#[cfg(unix)]
fn disk() -> Result<(String, String)> {
    let space = rustix::fs::statvfs(&workspace::root()?)?;
    let free = space.f_bavail * space.f_frsize / 1_000_000_000;
    let mark = if free < DISK_NEEDED_GB { "✗" } else { "✓" };
    Ok((format!("{mark} disk"), format!("{free} GB free, about {DISK_NEEDED_GB} GB needed")))
}

#[cfg(not(unix))]
fn disk() -> Result<(String, String)> {
    let place = workspace::root()?.display().to_string();
    Ok(("- disk".to_owned(), format!("about {DISK_NEEDED_GB} GB needed on the disk of {place}")))
}
