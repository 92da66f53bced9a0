//! Photos, sealed files and the key-check file.

use std::path::Path;

use ruhu_store::{FILES_DIR, KeyCheck, SealedHeader, Store, StoreKey, unseal};
use ruhu_vision::picture::photo_facts;

use crate::photo::Photo;

const STORE_KEY: [u8; 32] = [0x42; 32];
const FILE_KEY: [u8; 32] = [0x17; 32];

pub(super) fn exif(bytes: &[u8]) {
    let facts = photo_facts(bytes);
    if let Some(place) = facts.place {
        let mut degrees = place.split(' ').map(|part| part.parse::<f64>().unwrap());
        assert!(degrees.next().unwrap().abs() <= 90.0 && degrees.next().unwrap().abs() <= 180.0);
    }
    assert!(facts.orientation.is_none_or(|turned| (1..=8).contains(&turned)));
}

pub(super) fn exif_seeds() -> Vec<Vec<u8>> {
    let photo = |seed| Photo { seed, width: 16, height: 12 }.to_jpeg().unwrap();
    vec![photo(1), photo(2)]
}

pub(super) fn sealed_file(bytes: &[u8]) {
    if let Ok(header) = SealedHeader::decode(bytes) {
        assert_eq!(bytes.get(..header.encode().len()), Some(&header.encode()[..]));
    }
    if let Ok(content) = unseal(&FILE_KEY, bytes) {
        assert!(content.len() < bytes.len());
    }
}

/// Files of one chunk without content, of one with some, and of two.
pub(super) fn sealed_file_seeds() -> Vec<Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    let contents = [Vec::new(), "门牌的照片".as_bytes().to_vec(), vec![0x5a; 65_600]];
    let store = Store::open(folder.path(), &StoreKey::from_bytes(STORE_KEY)).unwrap();
    for content in &contents {
        store.files().seal(&FILE_KEY, None, &mut content.as_slice()).unwrap();
    }
    let mut sealed = files_in(&folder.path().join(FILES_DIR));
    sealed.sort_by_key(Vec::len);
    assert_eq!(sealed.len(), contents.len());
    sealed
}

fn files_in(folder: &Path) -> Vec<Vec<u8>> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.is_file()).map(|path| std::fs::read(path).unwrap()).collect()
}

pub(super) fn key_check(bytes: &[u8]) {
    let Ok(check) = KeyCheck::decode(bytes) else { return };
    assert!(!check.accepts(&StoreKey::from_bytes(FILE_KEY)), "a key that no seed was made with");
    assert_eq!(KeyCheck::decode(&check.encode()), Ok(check));
}

pub(super) fn key_check_seeds() -> Vec<Vec<u8>> {
    vec![KeyCheck::new(&StoreKey::from_bytes(STORE_KEY), [9; 32]).encode()]
}
