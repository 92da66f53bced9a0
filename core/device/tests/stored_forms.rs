//! Forms as they lie on a phone: of an older program, damaged, or refused when they come. Each concerns
//! its own visits and nothing else.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use ruhu_device::{Explain, StoreError};
use ruhu_harness::world::{KEY, Phone, SMALL_FORM, World};
use ruhu_store::{Store, StoreKey};

/// Works on the store itself while the app is shut.
fn with_store(phone: &mut Phone, work: impl FnOnce(&Store)) {
    let store = Store::open(phone.switch_off(), &StoreKey::from_bytes(KEY)).unwrap();
    work(&store);
    drop(store);
    phone.kill_and_reopen();
}

/// Two phones with one household, whose members they disagree about.
fn at_odds(seed: u64) -> (World, Phone, Phone, String) {
    let mut world = World::new(seed);
    let (wang, li) = (world.caseworker("王经办"), world.caseworker("李经办"));
    let case = wang.new_case("张三");
    wang.sync().unwrap();
    li.sync().unwrap();
    wang.write(&case, "members_real", "3");
    li.write(&case, "members_real", "4");
    for phone in [&wang, &li, &wang] {
        phone.sync().unwrap();
    }
    (world, wang, li, case)
}

#[test]
fn a_form_of_which_the_store_has_no_rows_yet_gets_them_at_the_first_start() {
    let (_world, mut wang, _li, case) = at_odds(81);
    let visit = wang.visit(&case);
    // As an older program left it: the form under another version, without rows.
    let written = ruhu_formats::read_workbook(SMALL_FORM).unwrap().form;
    with_store(&mut wang, |store| {
        store
            .write::<_, StoreError>(|tx| {
                let form = tx.forms()?.remove(0);
                tx.set_eligibility(&form.id, &form.version, &Default::default())?;
                tx.put_form("older", "1", written.hash(), &written.to_bytes())
            })
            .unwrap();
        assert!(store.read::<_, StoreError>(|tx| tx.eligibility_paths()).unwrap().is_empty());
    });
    assert!(wang.device().conflicts(&case).unwrap()[0].eligibility, "the first start has read the form");
    wang.device().visit_answer(&visit, "members_real", "3").unwrap();
    let refused = wang.device().visit_close(&visit).unwrap_err();
    assert!(["in_conflict", "not_complete"].contains(&refused.code()), "{refused}");
    with_store(&mut wang, |store| {
        assert_eq!(store.read::<_, StoreError>(|tx| tx.forms_to_index()).unwrap(), []);
    });
}

#[test]
fn a_form_that_cannot_be_read_any_more_blocks_its_own_visits_only() {
    let (_world, mut wang, li, case) = at_odds(82);
    let (good, bad) = (wang.visit(&case), "another_form");
    with_store(&mut wang, |store| {
        store
            .write::<_, StoreError>(|tx| {
                tx.put_form(bad, "1", [7; 32], b"these bytes are no form")?;
                let draft = tx.drafts(true)?.into_iter().find(|draft| draft.id == good).unwrap();
                let other = ruhu_store::DraftRow {
                    id: "damaged-visit".into(),
                    form_id: bad.into(),
                    form_version: "1".into(),
                    ..draft
                };
                tx.put_draft(&other)
            })
            .unwrap();
    });
    let device = wang.device();
    for refused in [
        device.visit_start(&case, bad).unwrap_err(),
        device.visit_show("damaged-visit").unwrap_err(),
        device.visit_answer("damaged-visit", "remark", "x").unwrap_err(),
    ] {
        assert_eq!(refused.code(), "form");
    }
    // Everything else goes on: listing, showing, conflicts, other visits, syncing.
    assert!(device.forms().unwrap().iter().any(|form| form.id == *bad));
    assert!(device.visits(true).unwrap().len() >= 2);
    assert_eq!(device.case_show(&case).unwrap().conflicts.len(), 1);
    device.resolve(&case, "case/members_real", "4").unwrap();
    device.visit_answer(&good, "remark", "门前有坡").unwrap();
    device.visit_save(&good).unwrap();
    wang.sync().unwrap();
    li.sync().unwrap();
    assert_eq!(li.field(&case, "remark").as_deref(), Some("门前有坡"));
    let [finding] = &device.check().unwrap()[..] else { panic!("the form is named, and nothing else") };
    assert!(finding.contains(bad) && finding.contains("It cannot be read"), "{finding}");
}
