//! The folder of sealed files beside the database. Each file is sealed under a key of its own,
//! kept in the database; its name is a keyed hash, so that the folder tells neither what a file
//! is nor whether a known file is among them.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hmac::Mac;
use parking_lot::Mutex;
use ruhu_seal::{CHUNK_BYTES, Sealed, SealedReader};
use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;
use zeroize::Zeroizing;

use crate::key::keyed_hash;
use crate::{StoreError, StoreKey, durable};

/// While it lies in the folder, a sealed file may have no row yet. One that is found at the opening
/// was left by a process that died.
const SEALING_MARK: &str = "sealing";

/// Folder for files being written, beneath the folder of sealed files.
const UNFINISHED_DIR: &str = "unfinished";

/// The sealed files of a store. A clone serves another thread while the store is busy; it must
/// not outlive the store.
#[derive(Clone)]
pub struct SealedFiles {
    dir: PathBuf,
    name_key: Zeroizing<[u8; 32]>,
    /// How many sealings are under way.
    under_way: Arc<Mutex<u32>>,
}

/// A sealing under way: from before the file is sealed until its row is written. A file of a process
/// that dies meanwhile is removed at the next opening, unless its row was written.
pub struct Sealing {
    dir: PathBuf,
    under_way: Arc<Mutex<u32>>,
}

impl Drop for Sealing {
    fn drop(&mut self) {
        let mut under_way = self.under_way.lock();
        *under_way -= 1;
        if *under_way == 0 {
            // One that stays costs a look through the folder at the next opening.
            let _ = fs::remove_file(self.dir.join(SEALING_MARK));
        }
    }
}

impl SealedFiles {
    /// Opens the folder and removes what an interrupted [`Self::seal`] left.
    pub(crate) fn in_dir(dir: &Path, key: &StoreKey) -> Result<Self, StoreError> {
        let unfinished = dir.join(UNFINISHED_DIR);
        let prepare = || {
            durable::create_dir(dir)?;
            durable::create_dir(&unfinished)?;
            for entry in fs::read_dir(&unfinished)? {
                fs::remove_file(entry?.path())?;
            }
            Ok(())
        };
        prepare().map_err(|e| StoreError::io("open the folder of sealed files", &e))?;
        Ok(Self { dir: dir.to_owned(), name_key: key.file_names(), under_way: Arc::default() })
    }

    /// Begins a sealing: what is sealed until it is dropped may have no row yet.
    ///
    /// # Errors
    /// `disk_full` or `store` when the mark of it cannot be written.
    pub fn begin(&self) -> Result<Sealing, StoreError> {
        let mut under_way = self.under_way.lock();
        if *under_way == 0 {
            let mark = || {
                File::create(self.dir.join(SEALING_MARK))?;
                durable::sync_dir(&self.dir)
            };
            mark().map_err(|e| StoreError::io("write a sealed file", &e))?;
        }
        *under_way += 1;
        Ok(Sealing { dir: self.dir.clone(), under_way: Arc::clone(&self.under_way) })
    }

    /// Whether a process died while it sealed a file.
    pub(crate) fn was_interrupted(&self) -> bool {
        *self.under_way.lock() == 0 && self.dir.join(SEALING_MARK).exists()
    }

    /// Notes that the folder was looked through.
    pub(crate) fn was_swept(&self) -> Result<(), StoreError> {
        match fs::remove_file(self.dir.join(SEALING_MARK)) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => {
                Err(StoreError::io("remove unreferenced files", &e))
            }
            _ => Ok(()),
        }
    }

    /// Whether a folder holds any sealed file.
    pub(crate) fn any_in(dir: &Path) -> bool {
        let entries = fs::read_dir(dir).into_iter().flatten().flatten();
        entries.into_iter().any(|entry| is_name(&entry.file_name().to_string_lossy()))
    }

    /// Seals everything the reader gives, under this key. The file is on the disk when this
    /// returns; before, it does not exist. With an expected SHA-256, other content is refused
    /// ([`StoreError::WrongContent`]). Never holds more than two chunks in memory.
    ///
    /// `key`: 32 random bytes used for this content alone.
    ///
    /// # Errors
    /// `damaged` when the content is not the expected one, `disk_full`, `store` when a file cannot
    /// be read or written. No file is left then.
    pub fn seal(
        &self,
        key: &[u8; 32],
        expected: Option<&[u8; 32]>,
        reader: &mut dyn Read,
    ) -> Result<Sealed, StoreError> {
        let mut temp = NamedTempFile::new_in(self.dir.join(UNFINISHED_DIR))
            .map_err(|e| StoreError::io("write a sealed file", &e))?;
        let sealed = ruhu_seal::seal(key, reader, temp.as_file_mut())?;
        if expected.is_some_and(|expected| *expected != sealed.sha256) {
            return Err(StoreError::WrongContent);
        }
        durable::publish(temp, &self.dir, &self.name(key, &sealed.sha256))
            .map_err(|e| StoreError::io("write a sealed file", &e))?;
        Ok(sealed)
    }

    /// The content of a file from its beginning. A damaged chunk ends it with an error of kind
    /// [`io::ErrorKind::InvalidData`] that carries the [`StoreError`].
    ///
    /// # Errors
    /// `store` when the file is not here or cannot be read, `damaged`.
    pub fn open(&self, key: &[u8; 32], sha256: &[u8; 32]) -> Result<Box<dyn Read + Send>, StoreError> {
        Ok(Box::new(self.reader(key, sha256)?))
    }

    /// At most `len` bytes of a file's content from `offset` on; fewer at its end. Reads only
    /// the chunks they lie in.
    ///
    /// # Errors
    /// `store` when the file is not here or cannot be read, `damaged`.
    pub fn read_range(
        &self,
        key: &[u8; 32],
        sha256: &[u8; 32],
        offset: u64,
        len: usize,
    ) -> Result<Vec<u8>, StoreError> {
        let mut reader = self.reader(key, sha256)?;
        reader.seek_to(offset)?;
        let rest = usize::try_from(reader.size().saturating_sub(offset)).unwrap_or(usize::MAX);
        let mut content = vec![0; len.min(rest)];
        let mut filled = 0;
        while let Some(out) = content.get_mut(filled..).filter(|out| !out.is_empty()) {
            match reader.next_bytes(out)? {
                0 => return Err(StoreError::damaged("sealed file that ended too early")),
                count => filled += count,
            }
        }
        Ok(content)
    }

    /// Reads a file back whole and compares its SHA-256; returns its length.
    ///
    /// # Errors
    /// `store` when the file is not here or cannot be read, `damaged`.
    pub fn verify(&self, key: &[u8; 32], sha256: &[u8; 32]) -> Result<u64, StoreError> {
        let mut reader = self.reader(key, sha256)?;
        let mut hasher = Sha256::new();
        let mut part = Zeroizing::new(vec![0; CHUNK_BYTES]);
        loop {
            let count = reader.next_bytes(&mut part)?;
            hasher.update(part.get(..count).unwrap_or_default());
            if count == 0 {
                break;
            }
        }
        if hasher.finalize()[..] != sha256[..] {
            return Err(StoreError::WrongContent);
        }
        Ok(reader.size())
    }

    /// Removes a file's bytes from the device; `false` when they were not here. The caller has
    /// made sure that they are safe elsewhere.
    ///
    /// # Errors
    /// `store` when it cannot be removed.
    pub fn remove(&self, key: &[u8; 32], sha256: &[u8; 32]) -> Result<bool, StoreError> {
        match fs::remove_file(self.path(key, sha256)) {
            Ok(()) => {}
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(e) => return Err(StoreError::io("remove a sealed file", &e)),
        }
        durable::sync_dir(&self.dir).map_err(|e| StoreError::io("remove a sealed file", &e))?;
        Ok(true)
    }

    /// The sealed files that are none of these.
    pub(crate) fn others<'a>(
        &self,
        files: impl Iterator<Item = (&'a [u8; 32], &'a [u8; 32])>,
    ) -> Result<Vec<PathBuf>, StoreError> {
        let known: BTreeSet<String> = files.map(|(key, sha)| self.name(key, sha)).collect();
        let look = || {
            let mut others = Vec::new();
            for entry in fs::read_dir(&self.dir)? {
                let entry = entry?;
                let name = entry.file_name().to_string_lossy().into_owned();
                if is_name(&name) && !known.contains(&name) {
                    others.push(entry.path());
                }
            }
            Ok(others)
        };
        look().map_err(|e| StoreError::io("look through the sealed files", &e))
    }

    /// Removes files that [`Self::others`] found.
    pub(crate) fn remove_others(&self, others: &[PathBuf]) -> Result<(), StoreError> {
        let remove = || {
            others.iter().try_for_each(fs::remove_file)?;
            durable::sync_dir(&self.dir)
        };
        remove().map_err(|e| StoreError::io("remove unreferenced files", &e))
    }

    fn reader(&self, key: &[u8; 32], sha256: &[u8; 32]) -> Result<SealedReader<File>, StoreError> {
        let file = File::open(self.path(key, sha256)).map_err(|e| match e.kind() {
            io::ErrorKind::NotFound => StoreError::NotFound { what: "file" },
            _ => StoreError::io("open a sealed file", &e),
        })?;
        Ok(SealedReader::new(key, file)?)
    }

    fn path(&self, key: &[u8; 32], sha256: &[u8; 32]) -> PathBuf {
        self.dir.join(self.name(key, sha256))
    }

    /// The name takes in the file's key as well: content sealed again under another key never
    /// replaces a copy whose key the database holds.
    fn name(&self, key: &[u8; 32], sha256: &[u8; 32]) -> String {
        let mac = keyed_hash(&self.name_key, &[key, sha256]).finalize().into_bytes();
        mac.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

fn is_name(name: &str) -> bool {
    name.len() == 64 && name.bytes().all(|b| b.is_ascii_hexdigit())
}
