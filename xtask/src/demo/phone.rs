//! A phone of the story: a data folder and the `ruhu` command.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::process::{self, Finished, Running};
use crate::workspace::binary;

/// A loaded machine is slow; a stuck one shall still be noticed.
const DEADLINE: Duration = Duration::from_secs(120);

/// A phone and what its syncs cost.
pub struct Phone {
    /// The name in the story.
    pub name: &'static str,
    /// The `ruhu` command.
    pub program: PathBuf,
    /// Its data folder.
    pub folder: PathBuf,
    /// The sum of its syncs.
    pub traffic: Traffic,
    /// How long a command may take.
    pub deadline: Duration,
}

/// What syncing cost.
#[derive(Debug, Default, Clone, Copy)]
pub struct Traffic {
    pub syncs: u64,
    pub rounds: u64,
    pub up: u64,
    pub down: u64,
    pub photo_bytes: u64,
    pub milliseconds: u64,
}

/// A script that was cut short by SIGKILL.
pub struct Killed {
    pub status: ExitStatus,
    /// Answers that were acknowledged as durable: value by stable key, the last one of a key.
    pub acknowledged: BTreeMap<String, String>,
    /// The last acknowledged line of the script, from 1.
    pub line: usize,
}

impl Phone {
    pub fn new(name: &'static str, stage: &Path, folder: &str) -> Result<Phone> {
        let folder = stage.join(folder);
        let program = binary("ruhu")?;
        Ok(Phone { name, program, folder, traffic: Traffic::default(), deadline: DEADLINE })
    }

    fn command<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Command {
        let mut command = Command::new(&self.program);
        command.env_remove("RUHU_LANG").arg("--data").arg(&self.folder).args(arguments);
        command
    }

    fn finish<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Result<Finished> {
        process::finish(&mut self.command(arguments), self.deadline)
    }

    /// Runs a command and gives what it prints for programs.
    pub fn ask(&self, arguments: &[&str]) -> Result<Value> {
        let finished = self.finish(&[&["--json"], arguments].concat())?;
        if !finished.status.success() {
            bail!(
                "{}: ruhu {} failed:\n{}{}",
                self.name,
                arguments.join(" "),
                finished.stdout,
                finished.stderr
            );
        }
        serde_json::from_str(&finished.stdout).context("ruhu printed no JSON")
    }

    /// Runs a command that prints one object a line for programs, and gives them.
    pub fn ask_lines(&self, arguments: &[&str]) -> Result<Vec<Value>> {
        let finished = self.finish(&[&["--json"], arguments].concat())?;
        if !finished.status.success() {
            bail!("{}: ruhu {} failed:\n{}", self.name, arguments.join(" "), finished.stderr);
        }
        let lines = finished.stdout.lines();
        lines.map(|line| serde_json::from_str(line).context("ruhu printed no JSON")).collect()
    }

    /// Runs a command and gives what it prints for people.
    pub fn read(&self, arguments: &[&str]) -> Result<String> {
        let finished = self.finish(arguments)?;
        if !finished.status.success() {
            bail!("{}: ruhu {} failed:\n{}", self.name, arguments.join(" "), finished.stderr);
        }
        Ok(finished.stdout)
    }

    /// Runs a command that must fail and gives the code of its error.
    pub fn refused(&self, arguments: &[&str]) -> Result<String> {
        let finished = self.finish(&[&["--json"], arguments].concat())?;
        let said: Value = serde_json::from_str(&finished.stdout).unwrap_or_default();
        let code = said.pointer("/error/code").and_then(Value::as_str);
        match (finished.status.success(), code) {
            (false, Some(code)) => Ok(code.to_owned()),
            _ => bail!("{}: ruhu {} should have been refused", self.name, arguments.join(" ")),
        }
    }

    /// Syncs, and gives what it says when it breaks off, too.
    pub fn try_sync(&self) -> Result<Value> {
        let finished = self.finish(&["--json", "sync"])?;
        serde_json::from_str(&finished.stdout)
            .with_context(|| format!("{}: ruhu sync printed no JSON: {}", self.name, finished.stderr))
    }

    /// Syncs and adds up what it cost.
    pub fn sync(&mut self) -> Result<Value> {
        let report = self.try_sync()?;
        if let Some(error) = report.get("error") {
            bail!("{}: ruhu sync failed: {error}", self.name);
        }
        let number = |key: &str| report.get(key).and_then(Value::as_u64).unwrap_or_default();
        self.traffic.syncs += 1;
        self.traffic.rounds += number("rounds");
        self.traffic.up += number("bytes_up");
        self.traffic.down += number("bytes_down");
        self.traffic.photo_bytes += number("file_bytes");
        self.traffic.milliseconds += number("took_ms");
        Ok(report)
    }

    /// Plays a script of answers and kills the process when it has acknowledged so many.
    pub fn play_until_killed(&self, visit: &str, script: &Path, answers: usize) -> Result<Killed> {
        let mut command = self.command(&["--json", "visit", "answers", visit]);
        let mut playing = Running::start(command.arg(script).stderr(Stdio::null()))?;
        let mut killed = Killed { status: ExitStatus::default(), acknowledged: BTreeMap::new(), line: 0 };
        for _ in 0..answers {
            match playing.line(DEADLINE)? {
                Some(line) => killed.note(&line)?,
                None => break,
            }
        }
        killed.status = playing.kill()?;
        // What it had printed before it died was acknowledged too.
        while let Some(line) = playing.line(DEADLINE)? {
            // The last line may have been cut.
            if killed.note(&line).is_err() {
                break;
            }
        }
        Ok(killed)
    }
}

impl Killed {
    fn note(&mut self, line: &str) -> Result<()> {
        let done: Value = serde_json::from_str(line).context("ruhu printed no JSON")?;
        let line = done.get("line").and_then(Value::as_u64).context("a step names its line")?;
        self.line = usize::try_from(line)?;
        let text = |key: &str| done.get(key).and_then(Value::as_str).map(str::to_owned);
        if let (Some("answer"), Some(key), Some(value)) = (text("op").as_deref(), text("key"), text("value"))
        {
            self.acknowledged.insert(key, value);
        }
        Ok(())
    }
}
