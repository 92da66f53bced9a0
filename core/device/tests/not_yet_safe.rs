//! "May I lose this phone?": what is not safe yet is told until it is, by household and in words.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use ruhu_device::{NotYetSafe, PendingKind, PendingWork, StoreError, SyncExtent, SyncProgress};
use ruhu_harness::link::Fate;
use ruhu_harness::pictures::picture;
use ruhu_harness::world::{KEY, Phone, World};
use ruhu_store::{Store, StoreKey};

fn told(phone: &Phone) -> NotYetSafe {
    phone.device().not_yet_safe().unwrap()
}

/// Kind and count of each entry.
fn counts(safe: &NotYetSafe) -> Vec<(PendingKind, u32)> {
    safe.pending.iter().map(|work| (work.kind, work.count)).collect()
}

fn only(safe: &NotYetSafe) -> &PendingWork {
    let [work] = &safe.pending[..] else { panic!("{safe:?}") };
    work
}

/// What the case list says of a household.
fn mark(phone: &Phone, case: &str) -> u32 {
    let cases = phone.device().case_list("", 0, 100).unwrap();
    let found = cases.iter().find(|summary| summary.id == case).unwrap();
    assert_eq!(phone.device().case_search("张三", 9).unwrap()[0].not_yet_safe, found.not_yet_safe);
    found.not_yet_safe
}

#[test]
fn answers_of_a_visit_are_not_safe_until_they_are_saved_and_sent() {
    let mut world = World::new(301);
    let mut phone = world.caseworker("王经办");
    let case = phone.new_case("张三");
    phone.sync().unwrap();
    assert_eq!(told(&phone), NotYetSafe::default());
    assert_eq!(mark(&phone, &case), 0);
    let visit = phone.visit(&case);
    assert_eq!(told(&phone).count, 0, "a visit without an answer holds nothing");
    for (question, value) in [("members_real", "4"), ("remark", "有坡"), ("remark", "门前有坡")] {
        phone.device().visit_answer(&visit, question, value).unwrap();
    }
    // An evening later, after the app was closed and a sync went well.
    phone.kill_and_reopen();
    phone.sync().unwrap();
    let safe = told(&phone);
    let work = only(&safe);
    assert_eq!((work.kind, work.count, safe.count), (PendingKind::Unsaved, 2, 2), "two answers, not three");
    assert_eq!((work.case.as_str(), work.visit.as_deref()), (case.as_str(), Some(visit.as_str())));
    assert_eq!(work.household, "张三 柳树胡同3号");
    assert!(work.message.zh.contains("2 个答案") && work.message.en.contains("2 answers"));
    assert_eq!(mark(&phone, &case), 2);
    phone.device().visit_save(&visit).unwrap();
    assert_eq!(counts(&told(&phone)), [(PendingKind::Unsent, 1)], "saved, and on its way");
    phone.device().visit_answer(&visit, "house_type", "自建").unwrap();
    assert_eq!(counts(&told(&phone)), [(PendingKind::Unsaved, 1), (PendingKind::Unsent, 1)]);
    assert_eq!(mark(&phone, &case), 2);
    phone.device().visit_save(&visit).unwrap();
    phone.sync().unwrap();
    assert_eq!(told(&phone), NotYetSafe::default());
    assert_eq!(mark(&phone, &case), 0);
}

#[test]
fn what_a_revoked_phone_could_not_deliver_is_told_every_week_by_household_and_with_advice() {
    let mut world = World::new(302);
    let mut phone = world.caseworker("王经办");
    let case = phone.new_case("张三");
    phone.sync().unwrap();
    let (id, now) = (phone.id(), world.clock.now_ms());
    world.with_hub(|hub| hub.revoke(id, None, now)).unwrap();
    phone.write(&case, "remark", "吊销后所写");
    let report = phone.sync().unwrap();
    assert_eq!(SyncExtent::of_report(&report, &told(&phone)), SyncExtent::InPart);
    for _ in 0..2 {
        world.clock.advance(7 * 86_400_000);
        phone.kill_and_reopen();
        let report = phone.sync().unwrap();
        let safe = told(&phone);
        let work = only(&safe);
        assert_eq!((work.kind, work.count), (PendingKind::Refused, 1), "told again after a week");
        assert_eq!((work.reason.as_deref(), work.household.as_str()), (Some("revoked"), "张三 柳树胡同3号"));
        assert!(work.message.zh.contains("管理员") && work.message.en.contains("administrator"), "{work:?}");
        assert_eq!(mark(&phone, &case), 1);
        assert_eq!(SyncExtent::of_report(&report, &safe), SyncExtent::InPart);
    }
}

#[test]
fn a_photo_and_a_visit_that_does_not_open_are_not_safe() {
    let mut world = World::new(303);
    let mut phone = world.caseworker("王经办");
    let case = phone.new_case("张三");
    let visit = phone.visit(&case);
    phone.sync().unwrap();
    let file = phone.switch_off().with_extension("jpg");
    phone.kill_and_reopen();
    std::fs::write(&file, picture(1, 4_000)).unwrap();
    phone.device().attach(&case, &file, "house_out").unwrap();
    assert_eq!(counts(&told(&phone)), [(PendingKind::Unsent, 1), (PendingKind::Photo, 1)]);
    assert_eq!(mark(&phone, &case), 2);
    phone.sync().unwrap();
    assert_eq!(counts(&told(&phone)), [(PendingKind::Photo, 1)], "this way carries text only");
    // The form under the visit is damaged.
    let store = Store::open(phone.switch_off(), &StoreKey::from_bytes(KEY)).unwrap();
    store
        .write::<_, StoreError>(|tx| {
            tx.put_form("damaged", "1", [7; 32], b"these bytes are no form")?;
            let draft = tx.draft(&visit)?.unwrap();
            tx.put_draft(&ruhu_store::DraftRow {
                form_id: "damaged".into(),
                form_version: "1".into(),
                ..draft
            })
        })
        .unwrap();
    drop(store);
    phone.kill_and_reopen();
    let safe = told(&phone);
    let blocked = safe.pending.iter().find(|work| work.kind == PendingKind::Blocked).unwrap();
    assert_eq!((blocked.visit.as_deref(), blocked.reason.as_deref()), (Some(visit.as_str()), Some("form")));
    assert_eq!(safe.count, 2);
}

#[test]
fn a_sync_says_whether_it_gave_and_took_all_some_or_nothing() {
    let mut world = World::new(304);
    let phone = world.caseworker("王经办");
    let case = phone.new_case("张三");
    let report = phone.sync().unwrap();
    assert_eq!(SyncExtent::of_report(&report, &told(&phone)), SyncExtent::All);
    // Answers that were not saved are the visit's, not the sync's.
    let visit = phone.visit(&case);
    phone.device().visit_answer(&visit, "remark", "未存入").unwrap();
    let report = phone.sync().unwrap();
    assert_eq!(SyncExtent::of_report(&report, &told(&phone)), SyncExtent::All);
    phone.link.decide(vec![Fate::Lost]);
    phone.sync().unwrap_err();
    assert_eq!(SyncExtent::of_failure(&SyncProgress::default()), SyncExtent::Nothing);
    let some = SyncProgress { received: 1, ..SyncProgress::default() };
    assert_eq!(SyncExtent::of_failure(&some), SyncExtent::InPart);
}

/// Damages every sealed photo of a phone.
fn spoil_photos(phone: &mut Phone) {
    let folder = phone.switch_off().join("files");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            std::fs::write(path, b"damaged").unwrap();
        }
    }
    phone.kill_and_reopen();
}

#[test]
fn a_photo_that_was_lost_before_it_was_sent_is_told_until_it_is_here_again_or_given_up() {
    let mut world = World::new(305);
    let mut phone = world.caseworker("王经办");
    let case = phone.new_case("张三");
    let file = phone.switch_off().with_extension("jpg");
    phone.kill_and_reopen();
    std::fs::write(&file, picture(2, 4_000)).unwrap();
    phone.device().attach(&case, &file, "house_out").unwrap();
    let report = phone.sync().unwrap();
    spoil_photos(&mut phone);
    assert_eq!(phone.device().check().unwrap().len(), 2, "the damage, and that nobody has the photo");
    for _ in 0..2 {
        phone.kill_and_reopen();
        let safe = told(&phone);
        let work = only(&safe);
        assert_eq!((work.kind, work.count, safe.count), (PendingKind::LostPhoto, 1, 1));
        assert_eq!((work.reason.as_deref(), work.household.as_str()), (Some("lost"), "张三 柳树胡同3号"));
        assert_eq!((mark(&phone, &case), phone.device().status().unwrap().files_lost), (1, 1));
        assert_eq!(phone.device().status().unwrap().files_to_fetch, 0, "no server has it");
        assert_eq!(SyncExtent::of_report(&report, &safe), SyncExtent::InPart);
        let [finding] = &phone.device().check().unwrap()[..] else { panic!("the photo is named each time") };
        assert!(finding.contains(&case) && finding.contains("lost"), "{finding}");
    }
    // Attached again it is whole, and waits to be sent.
    phone.device().attach(&case, &file, "house_out").unwrap();
    assert_eq!(phone.device().check().unwrap(), Vec::<String>::new(), "nothing is left of the damaged one");
    assert_eq!(told(&phone).of(PendingKind::LostPhoto), 0);
    assert_eq!(told(&phone).of(PendingKind::Photo), 1);
    // Lost once more, and this time given up.
    spoil_photos(&mut phone);
    assert_eq!(phone.device().check().unwrap().len(), 2);
    assert_eq!(told(&phone).of(PendingKind::LostPhoto), 1);
    assert_eq!(phone.device().give_up_lost_photos(&case).unwrap(), 1);
    phone.kill_and_reopen();
    assert_eq!(told(&phone).of(PendingKind::LostPhoto), 0);
    assert_eq!(phone.device().check().unwrap(), Vec::<String>::new());
    assert_eq!(phone.device().status().unwrap().files_lost, 0);
    assert_eq!(phone.device().give_up_lost_photos(&case).unwrap(), 0);
}
