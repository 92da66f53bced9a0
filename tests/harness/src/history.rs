//! Random histories, for tests to tell: any number of phones, any edits, any order, loss and repetition of messages,
//! phones killed, copied and restored, the server restored from an older copy of its folder, a phone
//! revoked in the middle. In the end everything converges, and whatever got a receipt, or is still
//! on its phone, is there and visible.
//!
//! Where the endpoints are real ([`Troubles::All`]) also: photos, a server whose clock is wrong, whose disk
//! flips a bit of a row or loses a file, a colleague who means harm, and lines that carry nothing large.
//!
//! `RUHU_HISTORIES=5000` tells more of them; `RUHU_SEED=17` tells that one again.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use ruhu_device::{Explain, SyncReport};
use ruhu_hub::Doubt;
use ruhu_sync::DeviceId;

use crate::attacker::Attacker;
use crate::link::Fate;
use crate::pictures::picture;
use crate::world::{Phone, VILLAGE, World};

const STEPS: u32 = 30;
const DAY_MS: i64 = 86_400_000;

/// What happens in a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Troubles {
    /// What enrolment and sync alone can go through.
    Sync,
    /// Everything; the server's endpoints must be there whole.
    All,
}

/// A photo that somebody took.
#[derive(Debug, Clone)]
struct Taken {
    sha256: String,
    bytes: Vec<u8>,
    phone: usize,
    /// Whether it went with a phone that was set back to an older copy.
    gone: bool,
}
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
    /// Whether the last phone that had it was set back after the server's disk had lost something: perhaps
    /// nobody has it, which must then be said.
    perhaps_nowhere: bool,
}

struct History {
    troubles: Troubles,
    world: World,
    random: fastrand::Rng,
    phones: Vec<Phone>,
    cases: Vec<String>,
    written: Vec<Written>,
    photos: Vec<Taken>,
    phone_copies: Vec<(usize, PathBuf, (usize, usize))>,
    server_copies: Vec<PathBuf>,
    /// Phones that were revoked at some time, also if a restored server forgot it.
    revoked: BTreeSet<usize>,
    attacker: Option<Attacker>,
    /// Whether the server's disk lost something.
    rotten: bool,
    clock_is_wrong: bool,
    next_value: u32,
    /// Whether every step is told, as when one history is told again.
    verbose: bool,
}

impl History {
    fn new(mut world: World, troubles: Troubles, seed: u64, verbose: bool) -> History {
        let mut random = fastrand::Rng::with_seed(seed ^ 0x5eed);
        let mut phones = vec![world.caseworker("甲"), world.volunteer("乙")];
        for _ in 0..random.usize(0..3) {
            phones.push(world.volunteer("丙"));
        }
        History {
            troubles,
            world,
            random,
            phones,
            cases: Vec::new(),
            written: Vec::new(),
            photos: Vec::new(),
            phone_copies: Vec::new(),
            server_copies: Vec::new(),
            revoked: BTreeSet::new(),
            attacker: None,
            rotten: false,
            clock_is_wrong: false,
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
        if self.troubles == Troubles::All && self.random.u32(0..100) < 40 {
            return self.trouble(phone);
        }
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

    fn trouble(&mut self, phone: usize) {
        match self.random.u32(0..100) {
            0..55 => self.take_photo(phone),
            55..75 => self.sync_over_a_narrow_line(phone),
            75..83 => self.set_clock(),
            83..89 => self.rot_a_row(),
            89..94 => self.lose_a_file(),
            _ => self.poison(),
        }
    }

    fn take_photo(&mut self, phone: usize) {
        let Some(case) = self.known_case(phone) else { return };
        let bytes = picture(self.random.u64(..), self.random.usize(1_000..60_000));
        let path = self.world.folder().join("photo.jpg");
        std::fs::write(&path, &bytes).unwrap();
        let sha256 = self.phones[phone].device().attach(&case, &path, "house_out").unwrap().sha256;
        self.say(|| format!("phone {phone} takes a photo of {} bytes: {}", bytes.len(), &sha256[..8]));
        self.photos.push(Taken { sha256, bytes, phone, gone: false });
    }

    /// Nothing larger than this passes, up or down; what is smaller does.
    fn sync_over_a_narrow_line(&mut self, phone: usize) {
        let bytes = [3_000, 9_000, 30_000][self.random.usize(0..3)];
        self.phones[phone].link.carry_at_most(Some(bytes));
        let outcome = self.phones[phone].sync();
        self.phones[phone].link.carry_at_most(None);
        self.say(|| format!("phone {phone} syncs over {bytes} bytes: {outcome:?}"));
        self.ended(phone, outcome);
    }

    fn set_clock(&mut self) {
        let days = [-400, -2, 0, 0, 40, 400, 4_000][self.random.usize(0..7)];
        self.world.server_clock.be_wrong_by(days * DAY_MS);
        self.clock_is_wrong = days != 0;
        self.say(|| format!("the server's clock is wrong by {days} days"));
    }

    fn rot_a_row(&mut self) {
        let chosen = self.random.u64(..);
        let rotten = self.world.rot_row(chosen);
        self.rotten |= rotten;
        self.say(|| format!("a row of the server rots: {rotten}"));
    }

    fn lose_a_file(&mut self) {
        let chosen = self.random.usize(..);
        let lost = self.world.lose_file(chosen);
        self.rotten |= lost.is_some();
        self.say(|| format!("the server loses {lost:?}"));
    }

    fn poison(&mut self) {
        if self.clock_is_wrong {
            return;
        }
        let attacker = match &mut self.attacker {
            Some(attacker) => attacker,
            none => none.insert(Attacker::enroll(&self.world)),
        };
        let case = self.random.choice(&self.cases).map(|case| case.parse().unwrap());
        let outcomes = attacker.poison(&self.world, case, &mut self.random);
        self.say(|| format!("somebody means harm: {outcomes:?}"));
    }

    fn open_case(&mut self, phone: usize) {
        let name = format!("户{}", self.cases.len());
        let case = self.phones[phone].new_case_in(&name, VILLAGE);
        self.say(|| format!("phone {phone} opens {}", &case[9..18]));
        self.cases.push(case);
    }

    fn known_case(&mut self, phone: usize) -> Option<String> {
        let list = self.phones[phone].device().case_list("", 0, 100).unwrap();
        // Nobody visits a household that an attacker made up.
        let honest: Vec<String> =
            list.into_iter().map(|case| case.id).filter(|id| self.cases.contains(id)).collect();
        self.random.choice(honest)
    }

    fn write(&mut self, phone: usize) {
        let Some(case) = self.known_case(phone) else { return };
        let field = FIELDS[self.random.usize(0..FIELDS.len())];
        self.next_value += 1;
        let value = self.next_value.to_string();
        self.phones[phone].write(&case, field, &value);
        self.say(|| format!("phone {phone} writes {field} = {value} in {}", &case[9..18]));
        self.written.push(Written {
            case,
            field,
            value,
            phone,
            receipted: false,
            gone: false,
            perhaps_nowhere: false,
        });
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
        match outcome {
            Some(outcome) => self.ended(phone, outcome),
            None => self.kill(phone),
        }
    }

    fn ended(&mut self, phone: usize, outcome: Result<SyncReport, ruhu_device::DeviceError>) {
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
        self.phone_copies.push((phone, copy, (self.written.len(), self.photos.len())));
    }

    /// What was written since the copy and has no receipt went with the phone.
    fn restore_phone(&mut self) {
        if self.phone_copies.is_empty() {
            return;
        }
        let place = self.random.usize(0..self.phone_copies.len());
        let (phone, copy, (count, photos)) = self.phone_copies.swap_remove(place);
        self.world.restore_phone(&mut self.phones[phone], &copy);
        self.say(|| format!("phone {phone} is restored"));
        for (index, written) in self.written.iter_mut().enumerate() {
            if written.phone == phone && index >= count {
                written.gone |= !written.receipted;
                written.perhaps_nowhere |=
                    self.rotten && !self.phones.iter().any(|phone| holds(phone, written));
            }
        }
        for taken in self.photos.iter_mut().skip(photos).filter(|taken| taken.phone == phone) {
            taken.gone = true;
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
        if self.phones.len() < 6 && !self.clock_is_wrong {
            self.say(|| format!("phone {} is enrolled", self.phones.len()));
            let phone = self.world.volunteer("丁");
            self.phones.push(phone);
        }
    }

    // ---- the end ----

    /// Everybody comes back to a network that works, often enough for news to reach all.
    fn come_together(&mut self) {
        self.world.server_clock.be_wrong_by(0);
        // A bit of a file that nobody fetches is seen when somebody looks.
        self.world.with_hub(|hub| hub.check()).unwrap();
        for _ in 0..4 {
            for phone in 0..self.phones.len() {
                let report = self.phones[phone].sync().unwrap();
                self.say(|| format!("in the end phone {phone} syncs: {report:?}"));
                if !self.rotten {
                    assert_eq!(report.drifted, Vec::<String>::new(), "phone {phone} differs from the server");
                }
                if self.attacker.is_none() {
                    assert_eq!(report.quarantined, Vec::<String>::new(), "all changes are honest here");
                }
            }
        }
        self.look_at_the_clock();
    }

    /// Three phones may be wrong by the same time: the server says that it does not know who is right, and an
    /// administrator looks.
    fn look_at_the_clock(&mut self) {
        let now_ms = self.world.clock.now_ms();
        let doubt = self.world.with_hub(|hub| hub.clock()).unwrap().doubt;
        if doubt == Some(Doubt::Phones) {
            self.say(|| "phones agree against the server's clock, which is accepted".into());
            self.world.with_hub(|hub| hub.accept_clock(now_ms)).unwrap();
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
            // What harm was done and cannot be undone is named; what was promised is looked at below.
            let found = self.phones[*phone].device().check().unwrap();
            assert!(self.is_harmed() || found.is_empty(), "phone {phone} is sound: {found:?}");
        }
        self.check_written(*first, &live);
        self.check_photos(&live);
        let mut findings = self.world.with_hub(|hub| hub.check()).unwrap().findings;
        // A photo that went with its phone is named so; those that are owed are looked at above.
        findings.retain(|finding| finding.code != "picture");
        assert!(self.is_harmed() || findings.is_empty(), "the server finds itself sound: {findings:?}");
    }

    /// Whether somebody meant harm, or the server's disk lost what perhaps nobody had beside it.
    fn is_harmed(&self) -> bool {
        self.attacker.is_some() || self.rotten
    }

    /// Every photo that is still on the phone that took it is on the server, whole.
    fn check_photos(&self, live: &[usize]) {
        let files = self.world.with_hub(|hub| hub.check()).unwrap().files;
        for taken in self.photos.iter().filter(|taken| live.contains(&taken.phone) && !taken.gone) {
            let short = &taken.sha256[..8];
            let kept = self.phones[taken.phone].device().file(&taken.sha256).unwrap();
            assert_eq!(kept, taken.bytes, "phone {} keeps its photo {short}", taken.phone);
            assert!(
                files.iter().any(|file| file.sha256 == taken.sha256 && file.ok),
                "the photo {short} of phone {} is on the server",
                taken.phone
            );
        }
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
        let honest = cases.into_iter().filter(|case| self.cases.contains(&case.id));
        honest.map(|case| (case.id.clone(), view(&case.id))).collect()
    }

    fn check_written(&self, phone: usize, live: &[usize]) {
        for written in &self.written {
            let still_held = live.contains(&written.phone) && !written.gone;
            let owed = (written.receipted && !self.revoked.contains(&written.phone)) || still_held;
            if owed && !(self.revoked.contains(&written.phone)) {
                let path = format!("case/{}", written.field);
                let history = self.phones[phone].history(&written.case, &path);
                let lacks_and_says_so = || {
                    let findings = self.world.with_hub(|hub| hub.check()).unwrap().findings;
                    written.perhaps_nowhere && !findings.is_empty()
                };
                assert!(
                    history.contains(&written.value) || lacks_and_says_so(),
                    "{written:?} is not in {history:?}"
                );
            }
        }
    }
}

/// Whether a phone knows a value that somebody wrote.
fn holds(phone: &Phone, written: &Written) -> bool {
    let known = phone.device().case_history(&written.case, &format!("case/{}", written.field));
    known.is_ok_and(|items| items.iter().any(|item| item.text == written.value))
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

fn tell(world: World, troubles: Troubles, seed: u64, verbose: bool) {
    let mut history = History::new(world, troubles, seed, verbose);
    for _ in 0..STEPS {
        history.step();
    }
    history.come_together();
    history.check();
}

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().expect("a number"))
}

/// Tells so many histories on all cores, each in a world of its own, or what `RUHU_HISTORIES` and
/// `RUHU_SEED` say.
///
/// # Panics
/// When one of them does not end well, with its seed.
pub fn tell_all(count: u64, troubles: Troubles, world: impl Fn(u64) -> World + Sync) {
    if let Some(seed) = setting("RUHU_SEED") {
        return tell(world(seed), troubles, seed, true);
    }
    let count = setting("RUHU_HISTORIES").unwrap_or(count);
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
                    let told = AssertUnwindSafe(|| tell(world(seed), troubles, seed, false));
                    if catch_unwind(told).is_err() {
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
