//! Lines that always break after so many bytes: what does not pass at once passes in pieces, in one sync.

use ruhu_system_tests::cutting_proxy::{Direction, Limit, Then};
use ruhu_system_tests::process::Wire;

use crate::town::{Phone, Town};

/// Households of a day, each with two pages of text that does not compress.
const HOUSEHOLDS: usize = 40;
/// After so much a connection breaks, handshake included: a fifth of what a first page may hold.
const BREAKS_AFTER: u64 = 24 * 1024;

/// Text of fictitious words, each time another.
fn text(seed: u32) -> String {
    let mut state = seed.wrapping_mul(0x9e37_79b9) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state
    };
    (0..1_500).filter_map(|_| char::from_u32(0x4e00 + next() % 0x51a5)).collect()
}

fn days_work(phone: &Phone) {
    for n in 0..HOUSEHOLDS {
        let case = phone.new_case(&format!("户主{n}"));
        phone.write(&case, "remark", &text(n as u32));
    }
}

#[test]
fn a_days_work_passes_upwards_in_one_sync_over_a_line_that_always_breaks() {
    let mut town = Town::new(Wire::Tls);
    let (wang, li) = (town.caseworker("王经办"), town.volunteer("李网格"));
    days_work(&wang);
    let outbox = wang.outbox();
    town.proxy.limit_each(Some(Limit { direction: Direction::Up, bytes: BREAKS_AFTER, then: Then::Reset }));
    let report = wang.sync().unwrap();
    assert_eq!(wang.outbox(), 0, "{report:?}");
    assert!(report.cuts > 0 && report.sent == outbox, "{report:?}");
    let sent: u64 = town.proxy.passages().iter().map(|passage| passage.up).sum();
    assert!(sent > 5 * BREAKS_AFTER, "it was more than a line carries: {sent} bytes");
    // What was learned of the line is remembered: the next day no page is too large at first.
    days_work(&wang);
    let next = wang.sync().unwrap();
    assert!(next.cuts < report.cuts && wang.outbox() == 0, "{next:?} after {report:?}");
    town.proxy.limit_each(None);
    town.settle(&[&wang, &li]);
}

#[test]
fn what_others_wrote_comes_in_one_sync_over_a_line_that_always_breaks() {
    let mut town = Town::new(Wire::Tls);
    let (wang, li) = (town.caseworker("王经办"), town.volunteer("李网格"));
    days_work(&li);
    li.sync().unwrap();
    let limit = Limit { direction: Direction::Down, bytes: BREAKS_AFTER, then: Then::Close };
    town.proxy.limit_each(Some(limit));
    let report = wang.sync().unwrap();
    assert_eq!(wang.device.status().unwrap().cases as usize, HOUSEHOLDS);
    assert!(report.cuts > 0 && report.received as usize >= HOUSEHOLDS, "{report:?}");
    town.proxy.limit_each(None);
    town.settle(&[&wang, &li]);
}
