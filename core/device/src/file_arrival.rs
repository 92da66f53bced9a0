//! A photo on its way to this device. What came is kept, sealed, piece by piece, so that a line that
//! breaks costs the last piece only, in this run or the next.

use std::io::{Cursor, Read};

use ruhu_case::limits::FILE_BYTES;
use ruhu_store::{FilePart, FileRow, FileState, StoreError};
use ruhu_sync::engine::EngineError;
use ruhu_sync::transport::Response;
use sha2::{Digest, Sha256};

use crate::device::Device;
use crate::error::DeviceError;
use crate::host::random;

/// So much is held in memory before it is sealed as a part; a photo of less is sealed once.
const PART_BYTES: usize = 512 * 1024;
const WHOLE: u16 = 200;

/// How far a photo has come.
pub(crate) struct Arrival {
    row: FileRow,
    /// What is sealed already, from the beginning.
    parts: Vec<FilePart>,
    /// What came after it.
    fresh: Vec<u8>,
    /// The length of the whole, when the server has told it.
    total: Option<u64>,
    /// When the server had stored it.
    stored_at_ms: Option<i64>,
}

impl Arrival {
    /// What an earlier run kept of a photo, and whether its bytes are still as they were.
    pub fn resumed(device: &Device, row: &FileRow) -> Result<Arrival, DeviceError> {
        let parts = device.store.read(|tx| tx.file_parts(&row.sha256))?;
        let mut arrival =
            Arrival { row: row.clone(), parts, fresh: Vec::new(), total: None, stored_at_ms: None };
        let intact = |part: &FilePart| device.store.files().verify(&part.key, &part.content) == Ok(part.size);
        if !arrival.parts.iter().all(intact) {
            arrival.begin_anew(device)?;
        }
        Ok(arrival)
    }

    fn sealed(&self) -> u64 {
        self.parts.iter().map(|part| part.size).sum()
    }

    /// Where the next byte belongs.
    pub fn position(&self) -> u64 {
        self.sealed() + self.fresh.len() as u64
    }

    /// Whether every byte is here.
    pub fn is_whole(&self) -> bool {
        self.total.is_some_and(|total| self.position() >= total)
    }

    /// Takes what the server gave for the next range.
    pub fn take(&mut self, device: &Device, answer: &Response) -> Result<(), DeviceError> {
        let unfit = || DeviceError::Engine(EngineError::Unfitting("length"));
        let total = match answer.status {
            WHOLE => {
                self.begin_anew(device)?;
                answer.body.len() as u64
            }
            // `bytes 0-99/1234` (RFC 9110, section 14.4).
            _ => {
                let range = answer.header("content-range").and_then(|range| range.rsplit_once('/'));
                range.and_then(|(_, total)| total.parse().ok()).ok_or_else(unfit)?
            }
        };
        if answer.body.is_empty() || total > FILE_BYTES || self.position() + answer.body.len() as u64 > total
        {
            return Err(unfit());
        }
        self.total = Some(total);
        self.stored_at_ms = answer.header("ruhu-stored-at").and_then(|time| time.parse().ok());
        self.fresh.extend_from_slice(&answer.body);
        if self.fresh.len() >= PART_BYTES && !self.is_whole() {
            self.keep_part(device)?;
        }
        Ok(())
    }

    /// Seals what came since the last part.
    pub fn keep_part(&mut self, device: &Device) -> Result<(), DeviceError> {
        if self.fresh.is_empty() {
            return Ok(());
        }
        let sealing = device.store.files().begin()?;
        let key = random::<32>(device.host.as_ref())?;
        let content: [u8; 32] = Sha256::digest(&self.fresh).into();
        device.store.files().seal(&key, Some(&content), &mut Cursor::new(&self.fresh))?;
        let (start, size) = (self.sealed(), self.fresh.len() as u64);
        let part = FilePart { sha256: self.row.sha256, start, size, content, key };
        let kept = device.store.write::<_, StoreError>(|tx| tx.put_file_part(&part));
        if let Err(error) = kept {
            device.store.files().remove(&key, &content)?;
            return Err(error.into());
        }
        drop(sealing);
        self.parts.push(part);
        self.fresh.clear();
        Ok(())
    }

    /// Lets go of all that came: it is not what was asked for.
    pub fn begin_anew(&mut self, device: &Device) -> Result<(), DeviceError> {
        self.fresh.clear();
        if !self.parts.is_empty() {
            device.store.write::<_, StoreError>(|tx| tx.delete_file_parts(&self.row.sha256))?;
            self.remove_parts(device)?;
        }
        Ok(())
    }

    fn remove_parts(&mut self, device: &Device) -> Result<(), DeviceError> {
        for part in std::mem::take(&mut self.parts) {
            device.store.files().remove(&part.key, &part.content)?;
        }
        Ok(())
    }

    /// Seals the whole; only the bytes that the document names are kept.
    pub fn complete(mut self, device: &Device) -> Result<(), DeviceError> {
        let files = device.store.files();
        let mut reader: Box<dyn Read> = Box::new(std::io::empty());
        for part in &self.parts {
            reader = Box::new(reader.chain(files.open(&part.key, &part.content)?));
        }
        let sealing = files.begin()?;
        let key = random::<32>(device.host.as_ref())?;
        let sealed = files.seal(&key, Some(&self.row.sha256), &mut reader.chain(Cursor::new(&self.fresh)));
        let sealed = match sealed {
            Ok(sealed) => sealed,
            Err(error) => {
                if matches!(error, StoreError::WrongContent) {
                    self.begin_anew(device)?;
                }
                return Err(error.into());
            }
        };
        let row = &self.row;
        let fetched = FileRow {
            key,
            state: FileState::Stored,
            size: sealed.size,
            added_at_ms: device.host.now_ms(),
            at_server: None,
            on_demand: false,
            ..row.clone()
        };
        let kept = device.store.write::<_, StoreError>(|tx| {
            tx.put_file(&fetched)?;
            tx.set_fetched(&row.sha256, self.stored_at_ms)
        });
        if let Err(error) = kept {
            files.remove(&key, &row.sha256)?;
            return Err(error.into());
        }
        drop(sealing);
        // What was left of it, if it was here before and got damaged.
        files.remove(&self.row.key, &self.row.sha256)?;
        self.remove_parts(device)
    }
}
