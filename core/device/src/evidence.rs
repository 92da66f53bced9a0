//! Evidence: photos and papers, sealed beside the database and named in the household by their
//! SHA-256.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use ruhu_case::limits::FILE_BYTES;
use ruhu_case::{DocId, Value};
use ruhu_store::{FileRow, FileState, StoreError};
use ruhu_vision::picture::{self, PhotoFacts};
use sha2::{Digest, Sha256};

use crate::device::Device;
use crate::documents::LoadedDocument;
use crate::error::DeviceError;
use crate::host::random;
use crate::ids::{hex, new_id, parse_id, parse_sha256};
use crate::views::EvidenceView;
use crate::writes::{order_key, put, text};

/// Enough to tell the kind of a file.
const MAGIC_BYTES: usize = 8;

/// A file as it was offered.
struct Offered {
    sha256: [u8; 32],
    size: u64,
    mime: &'static str,
    facts: PhotoFacts,
}

impl Device {
    /// Attaches a photo or paper to a household. `kind` says what it shows (`house_out`,
    /// `sign`, `papers` …). The file is copied, sealed, into the store; the original is left alone.
    ///
    /// # Errors
    /// `not_found`, `not_enrolled`, `file` when it cannot be read, `not_a_photo`, `randomness`,
    /// `damaged`, `disk_full` or `store`.
    pub fn attach(&self, case: &str, path: &Path, kind: &str) -> Result<EvidenceView, DeviceError> {
        let doc = parse_id(case)?;
        let mut file = File::open(path).map_err(|error| DeviceError::File(error.kind()))?;
        let offered = inspect(&mut file)?;
        self.store.read(|tx| LoadedDocument::get(tx, &doc).map(drop))?;
        let files = self.store.files();
        let known = self.store.read(|tx| tx.file(&offered.sha256))?;
        let held = known.as_ref().filter(|row| row.state != FileState::Wanted);
        if let Some(row) = held {
            if files.verify(&row.key, &offered.sha256).is_ok() {
                return self.record(doc, &offered, kind, row.key);
            }
            // It got damaged here; this is the same photo, whole.
            self.store.write::<_, StoreError>(|tx| tx.set_file_gone(&offered.sha256, None, false))?;
        }
        self.store.keep_reserve(offered.size)?;
        // Until its row is written the sealed file is nobody's.
        let _sealing = files.begin()?;
        let key = random::<32>(self.host.as_ref())?;
        files.seal(&key, Some(&offered.sha256), &mut file)?;
        let recorded = self.record(doc, &offered, kind, key);
        // What was left of it, if it was here before and got damaged.
        let unused = if recorded.is_ok() { known.map(|row| row.key) } else { Some(key) };
        let _ = unused.map(|unused| files.remove(&unused, &offered.sha256));
        recorded
    }

    fn record(
        &self,
        doc: DocId,
        offered: &Offered,
        kind: &str,
        key: [u8; 32],
    ) -> Result<EvidenceView, DeviceError> {
        let now_ms = self.host.now_ms();
        let id = new_id(self.host.as_ref())?.to_string();
        self.work(|work| {
            let tx = work.tx;
            let by = work.identity.enrolled()?.certificate.person.clone();
            tx.put_file(&file_row(doc, &id, offered, key, now_ms))?;
            let mut loaded = LoadedDocument::get(tx, &doc)?;
            let writes = evidence_writes(&id, offered, kind, &by, (now_ms, self.host.utc_offset_minutes()));
            work.write(&mut loaded, &writes)?;
            Ok(view(&id, offered))
        })
    }

    /// Says that a person gave up the lost photos of a household: they are told no longer. Gives their
    /// number.
    ///
    /// # Errors
    /// `not_found` when there is no such household; `damaged`, `disk_full` or `store`.
    pub fn give_up_lost_photos(&self, case: &str) -> Result<u32, DeviceError> {
        let doc = parse_id(case)?;
        self.work(|work| {
            LoadedDocument::get(work.tx, &doc)?;
            Ok(work.tx.give_up_lost_files(&doc)?)
        })
    }

    /// A photo's bytes, by the SHA-256 (hexadecimal) under which a household names it.
    ///
    /// # Errors
    /// `not_found` when the photo is not on this device ([`Device::file_fetch`] asks the server for
    /// it); `damaged` or `store` when the store cannot be read.
    pub fn file(&self, sha256: &str) -> Result<Vec<u8>, DeviceError> {
        let missing = DeviceError::NotFound { what: "file" };
        let Some(sha256) = parse_sha256(sha256) else { return Err(missing) };
        let row = self.store.read(|tx| tx.file(&sha256))?.filter(|row| row.state != FileState::Wanted);
        let row = row.ok_or(missing)?;
        let files = self.store.files();
        match files.read_range(&row.key, &sha256, 0, usize::MAX) {
            Ok(bytes) => Ok(bytes),
            // Gone or damaged: the server may have it.
            Err(error @ (StoreError::NotFound { .. } | StoreError::Damaged { .. })) => {
                self.store.write::<_, StoreError>(|tx| tx.set_file_gone(&sha256, None, false))?;
                Err(error.into())
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// Reads a file once from its beginning and leaves it there.
fn inspect(file: &mut File) -> Result<Offered, DeviceError> {
    let io = |error: std::io::Error| DeviceError::File(error.kind());
    let mut hasher = Sha256::new();
    let (mut head, mut size) = (Vec::new(), 0u64);
    let mut chunk = vec![0; 64 * 1024];
    loop {
        let count = file.read(&mut chunk).map_err(io)?;
        let Some(bytes) = chunk.get(..count).filter(|bytes| !bytes.is_empty()) else { break };
        size += count as u64;
        if size > FILE_BYTES {
            return Err(DeviceError::NotAPhoto);
        }
        if head.len() < picture::HEAD_BYTES {
            head.extend_from_slice(bytes);
        }
        hasher.update(bytes);
    }
    file.seek(SeekFrom::Start(0)).map_err(io)?;
    let mime = mime_of(&head).ok_or(DeviceError::NotAPhoto)?;
    Ok(Offered { sha256: hasher.finalize().into(), size, mime, facts: picture::photo_facts(&head) })
}

fn mime_of(head: &[u8]) -> Option<&'static str> {
    match head.get(..MAGIC_BYTES)? {
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n'] => Some("image/png"),
        _ => None,
    }
}

fn file_row(doc: DocId, id: &str, offered: &Offered, key: [u8; 32], now_ms: i64) -> FileRow {
    FileRow {
        sha256: offered.sha256,
        size: offered.size,
        mime: offered.mime.to_owned(),
        doc,
        evidence: id.to_owned(),
        key,
        state: FileState::Local,
        upload_url: None,
        offset: 0,
        receipt: None,
        added_at_ms: now_ms,
        own: true,
        at_server: None,
        on_demand: false,
    }
}

fn evidence_writes(
    id: &str,
    offered: &Offered,
    kind: &str,
    by: &str,
    (now_ms, utc_offset_minutes): (i64, i32),
) -> Vec<ruhu_case::Write> {
    let at = |field: &str| format!("evidence/{id}/{field}");
    let mut writes = vec![
        text(at("order"), order_key(now_ms)),
        text(at("kind"), kind),
        text(at("sha256"), hex(&offered.sha256)),
        put(at("size"), Value::Int(i64::try_from(offered.size).unwrap_or(i64::MAX))),
        text(at("mime"), offered.mime),
        put(at("attached_at"), Value::Timestamp(now_ms)),
        text(at("by"), by),
    ];
    // In the phone's zone: the photo names none.
    let taken_at = offered.facts.taken_at_local_ms.map(|ms| ms - i64::from(utc_offset_minutes) * 60_000);
    writes.extend(taken_at.map(|ms| put(at("taken_at"), Value::Timestamp(ms))));
    writes.extend(offered.facts.place.as_ref().map(|place| text(at("place"), place)));
    writes.extend(offered.facts.orientation.map(|o| put(at("orientation"), Value::Int(i64::from(o)))));
    writes
}

fn view(id: &str, offered: &Offered) -> EvidenceView {
    EvidenceView {
        id: id.to_owned(),
        sha256: hex(&offered.sha256),
        size: offered.size,
        taken_at: offered.facts.taken_at.clone(),
        place: offered.facts.place.clone(),
    }
}
