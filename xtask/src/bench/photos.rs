//! A photo of 12 megapixels taken in and checked, beside libvips making the same two files of it.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::console::{doing, print_line};
use crate::machine::{self, Need, version};
use crate::process;
use crate::workspace::{cargo, target};

const VIPS: &[Need] = &[Need {
    name: "vipsthumbnail",
    why: "the peer of the photos' bench",
    debian: &["libvips-tools"],
    elsewhere: "brew install vips; Fedora: dnf install vips-tools",
    found: || version("vipsthumbnail", &["--vips-version"]),
}];
/// How often each is run; the kernel counts time in hundredths of a second.
const RUNS: u32 = 12;
const DEADLINE: Duration = Duration::from_secs(60);
/// What is promised.
const MOST_CPU: f64 = 1.2;
const MOST_MB: f64 = 120.0;

/// Prints the table; fails when a promise is not kept.
pub fn run() -> Result<()> {
    machine::provide(VIPS)?;
    doing("building the intake of photos, optimised");
    let package = ["--profile", "measure", "--package", "ruhu-pictures", "--example", "photo_intake"];
    process::show(cargo()?.arg("build").args(package))?;
    let program = target()?.join("measure/examples/photo_intake");
    let folder = target()?.join("bench/photos");
    fs::create_dir_all(&folder)?;
    let photo = folder.join("photo.jpg");
    run_once(&program, &["draw".as_ref(), photo.as_os_str()])?;
    doing("measuring");
    let (mut ours, mut theirs, mut peak, mut verdict) = (0.0, 0.0, 0.0f64, String::new());
    // In turn, so that what else the machine does falls on both.
    for _ in 0..RUNS {
        let before = children_ms()?;
        let told = run_once(&program, &["take".as_ref(), photo.as_os_str()])?;
        let (kb, said) = told.trim().split_once(' ').context("the intake tells its peak")?;
        (peak, verdict) = (peak.max(kb.parse::<f64>()? / 1024.0), said.to_owned());
        let between = children_ms()?;
        vips(&photo, "2048x2048", "vips-kept.jpg[Q=82,strip]")?;
        vips(&photo, "256x256", "vips-thumb.jpg[Q=75,strip]")?;
        (ours, theirs) = (ours + between - before, theirs + children_ms()? - between);
    }
    let each = |ms: f64| ms / f64::from(RUNS);
    let size = |name: &str| Ok::<f64, anyhow::Error>(fs::metadata(folder.join(name))?.len() as f64 / 1024.0);
    let ratio = ours / theirs;
    let lines = [
        "| a 12-megapixel JPEG to a stored photo and a thumbnail | CPU, ms | peak, MB | photo, KB |"
            .to_owned(),
        "|---|---|---|---|".to_owned(),
        format!(
            "| Ruhu, with facts, hashes and the check | {:.0} | {peak:.0} | {:.0} |",
            each(ours),
            size("photo.jpg.kept.jpg")?
        ),
        format!("| vipsthumbnail, twice | {:.0} | | {:.0} |", each(theirs), size("vips-kept.jpg")?),
        String::new(),
        format!("{ratio:.2} times the CPU of libvips (promised: {MOST_CPU}); the check says {verdict}."),
    ];
    lines.iter().for_each(|line| print_line(line));
    if ratio > MOST_CPU || peak > MOST_MB {
        bail!("a promise is not kept: {ratio:.2} of {MOST_CPU} times the CPU, {peak:.0} of {MOST_MB} MB");
    }
    Ok(())
}

fn vips(photo: &Path, size: &str, out: &str) -> Result<String> {
    let out = photo.with_file_name(out);
    run_once(
        "vipsthumbnail",
        &[photo.as_os_str(), "--size".as_ref(), size.as_ref(), "-o".as_ref(), out.as_os_str()],
    )
}

fn run_once(program: impl AsRef<OsStr>, arguments: &[&OsStr]) -> Result<String> {
    let finished = process::finish(Command::new(program).args(arguments), DEADLINE)?;
    if !finished.status.success() {
        bail!("{}", finished.stderr);
    }
    Ok(finished.stdout)
}

/// The CPU that ended children took, as Linux counts it.
fn children_ms() -> Result<f64> {
    let stat = fs::read_to_string("/proc/self/stat").context("this bench needs Linux")?;
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks =
        |at: usize| fields.get(at).and_then(|field| field.parse::<f64>().ok()).context("/proc/self/stat");
    // Of children: in the program, in the kernel; 100 ticks are a second.
    Ok((ticks(13)? + ticks(14)?) * 10.0)
}
