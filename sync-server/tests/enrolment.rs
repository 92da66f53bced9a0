//! One-time codes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod story;

use ruhu_server::HubError;
use ruhu_server::hub::{EnrollError, Invitation};
use ruhu_sync::{EnrollCode, KeyPair, Role, Signature};
use ruhu_text::{Explain, Lang};
use story::{World, enroll_request};

fn invitation(person: &str) -> Invitation {
    let scope = "110101001".parse().unwrap();
    Invitation { person: person.into(), role: Role::Caseworker, scope, valid_ms: 60_000 }
}

fn code(world: &mut World) -> EnrollCode {
    world.hub.issue_code(invitation("王经办"), "https://192.0.2.1:8443", Some([9; 32]), world.now).unwrap()
}

fn refusal(world: &mut World, key: &KeyPair, code: &EnrollCode) -> EnrollError {
    match world.hub.enroll(&enroll_request(key, code.secret), world.now) {
        Err(HubError::Enroll(error)) => error,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_code_gives_a_certificate_and_names_the_server() {
    let mut world = World::new();
    let code: EnrollCode = code(&mut world).to_string().parse().unwrap();
    assert_eq!((code.url.as_str(), code.tls_fingerprint()), ("https://192.0.2.1:8443", Some([9; 32])));
    let key = KeyPair::from_seed(&[5; 32]);
    let enrolled = world.hub.enroll(&enroll_request(&key, code.secret), world.now).unwrap();
    assert_eq!(enrolled.server_key, code.server_key().0);
    assert!(enrolled.certificate.is_issued_by(&code.server_key()));
    assert_eq!(
        (enrolled.certificate.device(), enrolled.certificate.role),
        (key.public().device_id(), Role::Caseworker)
    );
    let devices = world.hub.devices().unwrap();
    assert_eq!((devices.len(), devices[0].person.as_str(), devices[0].revoked_at_ms), (1, "王经办", None));
}

#[test]
fn a_lost_answer_is_given_again_to_the_same_phone_only() {
    let mut world = World::new();
    let code = code(&mut world);
    let key = KeyPair::from_seed(&[5; 32]);
    let first = world.hub.enroll(&enroll_request(&key, code.secret), world.now).unwrap();
    world.now += 3_600_000;
    let again = world.hub.enroll(&enroll_request(&key, code.secret), world.now).unwrap();
    assert_eq!(again, first);
    assert_eq!(refusal(&mut world, &KeyPair::from_seed(&[6; 32]), &code), EnrollError::CodeUsed);
}

#[test]
fn an_expired_an_unknown_and_an_unsigned_request_each_hear_why() {
    let mut world = World::new();
    let (code, key) = (code(&mut world), KeyPair::from_seed(&[5; 32]));
    let mut forged = enroll_request(&key, code.secret);
    forged.signature = Signature([1; 64]);
    let answer = world.hub.enroll(&forged, world.now);
    assert!(matches!(answer, Err(HubError::Enroll(EnrollError::BadSignature))));
    world.now += 60_000;
    assert_eq!(refusal(&mut world, &key, &code), EnrollError::CodeExpired);
    let unknown = EnrollCode::new(String::new(), [0; 16], code.server_key(), None);
    assert_eq!(refusal(&mut world, &key, &unknown), EnrollError::CodeUnknown);
    assert!(world.hub.devices().unwrap().is_empty());
    assert!(HubError::from(EnrollError::CodeExpired).message(Lang::Zh).contains("已过期"));
}

#[test]
fn a_revoked_phone_needs_a_new_key() {
    let mut world = World::new();
    let (first, second) = (code(&mut world), code(&mut world));
    let key = KeyPair::from_seed(&[5; 32]);
    world.hub.enroll(&enroll_request(&key, first.secret), world.now).unwrap();
    world.hub.revoke(key.public().device_id(), None, world.now).unwrap();
    assert_eq!(refusal(&mut world, &key, &second), EnrollError::Revoked);
    world.hub.enroll(&enroll_request(&KeyPair::from_seed(&[6; 32]), second.secret), world.now).unwrap();
}

#[test]
fn a_code_is_for_a_person_with_a_role_and_some_time() {
    let mut world = World::new();
    for (invitation, expected) in [
        (invitation(" "), EnrollError::Person),
        (invitation("王\u{7}"), EnrollError::Person),
        (invitation(&"王".repeat(61)), EnrollError::Person),
        (Invitation { role: Role::Server, ..invitation("王") }, EnrollError::Role),
        (Invitation { valid_ms: 0, ..invitation("王") }, EnrollError::Validity),
    ] {
        match world.hub.issue_code(invitation, "https://192.0.2.1", None, world.now) {
            Err(HubError::Enroll(error)) => assert_eq!(error, expected),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn the_folder_does_not_hold_the_secret_of_a_code() {
    let mut world = World::new();
    let code = code(&mut world);
    for name in ["server.db", "server.db-wal"] {
        let bytes = std::fs::read(world.hub.dir().join(name)).unwrap();
        assert!(!bytes.windows(16).any(|window| window == code.secret), "{name}");
    }
}
