//! The program itself, as an administrator runs it.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use ruhu_pictures::camera::Shot;
use ruhu_pictures::letters::{Done, Fingers, drawn};
use ruhu_pictures::noise::Chance;
use ruhu_sync::EnrollCode;
use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_ruhu-server");

fn run(arguments: &[&str]) -> Output {
    Command::new(PROGRAM).args(arguments).output().unwrap()
}

fn json(output: &Output) -> Value {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn failure(output: &Output) -> String {
    assert!(!output.status.success());
    let error: Value = serde_json::from_slice(&output.stderr).unwrap();
    error["error"]["code"].as_str().unwrap().to_owned()
}

/// A server that has said that it is ready.
struct Serving {
    child: Child,
    ready: Value,
}

impl Serving {
    fn start(data: &str, more: &[&str]) -> Serving {
        let mut child = Command::new(PROGRAM)
            .args(["serve", "--json", "--data", data])
            .args(more)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Serving { child, ready: serde_json::from_str(&line).unwrap() }
    }

    fn stop(mut self) {
        let told = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(told.success());
        assert!(self.child.wait().unwrap().success());
    }
}

#[test]
fn an_administrator_runs_a_server_enrols_revokes_and_checks() {
    let dir = tempfile::tempdir().unwrap();
    let (data, ready_file) = (dir.path().join("data"), dir.path().join("ready"));
    let (data, ready_path) = (data.to_str().unwrap(), ready_file.to_str().unwrap());
    assert_eq!(failure(&run(&["devices", "--json", "--data", data])), "no_server");
    assert!(!Path::new(data).exists());

    let serving = Serving::start(data, &["--ready-file", ready_path]);
    let ready: Value = serde_json::from_slice(&std::fs::read(&ready_file).unwrap()).unwrap();
    assert_eq!(ready, serving.ready);
    assert_eq!(failure(&run(&["serve", "--json", "--data", data])), "in_use");
    let enroll =
        ["enroll", "--data", data, "--person", "王经办", "--role", "caseworker", "--scope", "110101001"];
    let issued = json(&run(&[&enroll[..], &["--json"]].concat()));
    let code: EnrollCode = issued["code"].as_str().unwrap().parse().unwrap();
    let hex = |bytes: &[u8]| data_encoding::HEXLOWER.encode(bytes);
    assert_eq!(Some(code.url.as_str()), ready["url"].as_str());
    assert_eq!(Some(hex(&code.server_key().0).as_str()), ready["server_key"].as_str());
    assert_eq!(Some(hex(&code.tls_fingerprint().unwrap()).as_str()), ready["tls_fingerprint"].as_str());
    let shown = run(&enroll);
    let shown = String::from_utf8(shown.stdout).unwrap();
    assert!(shown.contains("RUHU1") && shown.contains('█') && shown.starts_with("一次性登记码"));

    assert_eq!(json(&run(&["devices", "--json", "--data", data])), serde_json::json!([]));
    let unknown = "0123456789abcdef0123456789abcdef";
    assert_eq!(failure(&run(&["revoke", "--json", "--data", data, unknown])), "unknown_device");
    assert_eq!(failure(&run(&["revoke", "--json", "--data", data, "x"])), "bad_device");
    assert_eq!(json(&run(&["quarantine", "list", "--json", "--data", data])), serde_json::json!([]));
    let nothing = serde_json::json!({ "bytes": 0, "dismissed": 0, "envelopes": 0, "photos": 0 });
    let clean = serde_json::json!({
        "documents": [], "excluded": 0, "files": [], "findings": [], "quarantine": nothing,
    });
    assert_eq!(json(&run(&["check", "--json", "--data", data])), clean);
    serving.stop();

    let again = Serving::start(data, &[]);
    assert_eq!(again.ready["server_key"], ready["server_key"]);
    assert_eq!(again.ready["tls_fingerprint"], ready["tls_fingerprint"]);
    again.stop();
}

#[test]
fn plain_http_is_for_loopback_and_only_when_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let data = data.to_str().unwrap();
    let open = run(&["serve", "--json", "--data", data, "--plain-http", "--listen", "0.0.0.0:0"]);
    assert_eq!(failure(&open), "plain_http");
    let everywhere = run(&["serve", "--json", "--data", data, "--listen", "0.0.0.0:0"]);
    assert_eq!(failure(&everywhere), "url_needed");
    let url = run(&["serve", "--json", "--data", data, "--url", "192.0.2.1"]);
    assert_eq!(failure(&url), "bad_url");
    let serving = Serving::start(data, &["--plain-http"]);
    assert!(serving.ready["url"].as_str().unwrap().starts_with("http://127.0.0.1:"));
    assert_eq!(serving.ready["tls_fingerprint"], Value::Null);
    serving.stop();
}

#[test]
fn a_form_is_published_from_its_workbook_and_a_broken_one_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let data = data.to_str().unwrap();
    Serving::start(data, &["--plain-http"]).stop();
    let workbook = concat!(env!("CARGO_MANIFEST_DIR"), "/../packs/forms/home_visit.xlsx");
    let published = json(&run(&["forms", "publish", "--json", "--data", data, workbook]));
    assert_eq!(published["id"], "home_visit");
    assert_eq!(json(&run(&["forms", "publish", "--json", "--data", data, workbook])), published);
    let listed = json(&run(&["forms", "list", "--json", "--data", data]));
    assert_eq!((listed.as_array().unwrap().len(), &listed[0]["hash"]), (1, &published["hash"]));
    let broken = dir.path().join("broken.xlsx");
    std::fs::write(&broken, "no workbook").unwrap();
    let refused = run(&["forms", "publish", "--json", "--data", data, broken.to_str().unwrap()]);
    assert_eq!(failure(&refused), "form_faults");
    let missing = run(&["forms", "publish", "--json", "--data", data, "/nowhere.xlsx"]);
    assert_eq!(failure(&missing), "form_file");
}

#[test]
fn pictures_are_checked_without_a_server_and_a_broken_one_harms_itself_only() {
    let dir = tempfile::tempdir().unwrap();
    let chance = &mut Chance::of(6);
    let shot = Shot::fair(chance);
    let letter = drawn(&[Done::Ok, Done::Missing], true, shot, &Fingers::of(6, 3), chance);
    let file = |name: &str, bytes: &[u8]| {
        let path = dir.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let names = [file("letter.jpg", &letter.jpeg), file("broken.jpg", &letter.jpeg[..5000])];
    let lines = |arguments: &[&str]| -> Vec<Value> {
        let output = run(&[arguments, &["--json"]].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().lines().map(|l| serde_json::from_str(l).unwrap()).collect()
    };
    let told = lines(&["letter", "check", &names[0], &names[1]]);
    assert_eq!(told[0]["letter"]["case"], letter.payload.unwrap().case.to_string());
    let verdicts: Vec<&Value> =
        told[0]["grantors"].as_array().unwrap().iter().map(|g| &g["verdict"]).collect();
    assert_eq!(verdicts, ["ok", "missing"]);
    assert_eq!((&told[1]["readable"], &told[1]["retake"]), (&false.into(), &true.into()));
    let told = lines(&["photo", "check", &names[0], &names[1], "--kind", "document"]);
    assert!(told[0]["facts"]["sharpness"].is_object() && told[1]["reason"].is_string());
    let boxes = file("boxes.json", b"{}");
    assert_eq!(failure(&run(&["letter", "check", &names[0], "--boxes", &boxes, "--json"])), "boxes_shape");
    let said = String::from_utf8(run(&["letter", "check", &names[0], "--lang", "en"]).stdout).unwrap();
    assert!(said.contains("the print is clear") && said.contains("no print: have it pressed"), "{said}");
}
