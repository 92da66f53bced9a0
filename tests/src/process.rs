//! The real `ruhu-server`, as a process of its own: started, asked, stopped and killed.

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use serde_json::Value;

/// A loaded machine is slow; a stuck server shall still be noticed.
const DEADLINE: Duration = Duration::from_secs(60);
/// Names another binary of the server than the one beside the tests.
const PROGRAM: &str = "RUHU_SERVER_BIN";

/// How the server speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wire {
    /// TLS with the certificate that the server makes itself.
    Tls,
    /// Plain HTTP, as it is allowed on loopback.
    Plain,
}

impl Wire {
    /// The scheme of addresses.
    pub fn scheme(self) -> &'static str {
        match self {
            Wire::Tls => "https",
            Wire::Plain => "http",
        }
    }
}

/// A server on a folder: running, stopped or dead.
pub struct ServerProcess {
    folder: PathBuf,
    wire: Wire,
    address: Option<SocketAddr>,
    running: Option<Running>,
}

struct Running {
    child: Child,
    lines: Receiver<String>,
}

impl ServerProcess {
    /// Starts a server on a folder, on a free loopback port. Returns when it listens.
    pub fn start(folder: &Path, wire: Wire) -> ServerProcess {
        let mut server = ServerProcess { folder: folder.to_owned(), wire, address: None, running: None };
        server.restart();
        server
    }

    /// Starts it again on its folder and its port. Returns when it listens.
    pub fn restart(&mut self) {
        assert!(self.running.is_none(), "the server still runs");
        let listen = self.address.map_or_else(|| "127.0.0.1:0".to_owned(), |address| address.to_string());
        let mut command = Command::new(server_program());
        command.args(["serve", "--json", "--listen", &listen, "--data"]).arg(&self.folder);
        if self.wire == Wire::Plain {
            command.arg("--plain-http");
        }
        let running = Running::start(command.stderr(self.log()));
        let Some(line) = running.line() else {
            let log = fs::read_to_string(self.log_path()).unwrap_or_default();
            panic!("the server ended before it listened; its log says:\n{log}");
        };
        let ready: Value = serde_json::from_str(&line).expect("the server's first line is JSON");
        let url = ready["url"].as_str().expect("the server names its address");
        let (_, address) = url.split_once("://").expect("an address with a scheme");
        self.address = Some(address.parse().expect("an address with a port"));
        self.running = Some(running);
    }

    fn log_path(&self) -> PathBuf {
        self.folder.with_extension("log")
    }

    fn log(&self) -> File {
        OpenOptions::new().create(true).append(true).open(self.log_path()).expect("a log beside the folder")
    }

    /// Where it listens, or listened.
    pub fn address(&self) -> SocketAddr {
        self.address.expect("the server has run")
    }

    /// The process.
    pub fn id(&self) -> u32 {
        self.running.as_ref().expect("the server runs").child.id()
    }

    /// The data folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Kills it at once (SIGKILL): it can say and write nothing more.
    pub fn kill(&mut self) {
        let mut running = self.running.take().expect("the server runs");
        running.child.kill().expect("a process of ours");
        let status = running.child.wait().expect("a process of ours");
        assert!(was_killed(status), "{status}");
    }

    /// Tells it to stop (SIGTERM) and waits until it has ended well.
    pub fn stop(&mut self) {
        self.stop_by(rustix::process::Signal::TERM);
    }

    /// Tells it to stop as a terminal does that is closed (SIGHUP).
    pub fn hang_up(&mut self) {
        self.stop_by(rustix::process::Signal::HUP);
    }

    fn stop_by(&mut self, signal: rustix::process::Signal) {
        let mut running = self.running.take().expect("the server runs");
        running.tell(signal);
        assert_eq!(running.line(), None, "its output ends when it does");
        let status = running.child.wait().expect("a process of ours");
        assert!(status.success(), "{status}");
    }

    /// Runs a command of the administrator on the folder and gives its JSON.
    pub fn admin(&self, arguments: &[&str]) -> Value {
        let mut command = Command::new(server_program());
        let out = command.args(arguments).arg("--json").arg("--data").arg(&self.folder).output();
        let out = out.expect("the server's program");
        let said =
            || String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr);
        assert!(out.status.success(), "{arguments:?}: {}", said());
        serde_json::from_slice(&out.stdout).unwrap_or_else(|_| panic!("{arguments:?}: {}", said()))
    }

    /// What the server's own check says, whether it found something or not.
    pub fn check(&self) -> Value {
        let mut command = Command::new(server_program());
        let out = command.args(["check", "--json", "--data"]).arg(&self.folder).output();
        let out = out.expect("the server's program");
        serde_json::from_slice(&out.stdout)
            .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&out.stderr)))
    }

    /// A one-time enrolment code that names `url` as the way to the server.
    pub fn code(&self, person: &str, role: &str, scope: &str, url: &str) -> String {
        let arguments = ["enroll", "--person", person, "--role", role, "--scope", scope, "--url", url];
        self.admin(&arguments)["code"].as_str().expect("a code").to_owned()
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        if let Some(mut running) = self.running.take() {
            // A test that broke off leaves no server behind.
            running.child.kill().and_then(|()| running.child.wait()).ok();
        }
    }
}

impl Running {
    fn start(command: &mut Command) -> Running {
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
        let mut child = child.expect("the server's program");
        let stdout = child.stdout.take().expect("a pipe");
        let (sender, lines) = channel();
        thread::spawn(move || {
            // A killed server may leave half a line: a broken stream ends the lines.
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Running { child, lines }
    }

    /// Its next line; nothing when its output has ended.
    fn line(&self) -> Option<String> {
        match self.lines.recv_timeout(DEADLINE) {
            Ok(line) => Some(line),
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => panic!("the server said nothing for {DEADLINE:?}"),
        }
    }

    fn tell(&self, signal: rustix::process::Signal) {
        let id = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(id, signal).expect("a process of ours");
    }
}

#[cfg(unix)]
fn was_killed(status: ExitStatus) -> bool {
    use std::os::unix::process::ExitStatusExt;
    status.signal() == Some(9)
}

/// The server's binary: the one that is named, or the one that cargo builds beside this test.
pub fn server_program() -> &'static Path {
    static FOUND: OnceLock<PathBuf> = OnceLock::new();
    FOUND.get_or_init(|| {
        if let Some(named) = std::env::var_os(PROGRAM) {
            return named.into();
        }
        let own = std::env::current_exe().expect("the program's own place");
        // A test lies in target/<profile>/deps, the bench in target/<profile>.
        let folder = own.parent().expect("a program lies in a folder");
        let profile = if folder.ends_with("deps") { folder.parent().expect("a profile") } else { folder };
        build(profile);
        profile.join(format!("ruhu-server{}", std::env::consts::EXE_SUFFIX))
    })
}

fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace")
}

fn build(profile: &Path) {
    let mut cargo = Command::new(env!("CARGO"));
    // By itself, as it is released: beside a phone's crates it would get their SQLCipher.
    cargo.current_dir(workspace()).args(["build", "--package", "ruhu-server"]);
    match profile.file_name().and_then(|name| name.to_str()) {
        None | Some("debug") => {}
        Some(name) => drop(cargo.args(["--profile", name])),
    }
    cargo.arg("--target-dir").arg(profile.parent().expect("the target folder"));
    // What cargo told this test of its own package would make build scripts run anew.
    for (name, _) in std::env::vars_os() {
        let about_us = name
            .to_str()
            .is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_"));
        if about_us {
            cargo.env_remove(name);
        }
    }
    assert!(cargo.status().expect("cargo").success(), "the server cannot be built");
}
