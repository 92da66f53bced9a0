//! Uploads as tus 1.0.0 says, for phones that sign and for any client with a token.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod story;

use std::io::{Read, Write};
use std::net::TcpStream;

use data_encoding::{BASE64, HEXLOWER};
use ruhu_case::DocId;
use ruhu_server::hub::Bounds;
use ruhu_sync::Role;
use ruhu_sync::transport::{Request, Response};
use sha2::{Digest, Sha256};
use story::running::{Running, problem};
use story::{Phone, VILLAGE, World, held};

const OCTETS: (&str, &str) = ("content-type", "application/offset+octet-stream");
const TUS: (&str, &str) = ("tus-resumable", "1.0.0");

fn with_household() -> (World, Phone, DocId) {
    let mut world = World::new();
    let mut wang = world.caseworker("王经办");
    let (doc, opened) = wang.open_household(1, VILLAGE);
    held(&world.push(&wang, &[opened])[0]);
    (world, wang, doc)
}

fn photo(number: u8, bytes: usize) -> Vec<u8> {
    (0..bytes).map(|at| (at as u8).wrapping_mul(13) ^ number).collect()
}

fn metadata(content: &[u8], doc: DocId) -> String {
    let pair = |key: &str, value: &[u8]| format!("{key} {}", BASE64.encode(value));
    let digest = HEXLOWER.encode(&Sha256::digest(content));
    [
        pair("filename", "门口.jpg".as_bytes()),
        pair("filetype", b"image/jpeg"),
        pair("sha256", digest.as_bytes()),
        pair("doc", doc.to_string().as_bytes()),
    ]
    .join(",")
}

fn sha256_of(bytes: &[u8]) -> String {
    format!("sha256 {}", BASE64.encode(&Sha256::digest(bytes)))
}

fn path_of(content: &[u8]) -> String {
    format!("/v1/files/{}", HEXLOWER.encode(&Sha256::digest(content)))
}

impl Running {
    /// A request of a client that knows nothing of Ruhu but an address.
    fn plain(
        &self,
        method: &'static str,
        path: &str,
        headers: &[(&'static str, &str)],
        body: &[u8],
    ) -> Response {
        let headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        self.send(Request { method, path: path.to_owned(), headers, body: body.to_vec() })
    }

    fn token(&self, phone: &Phone) -> String {
        let answer = self.signed(phone, "POST", "/v1/upload-tokens", &[], b"");
        assert!(answer.status == 201 && answer.header("upload-expires").unwrap().ends_with(" GMT"));
        answer.header("location").unwrap().to_owned()
    }

    fn begin(&self, at: &str, content: &[u8], doc: DocId) -> String {
        let (length, said) = (content.len().to_string(), metadata(content, doc));
        // Some clients name a type of a body without bytes.
        let kind = ("content-type", "application/octet-stream");
        let headers = [TUS, kind, ("upload-length", length.as_str()), ("upload-metadata", said.as_str())];
        let created = self.plain("POST", at, &headers, b"");
        assert_eq!((created.status, created.header("tus-resumable")), (201, Some("1.0.0")));
        at.to_owned() + created.header("location").unwrap()
    }

    fn offset(&self, url: &str) -> Option<u64> {
        self.plain("HEAD", url, &[TUS], b"").header("upload-offset").map(|text| text.parse().unwrap())
    }

    fn patch(&self, url: &str, offset: usize, bytes: &[u8], checksum: Option<&str>) -> Response {
        let offset = offset.to_string();
        let mut headers = vec![TUS, OCTETS, ("upload-offset", offset.as_str())];
        headers.extend(checksum.map(|checksum| ("upload-checksum", checksum)));
        self.plain("PATCH", url, &headers, bytes)
    }
}

#[test]
fn a_client_that_knows_an_address_only_uploads_as_the_device_that_asked_for_it() {
    let (world, wang, doc) = with_household();
    let running = Running::start(world, false);
    let (at, content) = (running.token(&wang), photo(1, 3_000_000));
    let options = running.plain("OPTIONS", &at, &[], b"");
    assert_eq!(
        ["tus-version", "tus-extension", "tus-max-size", "tus-checksum-algorithm", "tus-resumable"]
            .map(|name| options.header(name).unwrap()),
        [
            "1.0.0",
            "creation,creation-with-upload,checksum,expiration,termination",
            "67108864",
            "sha1,sha256",
            "1.0.0"
        ]
    );
    let url = running.begin(&at, &content, doc);
    let head = running.plain("HEAD", &url, &[TUS], b"");
    assert_eq!(
        ["upload-offset", "upload-length", "cache-control"].map(|name| head.header(name).unwrap()),
        ["0", "3000000", "no-store"]
    );
    assert_eq!(head.header("upload-metadata"), Some(metadata(&content, doc).as_str()), "word for word");
    assert!(head.header("upload-expires").unwrap().ends_with(" GMT"));
    // All at once, in one request, as many clients do.
    let whole = running.patch(&url, 0, &content, None);
    assert_eq!((whole.status, whole.header("upload-offset")), (204, Some("3000000")));
    assert!(whole.header("ruhu-receipt").is_some() && whole.header("upload-expires").is_none());
    assert_eq!(running.signed(&wang, "GET", &path_of(&content), &[], b"").body, content);
    // It begins the same again, and is told that it is whole.
    let again = running.begin(&at, &content, doc);
    assert_eq!(problem(&running.patch(&again, 0, &content, None), 409), "wrong_offset");
    assert_eq!(running.offset(&again), Some(3_000_000));
}

#[test]
fn a_token_is_an_address_for_uploads_and_for_nothing_else() {
    let (mut world, wang, doc) = with_household();
    let far = world.phone("孙经办", Role::Caseworker, "110101002");
    let running = Running::start(world, false);
    let (at, elsewhere) = (running.token(&wang), running.token(&far));
    let content = photo(1, 1_000);
    let url = running.begin(&at, &content, doc);
    let id = url.rsplit('/').next().unwrap();
    // Another device's token opens nothing of it.
    let theirs = format!("{elsewhere}{id}");
    assert_eq!(running.plain("HEAD", &theirs, &[TUS], b"").status, 404);
    assert_eq!(problem(&running.plain("DELETE", &theirs, &[TUS], b""), 404), "upload_unknown");
    let (length, said) = (content.len().to_string(), metadata(&content, doc));
    let headers = [TUS, ("upload-length", length.as_str()), ("upload-metadata", said.as_str())];
    assert_eq!(problem(&running.plain("POST", &elsewhere, &headers, b""), 403), "out_of_scope");
    // What is no token, or an altered one.
    // Not at its end: bits of the last character may mean nothing, and it may be that one already.
    let middle = at.len() - 20;
    let other = if at[middle..].starts_with('A') { "B" } else { "A" };
    let altered = format!("{}{other}{}", &at[..middle], &at[middle + 1..]);
    for bad in ["/v1/tus/x/", altered.as_str()] {
        assert_eq!(problem(&running.plain("POST", bad, &headers, b""), 401), "bad_token");
    }
    assert_eq!(problem(&running.plain("POST", "/v1/upload-tokens", &[], b""), 401), "bad_signature");
    assert_eq!(problem(&running.plain("GET", &path_of(&content), &[], b""), 401), "bad_signature");
}

#[test]
fn what_came_before_a_cut_is_kept_of_a_client_with_a_token() {
    let (world, wang, doc) = with_household();
    let running = Running::start(world, true);
    let (at, content) = (running.token(&wang), photo(1, 5_000_000));
    let url = running.begin(&at, &content, doc);
    let mut offset = 0;
    let mut cuts = 0;
    while offset < content.len() {
        let rest = &content[offset..];
        let head = format!(
            "PATCH {url} HTTP/1.1\r\nHost: x\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: {offset}\r\n\
             Content-Type: application/offset+octet-stream\r\nContent-Length: {}\r\n\r\n",
            rest.len()
        );
        let mut stream = TcpStream::connect(running.address).unwrap();
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(&rest[..rest.len().min(1_700_000)]).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        stream.read_to_end(&mut Vec::new()).ok();
        let now = running.offset(&url).unwrap() as usize;
        assert!(now > offset, "what came is kept");
        offset = now;
        cuts += 1;
    }
    assert!(cuts > 2, "{cuts}");
    assert_eq!(running.signed(&wang, "GET", &path_of(&content), &[], b"").body, content);
}

#[test]
fn bytes_with_a_wrong_checksum_are_not_kept_and_those_with_a_right_one_are() {
    let (world, wang, doc) = with_household();
    let running = Running::start(world, false);
    let (at, content) = (running.token(&wang), photo(1, 2_500_000));
    let url = running.begin(&at, &content, doc);
    let wrong = running.patch(&url, 0, &content[..2_000_000], Some(&sha256_of(b"other")));
    assert_eq!(problem(&wrong, 460), "checksum_mismatch");
    assert_eq!(running.offset(&url), Some(0));
    let right = sha256_of(&content[..2_000_000]);
    let first = running.patch(&url, 0, &content[..2_000_000], Some(&right));
    assert_eq!((first.status, first.header("upload-offset")), (204, Some("2000000")));
    assert_eq!(problem(&running.patch(&url, 0, &content, None), 409), "wrong_offset");
    assert_eq!(problem(&running.patch(&url, 2_000_000, &content, None), 413), "too_large");
    let last = running.patch(&url, 2_000_000, &content[2_000_000..], None);
    assert!(last.status == 204 && last.header("ruhu-receipt").is_some());
}

#[test]
fn an_upload_can_bring_its_bytes_with_its_creation_and_can_be_ended() {
    let (world, wang, doc) = with_household();
    let uploads = world.hub.dir().join("uploads");
    let running = Running::start(world, false);
    let at = running.token(&wang);
    let content = photo(1, 9_000);
    let (length, said) = (content.len().to_string(), metadata(&content, doc));
    let headers = [TUS, OCTETS, ("upload-length", length.as_str()), ("upload-metadata", said.as_str())];
    // A part of it, by a client and by a phone that signs.
    let created = running.plain("POST", &at, &headers, &content[..4_000]);
    assert_eq!((created.status, created.header("upload-offset")), (201, Some("4000")));
    let url = at.clone() + created.header("location").unwrap();
    let signed = running.signed(&wang, "POST", "/v1/uploads", &headers, &content[..100]);
    assert_eq!((signed.status, signed.header("upload-offset")), (201, Some("4000")), "it is the same upload");
    // Ended, it is gone, and its bytes too.
    assert_eq!(std::fs::read_dir(&uploads).unwrap().count(), 1);
    assert_eq!(running.plain("DELETE", &url, &[TUS], b"").status, 204);
    assert_eq!(std::fs::read_dir(&uploads).unwrap().count(), 0);
    assert_eq!(running.plain("HEAD", &url, &[TUS], b"").status, 404);
    // Whole in one request.
    let signed = running.signed(&wang, "POST", "/v1/uploads", &headers, &content);
    assert!(signed.status == 201 && signed.header("ruhu-receipt").is_some());
    let url = signed.header("location").unwrap().to_owned();
    assert_eq!(running.signed(&wang, "DELETE", &url, &[TUS], b"").status, 204);
    let got = running.signed(&wang, "GET", &path_of(&content), &[], b"");
    assert_eq!(got.body, content, "what is stored is the document's, and stays");
}

#[test]
fn a_client_whose_line_knows_no_patch_says_so_in_a_header() {
    let (world, wang, doc) = with_household();
    let running = Running::start(world, false);
    let content = photo(1, 5_000);
    let url = running.begin(&running.token(&wang), &content, doc);
    let posted = |method, headers: &[(&'static str, &str)], body: &[u8]| {
        let mut all = vec![TUS, ("x-http-method-override", method)];
        all.extend(headers);
        running.plain("POST", &url, &all, body)
    };
    assert_eq!(posted("PATCH", &[OCTETS, ("upload-offset", "0")], &content[..2_000]).status, 204);
    assert_eq!(running.offset(&url), Some(2_000));
    assert_eq!(problem(&posted("GET", &[], b""), 405), "method_not_allowed");
    assert_eq!(problem(&running.plain("POST", &url, &[TUS], b""), 405), "method_not_allowed");
    assert_eq!(posted("DELETE", &[], b"").status, 204);
    assert_eq!(running.offset(&url), None);
    let old = running.plain("HEAD", &url, &[("tus-resumable", "0.2.2")], b"");
    assert_eq!((old.status, old.header("tus-version")), (412, Some("1.0.0")));
}

#[test]
fn a_file_beyond_the_servers_limit_is_refused_at_its_creation() {
    let (mut world, wang, doc) = with_household();
    world.hub.set_bounds(Bounds { file_bytes: 10_000, ..Bounds::default() });
    let running = Running::start(world, false);
    let at = running.token(&wang);
    assert_eq!(running.plain("OPTIONS", &at, &[], b"").header("tus-max-size"), Some("10000"));
    let content = photo(1, 10_001);
    let (length, said) = (content.len().to_string(), metadata(&content, doc));
    let headers = [TUS, ("upload-length", length.as_str()), ("upload-metadata", said.as_str())];
    assert_eq!(problem(&running.plain("POST", &at, &headers, b""), 413), "too_large");
    running.begin(&at, &content[..10_000], doc);
    let long = "filename ".to_owned() + &"A".repeat(8_000) + "," + &said;
    let headers = [TUS, ("upload-length", "10"), ("upload-metadata", long.as_str())];
    assert_eq!(problem(&running.plain("POST", &at, &headers, b""), 400), "bad_metadata");
}
