//! A small world in one process: a real hub on a real folder, real devices on real SQLCipher stores,
//! and a network that may lose, repeat and cut. Clock and randomness come from a seed, so that a
//! story can be told again exactly.

use std::fs;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use futures::executor::block_on;
use ruhu_case::DocId;
use ruhu_device::{Device, DeviceError, Host, NoRandomness, Status, SyncControl, SyncReport};
use ruhu_form::JournalEntry;
use ruhu_hub::{Durability, Hub, Invitation, Options};
use ruhu_national::DivisionScope;
use ruhu_store::{Store, StoreKey};
use ruhu_sync::{DeviceId, Role};

use crate::clock::{Clock, ServerClock};
use crate::link::{Direct, Link, Server};

/// The township in which the stories play: fictitious streets of a real county code's form.
pub const TOWNSHIP: &str = "110101001";
/// A village of it.
pub const VILLAGE: &str = "110101001002";
/// Another village of it.
pub const OTHER_VILLAGE: &str = "110101001003";

/// 2026-11-22 09:00 in China.
const BEGIN_MS: i64 = 1_795_309_200_000;

/// A phone's clock and randomness.
struct SeededHost {
    clock: Arc<Clock>,
    /// How wrong the phone's clock is.
    skew_ms: i64,
    random: Mutex<fastrand::Rng>,
}

impl Host for SeededHost {
    fn now_ms(&self) -> i64 {
        self.clock.now_ms() + self.skew_ms
    }

    fn utc_offset_minutes(&self) -> i32 {
        480
    }

    fn fill_random(&self, buffer: &mut [u8]) -> Result<(), NoRandomness> {
        self.random.lock().map_err(|_| NoRandomness)?.fill(buffer);
        Ok(())
    }
}

/// The world: a server, a clock, and a folder for everything.
pub struct World {
    root: tempfile::TempDir,
    /// The clock of the world; a phone's may be wrong.
    pub clock: Arc<Clock>,
    server: Arc<dyn Server>,
    /// The clock of the server alone.
    pub server_clock: Arc<ServerClock>,
    random: fastrand::Rng,
    copies: u32,
    form: Vec<u8>,
}

impl World {
    /// A world that grows from a seed, with [`SMALL_FORM`] on every phone.
    pub fn new(seed: u64) -> World {
        let root = tempfile::Builder::new().prefix("ruhu-world").tempdir_in(fast_folder()).unwrap();
        World::on_disk(seed, root)
    }

    /// A world in a folder of the caller's.
    pub fn on_disk(seed: u64, root: tempfile::TempDir) -> World {
        World::served_by(Arc::new(Direct::default()), seed, root)
    }

    /// A world whose requests a server of the caller's answers.
    pub fn served_by(server: Arc<dyn Server>, seed: u64, root: tempfile::TempDir) -> World {
        let form = ruhu_formats::read_workbook(SMALL_FORM).unwrap().form.to_bytes();
        let clock = Arc::new(Clock::at(BEGIN_MS));
        let mut world = World {
            root,
            server_clock: Arc::new(ServerClock::of(clock.clone())),
            clock,
            server,
            random: fastrand::Rng::with_seed(seed),
            copies: 0,
            form,
        };
        world.start_server();
        world
    }

    /// The folder of everything.
    pub fn folder(&self) -> &Path {
        self.root.path()
    }

    pub(crate) fn server_dir(&self) -> PathBuf {
        self.root.path().join("server")
    }

    /// Stops the server: what was not answered was not done.
    pub fn stop_server(&mut self) {
        self.server.stop();
    }

    /// Starts the server on its folder.
    pub fn start_server(&mut self) {
        let mut nonce = [0; 16];
        self.random.fill(&mut nonce);
        let options = Options { durability: Durability::Relaxed, nonce: Some(nonce), ..Options::default() };
        let hub = Hub::open_with(&self.server_dir(), options, self.server_clock.now_ms()).unwrap();
        self.server.start(hub, self.server_clock.clone());
    }

    /// Copies the server's folder, as a backup does, and gives the copy's name.
    pub fn back_up_server(&mut self) -> PathBuf {
        self.stop_server();
        let copy = self.copy_of(&self.server_dir());
        self.start_server();
        copy
    }

    /// Puts a copy in the place of the server's folder.
    pub fn restore_server(&mut self, copy: &Path) {
        self.stop_server();
        fs::remove_dir_all(self.server_dir()).unwrap();
        copy_folder(copy, &self.server_dir());
        self.start_server();
    }

    fn copy_of(&mut self, folder: &Path) -> PathBuf {
        self.copies += 1;
        let copy = self.root.path().join(format!("copy-{}", self.copies));
        copy_folder(folder, &copy);
        copy
    }

    /// Does something with the hub.
    pub fn with_hub<T>(&self, act: impl FnOnce(&mut Hub) -> T) -> T {
        let (mut act, mut done) = (Some(act), None);
        self.server.with_hub(&mut |hub| done = act.take().map(|act| act(hub)));
        done.expect("the server runs")
    }

    /// Publishes a compiled form, whatever its bytes are, and gives its hash in hexadecimal digits.
    pub fn publish(&self, id: &str, version: &str, bytes: &[u8]) -> String {
        let now_ms = self.clock.now_ms();
        let form = self.with_hub(|hub| hub.publish_form(id, version, bytes, now_ms)).unwrap();
        form.hash.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// A new phone, enrolled.
    pub fn phone(&mut self, person: &str, role: Role, scope: &str) -> Phone {
        let dir = self.root.path().join(format!("phone-{}", self.copies + 1));
        self.phone_at(dir, person, role, scope)
    }

    /// A new phone, enrolled, whose store is in a folder of the caller's.
    pub fn phone_at(&mut self, dir: PathBuf, person: &str, role: Role, scope: &str) -> Phone {
        self.copies += 1;
        let mut phone = Phone {
            dir,
            install: format!("install-{}", self.copies),
            device: None,
            link: Arc::new(Link::new(self.server.clone(), self.clock.clone())),
            clock: self.clock.clone(),
            skew_ms: self.random.i64(-90_000_000..90_000_000),
            seed: self.random.u64(..),
        };
        phone.open();
        phone.device().form_install(&self.form).unwrap();
        let invitation = Invitation {
            person: person.into(),
            role,
            scope: DivisionScope::parse(scope).unwrap(),
            valid_ms: 3_600_000,
        };
        let now_ms = self.clock.now_ms();
        let code =
            self.with_hub(|hub| hub.issue_code(invitation, "http://127.0.0.1:1", None, now_ms)).unwrap();
        block_on(phone.device().enroll_over(phone.link.as_ref(), &code.to_string())).unwrap();
        phone
    }

    /// A caseworker's phone for the whole township.
    pub fn caseworker(&mut self, person: &str) -> Phone {
        self.phone(person, Role::Caseworker, TOWNSHIP)
    }

    /// A volunteer's phone for one village.
    pub fn volunteer(&mut self, person: &str) -> Phone {
        self.phone(person, Role::Volunteer, VILLAGE)
    }

    /// Copies a phone's store as it is on the disk.
    pub fn copy_phone(&mut self, phone: &mut Phone) -> PathBuf {
        let was_open = phone.device.take().is_some();
        let copy = self.copy_of(&phone.dir);
        if was_open {
            phone.open();
        }
        copy
    }

    /// Another phone with a copy of this one's store: the worst case, where even the install looks
    /// the same.
    pub fn clone_phone(&mut self, phone: &mut Phone) -> Phone {
        let dir = self.copy_phone(phone);
        let (install, skew_ms) = (phone.install.clone(), phone.skew_ms);
        self.opened(dir, install, skew_ms)
    }

    /// Another phone with a copy of a store, that knows by its install that it is another.
    pub fn phone_from(&mut self, copy: &Path, install: &str) -> Phone {
        self.opened(copy.to_owned(), install.to_owned(), 0)
    }

    fn opened(&mut self, dir: PathBuf, install: String, skew_ms: i64) -> Phone {
        let mut phone = Phone {
            dir,
            install,
            device: None,
            link: Arc::new(Link::new(self.server.clone(), self.clock.clone())),
            clock: self.clock.clone(),
            skew_ms,
            seed: self.random.u64(..),
        };
        phone.open();
        phone
    }

    /// Puts a copy in the place of a phone's store, as restoring a backup does.
    pub fn restore_phone(&mut self, phone: &mut Phone, copy: &Path) {
        phone.device = None;
        fs::remove_dir_all(&phone.dir).unwrap();
        copy_folder(copy, &phone.dir);
        phone.open();
    }
}

/// A phone in somebody's hand.
pub struct Phone {
    dir: PathBuf,
    install: String,
    device: Option<Device>,
    /// The phone's way to the server.
    pub link: Arc<Link>,
    clock: Arc<Clock>,
    skew_ms: i64,
    seed: u64,
}

impl Phone {
    fn open(&mut self) {
        self.seed = self.seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let host = SeededHost {
            clock: self.clock.clone(),
            skew_ms: self.skew_ms,
            random: Mutex::new(fastrand::Rng::with_seed(self.seed)),
        };
        self.device = Some(Device::open_on(&self.dir, KEY, &self.install, Arc::new(host)).unwrap());
    }

    /// Switches the phone off and gives the folder of its store.
    pub fn switch_off(&mut self) -> &Path {
        self.device = None;
        &self.dir
    }

    /// The device object.
    pub fn device(&self) -> &Device {
        self.device.as_ref().expect("the phone is on")
    }

    /// Kills the app and opens it again.
    pub fn kill_and_reopen(&mut self) {
        self.device = None;
        self.open();
    }

    /// Puts an entry into the journal of a visit as an earlier program wrote it, with what it took then.
    pub fn append_journal(&mut self, visit: &str, entry: &JournalEntry) {
        let store = Store::open(self.switch_off(), &StoreKey::from_bytes(KEY)).unwrap();
        let mut kept = serde_json::to_value(entry).unwrap();
        kept["at_ms"] = 1.into();
        let bytes = serde_json::to_vec(&kept).unwrap();
        store.append_answer(visit, 1, &bytes).unwrap();
        drop(store);
        self.open();
    }

    /// Lets the disk of the phone rot: the row of one document names a kind that there is not.
    pub fn rot_document(&mut self, case: &str) {
        let database = rusqlite::Connection::open(self.switch_off().join("store.db")).unwrap();
        let key: String = KEY.iter().map(|byte| format!("{byte:02x}")).collect();
        let doc: DocId = case.parse().unwrap();
        database
            .execute_batch(&format!("PRAGMA key = \"x'{key}'\"; PRAGMA ignore_check_constraints = ON;"))
            .unwrap();
        let rotten = database.execute("UPDATE documents SET kind = 'x' WHERE id = ?1", [doc.0]).unwrap();
        assert_eq!(rotten, 1);
        drop(database);
        self.open();
    }

    /// The time by the phone's own clock, Unix milliseconds.
    pub fn now_ms(&self) -> i64 {
        self.clock.now_ms() + self.skew_ms
    }

    /// Enrols with a code, or renews by it.
    pub fn enroll(&self, code: &str) -> Result<Status, DeviceError> {
        block_on(self.device().enroll_over(self.link.as_ref(), code))
    }

    /// Syncs.
    pub fn sync(&self) -> Result<SyncReport, DeviceError> {
        self.link.come_back();
        block_on(self.device().sync_over(self.link.as_ref()))
    }

    /// Syncs and stops after so many of the turns that a sync leaves to others, between two slices of
    /// what it writes; `None` when it was stopped. Each slice is as small as can be. What is on the disk
    /// then is what a killed phone finds.
    pub fn sync_for(&self, turns: usize) -> Option<Result<SyncReport, DeviceError>> {
        self.link.come_back();
        let control = SyncControl { slice_bytes: 1, ..SyncControl::default() };
        let mut sync = pin!(self.device().sync_over_with(self.link.as_ref(), &control));
        let mut context = Context::from_waker(Waker::noop());
        (0..=turns).find_map(|_| match sync.as_mut().poll(&mut context) {
            Poll::Ready(ended) => Some(ended),
            Poll::Pending => None,
        })
    }

    /// Syncs, and does something whenever the sync gives its host a turn; says how often that was.
    pub fn sync_beside(&self, mut act: impl FnMut()) -> Result<(SyncReport, usize), DeviceError> {
        self.link.come_back();
        let control = SyncControl::default();
        let mut sync = pin!(self.device().sync_over_with(self.link.as_ref(), &control));
        let mut context = Context::from_waker(Waker::noop());
        let mut turns = 0;
        loop {
            match sync.as_mut().poll(&mut context) {
                Poll::Ready(ended) => return ended.map(|report| (report, turns)),
                Poll::Pending => turns += 1,
            }
            act();
        }
    }

    /// Syncs with a host that follows it or stops it.
    pub fn sync_with(&self, control: &SyncControl) -> Result<SyncReport, DeviceError> {
        self.link.come_back();
        block_on(self.device().sync_over_with(self.link.as_ref(), control))
    }

    /// The device's id.
    pub fn id(&self) -> DeviceId {
        self.device().status().unwrap().author.unwrap().device.parse().unwrap()
    }

    /// Opens a household in the village.
    pub fn new_case(&self, name: &str) -> String {
        self.new_case_in(name, VILLAGE)
    }

    /// Opens a household in a division.
    pub fn new_case_in(&self, name: &str, division: &str) -> String {
        let new = ruhu_device::NewCase {
            name: name.into(),
            division: division.into(),
            address: "柳树胡同3号".into(),
            ..ruhu_device::NewCase::default()
        };
        self.device().case_new(new).unwrap().id
    }

    /// Begins a visit with the small form.
    pub fn visit(&self, case: &str) -> String {
        self.device().visit_start(case, "small").unwrap().id
    }

    /// A visit of one answer, saved: the shortest way to write a field.
    pub fn write(&self, case: &str, question: &str, value: &str) {
        let visit = self.visit(case);
        self.device().visit_answer(&visit, question, value).unwrap();
        self.device().visit_save(&visit).unwrap();
    }

    /// The text that a field shows.
    pub fn field(&self, case: &str, key: &str) -> Option<String> {
        let view = self.device().case_show(case).unwrap();
        view.household.case.get(key).map(ToString::to_string)
    }

    /// The values of a field in conflict, sorted.
    pub fn conflict(&self, case: &str, path: &str) -> Vec<String> {
        let conflicts = self.device().conflicts(case).unwrap();
        let found = conflicts.into_iter().find(|conflict| conflict.path == path);
        let mut values: Vec<String> = found.into_iter().flat_map(|c| c.choices).map(|c| c.text).collect();
        values.sort();
        values
    }

    /// The heads of a household's document.
    pub fn heads(&self, case: &str) -> Vec<String> {
        self.device().case_show(case).unwrap().heads
    }

    /// The visible values a field ever had.
    pub fn history(&self, case: &str, path: &str) -> Vec<String> {
        let items = self.device().case_history(case, path).unwrap();
        items.into_iter().filter(|item| !item.hidden).map(|item| item.text).collect()
    }
}

/// The key of every phone's store.
pub const KEY: [u8; 32] = [7; 32];

/// A workbook of three questions that write to the household: `members_real` (decides eligibility),
/// `house_type` and `remark`.
pub const SMALL_FORM: &[u8] = include_bytes!("../fixtures/small.xlsx");

/// Memory where there is such a folder: a thousand histories write a lot, and here no power fails.
pub fn fast_folder() -> PathBuf {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() }
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy_folder(&entry.path(), &target),
            false => drop(fs::copy(entry.path(), target).unwrap()),
        }
    }
}
