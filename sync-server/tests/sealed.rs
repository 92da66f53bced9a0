//! Photos sealed on the server's disk.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod story;

use std::io::Read;
use std::path::{Path, PathBuf};

use ruhu_case::DocId;
use ruhu_server::backup;
use ruhu_server::error::BackupError;
use ruhu_server::hub::{NewUpload, PhotoFolder, Progress};
use ruhu_server::{Hub, HubError};
use sha2::{Digest, Sha256};
use story::{Phone, VILLAGE, World, held};

/// Something that is in every photo here, and nowhere else.
const MARK: &[u8] = b"a photo of a doorway, and nothing else";

struct Sealing {
    world: World,
    wang: Phone,
    doc: DocId,
}

fn photo(number: u8) -> Vec<u8> {
    let noise = (0..200_000u32).map(|at| (at as u8).wrapping_mul(7) ^ number);
    MARK.iter().copied().chain(noise).chain(MARK.iter().copied()).collect()
}

fn sha256(content: &[u8]) -> [u8; 32] {
    Sha256::digest(content).into()
}

impl Sealing {
    fn new(seals: bool) -> Sealing {
        let mut world = World::new();
        if seals {
            PhotoFolder::begin_sealing(&world.data()).unwrap();
            world.stop();
            world.serve();
        }
        let mut wang = world.caseworker("王经办");
        let (doc, opened) = wang.open_household(1, VILLAGE);
        held(&world.push(&wang, &[opened])[0]);
        Sealing { world, wang, doc }
    }

    fn begin(&mut self, content: &[u8]) -> (String, Progress) {
        let (doc, size) = (self.doc, content.len() as u64);
        let new = NewUpload { sha256: sha256(content), size, doc, mime: "image/jpeg".into() };
        let created = self.world.hub.create_upload(self.wang.device(), &new, self.world.now).unwrap();
        (created.id, created.progress)
    }

    /// Gives a photo in pieces, the last of them after the server was opened again.
    fn give(&mut self, content: &[u8]) -> Result<(), HubError> {
        let pieces: Vec<&[u8]> = content.chunks(70_000).collect();
        for (number, piece) in pieces.iter().enumerate() {
            if number + 1 == pieces.len() {
                self.world.stop();
                self.world.serve();
            }
            let (id, Progress::Open(mut upload)) = self.begin(content) else { panic!() };
            upload.write(piece).unwrap();
            upload.received += piece.len() as u64;
            self.world.hub.record_progress(&id, upload.received).unwrap();
            if upload.received == upload.size {
                upload.verify()?;
                self.world.hub.record_verified(&id).unwrap();
                upload.put_in_place()?;
                self.world.hub.finish_upload(self.wang.device(), &id, self.world.now).unwrap();
            }
        }
        Ok(())
    }

    fn read(&mut self, content: &[u8]) -> Option<Vec<u8>> {
        let now = self.world.now;
        let file = self.world.hub.file(self.wang.device(), &sha256(content), now).ok()?;
        let mut bytes = Vec::new();
        file.content().unwrap().read_to_end(&mut bytes).ok()?;
        Some(bytes)
    }

    fn codes(&mut self) -> Vec<String> {
        let findings = self.world.hub.check().unwrap().findings;
        let codes = findings.into_iter().map(|finding| finding.code.to_string());
        codes.filter(|code| code != "picture_right" && code != "picture").collect()
    }

    fn path(&self, content: &[u8]) -> PathBuf {
        self.world.hub.folder().path(&sha256(content))
    }
}

/// Whether the mark lies open anywhere in a folder.
fn lies_open(folder: &Path) -> bool {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.into_iter().any(|entry| match entry.path().is_dir() {
        true => lies_open(&entry.path()),
        false => has_mark(&entry.path()),
    })
}

fn has_mark(file: &Path) -> bool {
    std::fs::read(file).unwrap().windows(MARK.len()).any(|part| part == MARK)
}

#[test]
fn photos_and_unfinished_uploads_are_sealed_on_the_disk_and_read_as_they_were() {
    let mut server = Sealing::new(true);
    let (whole, half) = (photo(1), photo(2));
    server.give(&whole).unwrap();
    let (id, Progress::Open(upload)) = server.begin(&half) else { panic!() };
    upload.write(&half[..60_000]).unwrap();
    server.world.hub.record_progress(&id, 60_000).unwrap();
    assert!(!lies_open(&server.world.data()), "nothing of a photo lies open");
    assert_eq!(server.read(&whole).unwrap(), whole);
    // A range begins anywhere.
    let now = server.world.now;
    let file = server.world.hub.file(server.wang.device(), &sha256(&whole), now).unwrap();
    let (mut content, mut part) = (file.content().unwrap(), [0; 100]);
    content.seek_to(131_000).unwrap();
    content.read_exact(&mut part).unwrap();
    assert_eq!(part, whole[131_000..131_100]);
    assert_eq!(server.codes(), Vec::<String>::new());
    // The rest of the other one, then another file than was announced.
    let (_, Progress::Open(mut upload)) = server.begin(&half) else { panic!() };
    assert_eq!(upload.received, 60_000);
    upload.write(&half[60_000..]).unwrap();
    upload.received = upload.size;
    upload.verify().unwrap();
    upload.write(b"").unwrap();
    let (_, Progress::Open(upload)) = server.begin(&photo(3)) else { panic!() };
    upload.write(&photo(4)).unwrap();
    assert!(upload.verify().is_err());
}

#[test]
fn what_lay_open_before_is_sealed_when_the_setting_is_made() {
    let mut server = Sealing::new(false);
    let content = photo(1);
    server.give(&content).unwrap();
    assert!(has_mark(&server.path(&content)));
    PhotoFolder::begin_sealing(&server.world.data()).unwrap();
    server.world.stop();
    server.world.serve();
    assert_eq!(server.read(&content).unwrap(), content, "both are read");
    let folder = server.world.hub.folder().clone();
    assert!(folder.seal_plain(&sha256(&content)).unwrap());
    assert!(!folder.seal_plain(&sha256(&content)).unwrap(), "it is sealed");
    assert!(!lies_open(&server.world.data()));
    assert_eq!(server.read(&content).unwrap(), content);
    assert_eq!(server.codes(), Vec::<String>::new());
}

#[test]
fn a_sealed_photo_that_was_cut_altered_or_swapped_for_another_is_named_and_not_given() {
    let mut server = Sealing::new(true);
    let (one, other) = (photo(1), photo(2));
    server.give(&one).unwrap();
    server.give(&other).unwrap();
    let (path, place) = (server.path(&one), server.path(&other));
    let sound = std::fs::read(&path).unwrap();
    let chunk = 64 * 1024 + 16;
    let mut flipped = sound.clone();
    flipped[100_000] ^= 1;
    let mut reordered = sound.clone();
    reordered[16..16 + chunk].copy_from_slice(&sound[16 + chunk..16 + 2 * chunk]);
    reordered[16 + chunk..16 + 2 * chunk].copy_from_slice(&sound[16..16 + chunk]);
    let swapped = std::fs::read(&place).unwrap();
    for damaged in [&sound[..sound.len() - chunk], &flipped, &reordered, &swapped] {
        std::fs::write(&path, damaged).unwrap();
        assert_eq!(server.codes(), ["file"]);
        assert_ne!(server.read(&one), Some(one.clone()));
        assert_eq!(server.read(&other).unwrap(), other);
    }
    // Its phone gives it again.
    server.give(&one).unwrap();
    assert_eq!((server.codes(), server.read(&one)), (Vec::new(), Some(one)));
}

#[test]
fn a_backup_of_sealed_photos_is_sealed_and_comes_back_with_the_keys_only() {
    let mut server = Sealing::new(false);
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    backup::create_keys(&server.world.data(), &at("old-keys"), server.world.now).unwrap();
    PhotoFolder::begin_sealing(&server.world.data()).unwrap();
    server.world.stop();
    server.world.serve();
    let content = photo(1);
    server.give(&content).unwrap();
    let (data, now) = (server.world.data(), server.world.now);
    let made = backup::create(&data, &at("backup"), now, &mut |_| {}).unwrap();
    assert!(made.noted && made.manifest.photos.count == 1 && made.manifest.lacking.is_empty());
    backup::create_keys(&data, &at("keys"), now).unwrap();
    assert!(!has_mark(&at("backup")));

    let restore = |keys: &str, to: &str| {
        backup::restore(&at("backup"), Some(&at(keys)), None, &at(to), now, &mut |_| {})
    };
    assert!(matches!(restore("old-keys", "a"), Err(BackupError::SealKeyMissing)));
    restore("keys", "b").unwrap();
    let mut hub = Hub::open_existing(&at("b"), now).unwrap();
    let (mut bytes, file) = (Vec::new(), hub.stored_file(&sha256(&content), now).unwrap().unwrap());
    file.content().unwrap().read_to_end(&mut bytes).unwrap();
    assert_eq!(bytes, content);
    // A byte of the sealed photo flips in the archive.
    let mut archive = std::fs::read(at("backup")).unwrap();
    let sealed = std::fs::read(server.path(&content)).unwrap();
    let place = archive.windows(64).position(|part| part == &sealed[..64]).unwrap();
    archive[place + 90_000] ^= 1;
    std::fs::write(at("backup"), archive).unwrap();
    assert!(restore("keys", "c").is_err());
    assert!(!at("c").join("server.db").exists());
}
