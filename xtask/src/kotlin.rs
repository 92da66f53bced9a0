//! The Kotlin test: phone A's part of the story, from a phone's language, over the real library.

use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::process::Command;

use anyhow::{Result, bail};

use crate::console::doing;
use crate::fonts;
use crate::machine::{self, KOTLIN};
use crate::process;
use crate::tests::Count;
use crate::workspace::{self, binaries, binary, cargo, root};

/// Builds library and server, generates the Kotlin sources, and runs Maven.
pub fn run() -> Result<Count> {
    machine::provide(KOTLIN)?;
    fonts::provide_in_target()?;
    // All but the server, as in the Rust tests, so that the crates keep their features.
    doing("building the phone library, the server and the generator of bindings");
    process::show(cargo()?.args(["build", "--workspace", "--exclude", "ruhu-server"]))?;
    workspace::build_server()?;
    let folder = binaries()?;
    let sources = folder.join("kotlin");
    doing("generating Kotlin");
    process::show(
        Command::new(binary("ruhu-uniffi-bindgen")?)
            .current_dir(root()?)
            .args(["generate", "--library"])
            .arg(folder.join(format!("{DLL_PREFIX}ruhu_mobile{DLL_SUFFIX}")))
            .args(["--language", "kotlin", "--no-format", "--out-dir"])
            .arg(&sources),
    )?;
    doing("mvn test");
    let mut maven = Command::new("mvn");
    maven
        .current_dir(root()?)
        .args(["-B", "-f", "android/pom.xml", "-Dkotlin.compiler.daemon=false"])
        .arg(format!("-Druhu.target={}", folder.display()))
        .arg(format!("-Druhu.kotlin={}", sources.display()))
        .arg(format!("-Druhu.server={}", binary("ruhu-server")?.display()))
        .arg(format!("-Druhu.form={}", workspace::home_visit()?.display()))
        .arg(format!("-Druhu.fonts={}", fonts::folder()?.display()))
        .arg("test");
    let (status, lines) = process::tee(&mut maven)?;
    let count = lines.iter().filter_map(|line| tally(line)).next_back().unwrap_or_default();
    if !status.success() && count.failed == 0 {
        bail!("mvn failed: {status}");
    }
    if count.passed + count.failed == 0 {
        bail!("mvn ran no test");
    }
    Ok(count)
}

/// Surefire's closing line of a module: `Tests run: 8, Failures: 0, Errors: 0, Skipped: 0`. The line
/// of a single class goes on with its time, and is no closing line.
fn tally(line: &str) -> Option<Count> {
    let (_, numbers) = line.split_once("Tests run: ")?;
    let numbers: Option<Vec<u64>> =
        numbers.split(", ").map(|part| part.rsplit(' ').next()?.parse().ok()).collect();
    let [run, failures, errors, skipped] = numbers?[..] else { return None };
    let failed = failures + errors;
    Some(Count { passed: run.saturating_sub(failed + skipped), failed })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn surefire_s_count_is_understood() {
        let line = "[WARNING] Tests run: 9, Failures: 1, Errors: 1, Skipped: 2";
        assert_eq!(tally(line), Some(Count { passed: 5, failed: 2 }));
        assert_eq!(tally("[INFO] BUILD SUCCESS"), None);
        let class =
            "[INFO] Tests run: 4, Failures: 0, Errors: 0, Skipped: 0, Time elapsed: 2.5 s -- in cn.ruhu.X";
        assert_eq!(tally(class), None);
    }
}
