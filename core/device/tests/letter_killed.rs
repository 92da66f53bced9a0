//! A phone that dies while it takes in a letter's photo: there is the whole photo or none of it, and what its
//! prints are compared with comes after, at the latest when the photo is looked at next. The other process is this
//! test program itself, started again for the ignored test below; it ends at the n-th question to its host.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use ruhu_case::Evidence;
use ruhu_device::{Device, Host, NoRandomness, System};
use ruhu_harness::world::{KEY, Phone, World, fast_folder};
use ruhu_pictures::impression::Manner;
use ruhu_pictures::letters::Hand;
use ruhu_pictures::noise::Chance;
use ruhu_pictures::pressed::{code, photo};
use ruhu_vision::picture::intake::{Policy, intake};

const FOLDER: &str = "RUHU_LETTER_FOLDER";
const CASE: &str = "RUHU_LETTER_CASE";
const STEP: &str = "RUHU_LETTER_STEP";
const CHILD: &str = "child_attaches_a_letter_until_it_is_killed";

/// Ends its process, as a battery does, at the n-th question.
struct Dying {
    left: AtomicU32,
}

impl Dying {
    fn asked(&self) {
        if self.left.fetch_sub(1, Ordering::Relaxed) == 0 {
            std::process::abort();
        }
    }
}

impl Host for Dying {
    fn now_ms(&self) -> i64 {
        self.asked();
        System.now_ms()
    }

    fn utc_offset_minutes(&self) -> i32 {
        480
    }

    fn fill_random(&self, buffer: &mut [u8]) -> Result<(), NoRandomness> {
        self.asked();
        System.fill_random(buffer)
    }
}

/// A phone's folder with a letter of one household, and the photo of another's that shows the same print.
struct Stage {
    _world: World,
    folder: tempfile::TempDir,
    other: String,
    case: String,
}

impl Stage {
    fn set() -> Stage {
        let mut world = World::new(77);
        let mut phone = world.caseworker("王经办");
        let folder = tempfile::Builder::new().prefix("ruhu-letter").tempdir_in(fast_folder()).unwrap();
        let print = Hand::First.press(&Hand::First.finger(771), Manner::Good, &mut Chance::of(771));
        let shot = |phone: &Phone, name: &str, seed: u64| {
            let case = phone.new_case(name);
            let file = folder.path().join(format!("{seed}.jpg"));
            std::fs::write(&file, photo(&code(&case, "2026-11", 1), &[(1, &print)], seed)).unwrap();
            (case, file)
        };
        let (other, first) = shot(&phone, "陈大河", 7711);
        phone.device().attach(&other, &first, "letter").unwrap();
        let (case, second) = shot(&phone, "李四", 7712);
        std::fs::rename(second, folder.path().join("photo.jpg")).unwrap();
        copy(phone.switch_off(), &folder.path().join("whole"));
        Stage { _world: world, folder, other, case }
    }

    /// The photo's entry as it lies on the disk, whole with its file, or nothing of it.
    fn entry(&self, dir: &Path, when: &str) -> Option<Evidence> {
        let device = Device::open(dir, KEY, "install").unwrap();
        assert_eq!(device.check().unwrap(), Vec::<String>::new(), "{when}");
        let evidence = device.case_show(&self.case).unwrap().household.evidence;
        let Some(entry) = evidence.first() else {
            assert_eq!(sealed(dir), 1, "{when}: what was left is swept");
            return None;
        };
        let offered = std::fs::read(self.folder.path().join("photo.jpg")).unwrap();
        let kept = intake(&offered, &Policy::default()).unwrap();
        assert_eq!(device.file(entry.sha256.as_deref().unwrap()).unwrap(), kept.bytes, "{when}");
        assert_eq!((evidence.len(), sealed(dir)), (1, 2), "{when}");
        Some(entry.clone())
    }

    /// What the entry says of its prints once the phone has looked at what it had not.
    fn compared(&self, dir: &Path, when: &str) {
        let device = Device::open(dir, KEY, "install").unwrap();
        assert_eq!(device.letter_look(u32::MAX).unwrap().left, 0, "{when}");
        let evidence = device.case_show(&self.case).unwrap().household.evidence;
        let said = evidence[0].fields.get("print_reuse").and_then(|said| said.as_text()).expect(when);
        let said: serde_json::Value = serde_json::from_str(said).unwrap();
        assert_eq!(said["same"].as_array().unwrap().len(), 1, "{when}: {said}");
        let all = device.letter_reuse_held(&mut |_, _| true).unwrap();
        let [pair] = all.pairs.as_slice() else { panic!("{when}: {all:?}") };
        assert_eq!((&pair.a_place.case, &pair.b_place.case), (&self.other, &self.case), "{when}");
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let (from, to) = (entry.as_ref().unwrap().path(), to.join(entry.unwrap().file_name()));
        match from.is_dir() {
            true => copy(&from, &to),
            false => drop(std::fs::copy(from, to).unwrap()),
        }
    }
}

/// How many sealed files lie there, whole or begun.
fn sealed(dir: &Path) -> usize {
    let of = |folder: PathBuf| std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = of(dir.join("files")).filter(|path| path.file_name().is_some_and(|name| name.len() == 64));
    files.count() + of(dir.join("files/unfinished")).count()
}

#[test]
#[ignore = "run in a process of its own by the test of this file"]
fn child_attaches_a_letter_until_it_is_killed() {
    let Some(folder) = env::var_os(FOLDER).map(PathBuf::from) else { return };
    let (case, step) = (env::var(CASE).unwrap(), env::var(STEP).unwrap().parse().unwrap());
    let host = Arc::new(Dying { left: AtomicU32::new(step) });
    let device = Device::open_on(&folder, KEY, "install", host).unwrap();
    device.attach(&case, &folder.with_file_name("photo.jpg"), "letter").unwrap();
    // What a store does when it is closed is no part of a photo.
    std::process::exit(0);
}

#[test]
fn a_letters_photo_is_kept_before_its_prints_are_compared_which_is_made_good_later() {
    let stage = Stage::set();
    let (mut none, mut uncompared) = (0, 0);
    for step in 0.. {
        let dir = stage.folder.path().join("phone");
        let _ = std::fs::remove_dir_all(&dir);
        copy(&stage.folder.path().join("whole"), &dir);
        let mut command = Command::new(env::current_exe().unwrap());
        command.args(["--ignored", "--exact", CHILD]).env(FOLDER, &dir);
        let ended = command.env(CASE, &stage.case).env(STEP, step.to_string()).output().unwrap().status;
        let when = format!("killed at question {step}");
        match stage.entry(&dir, &when) {
            None => none += 1,
            Some(entry) => {
                let is_compared = entry.fields.contains_key("print_reuse");
                assert!(is_compared || !ended.success(), "{when}: a photo that was taken in is compared");
                uncompared += u32::from(!is_compared);
                stage.compared(&dir, &when);
            }
        }
        if ended.success() {
            break;
        }
    }
    assert!(none > 0 && uncompared > 0, "{none} without, {uncompared} not compared");
}
