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
    let null = null_device();
    rows.extend(null.clone());
    pairs(&rows).iter().for_each(|line| print_line(line));
    if null.is_some() {
        bail!("compilers read what others threw into /dev/null");
    }
    match BUILD.iter().filter(|need| (need.found)().is_none()).count() {
        0 => Ok(()),
        missing => bail!("{missing} things that building needs are missing"),
    }
}

/// A row when `/dev/null` keeps what is written to it: a program that ran as root put a file there.
#[cfg(unix)]
fn null_device() -> Option<(String, String)> {
    use std::os::unix::fs::FileTypeExt;

    let device = std::fs::metadata("/dev/null").is_ok_and(|found| found.file_type().is_char_device());
    let mend = "a file stands in its place. As root: rm -f /dev/null && mknod -m 666 /dev/null c 1 3";
    (!device).then(|| ("✗ /dev/null".to_owned(), mend.to_owned()))
}

#[cfg(not(unix))]
fn null_device() -> Option<(String, String)> {
    None
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
