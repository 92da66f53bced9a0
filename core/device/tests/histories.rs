//! Random histories: any number of phones, any edits, any order, loss and repetition of messages,
//! phones killed, copied and restored, the server restored from an older copy of its folder, a phone
//! revoked in the middle. In the end everything converges, and whatever got a receipt, or is still
//! on its phone, is there and visible.
//!
//! `RUHU_HISTORIES=5000` tells more of them; `RUHU_SEED=17` tells that one again.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use ruhu_device::Explain;
use ruhu_harness::world::{Fate, Phone, VILLAGE, World};
use ruhu_sync::DeviceId;

const HISTORIES: u64 = 1_000;
const STEPS: u32 = 30;
const FIELDS: [&str; 3] = ["members_real", "house_type", "remark"];

/// A value that somebody wrote.
#[derive(Debug, Clone)]
struct Written {
    case: String,
    field: &'static str,
    value: String,
    phone: usize,
    /// Whether the phone knows that the server has it.
    receipted: bool,
    /// Whether it went with a phone that was set back to an older copy, before any receipt.
    gone: bool,
}

struct History {
    world: World,
    random: fastrand::Rng,
    phones: Vec<Phone>,
    cases: Vec<String>,
    written: Vec<Written>,
    phone_copies: Vec<(usize, PathBuf, usize)>,
    server_copies: Vec<PathBuf>,
    /// Phones that were revoked at some time, also if a restored server forgot it.
    revoked: BTreeSet<usize>,
    next_value: u32,
    /// Whether every step is told, as when one history is told again.
    verbose: bool,
}

impl History {
    fn new(seed: u64, verbose: bool) -> History {
        let mut world = World::new(seed);
        let mut random = fastrand::Rng::with_seed(seed ^ 0x5eed);
        let mut phones = vec![world.caseworker("甲"), world.volunteer("乙")];
        for _ in 0..random.usize(0..3) {
            phones.push(world.volunteer("丙"));
        }
        History {
            world,
            random,
            phones,
            cases: Vec::new(),
            written: Vec::new(),
            phone_copies: Vec::new(),
            server_copies: Vec::new(),
            revoked: BTreeSet::new(),
            next_value: 0,
            verbose,
        }
    }

    fn say(&self, line: impl FnOnce() -> String) {
        if self.verbose {
            eprintln!("{}", line());
        }
    }

    fn step(&mut self) {
        self.world.clock.advance(self.random.i64(1..600_000));
        let phone = self.random.usize(0..self.phones.len());
        match self.random.u32(0..100) {
            0..8 => self.open_case(phone),
            8..48 => self.write(phone),
            48..80 => self.sync(phone),
            80..85 => self.settle(phone),
            85..89 => self.kill(phone),
            89..91 => self.copy_phone(phone),
            91..93 => self.restore_phone(),
            93..94 => self.clone_phone(phone),
            94..96 => {
                let copy = self.world.back_up_server();
                self.say(|| format!("the server is copied to {}", copy.display()));
                self.server_copies.push(copy);
            }
            96..98 => self.restore_server(),
            98..99 => self.revoke(phone),
            _ => self.enroll(),
        }
    }

    fn open_case(&mut self, phone: usize) {
        let name = format!("户{}", self.cases.len());
        let case = self.phones[phone].new_case_in(&name, VILLAGE);
        self.say(|| format!("phone {phone} opens {}", &case[9..18]));
        self.cases.push(case);
    }

    fn known_case(&mut self, phone: usize) -> Option<String> {
        let list = self.phones[phone].device().case_list("", 0, 100).unwrap();
        self.random.choice(list).map(|case| case.id)
    }

    fn write(&mut self, phone: usize) {
        let Some(case) = self.known_case(phone) else { return };
        let field = FIELDS[self.random.usize(0..FIELDS.len())];
        self.next_value += 1;
        let value = self.next_value.to_string();
        self.phones[phone].write(&case, field, &value);
        self.say(|| format!("phone {phone} writes {field} = {value} in {}", &case[9..18]));
        self.written.push(Written { case, field, value, phone, receipted: false, gone: false });
    }

    fn sync(&mut self, phone: usize) {
        let (good, gone) = ([Fate::Arrives; 3], [Fate::Lost, Fate::AnswerLost]);
        let fates = [&good[..], &gone, &[Fate::Twice, Fate::Cut, Fate::AnswerCut]].concat();
        let decided = (0..4).map(|_| fates[self.random.usize(0..fates.len())]).collect();
        self.phones[phone].link.decide(decided);
        // Every third sync is killed between two slices of what it writes, if it writes so many.
        let outcome = match self.random.u32(0..3) {
            0 => self.phones[phone].sync_for(self.random.usize(0..12)),
            _ => Some(self.phones[phone].sync()),
        };
        self.say(|| format!("phone {phone} syncs: {outcome:?}"));
        self.phones[phone].link.decide(Vec::new());
        let Some(outcome) = outcome else { return self.kill(phone) };
        match outcome {
            Ok(report) if !report.revoked && report.refused == 0 => self.receipt(phone),
            Ok(_) => {}
            Err(error) => assert_eq!(error.code(), "offline", "{error}"),
        }
    }

    fn receipt(&mut self, phone: usize) {
        if self.phones[phone].device().status().unwrap().outbox == 0 {
            for written in self.written.iter_mut().filter(|w| w.phone == phone && !w.gone) {
                written.receipted = true;
            }
        }
    }

    fn settle(&mut self, phone: usize) {
        let Some(case) = self.known_case(phone) else { return };
        let conflicts = self.phones[phone].device().conflicts(&case).unwrap();
        if let Some(conflict) = self.random.choice(conflicts) {
            let choice = self.random.choice(conflict.choices).unwrap();
            self.phones[phone].device().resolve(&case, &conflict.path, &choice.text).unwrap();
            self.say(|| format!("phone {phone} settles {} for {}", conflict.path, choice.text));
        }
    }

    fn kill(&mut self, phone: usize) {
        self.phones[phone].kill_and_reopen();
        self.say(|| format!("phone {phone} is killed and opened again"));
    }

    fn copy_phone(&mut self, phone: usize) {
        let copy = self.world.copy_phone(&mut self.phones[phone]);
        self.say(|| format!("phone {phone} is copied"));
        self.phone_copies.push((phone, copy, self.written.len()));
    }

    /// What was written since the copy and has no receipt went with the phone.
    fn restore_phone(&mut self) {
        if self.phone_copies.is_empty() {
            return;
        }
        let place = self.random.usize(0..self.phone_copies.len());
        let (phone, copy, count) = self.phone_copies.swap_remove(place);
        self.world.restore_phone(&mut self.phones[phone], &copy);
        self.say(|| format!("phone {phone} is restored"));
        for (index, written) in self.written.iter_mut().enumerate() {
            if written.phone == phone && index >= count && !written.receipted {
                written.gone = true;
            }
        }
    }

    fn clone_phone(&mut self, phone: usize) {
        if self.phones.len() < 6 && !self.revoked.contains(&phone) {
            let clone = self.world.clone_phone(&mut self.phones[phone]);
            self.phones.push(clone);
            self.say(|| format!("phone {phone} is cloned as {}", self.phones.len() - 1));
        }
    }

    fn restore_server(&mut self) {
        if let Some(copy) = self.random.choice(self.server_copies.clone()) {
            self.world.restore_server(&copy);
            self.say(|| format!("the server is restored from {}", copy.display()));
        }
    }

    fn revoke(&mut self, phone: usize) {
        let id = self.phones[phone].id();
        let now_ms = self.world.clock.now_ms();
        let since = self.random.bool().then_some(now_ms - 300_000);
        // A restored server may not know the phone any more; then there is nothing to revoke.
        if self.world.with_hub(|hub| hub.revoke(id, since, now_ms)).is_ok() {
            let same: Vec<usize> = (0..self.phones.len()).filter(|p| self.phones[*p].id() == id).collect();
            self.revoked.extend(same);
            self.say(|| format!("phone {phone} is revoked, since {since:?}"));
        }
    }

    fn enroll(&mut self) {
        if self.phones.len() < 6 {
            self.say(|| format!("phone {} is enrolled", self.phones.len()));
            let phone = self.world.volunteer("丁");
            self.phones.push(phone);
        }
    }

    // ---- the end ----

    /// Everybody comes back to a network that works, often enough for news to reach all.
    fn come_together(&mut self) {
        for _ in 0..4 {
            for phone in 0..self.phones.len() {
                let report = self.phones[phone].sync().unwrap();
                self.say(|| format!("in the end phone {phone} syncs: {report:?}"));
                assert_eq!(report.drifted, Vec::<String>::new(), "phone {phone} differs from the server");
                assert_eq!(report.quarantined, Vec::<String>::new(), "all changes are honest here");
            }
        }
    }

    fn is_revoked(&self, id: DeviceId) -> bool {
        let devices = self.world.with_hub(|hub| hub.devices()).unwrap();
        devices.iter().any(|device| device.id == id.to_string() && device.revoked_at_ms.is_some())
    }

    fn check(&self) {
        let live: Vec<usize> =
            (0..self.phones.len()).filter(|phone| !self.is_revoked(self.phones[*phone].id())).collect();
        let Some(first) = live.first() else { return };
        let expected = self.snapshot(*first);
        for phone in &live {
            assert_same(
                &expected,
                &self.snapshot(*phone),
                &format!("phones {first} and {phone} hold the same"),
            );
            assert_eq!(
                self.phones[*phone].device().status().unwrap().outbox,
                0,
                "phone {phone} has given all"
            );
            assert_eq!(self.phones[*phone].device().check().unwrap(), Vec::<String>::new());
        }
        self.check_written(*first, &live);
        let findings = self.world.with_hub(|hub| hub.check()).unwrap().findings;
        assert!(findings.is_empty(), "the server finds itself sound: {findings:?}");
    }

    /// Every case with heads, fields and conflicts.
    fn snapshot(&self, phone: usize) -> BTreeMap<String, serde_json::Value> {
        let device = self.phones[phone].device();
        let cases = device.case_list("", 0, 1_000).unwrap();
        let view = |id: &str| {
            let mut view = serde_json::to_value(device.case_show(id).unwrap()).unwrap();
            // When the server took something differs between its restored lives.
            strip(&mut view, "server_time_ms");
            view
        };
        cases.into_iter().map(|case| (case.id.clone(), view(&case.id))).collect()
    }

    fn check_written(&self, phone: usize, live: &[usize]) {
        for written in &self.written {
            let still_held = live.contains(&written.phone) && !written.gone;
            let owed = (written.receipted && !self.revoked.contains(&written.phone)) || still_held;
            if owed && !(self.revoked.contains(&written.phone)) {
                let path = format!("case/{}", written.field);
                let history = self.phones[phone].history(&written.case, &path);
                assert!(history.contains(&written.value), "{written:?} is not in {history:?}");
            }
        }
    }
}

/// Compares case by case, so that a difference can be read.
fn assert_same(
    one: &BTreeMap<String, serde_json::Value>,
    other: &BTreeMap<String, serde_json::Value>,
    what: &str,
) {
    assert_eq!(one.keys().collect::<Vec<_>>(), other.keys().collect::<Vec<_>>(), "{what}");
    for (case, view) in one {
        let other = other.get(case).unwrap();
        for (key, part) in view.as_object().unwrap() {
            assert_eq!(Some(part), other.get(key), "{what}: {key} of {case}");
        }
    }
}

fn strip(value: &mut serde_json::Value, key: &str) {
    match value {
        serde_json::Value::Object(map) => {
            map.remove(key);
            map.values_mut().for_each(|value| strip(value, key));
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(|value| strip(value, key)),
        _ => {}
    }
}

fn tell(seed: u64, verbose: bool) {
    let mut history = History::new(seed, verbose);
    for _ in 0..STEPS {
        history.step();
    }
    history.come_together();
    history.check();
}

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().expect("a number"))
}

#[test]
fn all_histories_converge_and_nothing_promised_is_lost() {
    if let Some(seed) = setting("RUHU_SEED") {
        return tell(seed, true);
    }
    let count = setting("RUHU_HISTORIES").unwrap_or(HISTORIES);
    let next = AtomicU64::new(0);
    let failed = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= count {
                        return;
                    }
                    if catch_unwind(AssertUnwindSafe(|| tell(seed, false))).is_err() {
                        eprintln!("history failed: RUHU_SEED={seed}");
                        failed.lock().unwrap().push(seed);
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap();
    assert!(failed.is_empty(), "{} of {count} histories failed, seeds {failed:?}", failed.len());
}
