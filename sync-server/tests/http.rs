//! The endpoints, over TLS on a loopback port with the pinned certificate.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod story;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use data_encoding::{BASE64, BASE64URL_NOPAD};
use ruhu_case::DocId;
use ruhu_case::limits::REQUEST_BYTES;
use ruhu_sync::auth::SignedRequest;
use ruhu_sync::files::{FileUse, FilesAnswer, FilesQuestion};
use ruhu_sync::http::HttpTransport;
use ruhu_sync::message::{EnrollResponse, PublishedForms};
use ruhu_sync::transport::{Request, Response, Transport, TransportError};
use ruhu_sync::{Envelope, FileReceipt, KeyPair, Outcome, Role, SyncRequest, codec};
use sha2::{Digest, Sha256};
use story::running::{Running, problem};
use story::{Phone, VILLAGE, World, enroll_request, held};

fn receipt(answer: &Response) -> FileReceipt {
    let header = answer.header("ruhu-receipt").unwrap();
    FileReceipt::from_bytes(&BASE64URL_NOPAD.decode(header.as_bytes()).unwrap()).unwrap()
}

/// A server with Wang's household, and Wang.
fn with_household() -> (World, Phone, DocId) {
    let mut world = World::new();
    let mut wang = world.caseworker("王经办");
    let (doc, opened) = wang.open_household(1, VILLAGE);
    held(&world.push(&wang, &[opened])[0]);
    (world, wang, doc)
}

#[test]
fn a_phone_enrols_and_syncs_over_the_pinned_certificate() {
    let mut world = World::new();
    world.hub.publish_form("home_visit", "1", b"compiled", world.now).unwrap();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis() as i64;
    world.hub.accept_clock(now).unwrap();
    let mut code = |valid_ms| {
        let invitation = ruhu_server::hub::Invitation {
            person: "王经办".into(),
            role: Role::Caseworker,
            scope: "110101001".parse().unwrap(),
            valid_ms,
        };
        world.hub.issue_code(invitation, "https://127.0.0.1", None, now - 1_000).unwrap()
    };
    let (good, expired) = (code(600_000), code(500));
    let running = Running::start(world, false);
    let enroll = |key: &KeyPair, secret| {
        let body = codec::to_cbor(&enroll_request(key, secret));
        running.send(Request { method: "POST", path: "/v1/enroll".into(), headers: vec![], body })
    };
    let (key, other) = (KeyPair::from_seed(&[41; 32]), KeyPair::from_seed(&[42; 32]));
    assert_eq!(problem(&enroll(&key, expired.secret), 410), "code_expired");
    assert_eq!(problem(&enroll(&key, [0; 16]), 404), "code_unknown");
    let first = enroll(&key, good.secret);
    assert_eq!((first.status, &enroll(&key, good.secret).body), (200, &first.body));
    assert_eq!(problem(&enroll(&other, good.secret), 409), "code_used");
    let enrolled: EnrollResponse = codec::from_cbor(&first.body).unwrap();

    let mut phone = Phone::new(key, enrolled.certificate, [1; 16]);
    let (_, opened) = phone.open_household(1, VILLAGE);
    let response = running.sync(&phone, &phone.request(&[opened]));
    assert!(matches!(response.outcomes[..], [Outcome::Held { .. }]));
    let forms: PublishedForms =
        codec::from_cbor(&running.signed(&phone, "GET", "/v1/forms", &[], b"").body).unwrap();
    assert_eq!(Some(forms.etag()), response.forms);
    let form = running.signed(&phone, "GET", "/v1/forms/home_visit/1", &[], b"");
    assert_eq!((form.status, form.body.as_slice()), (200, b"compiled".as_slice()));
    let lacking = running.signed(&phone, "GET", "/v1/forms/home_visit/2", &[], b"");
    assert_eq!(problem(&lacking, 404), "form_unknown");

    let url = format!("https://{}", running.address);
    let elsewhere = HttpTransport::new(&url, Some([1; 32])).unwrap();
    let health = Request { method: "GET", path: "/v1/health".into(), headers: vec![], body: vec![] };
    let refused = running.runtime.block_on(elsewhere.send(health.clone(), 1_000));
    assert_eq!(refused, Err(TransportError::WrongCertificate));
    assert_eq!(
        running.send(health).body,
        br#"{"status":"ok","protocol":1,"clock":"ok","quarantine_bytes":0}"#
    );
}

#[test]
fn a_request_that_no_device_signed_is_not_answered() {
    let (world, wang, _) = with_household();
    let running = Running::start(world, false);
    let body = codec::encode_body(&wang.request(&[]));
    let unsigned = Request { method: "POST", path: "/v1/sync".into(), headers: vec![], body: body.clone() };
    assert_eq!(problem(&running.send(unsigned), 401), "bad_signature");
    let signed = SignedRequest { method: "POST", path: "/v1/sync", body: b"other", server: running.key };
    let headers = vec![("authorization", signed.authorization(&wang.key))];
    let altered = Request { method: "POST", path: "/v1/sync".into(), headers, body };
    assert_eq!(problem(&running.send(altered), 401), "bad_signature");
    let scope = "110101001".parse().unwrap();
    let own_key = KeyPair::from_seed(&[77; 32]);
    let own = ruhu_sync::Certificate::issue(
        &own_key,
        own_key.public(),
        "某".into(),
        Role::Caseworker,
        scope,
        0,
        i64::MAX,
    );
    let stranger = Phone::new(own_key, own, [1; 16]);
    let body = codec::encode_body(&stranger.request(&[]));
    assert_eq!(problem(&running.signed(&stranger, "POST", "/v1/sync", &[], &body), 401), "unknown_device");
    assert_eq!(problem(&running.signed(&stranger, "GET", "/v1/forms", &[], b""), 401), "unknown_device");
}

#[test]
fn what_is_no_message_is_named_and_changes_nothing() {
    let (world, wang, _) = with_household();
    let running = Running::start(world, false);
    for (body, status, code) in [
        (vec![], 400, "malformed"),
        (vec![9, 9], 400, "malformed"),
        (vec![1; 100], 400, "malformed"),
        (vec![0; REQUEST_BYTES + 1], 413, "too_large"),
    ] {
        assert_eq!(problem(&running.signed(&wang, "POST", "/v1/sync", &[], &body), status), code);
    }
    let nothing = running.signed(&wang, "GET", "/v1/nothing", &[], b"");
    assert_eq!(problem(&nothing, 404), "not_found");
    assert_eq!(problem(&running.signed(&wang, "GET", "/v1/sync", &[], b""), 405), "method_not_allowed");
}

/// Asks a plain server in raw HTTP, and reads what it answers.
fn ask(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(bytes).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn phones_get_in_beside_more_silent_connections_than_there_is_room_for() {
    const ROOM: usize = 8;
    let (world, wang, _) = with_household();
    let running = Running::start_with(world, ROOM);
    let silent: Vec<TcpStream> = (0..40).map(|_| TcpStream::connect(running.address).unwrap()).collect();
    let dribbling: Vec<TcpStream> = (0..40)
        .map(|_| {
            let mut stream = TcpStream::connect(running.address).unwrap();
            let head =
                b"POST /v1/enroll HTTP/1.1\r\nHost: a\r\nRuhu-Protocol: 1\r\nContent-Length: 1000\r\n\r\nx";
            // It may have been closed already for the next one.
            stream.write_all(head).ok();
            stream
        })
        .collect();
    // All of them have been let in, most to be closed for the next: now comes the phone.
    let others: Vec<TcpStream> = silent.into_iter().chain(dribbling).collect();
    while others.iter().filter(|stream| is_closed(stream)).count() < others.len() - ROOM {
        std::thread::yield_now();
    }
    for _ in 0..3 {
        let response = running.sync(&wang, &wang.request(&[]));
        assert_eq!(response.outcomes, []);
    }
}

/// Whether the server has let go of a connection; what it said before that is read.
fn is_closed(mut stream: &TcpStream) -> bool {
    stream.set_nonblocking(true).unwrap();
    loop {
        match stream.read(&mut [0; 64]) {
            Ok(0) => return true,
            Ok(_) => {}
            Err(error) => return error.kind() != std::io::ErrorKind::WouldBlock,
        }
    }
}

#[test]
fn who_announces_more_than_is_taken_is_told_so_before_it_is_sent() {
    let (world, ..) = with_household();
    let running = Running::start(world, true);
    let head = "POST /v1/enroll HTTP/1.1\r\nHost: a\r\nRuhu-Protocol: 1\r\nContent-Length: 1048576\r\n\r\n";
    let answer = ask(running.address, head.as_bytes());
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
}

/// Sends bytes and hangs up; comes back when the server has let go of the connection.
fn cut_after(address: SocketAddr, bytes: &[u8]) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(bytes).unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    stream.read_to_end(&mut Vec::new()).unwrap();
}

#[test]
fn another_version_of_the_protocol_is_told_ours() {
    let running = Running::start(World::new(), true);
    for version in ["", "Ruhu-Protocol: 2\r\n"] {
        let request = format!("GET /v1/forms HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{version}\r\n");
        let answer = ask(running.address, request.as_bytes());
        assert!(answer.starts_with("HTTP/1.1 426") && answer.contains("ruhu-protocol: 1"), "{answer}");
    }
    let health = ask(running.address, b"GET /v1/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assert!(health.starts_with("HTTP/1.1 200") && health.contains("ruhu-protocol: 1"), "{health}");
}

// ---- files ----

fn photo() -> Vec<u8> {
    (0..200_000u32).flat_map(u32::to_le_bytes).collect()
}

fn creation(content: &[u8], doc: DocId) -> Vec<(&'static str, String)> {
    let digest: [u8; 32] = Sha256::digest(content).into();
    let pair = |key: &str, value: &[u8]| format!("{key} {}", BASE64.encode(value));
    let metadata =
        [pair("sha256", &digest), pair("doc", doc.to_string().as_bytes()), pair("mime", b"image/jpeg")];
    vec![
        ("tus-resumable", "1.0.0".into()),
        ("upload-length", content.len().to_string()),
        ("upload-metadata", metadata.join(",")),
    ]
}

impl Running {
    fn create(&self, phone: &Phone, content: &[u8], doc: DocId) -> Response {
        let headers = creation(content, doc);
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.signed(phone, "POST", "/v1/uploads", &headers, b"")
    }

    fn patch(
        &self,
        phone: &Phone,
        url: &str,
        offset: usize,
        checksum: Option<&str>,
        bytes: &[u8],
    ) -> Response {
        let offset = offset.to_string();
        let mut headers = vec![
            ("tus-resumable", "1.0.0"),
            ("content-type", "application/offset+octet-stream"),
            ("upload-offset", offset.as_str()),
        ];
        headers.extend(checksum.map(|checksum| ("upload-checksum", checksum)));
        self.signed(phone, "PATCH", url, &headers, bytes)
    }

    fn head(&self, phone: &Phone, url: &str) -> Response {
        self.signed(phone, "HEAD", url, &[("tus-resumable", "1.0.0")], b"")
    }

    fn upload(&self, phone: &Phone, content: &[u8], doc: DocId) -> Response {
        let url = self.create(phone, content, doc).header("location").unwrap().to_owned();
        let mut last = None;
        for (index, piece) in content.chunks(256 * 1024).enumerate() {
            last = Some(self.patch(phone, &url, index * 256 * 1024, None, piece));
        }
        last.unwrap()
    }
}

fn path_of(content: &[u8]) -> String {
    format!("/v1/files/{}", data_encoding::HEXLOWER.encode(&Sha256::digest(content)))
}

#[test]
fn a_photo_goes_up_in_pieces_and_comes_down_in_ranges() {
    let (mut world, wang, doc) = with_household();
    let (zhang, wu) =
        (world.volunteer("张网格员"), world.phone("吴网格员", Role::Volunteer, story::NEIGHBOUR));
    let running = Running::start(world, false);
    let photo = photo();
    let options = running.send(Request {
        method: "OPTIONS",
        path: "/v1/uploads".into(),
        headers: vec![],
        body: vec![],
    });
    assert_eq!(
        ["tus-version", "tus-extension", "tus-max-size", "tus-checksum-algorithm"]
            .map(|n| options.header(n).unwrap()),
        ["1.0.0", "creation,creation-with-upload,checksum,expiration,termination", "67108864", "sha1,sha256"]
    );

    let created = running.create(&wang, &photo, doc);
    let url = created.header("location").unwrap().to_owned();
    assert_eq!((created.status, created.header("upload-offset")), (201, Some("0")));
    let sha1 = format!("sha1 {}", BASE64.encode(&sha1::Sha1::digest(&photo[..100_000])));
    let first = running.patch(&wang, &url, 0, Some(&sha1), &photo[..100_000]);
    assert_eq!((first.status, first.header("upload-offset")), (204, Some("100000")));
    // The answer to the creation was lost: the same creation finds the same upload, where it stands.
    let again = running.create(&wang, &photo, doc);
    assert_eq!(
        (again.header("location"), again.header("upload-offset")),
        (Some(url.as_str()), Some("100000"))
    );
    let head = running.head(&wang, &url);
    assert_eq!(
        ["upload-offset", "upload-length", "cache-control"].map(|n| head.header(n).unwrap()),
        ["100000", "800000", "no-store"]
    );
    let last = running.patch(&wang, &url, 100_000, None, &photo[100_000..]);
    assert_eq!(last.status, 204);
    let proof = receipt(&last);
    assert!(proof.is_signed_by(&running.key) && !proof.durable && proof.size == 800_000);
    assert_eq!(receipt(&running.head(&wang, &url)), proof);
    assert_eq!(receipt(&running.create(&wang, &photo, doc)), proof);

    let path = path_of(&photo);
    let whole = running.signed(&zhang, "GET", &path, &[], b"");
    assert_eq!(
        (whole.status, whole.body == photo, whole.header("content-type")),
        (200, true, Some("image/jpeg"))
    );
    let part = running.signed(&zhang, "GET", &path, &[("range", "bytes=799990-")], b"");
    assert_eq!((part.status, part.body.as_slice()), (206, &photo[799_990..]));
    assert_eq!(part.header("content-range"), Some("bytes 799990-799999/800000"));
    let outside = running.signed(&zhang, "GET", &path, &[("range", "bytes=800000-")], b"");
    assert_eq!(
        (problem(&outside, 416).as_str(), outside.header("content-range")),
        ("range", Some("bytes */800000"))
    );
    let head = running.signed(&zhang, "HEAD", &path, &[], b"");
    assert_eq!((head.status, head.header("content-length"), head.body.len()), (200, Some("800000"), 0));
    // A photo is seen with its document, and by nobody else.
    assert_eq!(problem(&running.signed(&wu, "GET", &path, &[], b""), 404), "file_unknown");
    assert_eq!(problem(&running.signed(&wang, "GET", "/v1/files/xyz", &[], b""), 404), "file_unknown");
}

#[test]
fn an_upload_refuses_what_does_not_fit() {
    let (mut world, wang, doc) = with_household();
    let li = world.caseworker("李经办");
    let far = world.phone("孙经办", Role::Caseworker, "110101002");
    let running = Running::start(world, false);
    let photo = photo();
    let unknown = DocId([3; 16]);
    assert_eq!(problem(&running.create(&wang, &photo, unknown), 404), "document_unknown");
    assert_eq!(problem(&running.create(&far, &photo, doc), 403), "out_of_scope");
    assert_eq!(problem(&running.create(&wang, b"", doc), 400), "bad_metadata");
    let huge = [
        ("tus-resumable", "1.0.0"),
        ("upload-length", "67108865"),
        ("upload-metadata", &creation(&photo, doc)[2].1),
    ];
    assert_eq!(problem(&running.signed(&wang, "POST", "/v1/uploads", &huge, b""), 413), "too_large");
    assert_eq!(problem(&running.signed(&wang, "POST", "/v1/uploads", &huge[..2], b""), 400), "bad_metadata");
    assert_eq!(problem(&running.signed(&wang, "POST", "/v1/uploads", &huge[1..], b""), 412), "tus_version");

    let url = running.create(&wang, &photo, doc).header("location").unwrap().to_owned();
    let wrong = format!("sha256 {}", BASE64.encode(&[0; 32]));
    assert_eq!(problem(&running.patch(&wang, &url, 0, Some(&wrong), b"bytes"), 460), "checksum_mismatch");
    assert_eq!(
        problem(&running.patch(&wang, &url, 0, Some("md5 AA=="), b"bytes"), 400),
        "checksum_algorithm"
    );
    assert_eq!(problem(&running.patch(&wang, &url, 5, None, b"bytes"), 409), "wrong_offset");
    assert_eq!(problem(&running.patch(&li, &url, 0, None, b"bytes"), 404), "upload_unknown");
    assert_eq!(problem(&running.patch(&wang, &url, 0, None, &vec![0; 1_048_577]), 413), "too_large");
    let untyped = [("tus-resumable", "1.0.0"), ("upload-offset", "0")];
    assert_eq!(problem(&running.signed(&wang, "PATCH", &url, &untyped, b"bytes"), 415), "content_type");
    assert_eq!(running.head(&wang, &url).header("upload-offset"), Some("0"));
    let beyond = running.patch(&wang, &url, 0, None, &vec![0; 800_001]);
    assert_eq!(problem(&beyond, 413), "too_large");
}

#[test]
fn a_file_that_is_not_the_announced_one_is_discarded() {
    let (world, wang, doc) = with_household();
    let running = Running::start(world, false);
    let announced = b"the photo".as_slice();
    let url = running.create(&wang, announced, doc).header("location").unwrap().to_owned();
    assert_eq!(problem(&running.patch(&wang, &url, 0, None, b"not photo"), 422), "hash_mismatch");
    assert_eq!(running.head(&wang, &url).status, 404);
    assert_eq!(problem(&running.signed(&wang, "GET", &path_of(announced), &[], b""), 404), "file_unknown");
    assert!(receipt(&running.upload(&wang, announced, doc)).is_signed_by(&running.key));
}

#[test]
fn knowing_a_hash_is_not_having_the_photo() {
    let (mut world, wang, doc) = with_household();
    let mut far = world.phone("孙经办", Role::Caseworker, "110101002");
    let (own, opened) = far.open_household(9, story::ELSEWHERE);
    held(&world.push(&far, &[opened])[0]);
    let running = Running::start(world, false);
    let photo = photo();
    receipt(&running.upload(&wang, &photo, doc));
    let created = running.create(&far, &photo, own);
    assert_eq!((created.header("ruhu-receipt"), created.header("upload-offset")), (None, Some("0")));
    assert_eq!(problem(&running.signed(&far, "GET", &path_of(&photo), &[], b""), 404), "file_unknown");
    receipt(&running.upload(&far, &photo, own));
    assert_eq!(running.signed(&far, "GET", &path_of(&photo), &[], b"").body, photo);
}

#[test]
fn another_devices_photo_never_ends_an_upload() {
    let (mut world, wang, doc) = with_household();
    let mut far = world.phone("孙经办", Role::Caseworker, "110101002");
    let (own, opened) = far.open_household(9, story::ELSEWHERE);
    held(&world.push(&far, &[opened])[0]);
    let uploads = world.hub.dir().join("uploads");
    let running = Running::start(world, false);
    let photo = photo();
    receipt(&running.upload(&wang, &photo, doc));
    let url = running.create(&far, &photo, own).header("location").unwrap().to_owned();
    assert_eq!(running.patch(&far, &url, 0, None, b"x").status, 204);
    // The folder of uploads is lost, or somebody emptied it; the photo of the other household lies there.
    std::fs::remove_dir_all(&uploads).unwrap();
    let head = running.head(&far, &url);
    assert_eq!((head.header("ruhu-receipt"), head.header("upload-offset")), (None, Some("0")));
    // Whole and wrong: nothing of it counts afterwards, however often it is asked.
    for _ in 0..3 {
        let url = running.create(&far, &photo, own).header("location").unwrap().to_owned();
        let false_bytes = vec![b'y'; 400_000];
        assert_eq!(running.patch(&far, &url, 0, None, &false_bytes).status, 204);
        assert_eq!(problem(&running.patch(&far, &url, 400_000, None, &false_bytes), 422), "hash_mismatch");
        assert_eq!(running.head(&far, &url).status, 404);
    }
    assert_eq!(problem(&running.signed(&far, "GET", &path_of(&photo), &[], b""), 404), "file_unknown");
}

#[test]
fn no_receipt_is_given_for_a_photo_that_is_gone_or_damaged() {
    let (world, wang, doc) = with_household();
    let dir = world.hub.dir().to_owned();
    let running = Running::start(world, false);
    let photo = photo();
    receipt(&running.upload(&wang, &photo, doc));
    let name = path_of(&photo).rsplit('/').next().unwrap().to_owned();
    let path = dir.join("files").join(&name[..2]).join(&name);
    let mut flipped = photo.clone();
    flipped[70_000] ^= 1;
    for damage in [None, Some(flipped)] {
        match damage {
            None => std::fs::remove_file(&path).unwrap(),
            Some(bytes) => std::fs::write(&path, bytes).unwrap(),
        }
        let created = running.create(&wang, &photo, doc);
        assert_eq!((created.header("ruhu-receipt"), created.header("upload-offset")), (None, Some("0")));
        let got = running.signed(&wang, "GET", &path_of(&photo), &[], b"");
        assert_eq!(problem(&got, 404), "file_unknown");
        receipt(&running.upload(&wang, &photo, doc));
        assert_eq!(running.signed(&wang, "GET", &path_of(&photo), &[], b"").body, photo);
    }
}

#[test]
fn what_is_lacking_is_asked_for_many_at_once() {
    let (mut world, wang, doc) = with_household();
    let far = world.phone("孙经办", Role::Caseworker, "110101002");
    let running = Running::start(world, false);
    let photo = photo();
    let sha: [u8; 32] = Sha256::digest(&photo).into();
    let ask = |phone: &Phone, held: &[FileUse], wanted: &[[u8; 32]]| -> FilesAnswer {
        let body = codec::to_cbor(&FilesQuestion::new(held, wanted));
        let answer = running.signed(phone, "POST", "/v1/files/compare", &[], &body);
        assert_eq!(answer.status, 200);
        codec::from_cbor(&answer.body).unwrap()
    };
    let held = [FileUse::new(sha, doc), FileUse::new([3; 32], doc), FileUse::new(sha, DocId([9; 16]))];
    // What no document of the phone's names is not asked for.
    let before = ask(&wang, &held, &[[3; 32], sha]);
    assert_eq!((before.lacking, before.there), (vec![0, 1], vec![]));
    receipt(&running.upload(&wang, &photo, doc));
    let after = ask(&wang, &held, &[[3; 32], sha]);
    assert_eq!((after.lacking, after.there), (vec![1], vec![1]));
    let elsewhere = ask(&far, &held, &[sha]);
    assert_eq!((elsewhere.lacking, elsewhere.there), (vec![], vec![]), "of other places nothing is told");
    let many = FilesQuestion::new(&[], &vec![[1; 32]; 1_001]);
    let refused = running.signed(&wang, "POST", "/v1/files/compare", &[], &codec::to_cbor(&many));
    assert_eq!(problem(&refused, 400), "malformed");
}

#[test]
fn a_form_is_given_by_its_hash_whatever_it_is_called() {
    let (mut world, wang, _) = with_household();
    let form = world.hub.publish_form("入户", "2026年版/..", b"compiled", world.now).unwrap();
    let running = Running::start(world, false);
    let path = format!("/v1/forms/by-hash/{}", data_encoding::HEXLOWER.encode(&form.hash));
    assert_eq!(running.signed(&wang, "GET", &path, &[], b"").body, b"compiled");
    for path in ["/v1/forms/by-hash/xyz".to_owned(), format!("/v1/forms/by-hash/{}", "0".repeat(64))] {
        assert_eq!(problem(&running.signed(&wang, "GET", &path, &[], b""), 404), "form_unknown");
    }
}

#[test]
fn a_connection_cut_at_any_byte_of_a_piece_loses_no_piece_before_it() {
    let (world, wang, doc) = with_household();
    let running = Running::start(world, true);
    let content = photo()[..20_000].to_vec();
    let url = running.create(&wang, &content, doc).header("location").unwrap().to_owned();
    assert_eq!(running.patch(&wang, &url, 0, None, &content[..8_000]).status, 204);
    let piece = &content[8_000..];
    let signed = SignedRequest { method: "PATCH", path: &url, body: piece, server: running.key };
    let mut whole = format!(
        "PATCH {url} HTTP/1.1\r\nHost: x\r\nRuhu-Protocol: 1\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 8000\r\n\
         Content-Type: application/offset+octet-stream\r\nAuthorization: {}\r\nContent-Length: {}\r\n\r\n",
        signed.authorization(&wang.key),
        piece.len()
    )
    .into_bytes();
    whole.extend_from_slice(piece);
    for cut in (0..whole.len()).step_by(1_024) {
        cut_after(running.address, &whole[..cut]);
        assert_eq!(running.head(&wang, &url).header("upload-offset"), Some("8000"), "cut at {cut}");
    }
    assert!(receipt(&running.patch(&wang, &url, 8_000, None, piece)).is_signed_by(&running.key));
}

#[test]
fn a_sync_cut_at_any_kilobyte_is_taken_whole_or_not_at_all() {
    let mut world = World::new();
    let mut wang = world.caseworker("王经办");
    let pushed: Vec<Envelope> = (0..150).map(|number| wang.open_household(number, VILLAGE).1).collect();
    let running = Running::start(world, true);
    let body = codec::encode_body(&wang.request(&pushed));
    let signed = SignedRequest { method: "POST", path: "/v1/sync", body: &body, server: running.key };
    let mut whole = format!(
        "POST /v1/sync HTTP/1.1\r\nHost: x\r\nRuhu-Protocol: 1\r\nAuthorization: {}\r\nContent-Length: {}\r\n\r\n",
        signed.authorization(&wang.key),
        body.len()
    )
    .into_bytes();
    whole.extend_from_slice(&body);
    assert!(whole.len() > 4_096);
    for cut in (0..whole.len()).step_by(1_024) {
        cut_after(running.address, &whole[..cut]);
        let known = running.sync(&wang, &SyncRequest { tail: None, ..wang.request(&[]) });
        assert!(known.news.is_empty(), "cut at {cut}");
    }
    let response = running.sync(&wang, &wang.request(&pushed));
    assert_eq!(response.outcomes.iter().map(held).max(), Some(150));
}
