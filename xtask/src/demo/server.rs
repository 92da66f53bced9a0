//! The server of the story: a process, a folder, a port.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::process::{self, Running};
use crate::workspace::binary;

/// A loaded machine is slow; a stuck one shall still be noticed.
const DEADLINE: Duration = Duration::from_secs(120);

/// The server, running or stopped.
pub struct Server {
    program: PathBuf,
    /// Its data folder.
    pub folder: PathBuf,
    log: PathBuf,
    /// Its address, once it has run.
    pub url: String,
    running: Option<Running>,
    /// So far its clock is ahead, in milliseconds.
    clock_ms: i64,
}

impl Server {
    /// A server that has never run.
    pub fn new(stage: &Path) -> Result<Server> {
        Ok(Server {
            program: binary("ruhu-server")?,
            folder: stage.join("server"),
            log: stage.join("server.log"),
            url: String::new(),
            running: None,
            clock_ms: 0,
        })
    }

    /// Starts it: the first time on a free port, later on the same. Returns when it listens.
    pub fn start(&mut self) -> Result<()> {
        self.start_ahead(0)
    }

    /// As [`Server::start`], with a clock that is so far ahead, for it and for the administrator's commands,
    /// until it is started again.
    pub fn start_ahead(&mut self, clock_ms: i64) -> Result<()> {
        self.program = match clock_ms {
            0 => binary("ruhu-server")?,
            _ => binary("ruhu-test-server")?,
        };
        self.clock_ms = clock_ms;
        let log = OpenOptions::new().create(true).append(true).open(&self.log)?;
        let listen = match self.url.rsplit_once(':') {
            Some((_, port)) => format!("127.0.0.1:{port}"),
            None => "127.0.0.1:0".to_owned(),
        };
        let mut command = self.command();
        command.args(["serve", "--json", "--listen", &listen, "--data"]).arg(&self.folder).stderr(log);
        let running = Running::start(&mut command)?;
        let Some(line) = running.line(DEADLINE)? else {
            bail!("the server ended before it listened; it says:\n{}", std::fs::read_to_string(&self.log)?);
        };
        let ready: Value = serde_json::from_str(&line).context("the server's first line is no JSON")?;
        let url = ready.get("url").and_then(Value::as_str).context("the server names no address")?;
        self.url = url.to_owned();
        self.running = Some(running);
        Ok(())
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.env("RUHU_TEST_CLOCK_AHEAD_MS", self.clock_ms.to_string());
        command
    }

    /// Stops it in order and waits until it has ended. Gives whether it ended well.
    pub fn stop(&mut self) -> Result<bool> {
        match self.running.take() {
            Some(mut running) => Ok(running.stop(DEADLINE)?.success()),
            None => Ok(true),
        }
    }

    /// Lets it go on after the story; gives its process id.
    pub fn leave(&mut self) -> Option<u32> {
        self.running.take().map(|running| running.id())
    }

    /// Runs an administrator's command on the server's folder.
    pub fn admin(&self, arguments: &[&str]) -> Result<Value> {
        let mut command = self.command();
        command.args(arguments).arg("--json").arg("--data").arg(&self.folder);
        let finished = process::finish(&mut command, DEADLINE)?;
        if !finished.status.success() {
            bail!("ruhu-server {} failed:\n{}{}", arguments.join(" "), finished.stdout, finished.stderr);
        }
        serde_json::from_str(&finished.stdout).context("ruhu-server printed no JSON")
    }

    /// What the server says of all it holds, findings included.
    pub fn check(&self) -> Result<Value> {
        let mut command = self.command();
        command.args(["check", "--json", "--data"]).arg(&self.folder);
        let finished = process::finish(&mut command, DEADLINE)?;
        serde_json::from_str(&finished.stdout)
            .with_context(|| format!("ruhu-server check printed no JSON: {}", finished.stderr))
    }

    /// Runs an administrator's command that must fail and gives the code of its error.
    pub fn refused(&self, arguments: &[&str]) -> Result<String> {
        let mut command = self.command();
        command.args(arguments).arg("--json").arg("--data").arg(&self.folder);
        let finished = process::finish(&mut command, DEADLINE)?;
        let said = [&finished.stdout, &finished.stderr].map(|text| serde_json::from_str::<Value>(text).ok());
        let code = said.iter().flatten().find_map(|said| said.pointer("/error/code")?.as_str());
        match (finished.status.success(), code) {
            (false, Some(code)) => Ok(code.to_owned()),
            _ => bail!("ruhu-server {} should have been refused", arguments.join(" ")),
        }
    }

    /// A one-time enrolment code.
    pub fn code(&self, person: &str, role: &str, scope: &str) -> Result<String> {
        self.code_at(person, role, scope, &self.url)
    }

    /// A one-time enrolment code that leads to the server by another way.
    pub fn code_at(&self, person: &str, role: &str, scope: &str, url: &str) -> Result<String> {
        let place = ["--url", url];
        let issued = self.admin(
            &[&["enroll", "--person", person, "--role", role, "--scope", scope][..], &place].concat(),
        )?;
        Ok(issued.get("code").and_then(Value::as_str).context("no code was issued")?.to_owned())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A story that broke off leaves no server behind.
        self.stop().ok();
    }
}
