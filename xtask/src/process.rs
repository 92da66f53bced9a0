//! Other programs: run to their end, within a deadline, without polling.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// A program that has ended.
pub struct Finished {
    /// How it ended.
    pub status: ExitStatus,
    /// What it wrote.
    pub stdout: String,
    /// What it complained.
    pub stderr: String,
}

/// The program's name for messages.
fn name(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    program.file_name().unwrap_or(OsStr::new("?")).to_string_lossy().into_owned()
}

/// Runs a program whose output is wanted.
pub fn finish(command: &mut Command, deadline: Duration) -> Result<Finished> {
    let name = name(command);
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = child.with_context(|| format!("{name} cannot be started"))?;
    let (out, err) = (drain(child.stdout.take()), drain(child.stderr.take()));
    let ends = Instant::now() + deadline;
    let (Some(stdout), Some(stderr)) = (by(&out, ends), by(&err, ends)) else {
        child.kill().and_then(|()| child.wait().map(drop)).ok();
        bail!("{name} did not end within {} s", deadline.as_secs());
    };
    Ok(Finished { status: child.wait()?, stdout, stderr })
}

fn drain(stream: Option<impl Read + Send + 'static>) -> Receiver<String> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // A stream that breaks has given what it could.
        if let Some(mut stream) = stream {
            stream.read_to_end(&mut bytes).ok();
        }
        sender.send(String::from_utf8_lossy(&bytes).into_owned()).ok();
    });
    receiver
}

fn by(stream: &Receiver<String>, ends: Instant) -> Option<String> {
    stream.recv_timeout(ends.saturating_duration_since(Instant::now())).ok()
}

/// Runs a program that shows its own output, and fails when it fails.
pub fn show(command: &mut Command) -> Result<()> {
    let name = name(command);
    let status = command.status().with_context(|| format!("{name} cannot be started"))?;
    if !status.success() {
        bail!("{name} failed: {status}");
    }
    Ok(())
}

/// Runs a program, shows its standard output line by line, and gives the lines and how it ended.
pub fn tee(command: &mut Command) -> Result<(ExitStatus, Vec<String>)> {
    let name = name(command);
    let mut child =
        command.stdout(Stdio::piped()).spawn().with_context(|| format!("{name} cannot be started"))?;
    let mut lines = Vec::new();
    if let Some(stdout) = child.stdout.take() {
        for line in BufReader::new(stdout).split(b'\n') {
            let line = String::from_utf8_lossy(&line?).trim_end().to_owned();
            crate::console::print_line(&line);
            lines.push(line);
        }
    }
    Ok((child.wait()?, lines))
}

/// A program that runs beside this one; its lines can be waited for.
pub struct Running {
    name: String,
    child: Child,
    lines: Receiver<String>,
}

impl Running {
    /// Starts it. Its standard error goes where `command` says.
    pub fn start(command: &mut Command) -> Result<Running> {
        let name = name(command);
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
        let mut child = child.with_context(|| format!("{name} cannot be started"))?;
        let (sender, lines) = channel();
        let stdout = child.stdout.take();
        thread::spawn(move || {
            let Some(stdout) = stdout else { return };
            // The process may be killed in the middle of a line: a broken stream ends the lines.
            let whole = BufReader::new(stdout).lines().map_while(Result::ok);
            for line in whole {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Ok(Running { name, child, lines })
    }

    /// The process's id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Its next line, or nothing when its output has ended.
    pub fn line(&self, deadline: Duration) -> Result<Option<String>> {
        match self.lines.recv_timeout(deadline) {
            Ok(line) => Ok(Some(line)),
            Err(RecvTimeoutError::Disconnected) => Ok(None),
            Err(RecvTimeoutError::Timeout) => {
                bail!("{} said nothing for {} s", self.name, deadline.as_secs())
            }
        }
    }

    /// Ends it at once, as the system does when memory is short: SIGKILL. Gives how it ended.
    pub fn kill(&mut self) -> Result<ExitStatus> {
        self.child.kill()?;
        Ok(self.child.wait()?)
    }

    /// Asks it to end (SIGTERM) and waits until it has.
    pub fn stop(&mut self, deadline: Duration) -> Result<ExitStatus> {
        terminate(&mut self.child)?;
        let ends = Instant::now() + deadline;
        // Its output ends when it does.
        loop {
            match self.lines.recv_timeout(ends.saturating_duration_since(Instant::now())) {
                Ok(_) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(self.child.wait()?),
                Err(RecvTimeoutError::Timeout) => {
                    self.kill()?;
                    bail!("{} did not stop within {} s", self.name, deadline.as_secs());
                }
            }
        }
    }
}

#[cfg(unix)]
fn terminate(child: &mut Child) -> Result<()> {
    let id = rustix::process::Pid::from_child(child);
    Ok(rustix::process::kill_process(id, rustix::process::Signal::TERM)?)
}

/// Without signals there is only the hard end.
#[cfg(not(unix))]
fn terminate(child: &mut Child) -> Result<()> {
    Ok(child.kill()?)
}

/// Whether a process was ended by SIGKILL.
#[cfg(unix)]
pub fn was_killed(status: ExitStatus) -> bool {
    use std::os::unix::process::ExitStatusExt;
    status.signal() == Some(9)
}

/// Whether a process was ended from outside; without signals a bad exit is all there is to see.
#[cfg(not(unix))]
pub fn was_killed(status: ExitStatus) -> bool {
    !status.success()
}
