//! Photos of a phone that is not heard: given all the same, kept apart with their text, admitted with it.

use ruhu_device::PendingKind;
use ruhu_harness::pictures::picture;
use ruhu_system_tests::process::Wire;
use serde_json::Value;

use crate::town::{Phone, Town};

fn revoke(town: &Town, phone: &Phone) {
    let certificate = phone.device.status().unwrap().author.unwrap();
    town.server.admin(&["revoke", &certificate.device]);
}

fn hashes(listed: &Value) -> Vec<String> {
    listed.as_array().unwrap().iter().map(|entry| entry["hash"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn photos_of_a_revoked_phone_go_into_quarantine_with_its_text_and_out_of_it_as_a_whole() {
    let mut town = Town::new(Wire::Tls);
    let (zhang, wang) = (town.volunteer("张网格员"), town.caseworker("王经办"));
    revoke(&town, &zhang);
    let case = zhang.new_case("陈大河");
    let photo = town.shot(picture(7, 72_000));
    let size = photo.bytes.len() as u64;
    zhang.attach(&case, &photo);
    let report = zhang.sync().unwrap();
    assert!(report.revoked, "{report:?}");
    assert_eq!((report.files_kept_apart, report.files_sent, report.files_failed.len()), (1, 0, 0));
    // The phone keeps its copy and says where the other is.
    assert_eq!(zhang.device.file(&photo.sha256).unwrap(), photo.bytes);
    let left = zhang.device.not_yet_safe().unwrap();
    let told = left.pending.iter().find(|work| work.kind == PendingKind::Photo).unwrap();
    assert_eq!((told.count, told.reason.as_deref()), (1, Some("kept_apart")));
    assert!(told.message.zh.contains("隔离") && told.message.en.contains("kept apart"));
    // Once is enough.
    let again = zhang.sync().unwrap();
    assert_eq!((again.files_kept_apart, again.file_bytes), (0, 0));
    // The administrator sees whose it is, and looks at the photo.
    let listed = town.server.admin(&["quarantine", "list"]);
    let named = listed.as_array().unwrap().iter().find(|entry| entry["photos"][0].is_object()).unwrap();
    assert_eq!((&named["person"], &named["photos"][0]["bytes"]), (&"张网格员".into(), &size.into()));
    assert!(named["household"].as_str().unwrap().contains("陈大河"), "{named}");
    let out = town.folder().join("looked-at.jpg");
    let path = out.to_str().unwrap();
    town.server.admin(&["quarantine", "show", "--document", &case, "--out", path]);
    assert_eq!(std::fs::read(&out).unwrap(), photo.bytes);
    assert!(town.server.check()["quarantine"]["bytes"].as_u64().unwrap() > size);
    // Nobody else has anything of it until it is admitted.
    wang.sync().unwrap();
    assert_eq!(wang.device.case_list("", 0, 10).unwrap(), []);
    let admitted = town.server.admin(&["quarantine", "admit", "--document", &case]);
    assert_eq!((&admitted["photos"], &admitted["left"]), (&1.into(), &Value::Array(vec![])));
    wang.sync().unwrap();
    assert_eq!(wang.device.file(&photo.sha256).unwrap(), photo.bytes);
    assert_eq!(town.server.check()["findings"], Value::Array(vec![]));
}

#[test]
fn what_is_dismissed_is_told_to_its_phone_and_is_admitted_when_somebody_thinks_better_of_it() {
    let mut town = Town::new(Wire::Tls);
    let (zhang, wang) = (town.volunteer("张网格员"), town.caseworker("王经办"));
    revoke(&town, &zhang);
    let case = zhang.new_case("陈大河");
    zhang.sync().unwrap();
    let listed = town.server.admin(&["quarantine", "list"]);
    let dismiss = ["quarantine", "dismiss", "--document", &case, "--reason", "重复", "--by", "刘管理员"];
    assert_eq!(town.server.admin(&dismiss)["dismissed"], 1);
    zhang.sync().unwrap();
    let reason = |phone: &Phone| phone.device.not_yet_safe().unwrap().pending[0].reason.clone();
    assert_eq!(reason(&zhang).as_deref(), Some("dismissed"));
    let shown = town.server.admin(&["quarantine", "list"]);
    assert_eq!(shown[0]["dismissed"]["person"], "刘管理员");
    let mut admit = vec!["quarantine".to_owned(), "admit".to_owned()];
    admit.extend(hashes(&listed));
    let admit: Vec<&str> = admit.iter().map(String::as_str).collect();
    assert_eq!(town.server.admin(&admit)["envelopes"], 1);
    wang.sync().unwrap();
    assert_eq!(wang.device.case_list("", 0, 10).unwrap().len(), 1);
    // The phone hears that nothing of it is dismissed any more.
    zhang.sync().unwrap();
    assert_eq!(reason(&zhang).as_deref(), Some("revoked"));
}
