//! The next page of a pull is asked for while this one is written: nothing is lost or told twice by it, however
//! the line breaks and the phone dies, and what a person enters meanwhile is given in the same run.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use ruhu_device::{SyncControl, SyncObserver, SyncProgress};
use ruhu_harness::link::Fate;
use ruhu_harness::world::{Phone, World};

const HOUSEHOLDS: usize = 24;
/// A line that carries a few of these households at once.
const NARROW: usize = 8 * 1024;

/// Households with so much text that few of them go into a page of a narrow line.
fn worked(phone: &Phone, seed: u64) {
    let mut random = fastrand::Rng::with_seed(seed);
    for number in 0..HOUSEHOLDS {
        let case = phone.new_case(&format!("户主{number}"));
        let text: String = (0..700).map(|_| random.char('一'..'龥')).collect();
        phone.device().case_set(&case, "case/remark", &text).unwrap();
    }
}

/// A world in which a colleague gave his work, and a phone that knows its line to be narrow.
fn world(seed: u64) -> (World, Phone, Phone) {
    let mut world = World::new(seed);
    let (writer, reader) = (world.caseworker("王经办"), world.volunteer("李网格"));
    worked(&writer, seed);
    writer.sync().unwrap();
    reader.link.carry_at_most(Some(NARROW));
    reader.sync().unwrap();
    worked(&writer, seed + 1);
    writer.sync().unwrap();
    reader.link.asked();
    (world, writer, reader)
}

fn heads(phone: &Phone) -> BTreeMap<String, Vec<String>> {
    let cases = phone.device().case_list("", 0, 1_000).unwrap();
    cases.into_iter().map(|case| (case.id.clone(), phone.heads(&case.id))).collect()
}

fn assert_same(writer: &Phone, reader: &Phone) {
    assert_eq!(heads(reader), heads(writer));
    assert_eq!(reader.device().check().unwrap(), Vec::<String>::new());
    assert_eq!(reader.device().status().unwrap().outbox, 0);
}

/// Does something whenever a slice of a page is written and more of it is left.
struct Within(Box<dyn Fn() + Send + Sync>);

impl SyncObserver for Within {
    fn on_progress(&self, progress: &SyncProgress) {
        if progress.to_store > 0 {
            (self.0)();
        }
    }
}

fn control(within: impl Fn() + Send + Sync + 'static) -> SyncControl {
    SyncControl {
        slice_bytes: 1,
        observer: Some(Arc::new(Within(Box::new(within)))),
        ..SyncControl::default()
    }
}

#[test]
fn a_page_is_asked_for_while_the_one_before_it_is_written() {
    let (_world, writer, reader) = world(131);
    let asked = Arc::new(AtomicUsize::new(0));
    let first = Arc::new(Mutex::new(None));
    let (link, count, seen) = (reader.link.clone(), asked.clone(), first.clone());
    let within = move || {
        let syncs = link.asked().iter().filter(|request| request.ends_with("/v1/sync")).count();
        let sent = count.fetch_add(syncs, Ordering::SeqCst) + syncs;
        seen.lock().unwrap().get_or_insert(sent);
    };
    let report = reader.sync_with(&control(within)).unwrap();
    assert!(report.rounds > 3, "{report:?}");
    assert_eq!(*first.lock().unwrap(), Some(2), "the second was sent before the first was written");
    assert_same(&writer, &reader);
}

#[test]
fn what_is_entered_while_a_page_is_written_is_given_in_the_same_run() {
    let (_world, writer, reader) = world(132);
    let case = reader.device().case_list("", 0, 1).unwrap().remove(0).id;
    let mut entered = false;
    let (report, _) = reader
        .sync_beside(|| {
            let is_within = reader.device().status().unwrap().cases as usize > HOUSEHOLDS;
            if is_within && !std::mem::replace(&mut entered, true) {
                reader.device().case_set(&case, "case/remark", "门前修路").unwrap();
            }
        })
        .unwrap();
    assert!(entered && report.sent > 0, "{report:?}");
    writer.sync().unwrap();
    assert_eq!(writer.field(&case, "remark"), Some("门前修路".into()));
    assert_same(&writer, &reader);
}

#[test]
fn whatever_becomes_of_what_was_asked_ahead_everything_comes() {
    let fates =
        [Fate::Cut, Fate::AnswerCut, Fate::Lost, Fate::AnswerLost, Fate::Twice, Fate::Busy(1), Fate::Refused];
    for (fate, place) in fates.into_iter().flat_map(|fate| (1..4).map(move |place| (fate, place))) {
        let (_world, writer, reader) = world(133);
        let mut decided = vec![Fate::Arrives; place];
        decided.push(fate);
        reader.link.decide(decided);
        let ended = reader.sync();
        reader.link.decide(Vec::new());
        let again = reader.sync().unwrap();
        assert_eq!(
            (again.reissued, again.refused, again.waiting),
            (0, 0, 0),
            "{fate:?} at {place}: {ended:?}"
        );
        assert_same(&writer, &reader);
    }
}

#[test]
fn a_phone_killed_between_any_slices_while_more_is_on_its_way_has_it_all_after_the_next_sync() {
    let mut turns = 0;
    loop {
        let (_world, writer, mut reader) = world(134);
        let ended = reader.sync_for(turns).is_some();
        reader.kill_and_reopen();
        let report = reader.sync().unwrap();
        assert_eq!((report.reissued, report.refused, report.waiting), (0, 0, 0), "after {turns}: {report:?}");
        assert_same(&writer, &reader);
        if ended {
            break;
        }
        turns += 5;
    }
    assert!(turns > HOUSEHOLDS, "{turns} turns");
}
