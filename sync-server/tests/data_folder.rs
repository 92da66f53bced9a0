//! The data folder belongs to the account that the server runs under, and to nobody else.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use ruhu_server::backup;
use ruhu_server::hub::Hub;

const NOW: i64 = 1_795_309_200_000;

/// What others may read or write below a folder.
fn open_to_others(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(path) = waiting.pop() {
        if fs::metadata(&path).unwrap().permissions().mode() & 0o077 != 0 {
            found.push(path.clone());
        }
        if path.is_dir() {
            waiting.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        }
    }
    found
}

#[test]
fn nobody_else_on_the_machine_reads_the_data_folder_its_photos_or_its_backups() {
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("data");
    let mut hub = Hub::open(&data, NOW).unwrap();
    hub.set_meta("address", "https://ruhu.example").unwrap();
    assert!(data.join("server.db-wal").exists());
    assert_eq!(open_to_others(&data), Vec::<PathBuf>::new(), "with the database open");
    drop(hub);

    // A folder of an earlier server, or one that was copied without its rights.
    let photos = data.join("files/ab");
    fs::create_dir_all(&photos).unwrap();
    fs::write(photos.join("abcd"), b"a photo").unwrap();
    for path in [&data, &data.join("files"), &photos] {
        fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
    }
    for path in [data.join("server.db"), photos.join("abcd")] {
        fs::set_permissions(path, Permissions::from_mode(0o644)).unwrap();
    }
    drop(Hub::open(&data, NOW).unwrap());
    assert_eq!(open_to_others(&data), Vec::<PathBuf>::new());

    let (archive, keys) = (place.path().join("backup.tar"), place.path().join("keys.tar"));
    backup::create(&data, &archive, NOW, &mut |_| {}).unwrap();
    backup::create_keys(&data, &keys, NOW).unwrap();
    assert_eq!((open_to_others(&archive), open_to_others(&keys)), (vec![], vec![]));
}
