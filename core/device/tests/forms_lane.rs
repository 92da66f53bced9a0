//! Forms on their way to a phone: each ends with its own result, and none stands in another's way.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use ruhu_device::{DeviceError, Explain, ItemFault, SyncReport};
use ruhu_harness::county::compiled;
use ruhu_harness::link::Fate;
use ruhu_harness::world::{Phone, World};

const ROWS: &str = "text,remark,备注,case/remark,,\n";

fn form(id: &str, version: &str) -> Vec<u8> {
    compiled(id, version, ROWS, "")
}

/// The items and codes of what failed.
fn told(faults: &[ItemFault]) -> Vec<(&str, &str)> {
    faults.iter().map(|fault| (fault.item.as_str(), fault.code.as_str())).collect()
}

fn has(phone: &Phone, id: &str, version: &str) -> bool {
    phone.device().forms().unwrap().iter().any(|form| form.id == id && form.version == version)
}

fn sync(phone: &Phone) -> SyncReport {
    phone.sync().unwrap()
}

#[test]
fn a_form_arrives_whatever_its_version_is_written_with() {
    let mut world = World::new(301);
    let wang = world.caseworker("王经办");
    for version in ["2026年版", "第2版（试行）", "1/2", "..", "a b?c#d%2e"] {
        world.publish("county_test", version, &form("county_test", version));
        let report = sync(&wang);
        assert_eq!(
            (report.forms, told(&report.forms_failed)),
            (vec![format!("county_test {version}")], vec![])
        );
        assert!(has(&wang, "county_test", version));
    }
}

#[test]
fn a_form_that_cannot_be_used_is_named_and_not_fetched_again_and_the_others_come() {
    let mut world = World::new(302);
    let wang = world.caseworker("王经办");
    let case = wang.new_case("张三");
    let bad = world.publish("a_broken", "1", b"these bytes are no form");
    let misnamed = world.publish("b_misnamed", "1", &form("another", "1"));
    world.publish("c_good", "1", &form("c_good", "1"));
    let report = sync(&wang);
    assert_eq!(report.sent, 1, "the household went up");
    assert_eq!(report.forms, ["c_good 1"]);
    let expected = [("a_broken 1", "form_unreadable"), ("b_misnamed 1", "form_misnamed")];
    assert_eq!(told(&report.forms_failed), expected);
    assert!(
        report.forms_failed[0].en.contains("administrator") && report.forms_failed[0].zh.contains("管理员")
    );

    // It is told for as long as it stands there, and costs nothing more.
    wang.link.asked();
    let again = sync(&wang);
    assert_eq!(told(&again.forms_failed), []);
    assert_eq!(wang.link.asked(), ["POST /v1/sync"]);
    assert_eq!(told(&wang.device().status().unwrap().forms_refused), expected);
    let findings = wang.device().check().unwrap();
    assert!(findings.iter().any(|finding| finding.contains("a_broken 1")), "{findings:?}");

    // When the list changes the others are fetched, and these two are not.
    world.publish("d_later", "1", &form("d_later", "1"));
    assert_eq!(sync(&wang).forms, ["d_later 1"]);
    let asked = wang.link.asked();
    assert!(!asked.iter().any(|path| path.contains(&bad) || path.contains(&misnamed)), "{asked:?}");

    // Withdrawn by the clerk, and published again as it should be.
    let now_ms = world.clock.now_ms();
    world.with_hub(|hub| hub.withdraw_form("a_broken", None, now_ms)).unwrap();
    world.with_hub(|hub| hub.withdraw_form("b_misnamed", Some("1"), now_ms)).unwrap();
    world.publish("a_broken", "2", &form("a_broken", "2"));
    let mended = sync(&wang);
    assert_eq!((mended.forms, told(&mended.forms_failed)), (vec!["a_broken 2".to_owned()], vec![]));
    assert_eq!(wang.device().status().unwrap().forms_refused, []);
    assert_eq!(wang.device().check().unwrap(), Vec::<String>::new());
    wang.device().visit_start(&case, "a_broken").unwrap();
}

#[test]
fn another_content_under_a_version_that_is_here_is_passed_over_and_named() {
    let mut world = World::new(303);
    let wang = world.caseworker("王经办");
    wang.device().form_install(&form("county_test", "1")).unwrap();
    let other = world.publish("county_test", "1", &compiled("county_test", "1", "text,other,其他,,,\n", ""));
    let case = wang.new_case("张三");
    let visit = wang.device().visit_start(&case, "county_test").unwrap().id;
    let report = sync(&wang);
    assert_eq!(told(&report.forms_failed), [("county_test 1", "form_version_taken")]);
    assert!(
        !wang.link.asked().iter().any(|path| path.contains(&other)),
        "it need not be fetched to be known"
    );
    wang.device().visit_answer(&visit, "remark", "门前有坡").unwrap();
    assert_eq!(
        told(&wang.device().status().unwrap().forms_refused),
        [("county_test 1", "form_version_taken")]
    );
}

#[test]
fn a_form_that_was_lost_on_its_way_is_fetched_the_next_time() {
    let mut world = World::new(304);
    let wang = world.caseworker("王经办");
    world.publish("a_form", "1", &form("a_form", "1"));
    world.publish("b_form", "1", &form("b_form", "1"));
    // The text and the list arrive; of the first form the server knows nothing today, by either way.
    wang.link.decide(vec![Fate::Arrives, Fate::Arrives, Fate::Refused]);
    let report = sync(&wang);
    assert_eq!(
        (report.forms.as_slice(), told(&report.forms_failed)),
        (&["b_form 1".to_owned()][..], vec![("a_form 1", "server")])
    );
    assert_eq!(wang.device().status().unwrap().forms_refused, [], "it may come yet");
    assert_eq!(sync(&wang).forms, ["a_form 1"]);
}

#[test]
fn a_text_lane_that_fails_stops_no_form_and_is_told_with_what_went_well() {
    let mut world = World::new(305);
    let wang = world.caseworker("王经办");
    wang.new_case("张三");
    world.publish("a_form", "1", &form("a_form", "1"));
    wang.link.decide(vec![Fate::Refused]);
    let Err(DeviceError::Incomplete { cause, report }) = wang.sync() else {
        panic!("the text did not go up")
    };
    assert_eq!(cause.code(), "server");
    assert_eq!(report.text_failed.as_ref().map(|fault| fault.code.as_str()), Some("server"));
    assert_eq!((report.sent, report.forms.as_slice()), (0, &["a_form 1".to_owned()][..]));
    assert!(has(&wang, "a_form", "1"));
    let report = sync(&wang);
    assert_eq!((report.sent, report.text_failed), (1, None));
}

#[test]
fn a_withdrawn_form_begins_no_visit_and_open_visits_go_on_with_it() {
    let mut world = World::new(306);
    let wang = world.caseworker("王经办");
    let case = wang.new_case("张三");
    for version in ["1", "2"] {
        world.publish("county_test", version, &form("county_test", version));
    }
    sync(&wang);
    let visit = wang.device().visit_start(&case, "county_test").unwrap();
    assert_eq!(visit.version, "2");
    let now_ms = world.clock.now_ms();
    let withdraw = |version| world.with_hub(|hub| hub.withdraw_form("county_test", version, now_ms)).unwrap();
    withdraw(Some("2"));
    sync(&wang);
    assert_eq!(wang.device().visit_start(&case, "county_test").unwrap().version, "1");
    wang.device().visit_answer(&visit.id, "remark", "门前有坡").unwrap();
    assert_eq!(wang.device().visit_show(&visit.id).unwrap().visit.newer_version, None);
    withdraw(None);
    sync(&wang);
    assert_eq!(wang.device().visit_start(&case, "county_test").unwrap_err().code(), "not_found");
    wang.device().visit_save(&visit.id).unwrap();
    assert_eq!(wang.field(&case, "remark").as_deref(), Some("门前有坡"));
    // A new phone is not even given it.
    let li = world.caseworker("李经办");
    assert_eq!(sync(&li).forms, Vec::<String>::new());
    // Published again as it was.
    world.publish("county_test", "2", &form("county_test", "2"));
    sync(&wang);
    assert_eq!(wang.device().visit_start(&case, "county_test").unwrap().version, "2");
    assert_eq!(sync(&li).forms, ["county_test 2"]);
}

#[test]
fn a_restored_server_is_given_back_the_forms_and_withdrawals_it_has_forgotten() {
    let mut world = World::new(307);
    let wang = world.caseworker("王经办");
    world.publish("old_form", "1", &form("old_form", "1"));
    sync(&wang);
    let copy = world.back_up_server();
    world.clock.advance(60_000);
    let later = form("later_form", "2026年版");
    world.publish("later_form", "2026年版", &later);
    let now_ms = world.clock.now_ms();
    world.with_hub(|hub| hub.withdraw_form("old_form", None, now_ms)).unwrap();
    assert_eq!(sync(&wang).forms, ["later_form 2026年版"]);
    world.restore_server(&copy);

    sync(&wang);
    let forms = world.with_hub(|hub| hub.forms()).unwrap().forms;
    let told: Vec<(&str, bool)> = forms.iter().map(|form| (form.id.as_str(), form.withdrawn)).collect();
    assert_eq!(told, [("later_form", false), ("old_form", true)]);
    let case = wang.new_case("张三");
    assert_eq!(wang.device().visit_start(&case, "old_form").unwrap_err().code(), "not_found");
    let li = world.caseworker("李经办");
    assert_eq!(sync(&li).forms, ["later_form 2026年版"]);
    // What was given back is not given again.
    assert_eq!(sync(&wang).forms_failed, []);
    wang.link.asked();
    sync(&wang);
    assert_eq!(wang.link.asked(), ["POST /v1/sync"]);
}
