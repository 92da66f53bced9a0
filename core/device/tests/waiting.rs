//! What stands on something that never comes costs honest work nothing, and is told.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use ruhu_case::{DocId, limits};
use ruhu_harness::attacker::{Attacker, damaged, standing_on};
use ruhu_harness::world::{KEY, Phone, World};
use ruhu_store::{Store, StoreKey};
use ruhu_sync::Outcome;

const HOSTILE: u64 = 20_000;

/// Bytes of a household as it is saved, and how many envelopes are read to look at it.
fn size_of(phone: &mut Phone, doc: &DocId) -> (usize, usize) {
    let store = Store::open(phone.switch_off(), &StoreKey::from_bytes(KEY)).unwrap();
    let size = store
        .read(|tx| {
            let envelopes = tx.envelopes_heard_of_document(doc)?.len();
            Ok::<_, ruhu_store::StoreError>((tx.document(doc)?.unwrap().saved.len(), envelopes))
        })
        .unwrap();
    drop(store);
    phone.kill_and_reopen();
    size
}

#[test]
fn twenty_thousand_changes_that_wait_for_nothing_leave_a_household_as_it_is() {
    let mut world = World::new(41);
    let (a, mut b) = (world.caseworker("王经办"), world.caseworker("李经办"));
    let (case, calm) = (a.new_case("张三"), a.new_case("张三"));
    let doc: DocId = case.parse().unwrap();
    a.sync().unwrap();
    b.sync().unwrap();
    let before = size_of(&mut b, &doc);
    let mut attacker = Attacker::enroll(&world);
    // No phone takes the first one: what stands on it waits for ever.
    let ground = damaged(attacker.actor(), &mut fastrand::Rng::with_seed(41));
    let lacks = ground.hash();
    let mut envelopes = vec![attacker.seal(doc, None, vec![ground])];
    let hostile = standing_on(attacker.actor(), lacks, 2..HOSTILE + 2);
    envelopes
        .extend(hostile.chunks(limits::ENVELOPE_CHANGES).map(|some| attacker.seal(doc, None, some.to_vec())));
    for page in envelopes.chunks(10) {
        let outcomes = attacker.push(&world, page).unwrap();
        assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Held { .. })), "{outcomes:?}");
    }
    let mut quarantined: Vec<String> = Vec::new();
    loop {
        let report = b.sync().unwrap();
        quarantined.extend(report.quarantined);
        if !report.unfinished {
            break;
        }
    }
    assert!(quarantined.iter().any(|line| line.ends_with("waits")), "{quarantined:?}");
    let (bytes, heard) = size_of(&mut b, &doc);
    assert_eq!(bytes, before.0, "nothing of it is in the document");
    let ready = limits::WAITING_OF_AUTHOR as usize / limits::ENVELOPE_CHANGES;
    assert!(heard <= before.1 + ready, "{heard} envelopes are read, {} before", before.1);
    b.write(&case, "remark", "照常工作");
    b.write(&calm, "remark", "照常工作");
    b.sync().unwrap();
    a.sync().unwrap();
    assert_eq!(a.field(&case, "remark").as_deref(), Some("照常工作"));
    assert_eq!((a.heads(&case), a.heads(&calm)), (b.heads(&case), b.heads(&calm)));
    let told = b.device().not_yet_safe().unwrap();
    let waits =
        told.set_aside.iter().find(|work| work.reason.as_deref() == Some("waits")).expect("told for good");
    assert_eq!((u64::from(waits.count), waits.case.as_str(), told.count), (HOSTILE, case.as_str(), 0));
    let findings = b.device().check().unwrap();
    assert!(findings.iter().any(|line| line.contains("20000 changes wait")), "{findings:?}");
}
