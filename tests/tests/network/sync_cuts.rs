//! A sync that is cut at every kilobyte, in either direction.

use std::collections::BTreeMap;

use ruhu_system_tests::cutting_proxy::{Direction, Limit, Then};
use ruhu_system_tests::process::Wire;

use crate::town::{Phone, Town};

const STEP: u64 = 1024;
/// Households that each side has to give in every sync.
const HOUSEHOLDS: usize = 30;

/// Two people who go on working while the network breaks.
struct Days {
    town: Town,
    wang: Phone,
    li: Phone,
    shared: String,
    /// What was written: household and field, and the values.
    written: BTreeMap<(String, &'static str), Vec<String>>,
    values: u32,
}

impl Days {
    fn begin() -> Days {
        let mut town = Town::new(Wire::Tls);
        let (wang, li) = (town.caseworker("王经办"), town.volunteer("李网格"));
        let shared = wang.new_case("张三");
        wang.sync().unwrap();
        li.sync().unwrap();
        town.proxy.passages();
        Days { town, wang, li, shared, written: BTreeMap::new(), values: 0 }
    }

    /// A little more on both sides; and a whole day's work when most of the last was given.
    fn work(&mut self) {
        if self.wang.outbox() <= HOUSEHOLDS as u32 {
            for n in 0..HOUSEHOLDS {
                for who in [Who::Wang, Who::Li] {
                    let case = self.phone(who).new_case(&format!("户主{n}"));
                    self.write(who, &case, "remark");
                }
            }
        }
        let shared = self.shared.clone();
        for who in [Who::Wang, Who::Li] {
            self.write(who, &shared, "members_real");
        }
        self.li.sync().unwrap();
    }

    fn phone(&self, who: Who) -> &Phone {
        match who {
            Who::Wang => &self.wang,
            Who::Li => &self.li,
        }
    }

    fn write(&mut self, who: Who, case: &str, field: &'static str) {
        self.values += 1;
        let value = self.values.to_string();
        self.phone(who).write(case, field, &value);
        self.written.entry((case.to_owned(), field)).or_default().push(value);
    }

    /// Syncs over a line that breaks there; gives whether it broke.
    fn sync_cut(&mut self, direction: Direction, bytes: u64, then: Then) -> bool {
        let (before, cases) = (self.wang.outbox(), self.wang.device.status().unwrap().cases);
        assert!(before > HOUSEHOLDS as u32, "there is a day's work to give");
        let (outcome, passages) = self.town.sync_limited(&self.wang, Limit { direction, bytes, then });
        let cut = passages.iter().any(|passage| passage.cut);
        if cut {
            let status = self.wang.device.status().unwrap();
            // The line has shown how little it carries at once: some pages may have passed before the cut.
            assert!(status.outbox <= before, "what is receipted stays so");
            assert!(status.cases >= cases);
        } else {
            assert_eq!(outcome.unwrap().sent, before);
        }
        cut
    }

    fn cut_everywhere(&mut self, direction: Direction, then: Then) -> u64 {
        for kilobytes in 1.. {
            self.work();
            if !self.sync_cut(direction, kilobytes * STEP, then) {
                return kilobytes;
            }
        }
        0
    }

    /// In the end everything is everywhere, once.
    fn end(mut self) {
        self.town.settle(&[&self.wang, &self.li]);
        for ((case, field), values) in &mut self.written {
            values.sort();
            for phone in [&self.wang, &self.li] {
                assert_eq!(phone.history(case, field), *values, "each value is there once");
            }
        }
        assert_eq!(self.town.files().len(), 0);
        self.town.server.stop();
    }
}

#[derive(Clone, Copy)]
enum Who {
    Wang,
    Li,
}

#[test]
fn a_sync_cut_at_every_kilobyte_on_its_way_up_loses_nothing_and_gives_nothing_twice() {
    let mut days = Days::begin();
    for then in [Then::Close, Then::Reset] {
        let whole = days.cut_everywhere(Direction::Up, then);

        assert!(whole > 5, "a day's work is larger than {whole} KB");
    }
    days.end();
}

#[test]
fn a_sync_cut_at_every_kilobyte_on_its_way_down_loses_nothing_and_takes_nothing_twice() {
    let mut days = Days::begin();
    for then in [Then::Close, Then::Reset] {
        let whole = days.cut_everywhere(Direction::Down, then);

        assert!(whole > 5, "a day's work is larger than {whole} KB");
    }
    days.end();
}
