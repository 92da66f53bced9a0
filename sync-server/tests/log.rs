//! What the server's log tells: one line for each refused request, by the name that its answer carries; one for each
//! envelope that was not taken; and nothing that a person entered.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod story;

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex};

use data_encoding::BASE64;
use ruhu_case::{RawChange, limits};
use ruhu_sync::transport::{Request, Response};
use ruhu_sync::{Body, KeyPair, Outcome, Problem, Role, codec};
use serde_json::Value;
use sha2::{Digest, Sha256};
use story::running::Running;
use story::{Phone, VILLAGE, World, enroll_request, held};

/// Everything that this program logs, at the most talkative level of every crate.
static LOG: LazyLock<Lines> = LazyLock::new(|| {
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::set_global_default(subscriber).unwrap();
    lines
});

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Lines {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }

    /// The events with this message, each with its fields.
    fn events(&self, message: &str) -> Vec<Value> {
        let lines: Vec<Value> =
            self.text().lines().map(|line| serde_json::from_str(line).expect(line)).collect();
        lines.into_iter().filter(|line| line["fields"]["message"] == message).collect()
    }
}

/// What the answer says, after checking that its request has one line, of the same name, code and status.
fn refused(answer: &Response) -> String {
    let problem: Problem = codec::from_cbor(&answer.body).unwrap();
    let id = answer.header("ruhu-request-id").unwrap();
    assert_eq!(problem.request.as_deref(), Some(id));
    let lines = LOG.events("request refused");
    let told: Vec<&Value> = lines.iter().filter(|line| line["fields"]["id"] == id).collect();
    let [line] = told[..] else { panic!("{} lines for {}", told.len(), problem.code) };
    assert_eq!(line["level"], "WARN");
    assert_eq!(line["fields"]["code"], problem.code);
    assert_eq!(line["fields"]["status"], answer.status);
    assert!(line["fields"]["ms"].is_u64(), "{line}");
    assert_eq!(line["span"]["name"], "request");
    problem.code
}

/// A request that no phone of ours makes.
fn raw(method: &'static str, path: &str, body: &[u8]) -> Request {
    Request { method, path: path.into(), headers: vec![], body: body.to_vec() }
}

fn upload_headers(content: &[u8], doc: &str) -> String {
    let digest: [u8; 32] = Sha256::digest(content).into();
    let pair = |key: &str, value: &[u8]| format!("{key} {}", BASE64.encode(value));
    [pair("sha256", &digest), pair("doc", doc.as_bytes()), pair("mime", b"image/jpeg")].join(",")
}

#[test]
fn every_kind_of_refused_request_has_one_line_of_its_name_and_code() {
    LazyLock::force(&LOG);
    let mut world = World::new();
    let mut wang = world.caseworker("王经办");
    let (doc, opened) = wang.open_household(1, VILLAGE);
    held(&world.push(&wang, &[opened])[0]);
    let running = Running::start(world, false);
    let send = |request| refused(&running.send(request));
    let signed = |method, path: &str, headers: &[(&'static str, &str)], body: &[u8]| {
        refused(&running.signed(&wang, method, path, headers, body))
    };
    let own_key = KeyPair::from_seed(&[77; 32]);
    let scope = "110101001".parse().unwrap();
    let own = ruhu_sync::Certificate::issue(
        &own_key,
        own_key.public(),
        "某人".into(),
        Role::Caseworker,
        scope,
        0,
        i64::MAX,
    );
    let stranger = Phone::new(own_key, own, [1; 16]);
    let enrolment = codec::to_cbor(&enroll_request(&KeyPair::from_seed(&[41; 32]), [0; 16]));
    let mut forged = enroll_request(&KeyPair::from_seed(&[41; 32]), [0; 16]);
    forged.key = [9; 32];
    let (tus, doc) = (("tus-resumable", "1.0.0"), doc.to_string());
    let metadata = upload_headers(b"photo", &doc);
    let create = |metadata: &str, length: &str| {
        running.signed(
            &wang,
            "POST",
            "/v1/uploads",
            &[tus, ("upload-length", length), ("upload-metadata", metadata)],
            b"",
        )
    };
    let created = create(&metadata, "5");
    let upload = created.header("location").unwrap().to_owned();
    let octets = ("content-type", "application/offset+octet-stream");
    let told = [
        send(raw("POST", "/v1/sync", b"")),
        refused(&running.signed(&stranger, "GET", "/v1/forms", &[], b"")),
        signed("POST", "/v1/sync", &[], &[9, 9]),
        signed("POST", "/v1/sync", &[], &vec![0; limits::REQUEST_BYTES + 1]),
        signed("GET", "/v1/nothing/张三", &[], b""),
        signed("GET", "/v1/sync", &[], b""),
        signed("GET", "/v1/forms/%ff/1", &[], b""),
        signed("GET", "/v1/forms/home_visit/1", &[], b""),
        send(raw("POST", "/v1/enroll", &enrolment)),
        send(raw("POST", "/v1/enroll", &codec::to_cbor(&forged))),
        signed("GET", "/v1/files/00", &[], b""),
        signed("POST", "/v1/uploads", &[], b""),
        refused(&create(&metadata, "999999999999")),
        refused(&create("sha256 x", "5")),
        refused(&create(&upload_headers(b"photo", "018f3f5e-7c1d-7aaa-8000-000000000000"), "5")),
        signed("PATCH", "/v1/uploads/0123", &[tus, octets, ("upload-offset", "0")], b"x"),
        signed("PATCH", &upload, &[tus, ("upload-offset", "0")], b"x"),
        signed("PATCH", &upload, &[tus, octets, ("upload-offset", "3")], b"x"),
        signed(
            "PATCH",
            &upload,
            &[tus, octets, ("upload-offset", "0"), ("upload-checksum", "sha1 AAAA")],
            b"x",
        ),
        signed(
            "PATCH",
            &upload,
            &[tus, octets, ("upload-offset", "0"), ("upload-checksum", "crc AAAA")],
            b"x",
        ),
        signed("PATCH", &upload, &[tus, octets, ("upload-offset", "0")], b"fotos"),
    ];
    assert_eq!(
        told.each_ref().map(String::as_str),
        [
            "bad_signature",
            "unknown_device",
            "malformed",
            "too_large",
            "not_found",
            "method_not_allowed",
            "malformed",
            "form_unknown",
            "code_unknown",
            "bad_signature",
            "file_unknown",
            "tus_version",
            "too_large",
            "bad_metadata",
            "document_unknown",
            "upload_unknown",
            "content_type",
            "wrong_offset",
            "checksum_mismatch",
            "checksum_algorithm",
            "hash_mismatch",
        ]
    );
    let other_version = running
        .send(Request { headers: vec![("ruhu-protocol", "2".into())], ..raw("GET", "/v1/forms", b"") });
    assert!(!(200..300).contains(&other_version.status));
    refused(&other_version);
    let answered = running.signed(&wang, "GET", "/v1/forms", &[], b"");
    let id = answered.header("ruhu-request-id").unwrap();
    let lines = LOG.events("request answered");
    assert_eq!(lines.iter().filter(|line| line["span"]["id"] == id).count(), 1, "{id}");
}

#[test]
fn every_envelope_that_was_not_taken_has_a_line_with_its_reason() {
    LazyLock::force(&LOG);
    let mut world = World::new();
    let (mut wang, mut li) = (world.caseworker("王经办"), world.caseworker("李经办"));
    let (doc, opened) = wang.open_household(1, VILLAGE);
    held(&world.push(&wang, std::slice::from_ref(&opened))[0]);
    let (elsewhere, far) = li.open_household(2, story::ELSEWHERE);
    let garbage = wang.envelope(doc, None, Body::Changes(vec![RawChange::from_body(b"garbage")]));
    let bulky = RawChange::from_body(&vec![1; limits::CHANGE_BYTES + 1]);
    let large = wang.envelope(doc, None, Body::Changes(vec![bulky]));
    let mut forged = wang.write(doc, "case/phone", "13800000000");
    forged.signature = large.signature;
    let mut outcomes = BTreeMap::new();
    for (envelope, phone) in [(&garbage, &wang), (&large, &wang), (&forged, &wang), (&far, &li)] {
        outcomes
            .insert(envelope.hash().to_string(), world.push(phone, std::slice::from_ref(envelope)).remove(0));
    }
    world.hub.revoke(li.device(), None, world.now).unwrap();
    li.documents.remove(&elsewhere);
    let (_, late) = li.open_household(3, VILLAGE);
    outcomes.insert(late.hash().to_string(), world.push(&li, std::slice::from_ref(&late)).remove(0));
    let orphan = wang.envelope(
        ruhu_case::DocId::new(1, [9; 10]),
        None,
        Body::Changes(vec![RawChange::from_body(&[9, 3, 1, 2, 3])]),
    );
    outcomes.insert(orphan.hash().to_string(), world.push(&wang, std::slice::from_ref(&orphan)).remove(0));

    let lines = LOG.events("envelope not taken");
    let mut reasons = Vec::new();
    for (hash, outcome) in &outcomes {
        let told: Vec<&Value> = lines.iter().filter(|line| line["fields"]["envelope"] == **hash).collect();
        let [line] = told[..] else { panic!("{} lines for {outcome:?}", told.len()) };
        let (name, level) = match outcome {
            Outcome::Quarantined { .. } => ("quarantined", "WARN"),
            Outcome::Refused { .. } => ("refused", "WARN"),
            Outcome::UnknownDocument => ("unknown_document", "INFO"),
            other => panic!("{other:?}"),
        };
        assert_eq!((&line["fields"]["outcome"], &line["level"]), (&Value::from(name), &Value::from(level)));
        reasons.extend(line["fields"]["reason"].as_str().map(str::to_owned));
    }
    reasons.sort();
    assert_eq!(reasons, ["bad_signature", "out_of_scope", "revoked", "too_large", "undecodable"]);
}

#[test]
fn nothing_that_a_person_entered_stands_in_the_log_at_its_most_talkative() {
    LazyLock::force(&LOG);
    const PERSON: &str = "甄隐私";
    let mut world = World::new();
    let mut wang = world.caseworker(PERSON);
    let (doc, opened) = wang.open_household(1, VILLAGE);
    let planted = [
        "11010519491231002X",
        "13900008888",
        "柳树胡同隐秘门牌",
        "6222020200112233",
        "因病致贫的原话",
        "secret-form-title",
    ];
    let writes: Vec<_> = planted
        .iter()
        .enumerate()
        .map(|(n, text)| wang.write(doc, &format!("case/planted{n}"), text))
        .collect();
    let form = planted[5].as_bytes();
    world.hub.publish_form("planted", "1", form, world.now).unwrap();
    let running = Running::start(world, false);
    let response = running.sync(&wang, &wang.request(&[vec![opened], writes].concat()));
    assert!(response.outcomes.iter().all(|outcome| matches!(outcome, Outcome::Held { .. })));
    let photo = planted[4].as_bytes();
    let headers = [
        ("tus-resumable", "1.0.0"),
        ("upload-length", &*photo.len().to_string()),
        ("upload-metadata", &upload_headers(photo, &doc.to_string())),
    ];
    let created = running.signed(&wang, "POST", "/v1/uploads", &headers, b"");
    let octets = [
        ("tus-resumable", "1.0.0"),
        ("content-type", "application/offset+octet-stream"),
        ("upload-offset", "0"),
    ];
    let stored = running.signed(&wang, "PATCH", created.header("location").unwrap(), &octets, photo);
    assert_eq!(stored.status, 204);
    assert_eq!(running.signed(&wang, "GET", "/v1/forms/planted/1", &[], b"").body, form);
    refused(&running.signed(&wang, "GET", "/v1/forms/planted/柳树胡同隐秘门牌", &[], b""));
    let mut log = LOG.text();
    assert!(log.contains("\"TRACE\"") && log.contains("request answered"), "the log is on");
    for value in planted.iter().chain([&PERSON]) {
        let escaped: String = value.chars().map(|c| format!("\\u{{{:x}}}", c as u32)).collect();
        let percent: String = value.bytes().map(|byte| format!("%{byte:02X}")).collect();
        for form in [(*value).to_owned(), escaped, percent] {
            assert!(!log.contains(&form), "{form} stands in the log");
        }
    }
    // The test itself can fail: what is logged is found.
    tracing::info!(value = planted[0], "planted on purpose");
    log = LOG.text();
    assert!(log.contains(planted[0]));
}
