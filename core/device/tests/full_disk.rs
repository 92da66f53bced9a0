//! A phone whose disk is full: attaching says so, loses nothing, leaves nothing behind, and works when there is
//! room again. The disk is a small one that the system lets a test mount; the other process is this test program
//! itself, started again for the ignored test below.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::env;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use ruhu_device::{Device, Explain, PictureSettings};
use ruhu_formats::read_form;
use ruhu_harness::pictures::{photographed, picture};
use ruhu_harness::world::{KEY, World};

const DISK: &str = "RUHU_FULL_DISK";
const PHONE: &str = "RUHU_FULL_PHONE";
const NAMES: &str = "RUHU_FULL_NAMES";
const CHILD: &str = "child_attaches_on_a_full_disk";
const SAID: &str = "every photo was refused whole until there was room";
const FORM: &str = "survey,,,,\n,type,name,label\n,image,house,房屋\n,text,says,情况\nsettings,,\n,form_id,version\n,full,1\n";
/// Room that is left at first, and how much more each time, in bytes: the write that finds none is another each
/// time.
const STEP: usize = 24 * 1024;

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

/// Fills the disk but for so many bytes.
fn fill(disk: &Path, left: usize) {
    let filler = disk.join("filler");
    let mut file = std::fs::File::create(&filler).unwrap();
    let block = vec![7; 4096];
    while file.write_all(&block).is_ok() {}
    let length = file.metadata().unwrap().len();
    file.set_len(length.saturating_sub(left as u64)).unwrap();
}

#[test]
#[ignore = "run in a process of its own by the test of this file"]
fn child_attaches_on_a_full_disk() {
    let (Some(disk), Some(phone), Ok(names)) = (env::var_os(DISK), env::var_os(PHONE), env::var(NAMES))
    else {
        return;
    };
    let disk = PathBuf::from(disk);
    let (case, visit) = names.split_once(' ').unwrap();
    let dir = disk.join("phone");
    copy(Path::new(&phone), &dir);
    let photo = disk.join("photo.jpg");
    std::fs::write(&photo, photographed(&picture(5, 90_000))).unwrap();
    let device = Device::open(&dir, KEY, "install").unwrap();
    device.visit_answer(visit, "says", "answered before").unwrap();
    let mut refused = 0;
    for left in (0..).map(|step| step * STEP) {
        assert!(left < 3 << 20, "it never found room");
        fill(&disk, left);
        // A question and the household itself: both ways of a photo.
        let attached = device.attach(case, &photo, "house_out").map(drop);
        let answered = attached.and_then(|()| device.visit_answer_picture(visit, "house", &photo).map(drop));
        std::fs::remove_file(disk.join("filler")).unwrap();
        let evidence = device.case_show(case).unwrap().household.evidence.len();
        let answer = device.visit_node(visit, "house").unwrap().unwrap().value;
        assert_eq!(device.check().unwrap(), Vec::<String>::new(), "{left} bytes left");
        match answered {
            Ok(()) => break,
            Err(error) => {
                assert_eq!(error.code(), "disk_full", "{left} bytes left: {error}");
                assert_eq!(answer, "", "{left} bytes left");
                // Each photo is two files, the picture and the original; the same photo twice is one.
                assert_eq!(
                    sealed(&dir),
                    2 * evidence.min(1),
                    "{left} bytes left: nothing lies there that no row names"
                );
                refused += 1;
            }
        }
    }
    assert!(refused > 3, "it was refused {refused} times");
    // There is room again: it is taken, and what stood before stands.
    let given = device.visit_answer_picture(visit, "house", &photo).unwrap().evidence.id;
    assert_eq!(device.visit_node(visit, "house").unwrap().unwrap().value, given);
    assert_eq!(device.visit_node(visit, "says").unwrap().unwrap().value, "answered before");
    drop(device);
    let again = Device::open(&dir, KEY, "install").unwrap();
    assert_eq!(again.check().unwrap(), Vec::<String>::new());
    assert!(!again.thumbnail(&given).unwrap().is_empty());
    println!("\n{SAID}");
}

#[test]
fn a_photo_on_a_full_disk_is_refused_whole_and_taken_when_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let (disk, phone) = (folder.path().join("disk"), folder.path().join("phone"));
    std::fs::create_dir_all(&disk).unwrap();
    let mount = format!("mount -t tmpfs -o size=16m none '{}'", disk.display());
    let tried = Command::new("unshare").args(["-rm", "sh", "-c", &mount]).output();
    if !tried.is_ok_and(|output| output.status.success()) {
        eprintln!("no small disk can be mounted here");
        return;
    }
    let mut world = World::new(601);
    let mut zhou = world.caseworker("周明远");
    let form = read_form(FORM.as_bytes()).unwrap_or_else(|faults| panic!("{faults}")).form;
    zhou.device().form_install(&form.to_bytes()).unwrap();
    zhou.device().set_picture_settings(PictureSettings { originals: true, ..Default::default() }).unwrap();
    let case = zhou.new_case("张三");
    let visit = zhou.device().visit_start(&case, "full").unwrap().id;
    copy(zhou.switch_off(), &phone);
    let probe = format!("{mount} && exec \"$0\" --ignored --exact {CHILD} --nocapture");
    let mut command = Command::new("unshare");
    command.args(["-rm", "sh", "-c", &probe]).arg(env::current_exe().unwrap());
    let output = command.env(DISK, &disk).env(PHONE, &phone).env(NAMES, format!("{case} {visit}")).output();
    let output = output.unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.lines().any(|line| line == SAID), "{said}{}", String::from_utf8_lossy(&output.stderr));
}
