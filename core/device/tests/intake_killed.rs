//! A phone that dies at any write of a photo that answers a question: there is the whole photo with its
//! thumbnail, its original and the answer, or nothing of it. The other process is this test program itself,
//! started again for the ignored test below, with a limit on the size of files: the system kills it at the
//! write that goes beyond.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use ruhu_device::{Device, Explain, Host, NoRandomness, PictureSettings, System};
use ruhu_formats::read_form;
use ruhu_harness::pictures::{photographed, picture};
use ruhu_harness::world::{KEY, World, fast_folder};
use ruhu_vision::picture::intake::{Policy, intake};

const FOLDER: &str = "RUHU_INTAKE_FOLDER";
const VISIT: &str = "RUHU_INTAKE_VISIT";
const CHILD: &str = "child_answers_with_a_photo_until_it_is_killed";
const FORM: &str =
    "survey,,,,\n,type,name,label\n,image,house,房屋\nsettings,,\n,form_id,version\n,pictures,1\n";

/// A phone's folder with an open visit, as it lies on the disk.
struct Stage {
    _world: World,
    folder: tempfile::TempDir,
    case: String,
    visit: String,
    offered: Vec<u8>,
}

impl Stage {
    fn set(seed: u64) -> Stage {
        let mut world = World::new(seed);
        let mut phone = world.caseworker("周明远");
        let form = read_form(FORM.as_bytes()).unwrap_or_else(|faults| panic!("{faults}")).form;
        phone.device().form_install(&form.to_bytes()).unwrap();
        phone
            .device()
            .set_picture_settings(PictureSettings { originals: true, ..Default::default() })
            .unwrap();
        let case = phone.new_case("张三");
        let visit = phone.device().visit_start(&case, "pictures").unwrap().id;
        let folder = tempfile::Builder::new().prefix("ruhu-intake").tempdir_in(fast_folder()).unwrap();
        copy(phone.switch_off(), &folder.path().join("whole"));
        let offered = photographed(&picture(seed, 90_000));
        std::fs::write(folder.path().join("photo.jpg"), &offered).unwrap();
        Stage { _world: world, folder, case, visit, offered }
    }

    fn photo(&self) -> PathBuf {
        self.folder.path().join("photo.jpg")
    }

    /// The phone as it was before it began.
    fn fresh(&self) -> PathBuf {
        let dir = self.folder.path().join("phone");
        let _ = std::fs::remove_dir_all(&dir);
        copy(&self.folder.path().join("whole"), &dir);
        dir
    }

    /// Opens the phone again: says whether the photo is there, and finds all of it or nothing.
    fn is_whole(&self, dir: &Path, when: &str) -> bool {
        let device = Device::open(dir, KEY, "install").unwrap();
        let evidence = device.case_show(&self.case).unwrap().household.evidence;
        let answer = device.visit_node(&self.visit, "house").unwrap().unwrap().value;
        assert_eq!(device.check().unwrap(), Vec::<String>::new(), "{when}");
        let kept = intake(&self.offered, &Policy::default()).unwrap();
        match &evidence[..] {
            [] => {
                assert_eq!(answer, "", "{when}");
                assert_eq!(sealed(dir), 0, "{when}: what was left is swept");
                // And it is taken as if nothing had been.
                device.visit_answer_picture(&self.visit, "house", &self.photo()).unwrap();
                assert_eq!(sealed(dir), 2, "{when}");
                false
            }
            [entry] => {
                assert_eq!(answer, entry.id, "{when}");
                assert_eq!(sealed(dir), 2, "{when}");
                let sha256 = entry.sha256.as_deref().unwrap();
                assert_eq!(device.file(sha256).unwrap(), kept.bytes, "{when}");
                let original = entry.fields.get("original_sha256").unwrap().as_text().unwrap();
                assert_eq!(device.file(original).unwrap(), self.offered, "{when}");
                assert_eq!(device.thumbnail(&entry.id).unwrap(), kept.thumbnail, "{when}");
                true
            }
            more => panic!("{when}: {} photos", more.len()),
        }
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
fn child_answers_with_a_photo_until_it_is_killed() {
    let (Some(folder), Ok(visit)) = (env::var_os(FOLDER), env::var(VISIT)) else { return };
    let folder = PathBuf::from(folder);
    let device = Device::open(&folder, KEY, "install").unwrap();
    device.visit_answer_picture(&visit, "house", &folder.with_file_name("photo.jpg")).unwrap();
    // What a store does when it is closed is no write of a photo.
    std::process::exit(0);
}

#[test]
fn a_phone_killed_at_any_write_of_a_photo_has_the_whole_photo_or_none() {
    let stage = Stage::set(501);
    let (mut killed, mut whole) = (0, 0);
    // In blocks of 512 bytes. Files grow by pages of 4 KB, sealed ones by chunks of 64 KB.
    for blocks in (1u32..).map(|number| number * 8) {
        let dir = stage.fresh();
        let mut command = Command::new("sh");
        let limited = format!("ulimit -c 0; ulimit -f {blocks}; exec \"$0\" --ignored --exact {CHILD}");
        command.args(["-c", &limited]).arg(env::current_exe().unwrap());
        let ended = command.env(FOLDER, &dir).env(VISIT, &stage.visit).output().unwrap().status;
        let is_whole = stage.is_whole(&dir, &format!("killed beyond {blocks} blocks"));
        if ended.success() {
            assert!(is_whole, "what was acknowledged is there");
            break;
        }
        killed += 1;
        whole += u32::from(is_whole);
        assert!(blocks < 8_000, "it never came to its end");
    }
    assert!(killed > 20, "it was killed {killed} times");
    assert!(whole < killed, "{whole} of {killed}");
}

/// Fails, or kills its process, when it is asked for the n-th time.
struct Failing {
    left: AtomicU32,
}

impl Host for Failing {
    fn now_ms(&self) -> i64 {
        System.now_ms()
    }

    fn utc_offset_minutes(&self) -> i32 {
        480
    }

    fn fill_random(&self, buffer: &mut [u8]) -> Result<(), NoRandomness> {
        match self.left.fetch_sub(1, Ordering::Relaxed) {
            0 => Err(NoRandomness),
            _ => System.fill_random(buffer),
        }
    }
}

#[test]
fn a_host_that_fails_at_any_step_leaves_nothing_and_the_next_time_it_is_taken() {
    let stage = Stage::set(502);
    for step in 0.. {
        let dir = stage.fresh();
        let host = Arc::new(Failing { left: AtomicU32::new(step) });
        let opened = Device::open_on(&dir, KEY, "install", host.clone());
        let given = match opened {
            Ok(device) => device.visit_answer_picture(&stage.visit, "house", &stage.photo()).map(drop),
            Err(error) => Err(error),
        };
        match given {
            Ok(()) => {
                assert!(step >= 3 && stage.is_whole(&dir, "taken"), "{step} steps");
                break;
            }
            Err(error) => {
                assert_eq!(error.code(), "randomness", "step {step}");
                assert!(!stage.is_whole(&dir, &format!("failed at step {step}")));
            }
        }
    }
}
