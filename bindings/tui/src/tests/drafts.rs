//! Drafts on the disk.

use std::fs;
use std::path::{Path, PathBuf};

use ruhu_form::JournalEntry;
use tempfile::TempDir;

use super::hand::{NOW, short_visit};
use crate::draft::{Draft, Record};
use crate::draft_error::DraftError;

fn named(name: &str) -> Record {
    let entry = JournalEntry::Answer { path: "/data/head/name".into(), value: name.into() };
    Record { environment: NOW, entry }
}

/// A draft of two names that nobody has open.
fn two_names() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("draft.jsonl");
    let mut draft = Draft::begin(&path, &short_visit(), NOW).unwrap();
    draft.append(&named("陈大河")).unwrap();
    draft.append(&named("林秀梅")).unwrap();
    (folder, path)
}

fn reopened(path: &Path) -> Vec<Record> {
    Draft::open(path, &short_visit()).unwrap().unwrap().records
}

#[test]
fn every_entry_is_there_when_the_draft_is_opened_again() {
    let (_folder, path) = two_names();
    let again = Draft::open(&path, &short_visit()).unwrap().unwrap();
    assert_eq!((again.begun, again.version.as_str()), (NOW, "2026112201"));
    assert_eq!(again.records, [named("陈大河"), named("林秀梅")]);
    assert!(again.set_aside.is_none());
}

#[test]
fn a_cut_last_line_is_put_aside_and_filling_goes_on() {
    let (_folder, path) = two_names();
    let whole = fs::read(&path).unwrap();
    for (number, lost) in [1_usize, 3, 40].into_iter().enumerate() {
        let cut = &whole[..whole.len() - 1 - lost];
        fs::write(&path, cut).unwrap();
        let mut again = Draft::open(&path, &short_visit()).unwrap().unwrap();
        assert_eq!(again.records, [named("陈大河")]);
        let aside = again.set_aside.unwrap();
        assert!(aside.ends_with(format!("draft.jsonl.cut-{}", number + 1)));
        assert!(cut.ends_with(&fs::read(aside).unwrap()), "the cut line is kept as it was");
        again.draft.append(&named("周明远")).unwrap();
        drop(again.draft);
        assert_eq!(reopened(&path), [named("陈大河"), named("周明远")]);
    }
}

#[test]
fn a_line_that_lacks_only_its_end_counts_and_the_next_one_stands_on_its_own() {
    let (_folder, path) = two_names();
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() - 1]).unwrap();
    let mut again = Draft::open(&path, &short_visit()).unwrap().unwrap();
    again.draft.append(&named("周明远")).unwrap();
    drop(again.draft);
    assert_eq!(reopened(&path), [named("陈大河"), named("林秀梅"), named("周明远")]);
}

#[test]
fn a_file_that_is_no_draft_and_a_draft_of_another_form_are_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("list.csv");
    fs::write(&path, "姓名,村\n").unwrap();
    let refused = Draft::open(&path, &short_visit()).unwrap_err();
    assert!(matches!(refused, DraftError::NotADraft), "{refused:?}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "姓名,村\n");
    assert!(matches!(Draft::begin(&path, &short_visit(), NOW), Err(DraftError::Write(_))));
    assert_eq!(fs::read_to_string(&path).unwrap(), "姓名,村\n");

    let (_folder, path) = two_names();
    let text = fs::read_to_string(&path).unwrap().replace("short_visit", "lead");
    fs::write(&path, &text).unwrap();
    let refused = Draft::open(&path, &short_visit()).unwrap_err();
    assert!(matches!(refused, DraftError::OtherForm { form } if form == "lead"));
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
    assert!(Draft::open(&path.with_extension("none"), &short_visit()).unwrap().is_none());
}

#[test]
fn two_terminals_cannot_write_one_draft() {
    let (_folder, path) = two_names();
    let first = Draft::open(&path, &short_visit()).unwrap().unwrap();
    assert!(matches!(Draft::open(&path, &short_visit()), Err(DraftError::InUse)));
    drop(first);
    assert_eq!(reopened(&path).len(), 2);
}

#[cfg(unix)]
#[test]
fn nobody_else_on_the_machine_may_read_a_draft() {
    use std::os::unix::fs::PermissionsExt;
    let (_folder, path) = two_names();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
}
