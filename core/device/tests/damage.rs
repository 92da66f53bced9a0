//! One bad thing stops nobody: a bit that rotted on the server, a page that was poisoned, a document that
//! cannot be read any more. Each harms itself only, is named, and is made whole where somebody has it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use ruhu_harness::world::{KEY, Phone, World};
use ruhu_store::{Store, StoreKey};

fn records(phone: &Phone, case: &str) -> usize {
    phone.device().case_show(case).unwrap().household.records.len()
}

#[test]
fn a_bit_that_rotted_on_the_server_is_told_and_healed_by_a_colleague() {
    let mut world = World::new(31);
    let (a, b) = (world.caseworker("王经办"), world.caseworker("李经办"));
    let case = a.new_case("张三");
    a.write(&case, "remark", "意见二号");
    a.write(&case, "house_type", "自建");
    a.sync().unwrap();
    b.sync().unwrap();
    assert_eq!(world.rot("意见二号"), 1);
    let n = world.caseworker("新来者");
    let report = n.sync().unwrap();
    assert_eq!((report.damaged, report.drifted.len()), (1, 0), "{report:?}");
    assert_eq!(n.device().status().unwrap().lacking, 1);
    let findings = n.device().check().unwrap();
    assert_eq!(findings.len(), 2, "the check names it, and what waits for it: {findings:?}");
    assert_eq!((records(&n, &case), n.field(&case, "remark")), (0, None), "what stands on it waits");
    // Somebody works on, who has everything; that phone is asked for what rotted.
    b.write(&case, "members_real", "3");
    b.sync().unwrap();
    let report = n.sync().unwrap();
    assert_eq!((report.damaged, report.drifted.len()), (0, 0), "{report:?}");
    assert_eq!(n.device().status().unwrap().lacking, 0);
    assert_eq!(n.device().check().unwrap(), Vec::<String>::new());
    for phone in [&a, &n] {
        phone.sync().unwrap();
    }
    for phone in [&a, &b, &n] {
        assert_eq!(phone.heads(&case), a.heads(&case));
        assert_eq!(phone.field(&case, "remark").as_deref(), Some("意见二号"));
        assert_eq!(records(phone, &case), 3);
    }
    world.with_hub(|hub| assert_eq!(hub.check().unwrap().findings, vec![]));
}

#[test]
fn a_bit_that_rotted_for_good_is_told_with_every_sync_and_work_goes_on() {
    let mut world = World::new(32);
    let mut a = world.caseworker("王经办");
    let (lost, other) = (a.new_case("张三"), a.new_case("李四"));
    a.write(&lost, "remark", "谁也没有了");
    a.sync().unwrap();
    a.switch_off();
    assert_eq!(world.rot("谁也没有了"), 1);
    let (b, c) = (world.caseworker("李经办"), world.caseworker("赵经办"));
    for _ in 0..2 {
        let report = b.sync().unwrap();
        assert_eq!((report.damaged, report.drifted.len()), (1, 0), "{report:?}");
    }
    b.write(&other, "remark", "照常");
    b.write(&lost, "house_type", "租住");
    b.sync().unwrap();
    assert_eq!(c.sync().unwrap().damaged, 1);
    for phone in [&b, &c] {
        assert_eq!(phone.field(&other, "remark").as_deref(), Some("照常"));
        assert_eq!(phone.field(&lost, "house_type").as_deref(), Some("租住"));
        assert_eq!(phone.device().status().unwrap().lacking, 1);
    }
}

#[test]
fn a_document_whose_bytes_cannot_be_read_is_made_anew_from_its_envelopes_and_stops_no_other() {
    let mut world = World::new(33);
    let (a, mut b) = (world.caseworker("王经办"), world.caseworker("李经办"));
    let (broken, whole) = (a.new_case("张三"), a.new_case("李四"));
    a.write(&broken, "remark", "旧的");
    a.sync().unwrap();
    b.sync().unwrap();
    let id: ruhu_case::DocId = broken.parse().unwrap();
    let store = Store::open(b.switch_off(), &StoreKey::from_bytes(KEY)).unwrap();
    store
        .write::<_, ruhu_store::StoreError>(|tx| {
            let mut row = tx.document(&id)?.unwrap();
            let middle = row.saved.len() / 2;
            row.saved[middle] ^= 0x55;
            row.saved.truncate(middle + 9);
            tx.put_document(&row)
        })
        .unwrap();
    drop(store);
    b.kill_and_reopen();
    a.write(&broken, "house_type", "自建");
    a.write(&whole, "remark", "好的");
    a.sync().unwrap();
    let report = b.sync().unwrap();
    assert_eq!((report.quarantined.len(), report.drifted.len()), (0, 0), "{report:?}");
    assert_eq!(b.field(&whole, "remark").as_deref(), Some("好的"));
    assert_eq!(b.field(&broken, "remark").as_deref(), Some("旧的"));
    assert_eq!(b.heads(&broken), a.heads(&broken));
}
