//! `cargo xtask fuzz`: lets libFuzzer loose on every decoder, and keeps what it finds.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::console::{doing, print_line};
use crate::machine::{self, BUILD};
use crate::process;
use crate::workspace::{cargo, root};

/// One input may take so long, in seconds, before it counts as a hang: a phone is slower.
const LONGEST_INPUT: u32 = 10;
/// One process may take so much memory, in megabytes.
const MOST_MEMORY: u32 = 2_048;
/// SQLCipher's one C file has variables of one name in two of its parts, which the sanitizer takes for
/// two definitions of one thing and ends at once.
const SANITIZER: &str = "detect_odr_violation=0";
/// libFuzzer names what it keeps `<kind>-<hash>`.
const KINDS: [&str; 4] = ["crash-", "oom-", "timeout-", "leak-"];
/// To ask a tool for its version.
const MOMENT: Duration = Duration::from_secs(60);

/// How to fuzz
#[derive(Debug, clap::Args)]
pub struct Options {
    /// A target; all of them when none is named
    target: Option<String>,
    /// How long each target runs
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..))]
    seconds: u32,
}

/// Fuzzes one target or all, one after the other, also after a finding.
pub fn run(options: &Options) -> Result<()> {
    let folder = root()?.join("fuzz");
    let chosen = choose(targets(&folder)?, options.target.as_deref())?;
    machine::provide(BUILD)?;
    provide_cargo_fuzz()?;
    // The decoders are fuzzed with the libraries that the project ships.
    fs::copy(root()?.join("Cargo.lock"), folder.join("Cargo.lock")).context("the lock cannot be copied")?;
    let mut found = 0;
    for target in &chosen {
        found += fuzz(&folder, target, options.seconds)?;
    }
    print_line(&format!("{} targets, {found} findings", chosen.len()));
    if found > 0 {
        bail!("mend what was found and commit it with fuzz/crashers: the tests replay it from then on");
    }
    Ok(())
}

/// The names of the targets: their files.
fn targets(folder: &Path) -> Result<BTreeSet<String>> {
    let name = |path: PathBuf| path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    Ok(files(&folder.join("fuzz_targets"))?.into_iter().filter_map(name).collect())
}

fn choose(all: BTreeSet<String>, wanted: Option<&str>) -> Result<BTreeSet<String>> {
    let Some(wanted) = wanted else { return Ok(all) };
    if !all.contains(wanted) {
        let names: Vec<String> = all.into_iter().collect();
        bail!("there is no target {wanted}; there are: {}", names.join(", "));
    }
    Ok(BTreeSet::from([wanted.to_owned()]))
}

fn provide_cargo_fuzz() -> Result<()> {
    let found = process::finish(cargo()?.args(["fuzz", "--version"]), MOMENT)?;
    if found.status.success() {
        return Ok(());
    }
    doing("installing cargo-fuzz");
    process::show(cargo()?.args(["install", "cargo-fuzz", "--locked"]))
}

/// Runs one target and gives the number of new crashers.
fn fuzz(folder: &Path, target: &str, seconds: u32) -> Result<usize> {
    let artifacts = folder.join("artifacts").join(target);
    let before: BTreeSet<PathBuf> = files(&artifacts)?.into_iter().collect();
    doing(&format!("building {target}"));
    process::show(cargo_fuzz("build", target)?.stdout(Stdio::null()))?;
    doing(&format!("fuzzing {target} for {seconds} s"));
    let mut command = cargo_fuzz("run", target)?;
    command.args(["--", &format!("-max_total_time={seconds}"), &format!("-timeout={LONGEST_INPUT}")]);
    command.args([&format!("-rss_limit_mb={MOST_MEMORY}"), "-print_final_stats=1"]);
    let status = command.status().context("cargo fuzz cannot be started")?;
    let new = files(&artifacts)?.into_iter().filter(|file| !before.contains(file));
    let kept = new.map(|file| keep(folder, target, &file)).collect::<Result<Vec<_>>>()?;
    let count = kept.into_iter().flatten().count();
    if !status.success() && count == 0 {
        bail!("{target} ended without an input to show for it: {status}");
    }
    Ok(count)
}

/// cargo-fuzz asks for options of the compiler that only a bootstrapping one takes.
fn cargo_fuzz(task: &str, target: &str) -> Result<Command> {
    let mut command = cargo()?;
    command.args(["fuzz", task, target]).env("RUSTC_BOOTSTRAP", "1").env("ASAN_OPTIONS", SANITIZER);
    Ok(command)
}

/// Copies an input that ended a target to where the tests find it; a slow one that did not is left.
fn keep(folder: &Path, target: &str, artifact: &Path) -> Result<Option<PathBuf>> {
    let name = artifact.file_name().unwrap_or_default().to_string_lossy();
    let Some(hash) = KINDS.iter().find_map(|kind| name.strip_prefix(kind)) else { return Ok(None) };
    let crashers = folder.join("crashers").join(target);
    fs::create_dir_all(&crashers).context("the folder of crashers cannot be made")?;
    let kept = crashers.join(hash);
    fs::copy(artifact, &kept).context("the crasher cannot be copied")?;
    print_line(&format!("{target}: {name} is kept as fuzz/crashers/{target}/{hash}"));
    Ok(Some(kept))
}

/// The files in a folder; none when there is no such folder.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let entries = fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))?;
    entries.map(|entry| Ok(entry?.path())).collect()
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn a_target_that_is_not_there_is_answered_with_those_that_are() {
        let all = BTreeSet::from(["page".to_owned(), "workbook".to_owned()]);
        assert_eq!(choose(all.clone(), None).unwrap(), all);
        assert_eq!(choose(all.clone(), Some("page")).unwrap().len(), 1);
        let error = choose(all, Some("pages")).unwrap_err().to_string();
        assert!(error.contains("page, workbook"), "{error}");
    }

    #[test]
    fn every_target_in_the_repository_is_found() {
        let found = targets(&root().unwrap().join("fuzz")).unwrap();
        assert!(found.contains("workbook") && found.contains("document"), "{found:?}");
    }

    #[test]
    fn a_crasher_is_kept_under_its_hash_and_a_slow_input_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let artifact = |name: &str| {
            let path = folder.path().join(name);
            fs::write(&path, b"\xff").unwrap();
            path
        };
        let kept = keep(folder.path(), "page", &artifact("crash-0a1b")).unwrap().unwrap();
        assert_eq!(kept, folder.path().join("crashers/page/0a1b"));
        assert_eq!(fs::read(kept).unwrap(), b"\xff");
        assert_eq!(keep(folder.path(), "page", &artifact("slow-unit-0a1b")).unwrap(), None);
    }
}
