#![allow(clippy::unwrap_used, clippy::panic)]
//! Photographs and papers sealed beside the database.

mod common;

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use common::{doc, file, open, read, write};
use proptest::prelude::*;
use ruhu_store::{
    CHUNK_BYTES, FILES_DIR, FilePart, FileRow, FileState, HEADER_BYTES, SealError, Store, StoreError,
    TAG_BYTES, unseal,
};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

const KEY: [u8; 32] = [0x17; 32];

fn content(len: usize) -> Vec<u8> {
    (0..len).map(|n| (n * 131 % 253) as u8).collect()
}

fn sha(content: &[u8]) -> [u8; 32] {
    Sha256::digest(content).into()
}

fn sealed_paths(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir.join(FILES_DIR)).unwrap().map(|e| e.unwrap().path());
    entries.filter(|path| path.is_file()).collect()
}

fn seal(store: &Store, content: &[u8]) -> [u8; 32] {
    store.files().seal(&KEY, None, &mut &content[..]).unwrap().sha256
}

/// The sealed bytes of a content, as they lie on the disk.
fn sealed_bytes(content: &[u8]) -> Vec<u8> {
    let dir = TempDir::new().unwrap();
    seal(&open(dir.path()), content);
    fs::read(&sealed_paths(dir.path())[0]).unwrap()
}

fn read_all(store: &Store, sha256: &[u8; 32]) -> io::Result<Vec<u8>> {
    let mut all = Vec::new();
    store.files().open(&KEY, sha256).unwrap().read_to_end(&mut all)?;
    Ok(all)
}

#[test]
fn a_photo_of_any_length_comes_back_as_it_was() {
    let dir = TempDir::new().unwrap();
    let store = open(dir.path());
    let chunk = CHUNK_BYTES;
    for len in [0, 1, chunk - 1, chunk, chunk + 1, 2 * chunk, 3 * chunk + 777] {
        let content = content(len);
        let sealed = store.files().seal(&KEY, Some(&sha(&content)), &mut &content[..]).unwrap();
        assert_eq!((sealed.size, sealed.sha256), (len as u64, sha(&content)));
        assert_eq!(read_all(&store, &sealed.sha256).unwrap(), content);
        assert_eq!(store.files().verify(&KEY, &sealed.sha256), Ok(len as u64));
    }
}

#[test]
fn the_folder_shows_neither_content_nor_its_hash() {
    let dir = TempDir::new().unwrap();
    let photo = "授权书 authorisation letter".repeat(50);
    let sha256 = seal(&open(dir.path()), photo.as_bytes());
    let path = &sealed_paths(dir.path())[0];
    let hex: String = sha256.iter().map(|b| format!("{b:02x}")).collect();
    assert_ne!(path.file_name().unwrap().to_string_lossy(), hex);
    let bytes = fs::read(path).unwrap();
    assert!(!bytes.windows(9).any(|w| w == b"authorisa"));
}

#[test]
fn content_other_than_announced_is_refused_and_leaves_nothing() {
    let dir = TempDir::new().unwrap();
    let store = open(dir.path());
    let refused = store.files().seal(&KEY, Some(&[0; 32]), &mut &b"photo"[..]);
    assert_eq!(refused, Err(StoreError::WrongContent));
    assert!(sealed_paths(dir.path()).is_empty());
    assert_eq!(fs::read_dir(dir.path().join(FILES_DIR).join("unfinished")).unwrap().count(), 0);
}

#[test]
fn a_card_that_is_pulled_out_while_a_photo_is_read_leaves_nothing() {
    struct PulledOut(usize);
    impl io::Read for PulledOut {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            if self.0 == 0 {
                return Err(io::ErrorKind::ConnectionReset.into());
            }
            let count = out.len().min(self.0);
            self.0 -= count;
            Ok(count)
        }
    }
    let dir = TempDir::new().unwrap();
    let store = open(dir.path());
    for before in [0, 10, CHUNK_BYTES, 3 * CHUNK_BYTES + 5] {
        let failed = store.files().seal(&KEY, None, &mut PulledOut(before));
        assert!(matches!(failed, Err(StoreError::Io { kind: io::ErrorKind::ConnectionReset, .. })));
        assert!(sealed_paths(dir.path()).is_empty());
    }
}

#[test]
fn a_photo_half_written_when_the_phone_died_is_swept_at_the_next_start() {
    let dir = TempDir::new().unwrap();
    drop(open(dir.path()));
    let half = dir.path().join(FILES_DIR).join("unfinished/left");
    fs::write(&half, b"RUHUSEAL").unwrap();
    drop(open(dir.path()));
    assert!(!half.exists());
}

#[test]
fn a_file_that_is_not_here_or_has_another_key_is_an_error() {
    let dir = TempDir::new().unwrap();
    let store = open(dir.path());
    let sha256 = seal(&store, b"photo");
    let missing = store.files().read_range(&KEY, &[0; 32], 0, 5);
    assert_eq!(missing, Err(StoreError::NotFound { what: "file" }));
    assert_eq!(store.files().verify(&[0; 32], &sha256), Err(StoreError::NotFound { what: "file" }));
    assert!(matches!(unseal(&[0; 32], &sealed_bytes(b"photo")), Err(SealError::Damaged(_))));
    assert_eq!(store.files().remove(&KEY, &sha256), Ok(true));
    assert_eq!(store.files().remove(&KEY, &sha256), Ok(false));
}

#[test]
fn the_same_photo_attached_to_two_households_is_kept_once_under_its_first_key() {
    let dir = TempDir::new().unwrap();
    let store = open(dir.path());
    let photo = content(1000);
    let sha256 = seal(&store, &photo);
    store.files().seal(&[0x18; 32], None, &mut &photo[..]).unwrap();
    write(&store, |tx| {
        tx.put_file(&FileRow { state: FileState::Uploading, ..file(sha256, 1000, KEY) })?;
        tx.put_file(&FileRow { doc: doc(2), ..file(sha256, 1000, [0x18; 32]) })
    });
    let row = read(&store, |tx| tx.file(&sha256)).unwrap();
    assert_eq!((row.key, row.state, row.doc), (KEY, FileState::Uploading, doc(1)));
    assert_eq!(read(&store, |tx| tx.files_of_document(&doc(2))).len(), 1);
    assert_eq!(store.remove_unreferenced_files(), Ok(1));
    assert_eq!(read_all(&store, &row.sha256).unwrap(), photo);
    assert_eq!(store.check(), Ok(vec![]));
}

#[test]
fn what_a_process_left_that_died_while_it_sealed_is_removed_at_the_next_opening() {
    let dir = TempDir::new().unwrap();
    let store = open(dir.path());
    let sealing = store.files().begin().unwrap();
    let (orphan, kept) = (seal(&store, b"no row was written"), seal(&store, b"a row was written"));
    let part = seal(&store, b"a piece of a photo");
    write(&store, |tx| {
        tx.put_file(&file(kept, 17, KEY))?;
        let wanted = FileRow { state: FileState::Wanted, ..file([5; 32], 40, [0; 32]) };
        tx.put_file(&wanted)?;
        tx.put_file_part(&FilePart { sha256: [5; 32], start: 0, size: 18, content: part, key: KEY })
    });
    assert_eq!(store.check().unwrap().len(), 1, "files without a row are named");
    // The process dies: nothing is dropped in order.
    std::mem::forget(sealing);
    drop(store);
    let store = open(dir.path());
    assert!(store.files().open(&KEY, &orphan).is_err());
    assert_eq!(read_all(&store, &kept).unwrap(), b"a row was written");
    assert_eq!(read_all(&store, &part).unwrap(), b"a piece of a photo");
    assert_eq!(store.check(), Ok(vec![]));
}

#[test]
fn a_file_whose_row_is_on_its_way_is_not_removed_by_another_that_ends() {
    let dir = TempDir::new().unwrap();
    let store = open(dir.path());
    let (one, other) = (store.files().begin().unwrap(), store.files().begin().unwrap());
    drop(one);
    seal(&store, b"not written yet");
    std::mem::forget(other);
    drop(store);
    assert!(sealed_paths(dir.path()).len() > 1, "the mark of the second is there");
    let store = open(dir.path());
    assert_eq!(sealed_paths(dir.path()), Vec::<PathBuf>::new());
    drop(store);
}

#[test]
fn the_check_names_a_missing_and_a_damaged_photo() {
    let dir = TempDir::new().unwrap();
    let store = open(dir.path());
    let (kept, lost, damaged) = (seal(&store, b"1"), seal(&store, b"2"), seal(&store, b"3"));
    let fetched = FileRow { state: FileState::Wanted, ..file([5; 32], 9, KEY) };
    write(&store, |tx| {
        [kept, lost, damaged].iter().try_for_each(|sha| tx.put_file(&file(*sha, 1, KEY)))?;
        tx.put_file(&fetched)
    });
    assert_eq!(store.check(), Ok(vec![]));

    store.files().remove(&KEY, &lost).unwrap();
    for path in sealed_paths(dir.path()) {
        let bytes = fs::read(&path).unwrap();
        if unseal(&KEY, &bytes).unwrap() == b"3" {
            fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
        }
    }
    let findings = store.check().unwrap();
    assert_eq!(findings.len(), 2, "{findings:?}");
    assert!(findings.iter().any(|f| f.contains("missing")));
    assert!(findings.iter().any(|f| f.contains("damaged")));
}

#[test]
fn chunks_that_change_places_or_files_are_found() {
    let one = sealed_bytes(&content(3 * CHUNK_BYTES));
    let sealed_chunk = CHUNK_BYTES + TAG_BYTES;
    let chunk = |n: usize| &one[HEADER_BYTES + n * sealed_chunk..HEADER_BYTES + (n + 1) * sealed_chunk];
    let header = &one[..HEADER_BYTES];
    for order in [[1, 0, 2], [0, 2, 1], [0, 0, 2], [2, 1, 0]] {
        let swapped = [header, chunk(order[0]), chunk(order[1]), chunk(order[2])].concat();
        assert!(unseal(&KEY, &swapped).is_err(), "{order:?}");
    }
    // A whole chunk less is still a possible length: the mark of the last chunk is missing.
    assert!(unseal(&KEY, &[header, chunk(0), chunk(1)].concat()).is_err());
    assert!(unseal(&KEY, &[header, chunk(0), chunk(1), chunk(2), chunk(2)].concat()).is_err());
    let other = sealed_bytes(&content(3 * CHUNK_BYTES));
    assert!(
        unseal(&KEY, &[header, chunk(0), chunk(1), &other[other.len() - sealed_chunk..]].concat()).is_err()
    );
}

#[test]
fn a_part_of_a_photo_is_read_although_another_part_is_damaged() {
    let dir = TempDir::new().unwrap();
    let store = open(dir.path());
    let photo = content(3 * CHUNK_BYTES);
    let sha256 = seal(&store, &photo);
    let path = &sealed_paths(dir.path())[0];
    let mut bytes = fs::read(path).unwrap();
    bytes[HEADER_BYTES + CHUNK_BYTES / 2] ^= 1;
    fs::write(path, &bytes).unwrap();
    let from = 2 * CHUNK_BYTES as u64;
    assert_eq!(store.files().read_range(&KEY, &sha256, from, 100).unwrap(), photo[from as usize..][..100]);
    assert!(store.files().read_range(&KEY, &sha256, 0, 100).is_err());
    let error = read_all(&store, &sha256).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidData);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_part_of_a_photo_reads_as_it_was_written(
        len in 0..3 * CHUNK_BYTES, offset in 0..4 * CHUNK_BYTES as u64, count in 0..3 * CHUNK_BYTES,
    ) {
        let dir = TempDir::new().unwrap();
        let store = open(dir.path());
        let photo = content(len);
        let sha256 = seal(&store, &photo);
        let start = (offset as usize).min(len);
        let expected = &photo[start..(start + count).min(len)];
        prop_assert_eq!(store.files().read_range(&KEY, &sha256, offset, count).unwrap(), expected);
    }

    #[test]
    fn a_flipped_or_cut_sealed_file_never_opens(
        len in 0..2 * CHUNK_BYTES, at: prop::sample::Index, bit in 0..8u8, cut: prop::sample::Index,
    ) {
        let whole = sealed_bytes(&content(len));
        let mut flipped = whole.clone();
        flipped[at.index(whole.len())] ^= 1 << bit;
        prop_assert!(unseal(&KEY, &flipped).is_err());
        prop_assert!(unseal(&KEY, &whole[..cut.index(whole.len())]).is_err());
    }

    #[test]
    fn any_bytes_are_refused_as_a_sealed_file_without_a_panic(bytes: Vec<u8>, headed: bool) {
        let bytes = if headed { [b"RUHUSEAL\x01".as_slice(), &bytes].concat() } else { bytes };
        prop_assert!(unseal(&KEY, &bytes).is_err());
    }
}
