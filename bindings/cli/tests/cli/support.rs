//! A server on loopback and phones that are folders.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::thread::JoinHandle;
use std::time::{SystemTime, UNIX_EPOCH};

use regex_lite::Regex;
use ruhu_server::Hub;
use ruhu_server::http::Server;
use ruhu_server::hub::{Bounds, Invitation};
use ruhu_server::tls::Tls;
use ruhu_sync::Role;
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::oneshot;

use crate::workbook;

pub const TOWNSHIP: &str = "330109999";
pub const VILLAGE: &str = "330109999201";
/// An invented person's number with a right check digit.
pub const ID_NUMBER: &str = "110101190001010014";

fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as i64
}

fn publish(hub: &mut Hub, workbook: &Path) {
    let form = ruhu_formats::read_workbook(&std::fs::read(workbook).unwrap()).unwrap().form;
    hub.publish_form(form.id(), form.version(), &form.to_bytes(), now_ms()).unwrap();
}

/// A server with the small form published.
pub struct Town {
    folder: TempDir,
    url: String,
    pin: [u8; 32],
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Town {
    pub fn open() -> Town {
        Town::within(Bounds::default())
    }

    /// One whose server keeps other bounds.
    pub fn within(bounds: Bounds) -> Town {
        let folder = tempfile::tempdir().unwrap();
        let mut hub = Hub::open(folder.path(), now_ms()).unwrap();
        hub.set_bounds(bounds);
        let file = folder.path().join("small.xlsx");
        workbook::write(&file, false);
        publish(&mut hub, &file);
        let tls = Tls::own(folder.path(), [127, 0, 0, 1].into()).unwrap();
        let pin = tls.fingerprint;
        // Inside the runtime: the listener belongs to it.
        let (told, address) = std::sync::mpsc::channel();
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            tokio::runtime::Runtime::new().unwrap().block_on(async move {
                let server = Server::bind(hub, ([127, 0, 0, 1], 0).into(), Some(tls)).unwrap();
                told.send(server.url()).unwrap();
                let stopped = async { stopped.await.unwrap_or_default() };
                server.run(stopped).await.unwrap();
            });
        });
        let url = address.recv().unwrap();
        Town { folder, url, pin, stop: Some(stop), thread: Some(thread) }
    }

    pub fn code(&self, person: &str, role: Role, scope: &str) -> String {
        let scope = scope.parse().unwrap();
        let invitation = Invitation { person: person.into(), role, scope, valid_ms: 60_000 };
        let mut hub = Hub::open_existing(self.folder.path(), now_ms()).unwrap();
        hub.issue_code(invitation, &self.url, Some(self.pin), now_ms()).unwrap().to_string()
    }

    /// Publishes the next version of the form.
    pub fn publish_next(&self) {
        let file = self.folder.path().join("next.xlsx");
        workbook::write_next(&file);
        self.publish(&file);
    }

    /// Publishes a workbook.
    pub fn publish(&self, file: &Path) {
        publish(&mut Hub::open_existing(self.folder.path(), now_ms()).unwrap(), file);
    }

    /// An enrolled phone that has the form.
    pub fn phone(&self, person: &str, role: Role) -> Phone {
        let phone = Phone::new();
        phone.json(&["enroll", &self.code(person, role, TOWNSHIP)]);
        phone.json(&["sync"]);
        phone
    }

    /// Revokes a phone.
    pub fn revoke(&self, phone: &Phone) {
        let status = phone.json(&["status"]);
        let device = status["author"]["device"].as_str().unwrap().parse().unwrap();
        let mut hub = Hub::open_existing(self.folder.path(), now_ms()).unwrap();
        hub.revoke(device, None, now_ms()).unwrap();
    }

    /// Where it listens.
    pub fn address(&self) -> std::net::SocketAddr {
        self.url.trim_start_matches("https://").parse().unwrap()
    }

    /// Stops answering.
    pub fn close(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

impl Drop for Town {
    fn drop(&mut self) {
        self.close();
    }
}

/// A phone: a data folder and the command.
pub struct Phone {
    pub folder: TempDir,
}

impl Phone {
    pub fn new() -> Phone {
        Phone { folder: tempfile::tempdir().unwrap() }
    }

    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// The command, not started yet.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ruhu"));
        command.env_remove("RUHU_LANG").env("RUHU_DATA", self.data()).args(arguments);
        command
    }

    /// What a command prints for programs.
    pub fn json(&self, arguments: &[&str]) -> Value {
        let output = self.run(&[&["--json"], arguments].concat());
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {text}");
        assert_eq!(text.lines().count(), 1, "one line of JSON: {text}");
        serde_json::from_str(&text).unwrap()
    }

    /// What a command prints for people.
    pub fn text(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {said}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// The error of a command that must fail, with the Chinese message as people see it.
    pub fn refused(&self, arguments: &[&str]) -> (String, String) {
        self.refused_with(1, arguments)
    }

    /// The error of a command that must fail with this exit code.
    pub fn refused_with(&self, code: i32, arguments: &[&str]) -> (String, String) {
        let output = self.run(&[&["--json"], arguments].concat());
        assert_eq!(output.status.code(), Some(code), "{arguments:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        let last: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
        let human = self.run(arguments);
        assert_eq!(human.status.code(), Some(code), "{arguments:?}");
        let shown = String::from_utf8(human.stderr).unwrap();
        assert_eq!(shown.trim_end(), last["error"]["zh"].as_str().unwrap());
        assert!(!last["error"]["en"].as_str().unwrap().is_empty());
        (last["error"]["code"].as_str().unwrap().to_owned(), shown)
    }

    /// Opens a household and gives its id.
    pub fn household(&self) -> String {
        let new =
            ["case", "new", "--name", "陈大河", "--division", VILLAGE, "--address", "河东村 3 组 17 号"];
        let more = ["--idno", ID_NUMBER, "--phone", "13800000000"];
        self.json(&[&new[..], &more].concat())["id"].as_str().unwrap().to_owned()
    }
}

/// JSON for a snapshot: what differs from run to run is named instead.
pub fn stable(value: &Value) -> String {
    let text = serde_json::to_string_pretty(value).unwrap();
    let names = [
        (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "[id]"),
        (r"[0-9a-f]{32,64}", "[hash]"),
        (r"127\.0\.0\.1:[0-9]+", "[address]"),
        (r#""(\w+_ms|timestamp|ms)": [0-9]+"#, r#""$1": "[ms]""#),
        (r#""(bytes_up|bytes_down)": [0-9]+"#, r#""$1": "[bytes]""#),
        (r#""[0-9]{13}""#, r#""[order]""#),
    ];
    names.iter().fold(text, |text, (pattern, name)| {
        Regex::new(pattern).unwrap().replace_all(&text, *name).into_owned()
    })
}

/// A small JPEG file.
pub fn photo(file: &Path) {
    let pixels = [128_u8; 3 * 16 * 16];
    let encoder = image::codecs::jpeg::JpegEncoder::new(std::fs::File::create(file).unwrap());
    image::ImageEncoder::write_image(encoder, &pixels, 16, 16, image::ExtendedColorType::Rgb8).unwrap();
}
