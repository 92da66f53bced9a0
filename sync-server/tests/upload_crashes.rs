//! A server that dies between any two steps of an upload, or in the middle of one, on open and on sealed
//! photos. What a dead server leaves is its folder: each time it is opened anew, and the phone goes on by
//! what it is told.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod story;

use std::io::Read;
use std::path::{Path, PathBuf};

use ruhu_case::DocId;
use ruhu_server::hub::{NewUpload, PhotoFolder, Progress, Upload};
use sha2::{Digest, Sha256};
use story::{Phone, VILLAGE, World, held};

const PIECE: usize = 70_000;
const PIECES: usize = 3;

/// After which of its steps the server dies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dies {
    /// The upload is written down.
    Created,
    /// The bytes of a piece are on the disk, and nobody knows of them.
    Wrote(usize),
    /// Half of a piece is on the disk.
    WroteHalf(usize),
    /// It is written down that they are there.
    Recorded(usize),
    /// It is written down that they are the whole file.
    Verified,
    /// The file is in its place.
    InPlace,
    /// While it was put there: its sealed copy is half written, or an unfinished name is left.
    PuttingInPlace,
    /// Everything is written down, and the answer was lost.
    Finished,
}

struct Crashing {
    world: World,
    wang: Phone,
    new: NewUpload,
    content: Vec<u8>,
}

impl Crashing {
    fn new(seals: bool) -> Crashing {
        let mut world = World::new();
        if seals {
            PhotoFolder::begin_sealing(&world.data()).unwrap();
        }
        world.stop();
        world.serve();
        let mut wang = world.caseworker("王经办");
        let (doc, opened): (DocId, _) = wang.open_household(1, VILLAGE);
        held(&world.push(&wang, &[opened])[0]);
        let content: Vec<u8> = (0..PIECE * (PIECES - 1) + 9_000)
            .map(|at| (at as u8).wrapping_mul(11) ^ (at >> 8) as u8)
            .collect();
        let new = NewUpload {
            sha256: Sha256::digest(&content).into(),
            size: content.len() as u64,
            doc,
            mime: "image/jpeg".into(),
        };
        Crashing { world, wang, new, content }
    }

    fn progress(&mut self) -> (String, Progress) {
        let created = self.world.hub.create_upload(self.wang.device(), &self.new, self.world.now).unwrap();
        (created.id, created.progress)
    }

    fn open(&mut self) -> (String, Upload) {
        match self.progress() {
            (id, Progress::Open(upload)) => (id, upload),
            other => panic!("{other:?}"),
        }
    }

    /// Takes pieces, and comes to the end or to the step after which it dies. Says whether it died.
    fn goes_on(&mut self, dies: Option<Dies>) -> bool {
        let (id, mut upload) = self.open();
        if dies == Some(Dies::Created) {
            return true;
        }
        loop {
            let at = upload.received as usize;
            let piece = at / PIECE;
            let bytes = &self.content[at..(at + PIECE).min(self.content.len())];
            if dies == Some(Dies::WroteHalf(piece)) {
                upload.write(&bytes[..bytes.len() / 2]).unwrap();
                return true;
            }
            upload.write(bytes).unwrap();
            upload.received += bytes.len() as u64;
            if dies == Some(Dies::Wrote(piece)) {
                return true;
            }
            if upload.received == upload.size {
                break;
            }
            self.world.hub.record_progress(&id, upload.received).unwrap();
            if dies == Some(Dies::Recorded(piece)) {
                return true;
            }
        }
        upload.verify().unwrap();
        self.world.hub.record_verified(&id).unwrap();
        if dies == Some(Dies::Verified) {
            return true;
        }
        if dies == Some(Dies::PuttingInPlace) {
            let half = self.content[..50_000].to_vec();
            leave(&self.world.data(), &self.new.sha256, &half);
            return true;
        }
        upload.put_in_place().unwrap();
        if dies == Some(Dies::InPlace) {
            return true;
        }
        self.world.hub.finish_upload(self.wang.device(), &id, self.world.now).unwrap();
        dies == Some(Dies::Finished)
    }

    /// The phone goes on by what it is told until it has its receipt, as the endpoints do.
    fn ends(&mut self) {
        for _ in 0..2 * PIECES {
            match self.progress() {
                (_, Progress::Stored(receipt)) => {
                    assert_eq!((receipt.sha256, receipt.size), (self.new.sha256, self.new.size));
                    return;
                }
                (id, Progress::Open(upload)) if upload.received == upload.size => {
                    // Every byte is here: the server puts them in their place without asking for any.
                    upload.verify().unwrap();
                    self.world.hub.record_verified(&id).unwrap();
                    upload.put_in_place().unwrap();
                    self.world.hub.finish_upload(self.wang.device(), &id, self.world.now).unwrap();
                }
                (_, Progress::Open(_)) => {
                    self.goes_on(None);
                }
                other => panic!("{other:?}"),
            }
        }
        panic!("it does not end");
    }
}

/// What is left of a file that was being sealed when the power failed.
fn leave(data: &Path, sha256: &[u8; 32], bytes: &[u8]) {
    let name = data_encoding::HEXLOWER.encode(sha256);
    let folder = data.join("files").join(&name[..2]);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(format!("{name}.sealing")), bytes).unwrap();
}

fn files_under(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries
        .flat_map(|entry| match entry.path().is_dir() {
            true => files_under(&entry.path()),
            false => vec![entry.path()],
        })
        .collect();
    files.sort();
    files
}

#[test]
fn a_server_that_dies_at_any_step_of_an_upload_stores_the_photo_once_and_whole() {
    let pieces =
        (0..PIECES).flat_map(|piece| [Dies::Wrote(piece), Dies::WroteHalf(piece), Dies::Recorded(piece)]);
    let steps: Vec<Dies> = std::iter::once(Dies::Created)
        .chain(pieces.filter(|dies| *dies != Dies::Recorded(PIECES - 1)))
        .chain([Dies::Verified, Dies::PuttingInPlace, Dies::InPlace, Dies::Finished])
        .collect();
    for seals in [false, true] {
        for dies in &steps {
            let mut server = Crashing::new(seals);
            let case = format!("{dies:?}, sealed: {seals}");
            assert!(server.goes_on(Some(*dies)), "{case}");
            server.world.stop();
            server.world.serve();
            server.ends();
            let now = server.world.now;
            let file = server.world.hub.file(server.wang.device(), &server.new.sha256, now).unwrap();
            let mut bytes = Vec::new();
            file.content().unwrap().read_to_end(&mut bytes).unwrap();
            assert_eq!(bytes, server.content, "{case}");
            let data = server.world.data();
            let stored: Vec<PathBuf> = files_under(&data.join("files"));
            let left =
                stored.iter().filter(|file| file.extension().is_some_and(|end| end == "sealing")).count();
            // An open server never comes upon the name under which another seals.
            let may_be_left = usize::from(!seals && *dies == Dies::PuttingInPlace);
            assert_eq!((stored.len() - left, left), (1, may_be_left), "{case}: {stored:?}");
            assert_eq!(files_under(&data.join("uploads")), Vec::<PathBuf>::new(), "{case}");
            let findings = server.world.hub.check().unwrap().findings;
            let codes: Vec<String> = findings.iter().map(|finding| finding.code.to_string()).collect();
            let expected = if may_be_left == 1 { vec!["file_without_row".to_owned()] } else { Vec::new() };
            assert_eq!(codes, expected, "{case}");
        }
    }
}
