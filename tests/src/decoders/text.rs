//! What people and headers say as text.

use ruhu_case::{ActorId, ChangeHash, DocId};
use ruhu_national::{Day, Division, DivisionScope, Fen, IdNumber, IdNumberError, WorkCalendar};
use ruhu_server::http::headers::{self, Range};
use ruhu_sync::auth::{self, SignedRequest};
use ruhu_sync::{DeviceId, EnrollCode, EnvelopeHash, KeyPair, LogId};
use ruhu_text::{Explain, Lang};

fn server() -> KeyPair {
    KeyPair::from_seed(&[1; 32])
}

fn texts(all: &[&str]) -> Vec<Vec<u8>> {
    all.iter().map(|text| text.as_bytes().to_vec()).collect()
}

pub(super) fn id_number(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for today in [None, Day::new(2026, 11, 22)] {
        match IdNumber::parse(&text, today) {
            Ok(number) => hold(&number),
            Err(IdNumberError::Old { upgraded }) => hold(&upgraded),
            Err(error) => assert!(!error.message(Lang::Zh).is_empty()),
        }
    }
}

/// A number that was taken is 18 characters, tells a birth date, and is taken again.
fn hold(number: &IdNumber) {
    assert_eq!(number.as_str().len(), 18);
    assert_eq!(number.region().len(), 6);
    let (year, month, day) = number.birth();
    assert!(year >= 1900 && (1..=12).contains(&month) && (1..=31).contains(&day));
    assert_eq!(IdNumber::parse(number.as_str(), None).as_ref(), Ok(number));
    assert!(!format!("{number:?}").contains(number.as_str()));
    number.sex();
}

pub(super) fn id_number_seeds() -> Vec<Vec<u8>> {
    texts(&[
        "11010519491231002X",
        " １１０１０５１９４９１２３１００２ｘ ",
        "110105491231002",
        "110101199003070011",
    ])
}

/// Everything that names something by digits: what is taken is written and taken as the same.
pub(super) fn division(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(division) = Division::parse(&text) {
        assert_eq!(division.as_str(), text);
        assert!(DivisionScope::from(division).covers(&division));
        assert!(division.as_str().starts_with(division.township()));
        assert!(division.township().starts_with(division.county()));
    }
    if let Ok(scope) = DivisionScope::parse(&text) {
        assert_eq!(scope.as_str(), text);
        assert!(scope.contains(&scope));
    }
    same_again::<LogId>(&text);
    same_again::<DeviceId>(&text);
    same_again::<EnvelopeHash>(&text);
    same_again::<DocId>(&text);
    same_again::<ActorId>(&text);
    same_again::<ChangeHash>(&text);
}

fn same_again<T: std::str::FromStr + std::fmt::Display + PartialEq>(text: &str) {
    if let Ok(read) = text.parse::<T>() {
        assert!(read.to_string().parse::<T>().is_ok_and(|again| again == read), "{text}");
    }
}

pub(super) fn division_seeds() -> Vec<Vec<u8>> {
    let id = DocId::new(1_795_309_200_000, [7; 10]).to_string();
    let hash = EnvelopeHash([0xa5; 32]).to_string();
    let device = server().public().device_id().to_string();
    texts(&["110101001002", "110101001", "110101", "110101001/household", &id, &hash, &device])
}

pub(super) fn money(bytes: &[u8]) {
    same_again::<Fen>(&String::from_utf8_lossy(bytes));
}

pub(super) fn money_seeds() -> Vec<Vec<u8>> {
    texts(&["1234.50", "-3", ".5", "19.900", "92233720368547758.07"])
}

/// A calendar that was taken names a paper for each of its years and knows every day of it; what it
/// counts forward it counts back.
pub(super) fn workdays(bytes: &[u8]) {
    let Ok(calendar) = WorkCalendar::read(&String::from_utf8_lossy(bytes)) else { return };
    for year in calendar.years() {
        assert!(!calendar.sources(year).is_empty());
        let first = Day::new(year, 1, 1).unwrap();
        assert!((0..365).all(|n| calendar.is_workday(first.plus(n).unwrap()).is_ok()));
        if let Ok(tenth) = calendar.add_workdays(first, 10) {
            assert_eq!(calendar.workdays_between(first, tenth), Ok(10));
            assert_eq!(calendar.workdays_between(tenth, first), Ok(-10));
        }
    }
}

pub(super) fn workdays_seeds() -> Vec<Vec<u8>> {
    texts(&[
        include_str!("../../../packs/calendar/workdays.toml"),
        "[2026]\nsource = [\"通知\"]\noff = [\"2026-10-01\", \"2027-01-01\"]\nwork = [\"2026-10-10\"]\n",
    ])
}

pub(super) fn enroll_code(bytes: &[u8]) {
    let Ok(code) = String::from_utf8_lossy(bytes).parse::<EnrollCode>() else { return };
    let text = code.to_string();
    // A field left out is spelt out as absent, which may pass the limit of a code.
    assert!(text.len() > 1_000 || text.parse::<EnrollCode>().as_ref() == Ok(&code));
    assert!(!code.server_key().verify("", &[], &ruhu_sync::Signature([0; 64])));
    code.tls_fingerprint();
}

pub(super) fn enroll_code_seeds() -> Vec<Vec<u8>> {
    let code = |url: &str, tls| EnrollCode::new(url.into(), [7; 16], server().public(), tls).to_string();
    texts(&[&code("https://192.0.2.1:8443", Some([9; 32])), &code("http://127.0.0.1:1", None).to_lowercase()])
}

pub(super) fn authorization(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let Some((device, signature)) = auth::parse_authorization(&text) else { return };
    let request = SignedRequest { method: "POST", path: "/v1/sync", body: b"", server: server().public() };
    let key = KeyPair::from_seed(&[2; 32]).public();
    if request.is_signed_by(&key, &signature) {
        assert_eq!(signature, auth::parse_authorization(&authorized()).unwrap().1);
    }
    assert_eq!(device.to_string().len(), 32);
}

fn authorized() -> String {
    let request = SignedRequest { method: "POST", path: "/v1/sync", body: b"", server: server().public() };
    request.authorization(&KeyPair::from_seed(&[2; 32]))
}

pub(super) fn authorization_seeds() -> Vec<Vec<u8>> {
    texts(&[&authorized()])
}

/// A number of a line's own is the size of the file; the rest is the header.
pub(super) fn range(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (size, header) = text.split_once('\n').unwrap_or(("100", &text));
    let size = size.parse::<u64>().unwrap_or(100);
    match headers::range(Some(header), size) {
        Range::Whole | Range::Outside => {}
        Range::Part(start, length) => {
            assert!(length > 0 && start.checked_add(length).is_some_and(|end| end <= size));
        }
    }
}

pub(super) fn range_seeds() -> Vec<Vec<u8>> {
    texts(&[
        "bytes=0-",
        "1\nbytes=0-0",
        "5000\nbytes=10-19",
        "700\nbytes=-7",
        "0\nbytes=5-2",
        "9\nbytes=1-2,4-5",
    ])
}

/// Three lines: `Upload-Length`, `Upload-Metadata`, `Upload-Checksum`; then the body.
pub(super) fn upload_headers(bytes: &[u8]) {
    let mut parts = bytes.splitn(4, |byte| *byte == b'\n');
    let mut next = || parts.next().map(String::from_utf8_lossy);
    let (length, metadata, checksum) = (next(), next(), next());
    let body = parts.next().unwrap_or_default();
    if let Some(new) = headers::upload(metadata.as_deref(), length.as_deref()) {
        assert!(new.mime.len() <= 100 && new.mime.is_ascii());
        assert!(!new.mime.contains(['\r', '\n']));
    }
    if headers::check_checksum(checksum.as_deref(), body).is_ok() {
        let longer = [body, b"x"].concat();
        assert!(checksum.is_none() || headers::check_checksum(checksum.as_deref(), &longer).is_err());
    }
}

pub(super) fn upload_headers_seeds() -> Vec<Vec<u8>> {
    let base64 = |bytes: &[u8]| data_encoding::BASE64.encode(bytes);
    let doc = DocId::new(1_795_309_200_000, [7; 10]).to_string();
    let metadata = format!(
        "sha256 {}, doc {}, mime {}",
        base64(&[0xa5; 32]),
        base64(doc.as_bytes()),
        base64(b"image/jpeg")
    );
    let hexadecimal = format!("doc {},sha256 {}", base64(doc.as_bytes()), base64("a5".repeat(32).as_bytes()));
    // SHA-256 and SHA-1 of nothing.
    let sha256 = "sha256 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    let sha1 = "sha1 2jmj7l5rSw0yVb/vlWAYkK/YBwk=";
    texts(&[&format!("5000\n{metadata}\n{sha256}\n"), &format!("1\n{hexadecimal}\n{sha1}\n")])
}
