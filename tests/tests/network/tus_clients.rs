//! Clients of tus that others wrote, as they come, through a line that breaks. They are installed, pinned by
//! version and hash, by `cargo xtask tus`, which runs these tests.

use std::process::Command;

use ruhu_harness::pictures::picture;
use ruhu_harness::world::TOWNSHIP;
use ruhu_sync::auth::SignedRequest;
use ruhu_sync::http::HttpTransport;
use ruhu_sync::message::{ENROLL_LABEL, EnrollRequest};
use ruhu_sync::transport::{Request, Response, Transport};
use ruhu_sync::{EnrollCode, KeyPair, codec};
use ruhu_system_tests::cutting_proxy::{Direction, Limit, Then};
use ruhu_system_tests::process::Wire;
use serde_json::json;

use crate::town::Town;

/// Names the folder that `cargo xtask tus` installed the clients into.
const CLIENTS: &str = "RUHU_TUS_CLIENTS";

fn request(transport: &HttpTransport, request: Request) -> Response {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(transport.send(request, 1 << 20)).unwrap()
}

impl Town {
    /// An address for uploads, that a device asked for which is the caller's own.
    fn upload_address(&self, seed: u8) -> String {
        let url = format!("http://{}", self.server.address());
        let code = self.server.code("脚本", "caseworker", TOWNSHIP, &url);
        let code: EnrollCode = code.parse().unwrap();
        let key = KeyPair::from_seed(&[seed; 32]);
        let signature = key.sign(ENROLL_LABEL, &code.secret);
        let enroll = EnrollRequest { secret: code.secret, key: key.public().0, signature };
        let transport = HttpTransport::new(&url, None).unwrap();
        let body = codec::to_cbor(&enroll);
        let asked = Request { method: "POST", path: "/v1/enroll".into(), headers: vec![], body };
        assert_eq!(request(&transport, asked).status, 200);
        let path = "/v1/upload-tokens";
        let signed = SignedRequest { method: "POST", path, body: b"", server: code.server_key() };
        let headers = vec![("authorization", signed.authorization(&key))];
        let answer =
            request(&transport, Request { method: "POST", path: path.into(), headers, body: vec![] });
        assert_eq!(answer.status, 201, "{answer:?}");
        format!("http://{}{}", self.proxy.address(), answer.header("location").unwrap())
    }
}

/// Lets a client upload a photo whose household is on the server, over a line that breaks each time after
/// so many bytes: it is stored once, and the phone that took it is given the receipt.
fn uploads_through_cuts(seed: u8, program: &str, driver: &str) {
    let folder = std::env::var(CLIENTS).expect("cargo xtask tus names the folder of the clients");
    let mut town = Town::new(Wire::Plain);
    let wang = town.caseworker("王经办");
    let case = wang.new_case("张三");
    let photo = town.shot(picture(seed.into(), 2_000_000));
    wang.attach(&case, &photo);
    // The text goes, the photo waits: the other program brings it.
    wang.device.set_metered(true);
    wang.sync().unwrap();
    let address = town.upload_address(seed);
    town.proxy.passages();

    town.proxy.limit_each(Some(Limit { direction: Direction::Up, bytes: 300_000, then: Then::Close }));
    let metadata =
        json!({ "sha256": photo.sha256, "doc": case, "filename": "门口.jpg", "filetype": "image/jpeg" });
    let folder = std::path::Path::new(&folder);
    let mut command = Command::new(folder.join(program));
    if program == "node" {
        command = Command::new("node");
    }
    command.arg(folder.join(driver)).arg(&address).arg(&photo.path).arg(metadata.to_string());
    let done = command.output().unwrap();
    town.proxy.limit_each(None);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let cuts = town.proxy.passages().iter().filter(|passage| passage.cut).count();
    assert!(cuts >= 5, "the line broke {cuts} times");

    assert_eq!(town.files(), [(photo.sha256.clone(), photo.bytes.len() as u64)].into());
    assert_eq!(town.bytes_of_uploads(), 0);
    wang.device.set_metered(false);
    let report = wang.sync().unwrap();
    assert_eq!((report.files_failed.len(), wang.device.not_yet_safe().unwrap().count), (0, 0));
    assert!(report.file_bytes <= photo.bytes.len() as u64);
    let li = town.caseworker("李经办");
    li.sync().unwrap();
    assert_eq!(li.device.file(&photo.sha256).unwrap(), photo.bytes);
}

#[test]
#[ignore = "needs what cargo xtask tus installs"]
fn tus_js_client_uploads_through_cuts() {
    uploads_through_cuts(71, "node", "driver.js");
}

#[test]
#[ignore = "needs what cargo xtask tus installs"]
fn tuspy_uploads_through_cuts() {
    uploads_through_cuts(72, "bin/python", "tuspy_driver.py");
}

#[test]
#[ignore = "needs what cargo xtask tus installs"]
fn aiotus_uploads_through_cuts() {
    uploads_through_cuts(73, "bin/python", "aiotus_driver.py");
}
