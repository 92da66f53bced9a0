//! Backing a server up and bringing it back.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod story;

use std::path::{Path, PathBuf};

use ruhu_case::DocId;
use ruhu_server::backup::{self, Manifest, Restored};
use ruhu_server::error::BackupError;
use ruhu_server::hub::{NewUpload, Progress};
use ruhu_server::{Hub, HubError, StorageError};
use ruhu_sync::files::{FileUse, FilesQuestion};
use ruhu_sync::message::LogNews;
use sha2::{Digest, Sha256};
use story::{Phone, VILLAGE, World, held};
use tempfile::TempDir;

struct Vault {
    world: World,
    wang: Phone,
    folder: TempDir,
    sha256: [u8; 32],
    doc: DocId,
}

impl Vault {
    /// A server with two households, a form and a photo, and a folder for backups.
    fn new() -> Vault {
        let mut world = World::new();
        let mut wang = world.caseworker("王经办");
        let (doc, opened) = wang.open_household(1, VILLAGE);
        let (_, other) = wang.open_household(2, VILLAGE);
        held(&world.push(&wang, &[opened, other])[1]);
        world.hub.publish_form("home_visit", "1", b"compiled", world.now).unwrap();
        let photo = vec![7; 300_000];
        let new = NewUpload {
            sha256: Sha256::digest(&photo).into(),
            size: photo.len() as u64,
            doc,
            mime: "image/jpeg".into(),
        };
        let created = world.hub.create_upload(wang.device(), &new, world.now).unwrap();
        let Progress::Open(upload) = created.progress else { panic!() };
        upload.write(&photo).unwrap();
        upload.verify().unwrap();
        world.hub.record_verified(&created.id).unwrap();
        upload.put_in_place().unwrap();
        world.hub.finish_upload(wang.device(), &created.id, world.now).unwrap();
        Vault { world, wang, folder: tempfile::tempdir().unwrap(), sha256: new.sha256, doc }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The hub is open: what it wrote last is in its log.
    fn back_up(&self) -> Manifest {
        let made = backup::create(&self.world.data(), &self.file("a.tar"), self.world.now, &mut |_| {});
        backup::create_keys(&self.world.data(), &self.file("keys.tar"), self.world.now).unwrap();
        let made = made.unwrap();
        assert!(made.noted);
        made.manifest
    }

    fn restore(&self, file: &Path, to: &Path) -> Result<Restored, BackupError> {
        let keys = self.file("keys.tar");
        backup::restore(file, Some(&keys), None, to, self.world.now, &mut |_| {})
    }

    /// The names in the folder of backups.
    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path()).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

#[test]
fn a_backup_made_while_the_server_is_open_brings_everything_back_in_a_new_epoch() {
    let mut vault = Vault::new();
    vault.world.pull(&mut vault.wang);
    let made = vault.back_up();
    assert_eq!((made.photos.count, made.photos.bytes, made.lacking.len()), (1, 300_000, 0));
    assert_eq!(vault.names(), ["a.tar", "keys.tar"]);
    let expected = vault.world.hub.check().unwrap();
    // After the backup something more was acknowledged.
    let (_, late) = vault.wang.open_household(3, VILLAGE);
    held(&vault.world.push(&vault.wang, std::slice::from_ref(&late))[0]);
    let restored = vault.restore(&vault.file("a.tar"), &vault.file("data")).unwrap();
    assert!(restored.with_keys && restored.logs == 1 && restored.photos == 1);
    let key = vault.world.hub.public_key();
    vault.world.hub = Hub::open_to_serve(&vault.file("data"), vault.world.now).unwrap();
    assert_eq!(vault.world.hub.public_key(), key);
    let found = vault.world.hub.check().unwrap();
    assert_eq!((found.documents, found.files), (expected.documents, expected.files));
    assert_eq!(vault.world.hub.form("home_visit", "1").unwrap(), b"compiled");
    let answer = vault.world.sync(vault.wang.device(), vault.wang.request(&[]));
    assert!(matches!(answer.news[..], [LogNews::NewEpoch { epoch, .. }] if epoch > 1), "{:?}", answer.news);
    held(&vault.world.push(&vault.wang, &[late])[0]);
    vault.world.check_is_clean();
}

#[test]
fn a_second_backup_at_the_same_time_is_refused_and_the_first_is_whole() {
    let vault = Vault::new();
    let (data, file) = (vault.world.data(), vault.file("a.tar"));
    let mut refused = 0;
    let made = backup::create(&data, &file, vault.world.now, &mut |_| {
        for name in ["a.tar", "b.tar"] {
            let second = backup::create(&data, &vault.file(name), vault.world.now, &mut |_| {});
            assert!(matches!(second, Err(BackupError::UnderWay)), "{second:?}");
            refused += 1;
        }
    });
    assert_eq!(made.unwrap().manifest.photos.count, 1);
    assert!(refused > 0);
    assert_eq!(vault.names(), ["a.tar"]);
    assert_eq!(vault.back_up().photos.count, 1, "the next one is made");
}

#[test]
fn one_backup_restored_twice_gives_two_epochs() {
    let mut vault = Vault::new();
    vault.back_up();
    let mut epochs = Vec::new();
    for name in ["one", "two"] {
        vault.world.now += 60_000;
        vault.restore(&vault.file("a.tar"), &vault.file(name)).unwrap();
        let mut hub = Hub::open_to_serve(&vault.file(name), vault.world.now).unwrap();
        let answer = hub.sync(vault.wang.device(), vault.wang.request(&[]), vault.world.now).unwrap();
        let LogNews::Page { head, .. } = &answer.news[0] else { panic!("{:?}", answer.news) };
        epochs.push(head.epoch);
    }
    assert!(epochs[0] > 1 && epochs[1] > epochs[0], "{epochs:?}");
}

#[test]
fn a_backup_that_was_cut_or_altered_anywhere_is_refused_and_leaves_no_server() {
    let vault = Vault::new();
    vault.back_up();
    let whole = std::fs::read(vault.file("a.tar")).unwrap();
    let (bad, to) = (vault.file("bad.tar"), vault.file("data"));
    let refused = |bytes: &[u8]| {
        std::fs::write(&bad, bytes).unwrap();
        vault.restore(&bad, &to).unwrap_err()
    };
    for part in 0..16 {
        refused(&whole[..whole.len() * part / 16]);
        let mut altered = whole.clone();
        // Padding at the end of an archive says nothing; everything before it does.
        altered[(whole.len() - 4_096) * part / 16 + 700] ^= 0x10;
        refused(&altered);
    }
    assert!(matches!(refused(b"no archive"), BackupError::NotABackup | BackupError::NotWhole));
    assert!(matches!(
        Hub::open_existing(&to, vault.world.now),
        Err(HubError::Storage(StorageError::NoServer))
    ));
    // What the attempts left does not stand in the way of the good one.
    vault.restore(&vault.file("a.tar"), &to).unwrap();
}

#[test]
fn a_folder_with_something_in_it_is_left_alone() {
    let vault = Vault::new();
    vault.back_up();
    let (file, data) = (vault.file("a.tar"), vault.world.data());
    assert!(matches!(vault.restore(&file, &data), Err(BackupError::NotEmpty)));
    assert_eq!(Hub::open_existing(&data, vault.world.now).unwrap().check().unwrap().documents.len(), 2);
}

#[test]
fn keys_are_of_the_backups_server_and_in_a_file_of_their_own() {
    let vault = Vault::new();
    vault.back_up();
    let key = std::fs::read(vault.world.data().join("server.key")).unwrap();
    let holds =
        |name: &str| std::fs::read(vault.file(name)).unwrap().windows(key.len()).any(|window| window == key);
    assert!(holds("keys.tar") && !holds("a.tar"));
    let other = Vault::new();
    other.back_up();
    std::fs::copy(other.file("keys.tar"), vault.file("other.tar")).unwrap();
    let (now, to) = (vault.world.now, vault.file("data"));
    let with = |keys: &str| {
        backup::restore(&vault.file("a.tar"), Some(&vault.file(keys)), None, &to, now, &mut |_| {})
    };
    assert!(matches!(with("other.tar"), Err(BackupError::OtherServer)));
    assert!(matches!(with("a.tar"), Err(BackupError::OtherKind | BackupError::NotABackup)));
    assert!(!with("keys.tar").unwrap().lacking.iter().any(|_| true));
    // Without the keys the data come back, and the server says what it lacks.
    let bare = vault.file("bare");
    backup::restore(&vault.file("a.tar"), None, None, &bare, now, &mut |_| {}).unwrap();
    assert!(matches!(Hub::open_to_serve(&bare, now), Err(HubError::Storage(StorageError::KeyMissing))));
}

#[test]
fn a_photo_that_is_lacking_is_named_and_stops_nothing() {
    let vault = Vault::new();
    let photo = vault.world.data().join("files");
    std::fs::remove_dir_all(&photo).unwrap();
    let made = vault.back_up();
    assert_eq!((made.photos.count, made.lacking.len()), (0, 1));
    let restored = vault.restore(&vault.file("a.tar"), &vault.file("data")).unwrap();
    assert_eq!(restored.lacking, made.lacking);
}

#[test]
fn a_damaged_database_is_not_backed_up_over_the_last_good_backup() {
    let mut vault = Vault::new();
    vault.back_up();
    let good = std::fs::read(vault.file("a.tar")).unwrap();
    vault.world.stop();
    let database = vault.world.data().join("server.db");
    let mut bytes = std::fs::read(&database).unwrap();
    let middle = bytes.len() / 2 / 4_096 * 4_096;
    bytes[middle..middle + 4_096].fill(0xff);
    std::fs::write(&database, bytes).unwrap();
    let made = backup::create(&vault.world.data(), &vault.file("a.tar"), vault.world.now, &mut |_| {});
    assert!(matches!(made, Err(BackupError::Storage(_))), "{made:?}");
    assert_eq!(std::fs::read(vault.file("a.tar")).unwrap(), good);
}

#[test]
fn a_receipt_says_durable_as_long_as_the_newest_backup_has_the_photo() {
    let mut vault = Vault::new();
    let (sha256, doc) = (vault.sha256, vault.doc);
    let ask = |vault: &mut Vault| {
        let question = FilesQuestion::new(&[FileUse::new(sha256, doc)], &[]).asking_durable();
        let now = vault.world.now;
        let answer = vault.world.hub.compare_files(vault.wang.device(), &question, now).unwrap();
        let receipts = answer.durable.unwrap_or_default();
        receipts.iter().map(|file| file.receipt(sha256, 300_000)).collect::<Vec<_>>()
    };
    let mark = |vault: &mut Vault| {
        let request = vault.wang.request(&[]);
        vault.world.sync(vault.wang.device(), request).files.unwrap().durable
    };
    assert_eq!((ask(&mut vault), mark(&mut vault)), (vec![], None));
    vault.back_up();
    let receipts = ask(&mut vault);
    assert!(receipts.len() == 1 && receipts[0].is_signed_by(&vault.world.hub.public_key()));
    let after = mark(&mut vault);
    assert!(after.is_some());
    // A photo that is not of the phone's places is not told of.
    let far = vault.world.phone("孙经办", ruhu_sync::Role::Caseworker, "110101002");
    let question = FilesQuestion::new(&[FileUse::new(sha256, doc)], &[]).asking_durable();
    let now = vault.world.now;
    let answer = vault.world.hub.compare_files(far.device(), &question, now).unwrap();
    assert_eq!(answer.durable, None);
    // The next backup lacks it, and the older one may be gone.
    let files = vault.world.data().join("files");
    std::fs::rename(&files, vault.file("aside")).unwrap();
    assert_eq!(vault.back_up().lacking.len(), 1);
    std::fs::rename(vault.file("aside"), &files).unwrap();
    assert_ne!(mark(&mut vault), after);
    assert_eq!(ask(&mut vault), []);
}
