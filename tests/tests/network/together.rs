//! Two phones at once.

use std::thread;

use ruhu_system_tests::process::Wire;

use crate::town::{Phone, Town};

const ROUNDS: u32 = 20;

#[test]
fn two_phones_that_sync_at_the_same_time_hold_the_same_in_the_end() {
    let mut town = Town::new(Wire::Tls);
    let (wang, li) = (town.caseworker("王经办"), town.volunteer("李网格"));
    let shared = wang.new_case("张三");
    wang.sync().unwrap();
    li.sync().unwrap();
    let work = |phone: &Phone, name: &str| {
        for round in 0..ROUNDS {
            let own = phone.new_case(&format!("{name}{round}"));
            phone.write(&own, "remark", &format!("{name}{round}"));
            phone.write(&shared, "remark", &format!("{name}{round}"));
            let report = phone.sync().unwrap();
            assert_eq!((report.refused, report.reissued), (0, 0), "{report:?}");
            assert!(report.drifted.is_empty(), "{report:?}");
        }
    };
    thread::scope(|scope| {
        scope.spawn(|| work(&wang, "甲"));
        scope.spawn(|| work(&li, "乙"));
    });
    let documents = town.settle(&[&wang, &li]);
    assert_eq!(documents.len() as u32, 1 + 2 * ROUNDS);
    let mut all: Vec<String> =
        (0..ROUNDS).flat_map(|round| [format!("甲{round}"), format!("乙{round}")]).collect();
    all.sort();
    assert_eq!(wang.history(&shared, "remark"), all);
    assert_eq!(li.history(&shared, "remark"), all);
}
