//! A file on its way to this device. What came is kept, sealed, piece by piece, so that a line that
//! breaks costs the last piece only, in this run or the next.

use std::io::{self, Cursor, Read};

use ruhu_case::limits::FILE_BYTES;
use sha2::{Digest, Sha256};

use crate::{FilePart, FileRow, FileState, Store, StoreError};

/// So much is held in memory before it is sealed as a part; a file of less is sealed once.
const PART_BYTES: usize = 512 * 1024;

/// How far a file has come.
pub struct Arrival<'a> {
    store: &'a Store,
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

impl Arrival<'_> {
    /// What an earlier run kept of a file, as far as its bytes are still as they were.
    ///
    /// # Errors
    /// `damaged`, `disk_full` or `store`.
    pub fn resumed<'a>(store: &'a Store, row: &FileRow) -> Result<Arrival<'a>, StoreError> {
        let parts = store.read::<_, StoreError>(|tx| tx.file_parts(&row.sha256))?;
        let mut arrival =
            Arrival { store, row: row.clone(), parts, fresh: Vec::new(), total: None, stored_at_ms: None };
        let intact = |part: &FilePart| store.files().verify(&part.key, &part.content) == Ok(part.size);
        if !arrival.parts.iter().all(intact) {
            arrival.begin_anew()?;
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

    /// Takes the next bytes of a file of `total` bytes, stored by the server then; `false` when they do not
    /// fit, and are not taken.
    ///
    /// # Errors
    /// `disk_full` or `store` when what came cannot be sealed.
    pub fn take(&mut self, bytes: &[u8], total: u64, stored_at_ms: Option<i64>) -> Result<bool, StoreError> {
        if bytes.is_empty() || total > FILE_BYTES || self.position() + bytes.len() as u64 > total {
            return Ok(false);
        }
        self.total = Some(total);
        self.stored_at_ms = stored_at_ms;
        self.fresh.extend_from_slice(bytes);
        if self.fresh.len() >= PART_BYTES && !self.is_whole() {
            self.keep_part()?;
        }
        Ok(true)
    }

    /// Seals what came since the last part.
    ///
    /// # Errors
    /// `damaged`, `disk_full` or `store`.
    pub fn keep_part(&mut self) -> Result<(), StoreError> {
        if self.fresh.is_empty() {
            return Ok(());
        }
        let files = self.store.files();
        let sealing = files.begin()?;
        let key = fresh_key()?;
        let content: [u8; 32] = Sha256::digest(&self.fresh).into();
        files.seal(&key, Some(&content), &mut Cursor::new(&self.fresh))?;
        let (start, size) = (self.sealed(), self.fresh.len() as u64);
        let part = FilePart { sha256: self.row.sha256, start, size, content, key };
        let kept = self.store.write::<_, StoreError>(|tx| tx.put_file_part(&part));
        if let Err(error) = kept {
            files.remove(&key, &content)?;
            return Err(error);
        }
        drop(sealing);
        self.parts.push(part);
        self.fresh.clear();
        Ok(())
    }

    /// Lets go of all that came: it is not what was asked for.
    ///
    /// # Errors
    /// `damaged`, `disk_full` or `store`.
    pub fn begin_anew(&mut self) -> Result<(), StoreError> {
        self.fresh.clear();
        if !self.parts.is_empty() {
            self.store.write::<_, StoreError>(|tx| tx.delete_file_parts(&self.row.sha256))?;
            self.remove_parts()?;
        }
        Ok(())
    }

    fn remove_parts(&mut self) -> Result<(), StoreError> {
        for part in std::mem::take(&mut self.parts) {
            self.store.files().remove(&part.key, &part.content)?;
        }
        Ok(())
    }

    /// Seals the whole, at a time of the phone's clock; only the bytes that the document names are kept.
    ///
    /// # Errors
    /// `damaged` when they are others: all that came is let go then. `disk_full` or `store`.
    pub fn complete(mut self, now_ms: i64) -> Result<(), StoreError> {
        let files = self.store.files();
        let mut reader: Box<dyn Read> = Box::new(io::empty());
        for part in &self.parts {
            reader = Box::new(reader.chain(files.open(&part.key, &part.content)?));
        }
        let sealing = files.begin()?;
        let key = fresh_key()?;
        let sealed = files.seal(&key, Some(&self.row.sha256), &mut reader.chain(Cursor::new(&self.fresh)));
        let sealed = match sealed {
            Ok(sealed) => sealed,
            Err(error) => {
                if matches!(error, StoreError::WrongContent) {
                    self.begin_anew()?;
                }
                return Err(error);
            }
        };
        let row = &self.row;
        let fetched = FileRow {
            key,
            state: FileState::Stored,
            size: sealed.size,
            added_at_ms: now_ms,
            at_server: None,
            on_demand: false,
            ..row.clone()
        };
        let kept = self.store.write::<_, StoreError>(|tx| {
            tx.put_file(&fetched)?;
            tx.set_fetched(&row.sha256, self.stored_at_ms)
        });
        if let Err(error) = kept {
            files.remove(&key, &row.sha256)?;
            return Err(error);
        }
        drop(sealing);
        // What was left of it, if it was here before and got damaged.
        files.remove(&self.row.key, &self.row.sha256)?;
        self.remove_parts()
    }
}

fn fresh_key() -> Result<[u8; 32], StoreError> {
    let mut key = [0; 32];
    getrandom::fill(&mut key)
        .map_err(|_| StoreError::Io { action: "get random bytes", kind: io::ErrorKind::Other })?;
    Ok(key)
}
