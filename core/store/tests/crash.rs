#![cfg(unix)]
#![allow(clippy::print_stderr, clippy::unwrap_used, clippy::panic)]
//! Processes that die, folders without permission, disks without space. The other process is
//! this test program itself, started again for one of the ignored tests below.

mod common;

use std::env;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use common::{draft, file, key, open, read, write};
use ruhu_store::{DATABASE_FILE, FILES_DIR, LookedAtRow, NewPrint, Store, StoreError};
use tempfile::TempDir;

const DIR_VARIABLE: &str = "RUHU_STORE_TEST_DIR";
const DRAFT: &str = "visit-1";

fn child(program: &Path, test: &str, dir: &Path) -> Command {
    let mut command = Command::new(program);
    command.args(["--ignored", "--exact", test]).env(DIR_VARIABLE, dir).stdout(Stdio::piped());
    command
}

/// The folder given by the parent; none when somebody runs the ignored tests by hand.
fn child_dir() -> Option<PathBuf> {
    env::var_os(DIR_VARIABLE).map(PathBuf::from)
}

/// Tells the parent; the test harness's own output stands on other lines.
fn tell(line: &str) {
    let mut out = std::io::stdout();
    writeln!(out, "\n> {line}").unwrap();
    out.flush().unwrap();
}

fn told(line: &str) -> Option<&str> {
    line.strip_prefix("> ")
}

fn answer(n: u64) -> Vec<u8> {
    format!("{{\"path\":\"income/{n}\",\"value\":\"{}\"}}", n * 37).into_bytes()
}

fn photo(n: u64) -> (Vec<u8>, [u8; 32]) {
    let content = (0..150_000).map(|i| (i * (n + 3) % 251) as u8).collect();
    let mut file_key = [9; 32];
    file_key[..8].copy_from_slice(&n.to_be_bytes());
    (content, file_key)
}

#[test]
#[ignore = "run in a process of its own by the tests of this file"]
fn child_answers_until_it_is_killed() {
    let Some(dir) = child_dir() else { return };
    let store = open(&dir);
    write(&store, |tx| tx.put_draft(&draft(DRAFT)));
    for n in 1.. {
        assert_eq!(store.append_answer(DRAFT, n as i64, &answer(n)).unwrap(), n);
        let (content, file_key) = photo(n);
        let sealed = store.files().seal(&file_key, None, &mut &content[..]).unwrap();
        write(&store, |tx| tx.put_file(&file(sealed.sha256, sealed.size, file_key)));
        tell(&format!("{n}"));
    }
}

#[test]
fn a_phone_killed_in_the_middle_of_a_visit_has_every_answer_and_photo() {
    for enough in [1, 4, 23] {
        let dir = TempDir::new().unwrap();
        let program = env::current_exe().unwrap();
        let mut process = child(&program, "child_answers_until_it_is_killed", dir.path()).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut last = 0;
        while last < enough {
            let line = lines.next().expect("the child ended by itself").unwrap();
            last = told(&line).map_or(last, |n| n.parse().unwrap());
        }
        let Err(error) = Store::open(dir.path(), &key()) else { panic!("two processes, one store") };
        assert_eq!(error, StoreError::InUse);

        process.kill().unwrap();
        process.wait().unwrap();
        for line in lines.map_while(Result::ok) {
            last = told(&line).map_or(last, |n| n.parse().unwrap());
        }

        let store = open(dir.path());
        let journal = read(&store, |tx| tx.journal(DRAFT));
        assert!(journal.len() as u64 >= last, "{} of {last}", journal.len());
        let expected: Vec<Vec<u8>> = (1..=journal.len() as u64).map(answer).collect();
        assert_eq!(journal, expected);
        let photos = read(&store, |tx| tx.files_of_document(&common::doc(1))).len();
        assert!(photos as u64 >= last && photos <= journal.len(), "{photos} of {last}");
        assert_eq!(store.check(), Ok(vec![]));
        assert_eq!(fs::read_dir(dir.path().join(FILES_DIR).join("unfinished")).unwrap().count(), 0);
        // At most the photo whose row was not written yet.
        assert!(store.remove_unreferenced_files().unwrap() <= 1);
        assert_eq!(store.check(), Ok(vec![]));
    }
}

fn prints(n: u64) -> (LookedAtRow, Vec<NewPrint>) {
    let photo = LookedAtRow {
        doc: common::doc(n as u8 % 5),
        evidence: format!("photo-{n}"),
        sha256: [n as u8; 32],
        left_out: "[]".into(),
        format: 1,
        paper: String::new(),
        outcome: "prints".into(),
    };
    let print = |at: u64| NewPrint {
        grantor: at.to_string(),
        outline: vec![at as u8; 512],
        picture: photo_bytes(n, at),
    };
    (photo, (1..=1 + n % 3).map(print).collect())
}

fn photo_bytes(n: u64, at: u64) -> Vec<u8> {
    (0..50_000).map(|i| (i * (n + at) % 251) as u8).collect()
}

#[test]
#[ignore = "run in a process of its own by the tests of this file"]
fn child_keeps_prints_until_it_is_killed() {
    let Some(dir) = child_dir() else { return };
    let store = open(&dir);
    for n in 1.. {
        let (photo, prints) = prints(n);
        store.impressions(|held| held.put(&photo, &prints)).unwrap();
        tell(&format!("{n}"));
    }
}

#[test]
fn a_phone_killed_while_it_keeps_prints_has_those_of_whole_photos() {
    for enough in [0, 1, 20] {
        let dir = TempDir::new().unwrap();
        let program = env::current_exe().unwrap();
        let mut process =
            child(&program, "child_keeps_prints_until_it_is_killed", dir.path()).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut last = 0;
        while last < enough {
            let line = lines.next().expect("the child ended by itself").unwrap();
            last = told(&line).map_or(last, |n| n.parse().unwrap());
        }
        process.kill().unwrap();
        process.wait().unwrap();
        for line in lines.map_while(Result::ok) {
            last = told(&line).map_or(last, |n| n.parse().unwrap());
        }
        let store = open(dir.path());
        let (photos, found) = store.impressions(|held| Ok((held.looked_at()?, held.prints()?))).unwrap();
        // What was told is there, and of the next one all or nothing; a database that was not finished holds none.
        assert!((last..=last + 1).contains(&(photos.len() as u64)), "{} of {last}", photos.len());
        let expected: Vec<_> = (1..=photos.len() as u64).flat_map(|n| prints(n).1).collect();
        assert_eq!(found.len(), expected.len());
        for (row, print) in found.iter().zip(&expected) {
            assert_eq!((&row.grantor, &row.outline), (&print.grantor, &print.outline));
            let picture = store.impressions(|held| held.picture(row.id)).unwrap();
            assert_eq!(picture.as_ref(), Some(&print.picture));
        }
        assert_eq!(store.check(), Ok(vec![]));
    }
}

#[test]
#[ignore = "run in a process of its own by the tests of this file"]
fn child_opens_what_it_may_not_write() {
    let Some(dir) = child_dir() else { return };
    match Store::open(&dir, &key()) {
        Ok(_) => tell("opened"),
        Err(e) => tell(&format!("{e:?}")),
    }
}

/// Opens the folder in a process without root's power to write everywhere.
fn opened_without_power(dir: &Path) -> String {
    let place = TempDir::new().unwrap();
    fs::set_permissions(place.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let program = place.path().join("probe");
    fs::copy(env::current_exe().unwrap(), &program).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = child(&program, "child_opens_what_it_may_not_write", dir);
    command.current_dir("/");
    if rustix::process::geteuid().is_root() {
        command.uid(65534).gid(65534);
    }
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().find_map(told).unwrap_or("nothing told").to_owned()
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_folder_without_permission_to_write_is_named_as_that() {
    let dir = TempDir::new().unwrap();
    drop(open(dir.path()));
    let before = common::bytes_of(dir.path());

    set_mode(dir.path(), 0o555);
    let seen = opened_without_power(dir.path());
    assert!(seen.contains("PermissionDenied"), "{seen}");

    // The folder may be written to, the database in it may not.
    set_mode(dir.path(), 0o777);
    for name in [ruhu_store::LOCK_FILE, ruhu_store::KEY_CHECK_FILE] {
        set_mode(&dir.path().join(name), 0o666);
    }
    set_mode(&dir.path().join(DATABASE_FILE), 0o444);
    let seen = opened_without_power(dir.path());
    assert!(seen.contains("PermissionDenied"), "{seen}");

    set_mode(dir.path(), 0o700);
    set_mode(&dir.path().join(DATABASE_FILE), 0o600);
    assert_eq!(common::bytes_of(dir.path()), before);
    assert_eq!(open(dir.path()).check(), Ok(vec![]));
}

#[test]
#[ignore = "run in a process of its own by the tests of this file"]
fn child_fills_its_disk() {
    let Some(dir) = child_dir() else { return };
    let ballast = dir.join("ballast");
    fs::write(&ballast, vec![1; 1 << 20]).unwrap();
    let store = open(&dir);
    write(&store, |tx| tx.put_draft(&draft(DRAFT)));

    let large = vec![7; 6 << 20];
    let error = store.files().seal(&[1; 32], None, &mut &large[..]).unwrap_err();
    assert_eq!(error, StoreError::DiskFull);
    assert_eq!(fs::read_dir(dir.join(FILES_DIR).join("unfinished")).unwrap().count(), 0);

    let mut kept = 0;
    let error = loop {
        match store.append_answer(DRAFT, 1, &[7; 9_000]) {
            Ok(n) => kept = n,
            Err(e) => break e,
        }
    };
    assert_eq!(error, StoreError::DiskFull);
    assert!(kept > 10);
    assert_eq!(read(&store, |tx| tx.journal(DRAFT)).len() as u64, kept);

    fs::remove_file(&ballast).unwrap();
    assert_eq!(store.append_answer(DRAFT, 2, b"after"), Ok(kept + 1));
    drop(store);
    let store = open(&dir);
    assert_eq!(read(&store, |tx| tx.journal(DRAFT)).len() as u64, kept + 1);
    assert_eq!(store.check(), Ok(vec![]));
    tell("the disk was full and nothing was lost");
}

#[test]
#[ignore = "run in a process of its own by the tests of this file"]
fn child_opens_its_store_on_a_full_disk() {
    let Some(dir) = child_dir() else { return };
    let folder = dir.join("store");
    let store = open(&folder);
    write(&store, |tx| tx.put_draft(&draft(DRAFT)));
    let kept = store.append_answer(DRAFT, 1, b"before").unwrap();
    drop(store);
    let others = dir.join("others");
    let mut file = fs::File::create(&others).unwrap();
    while file.write_all(&[1; 4096]).is_ok() {}
    drop(file);
    for _ in 0..2 {
        let store = open(&folder);
        assert_eq!(read(&store, |tx| tx.journal(DRAFT)), [b"before"]);
        assert_eq!(store.check(), Ok(vec![]));
        let refused = store.append_answer(DRAFT, 2, &[7; 9_000]);
        assert_eq!(refused, Err(StoreError::DiskFull));
    }
    fs::remove_file(&others).unwrap();
    let store = open(&folder);
    assert_eq!(store.append_answer(DRAFT, 2, b"after"), Ok(kept + 1));
    tell("everything could be read, and work went on when there was room");
}

#[test]
fn a_disk_that_is_really_full_loses_nothing() {
    on_a_small_disk("child_fills_its_disk", "the disk was full and nothing was lost");
}

#[test]
fn on_a_disk_without_a_free_byte_everything_can_be_read() {
    let said = "everything could be read, and work went on when there was room";
    on_a_small_disk("child_opens_its_store_on_a_full_disk", said);
}

/// Runs a child on a disk of 5 MB, where the system lets a test mount one; SQLite's own page limit shows
/// the same everywhere (`disk_full_tests`), and what a closed store leaves (`opening`).
fn on_a_small_disk(test: &str, said: &str) {
    let dir = TempDir::new().unwrap();
    let mount = format!("mount -t tmpfs -o size=5m none '{}'", dir.path().display());
    let may_mount = Command::new("unshare")
        .args(["-rm", "sh", "-c", &mount])
        .output()
        .is_ok_and(|output| output.status.success());
    if !may_mount {
        eprintln!("no disk of 5 MB can be mounted here");
        return;
    }
    let probe = format!("{mount} && exec \"$0\" --ignored --exact {test}");
    let output = Command::new("unshare")
        .args(["-rm", "sh", "-c", &probe])
        .arg(env::current_exe().unwrap())
        .env(DIR_VARIABLE, dir.path())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text.lines().find_map(told), Some(said), "{text}");
}
