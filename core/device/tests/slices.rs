//! A sync writes what comes in slices, and people go on working: whatever is between two slices, a
//! killed phone, a stopped sync, an answer to the same household, the next sync goes on from there.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use ruhu_device::{CancelToken, DeviceError, Explain, SyncControl, SyncObserver, SyncPhase, SyncProgress};
use ruhu_harness::world::{Phone, World};

const HOUSEHOLDS: usize = 6;

/// A day's work of one phone, not synced yet.
fn worked(phone: &Phone) -> Vec<String> {
    (0..HOUSEHOLDS)
        .map(|number| {
            let case = phone.new_case(&format!("户主{number}"));
            phone.write(&case, "remark", &format!("门前有坡{number}"));
            case
        })
        .collect()
}

/// Heads of every household on a phone.
fn heads(phone: &Phone) -> BTreeMap<String, Vec<String>> {
    let cases = phone.device().case_list("", 0, 1_000).unwrap();
    cases.into_iter().map(|case| (case.id.clone(), phone.heads(&case.id))).collect()
}

fn assert_whole(phone: &Phone) {
    assert_eq!(phone.device().check().unwrap(), Vec::<String>::new());
    assert_eq!(phone.device().status().unwrap().outbox, 0);
}

#[test]
fn a_phone_killed_after_any_slice_of_news_has_it_all_after_the_next_sync() {
    let mut world = World::new(71);
    let writer = world.caseworker("王经办");
    worked(&writer);
    writer.sync().unwrap();
    let (expected, mut turns) = (heads(&writer), 0);
    loop {
        let mut reader = world.volunteer("李网格");
        let ended = reader.sync_for(turns).is_some();
        reader.kill_and_reopen();
        let report = reader.sync().unwrap();
        assert_eq!((report.reissued, report.refused, report.waiting), (0, 0, 0), "after {turns}: {report:?}");
        assert_eq!((report.drifted, report.quarantined), (vec![], vec![]), "after {turns} slices");
        assert_eq!(heads(&reader), expected, "after {turns} slices");
        assert_whole(&reader);
        if ended {
            assert_eq!(report.received, 0, "the position was kept with the last slice");
            break;
        }
        turns += 1;
    }
    assert!(turns > HOUSEHOLDS, "{turns} slices");
}

#[test]
fn a_phone_killed_after_any_slice_of_receipts_gives_the_rest_and_keeps_its_name() {
    let mut turns = 0;
    loop {
        let mut world = World::new(72);
        let mut writer = world.caseworker("王经办");
        let cases = worked(&writer);
        let ended = writer.sync_for(turns).is_some();
        writer.kill_and_reopen();
        let left = writer.device().status().unwrap().outbox;
        // Its own name is known by the second receipt, and nothing is taken for a restored phone.
        let report = writer.sync().unwrap();
        assert_eq!((report.reissued, report.refused, report.waiting), (0, 0, 0), "after {turns}: {report:?}");
        assert_eq!(report.sent, left, "after {turns} slices");
        assert_whole(&writer);
        let reader = world.volunteer("李网格");
        reader.sync().unwrap();
        for case in &cases {
            assert_eq!(reader.heads(case), writer.heads(case), "after {turns} slices");
            assert_eq!(reader.history(case, "case/remark").len(), 1);
        }
        if ended {
            break;
        }
        turns += 1;
    }
    assert!(turns > HOUSEHOLDS, "{turns} slices");
}

#[test]
fn what_a_person_writes_while_news_of_the_same_households_comes_is_merged_and_not_lost() {
    let mut world = World::new(73);
    let (here, there) = (world.caseworker("王经办"), world.volunteer("李网格"));
    let cases = worked(&here);
    here.sync().unwrap();
    there.sync().unwrap();
    for case in &cases {
        (0..20)
            .for_each(|round| there.device().case_set(case, "case/remark", &format!("那边{round}")).unwrap());
    }
    there.sync().unwrap();
    let (over, written) = (AtomicBool::new(false), AtomicU32::new(0));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            // At least one round after the sync, so that the test does not hang on who is faster.
            let mut last = false;
            while !last {
                last = over.load(Ordering::Acquire);
                let round = written.fetch_add(1, Ordering::AcqRel);
                for case in &cases {
                    here.device().case_set(case, "case/address", &format!("这边{round}")).unwrap();
                }
            }
        });
        let control = SyncControl { slice_bytes: 1, ..SyncControl::default() };
        here.sync_with(&control).unwrap();
        over.store(true, Ordering::Release);
    });
    for phone in [&here, &there, &here] {
        phone.sync().unwrap();
    }
    for case in &cases {
        let addresses = there.history(case, "case/address");
        for round in 0..written.load(Ordering::Acquire) {
            assert!(addresses.contains(&format!("这边{round}")), "{round} is not in {addresses:?}");
        }
        assert!(here.history(case, "case/remark").contains(&"那边19".to_owned()));
        assert_eq!(here.heads(case), there.heads(case));
    }
    assert_whole(&here);
}

#[test]
fn news_go_into_large_transactions_unless_somebody_else_writes_in_the_store() {
    let mut world = World::new(75);
    let writer = world.caseworker("王经办");
    let [alone, answering, busy] = ["李网格", "孙网格", "赵网格"].map(|name| world.volunteer(name));
    let (own, visit) = (busy.new_case("自家"), answering.visit(&answering.new_case("自家")));
    busy.sync().unwrap();
    answering.sync().unwrap();
    for number in 0..40 {
        let case = writer.new_case(&format!("户主{number}"));
        writer.write(&case, "remark", &"门前有坡".repeat(200));
    }
    writer.sync().unwrap();
    let (_, undisturbed) = alone.sync_beside(|| {}).unwrap();
    let mut times = 0;
    let mut again = || {
        times += 1;
        format!("第{times}次")
    };
    let (report, beside_answers) = answering
        .sync_beside(|| drop(answering.device().visit_answer(&visit, "remark", &again()).unwrap()))
        .unwrap();
    assert_eq!((report.quarantined, report.drifted), (vec![], vec![]));
    let (report, disturbed) = busy.sync_beside(|| busy.write(&own, "remark", &again())).unwrap();
    assert_eq!((report.quarantined, report.drifted), (vec![], vec![]));
    assert!(beside_answers < 2 * undisturbed, "{undisturbed} and {beside_answers} turns");
    assert!(2 * undisturbed < disturbed, "{undisturbed} and {disturbed} turns");
    for _ in 0..2 {
        [&alone, &answering, &busy].iter().for_each(|phone| drop(phone.sync().unwrap()));
    }
    assert_eq!(heads(&alone), heads(&busy));
    assert_eq!(heads(&answering), heads(&busy));
    [&alone, &answering, &busy].into_iter().for_each(assert_whole);
}

/// Follows a sync, and stops it when so much has come.
struct Follower {
    heard: Mutex<Vec<SyncProgress>>,
    stop_at: Option<u32>,
    cancel: CancelToken,
}

impl SyncObserver for Follower {
    fn on_progress(&self, progress: &SyncProgress) {
        self.heard.lock().unwrap().push(*progress);
        if self.stop_at.is_some_and(|received| progress.received >= received) {
            self.cancel.cancel();
        }
    }
}

fn followed(stop_at: Option<u32>) -> (Arc<Follower>, SyncControl) {
    let cancel = CancelToken::default();
    let follower = Arc::new(Follower { heard: Mutex::default(), stop_at, cancel: cancel.clone() });
    let control =
        SyncControl { observer: Some(follower.clone()), cancel, slice_bytes: 1, ..SyncControl::default() };
    (follower, control)
}

#[test]
fn a_sync_tells_how_far_it_has_come_and_what_remains() {
    let mut world = World::new(74);
    let (writer, reader) = (world.caseworker("王经办"), world.volunteer("李网格"));
    worked(&writer);
    let (up, control) = followed(None);
    writer.sync_with(&control).unwrap();
    let heard = up.heard.lock().unwrap().clone();
    let sent: Vec<(u32, u32)> = heard.iter().map(|progress| (progress.sent, progress.to_send)).collect();
    assert!(sent.is_sorted_by(|a, b| a.0 <= b.0 && a.1 >= b.1), "{sent:?}");
    assert_eq!(sent.last(), Some(&(2 * HOUSEHOLDS as u32, 0)));
    let (down, control) = followed(None);
    reader.sync_with(&control).unwrap();
    let heard = down.heard.lock().unwrap().clone();
    assert!(heard.iter().any(|progress| progress.to_store > 0), "what has come and is not on the disk yet");
    let last = heard.last().unwrap();
    assert_eq!((last.received, last.to_store, last.phase), (2 * HOUSEHOLDS as u32, 0, SyncPhase::Photos));
    assert!(last.bytes_up > 0 && last.bytes_down > 0);
}

#[test]
fn a_sync_that_is_stopped_keeps_what_it_has_and_the_next_one_goes_on() {
    let mut world = World::new(75);
    let (writer, reader) = (world.caseworker("王经办"), world.volunteer("李网格"));
    worked(&writer);
    writer.sync().unwrap();
    let (_, control) = followed(Some(4));
    let stopped = reader.sync_with(&control).unwrap_err();
    assert_eq!(stopped.code(), "cancelled");
    let DeviceError::Cancelled { report } = stopped else { panic!("{stopped}") };
    assert_eq!(report.rounds, 1);
    let kept = reader.device().case_list("", 0, 100).unwrap().len();
    assert!((1..HOUSEHOLDS).contains(&kept), "{kept} households");
    let already = reader.sync_with(&control).unwrap_err();
    assert_eq!(already.code(), "cancelled", "a token that was used stays used");
    reader.sync().unwrap();
    assert_eq!(heads(&reader), heads(&writer));
}

#[test]
fn an_observer_may_call_the_device() {
    struct Asks(Phone);
    impl SyncObserver for Asks {
        fn on_progress(&self, _: &SyncProgress) {
            self.0.device().status().unwrap();
            let case = self.0.new_case("同步时新建");
            self.0.write(&case, "remark", "同步时填写");
        }
    }
    let mut world = World::new(76);
    let phone = world.caseworker("王经办");
    phone.new_case("张三");
    let asks = Arc::new(Asks(phone));
    let control = SyncControl { observer: Some(asks.clone()), ..SyncControl::default() };
    // Each answer of the server brings another household of the observer's: stop after some.
    let cancel = control.cancel.clone();
    std::thread::scope(|scope| {
        let syncing = scope.spawn(|| asks.0.sync_with(&control));
        while asks.0.device().case_list("", 0, 10).unwrap().len() < 3 {
            std::thread::yield_now();
        }
        cancel.cancel();
        syncing.join().unwrap().map(drop).unwrap_or_else(|error| assert_eq!(error.code(), "cancelled"));
    });
    asks.0.sync().unwrap();
    assert_eq!(asks.0.device().status().unwrap().outbox, 0);
}
