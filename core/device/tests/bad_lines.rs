//! A sync over a line that breaks, to a server that is busy: it goes on by itself, and has an end.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::{Arc, Mutex};

use ruhu_device::{Explain, SyncControl, SyncObserver, SyncProgress};
use ruhu_harness::link::Fate;
use ruhu_harness::world::{Phone, World};

/// Remembers how long the server was waited for.
#[derive(Default)]
struct Waits(Mutex<Vec<u32>>);

impl SyncObserver for Waits {
    fn on_progress(&self, progress: &SyncProgress) {
        self.0.lock().unwrap().push(progress.retry_in_s);
    }
}

fn with_work(world: &mut World) -> Phone {
    let phone = world.caseworker("王经办");
    phone.new_case("张三");
    phone
}

#[test]
fn a_line_that_breaks_is_tried_again_in_the_same_sync() {
    let mut world = World::new(501);
    let phone = with_work(&mut world);
    phone.link.decide(vec![Fate::Cut, Fate::AnswerCut, Fate::Cut]);
    let report = phone.sync().unwrap();
    assert_eq!((report.cuts, phone.device().status().unwrap().outbox), (3, 0), "{report:?}");
    assert_eq!((report.reissued, report.refused, report.waiting), (0, 0, 0), "what came twice is there once");
}

#[test]
fn what_the_server_took_before_the_line_broke_counts_as_given_however_it_is_told() {
    let mut world = World::new(505);
    let phone = world.caseworker("王经办");
    let mut random = fastrand::Rng::with_seed(505);
    for number in 0..24 {
        let case = phone.new_case(&format!("户主{number}"));
        let text: String = (0..700).map(|_| random.char('一'..'龥')).collect();
        phone.device().case_set(&case, "case/remark", &text).unwrap();
    }
    let outbox = phone.device().status().unwrap().outbox;
    // All of it arrives at once. By the time that an answer comes the pages are smaller: part of it is told by
    // outcomes, the rest as news.
    phone.link.decide(vec![Fate::AnswerCut; 4]);
    let report = phone.sync().unwrap();
    assert_eq!((report.sent, report.cuts), (outbox, 4), "{report:?}");
    assert!(report.received > 0, "some came back as news: {report:?}");
    assert_eq!((report.reissued, report.refused, report.waiting), (0, 0, 0), "{report:?}");
    assert_eq!(phone.device().status().unwrap().outbox, 0);
}

#[test]
fn a_line_that_only_breaks_is_given_up_and_everything_is_kept() {
    let mut world = World::new(502);
    let phone = with_work(&mut world);
    phone.link.decide(vec![Fate::Cut; 100]);
    assert_eq!(phone.sync().unwrap_err().code(), "offline");
    assert!(phone.link.asked().len() < 10, "a run has an end");
    phone.link.decide(Vec::new());
    phone.sync().unwrap();
    assert_eq!(phone.device().status().unwrap().outbox, 0);
}

#[test]
fn a_busy_server_is_waited_for_as_long_as_it_says_and_a_little_longer_and_that_is_told() {
    let mut world = World::new(503);
    let phone = with_work(&mut world);
    phone.link.decide(vec![Fate::Busy(20), Fate::Busy(10)]);
    let waits = Arc::new(Waits::default());
    let before = world.clock.now_ms();
    let control = SyncControl { observer: Some(waits.clone()), ..SyncControl::default() };
    phone.sync_with(&control).unwrap();
    let waited = (world.clock.now_ms() - before) / 1_000;
    assert!((30..=70).contains(&waited), "{waited} s");
    assert_eq!(phone.device().status().unwrap().outbox, 0);
    let told = waits.0.lock().unwrap();
    assert!(told.iter().filter(|seconds| **seconds > 0).count() >= 30, "each second: {told:?}");
    assert_eq!(told.last(), Some(&0));
}

#[test]
fn a_server_that_stays_busy_is_left_to_the_next_sync() {
    let mut world = World::new(504);
    let phone = with_work(&mut world);
    for named in [1, 20, 600] {
        phone.link.decide(vec![Fate::Busy(named); 1_000]);
        let before = world.clock.now_ms();
        phone.sync().unwrap_err();
        assert!(world.clock.now_ms() - before <= 300_000, "nobody waits for ever");
        assert!(phone.device().status().unwrap().outbox > 0);
    }
    phone.link.decide(Vec::new());
    phone.sync().unwrap();
    assert_eq!(phone.device().status().unwrap().outbox, 0);
}

#[test]
fn a_server_without_room_takes_nothing_and_what_it_holds_comes_all_the_same() {
    let mut world = World::new(505);
    let (phone, colleague) = (with_work(&mut world), world.caseworker("李经办"));
    colleague.new_case("李四");
    colleague.sync().unwrap();
    phone.link.decide(vec![Fate::Full]);
    assert_eq!(phone.sync().unwrap_err().code(), "server");
    let status = phone.device().status().unwrap();
    assert_eq!((status.cases, status.outbox > 0), (2, true), "the colleague's came, the own is kept");
    phone.link.decide(Vec::new());
    phone.sync().unwrap();
    assert_eq!(phone.device().status().unwrap().outbox, 0);
}
