//! `revocations.log`: what was revoked and taken back, outside the database.
//!
//! A server restored from before a revocation has forgotten it until a phone brings the notice back,
//! and the first phone to come may be the revoked one. The list is not restored with the database: a
//! copy stands beside the data folder, where a folder that is put back does not write over it. It only
//! grows, a line for each notice, signed, so that a line of another server counts for nothing
//! (ADR 17).

use std::io::Write;
use std::path::{Path, PathBuf};

use ruhu_sync::{DeviceId, EnvelopeHash, KeyPair, PublicKey, Signature};
use serde::{Deserialize, Serialize};

use crate::error::StorageError;
use crate::private;

const LABEL: &str = "ruhu-revocation-list-v1";
const NAME: &str = "revocations.log";

/// A line of the list. Identifiers are hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Entry {
    device: String,
    /// The envelope of the notice by which it was revoked.
    notice: String,
    /// Whether the notice was taken back.
    taken_back: bool,
    signature: String,
}

impl Entry {
    pub(super) fn new(key: &KeyPair, device: DeviceId, notice: EnvelopeHash, taken_back: bool) -> Entry {
        let (device, notice) = (device.to_string(), notice.to_string());
        let mut entry = Entry { device, notice, taken_back, signature: String::new() };
        entry.signature = data_encoding::HEXLOWER.encode(&key.sign(LABEL, &entry.signed_part()).0);
        entry
    }

    fn signed_part(&self) -> Vec<u8> {
        format!("{}\n{}\n{}", self.device, self.notice, self.taken_back).into_bytes()
    }

    fn is_signed_by(&self, server: &PublicKey) -> bool {
        let bytes = data_encoding::HEXLOWER.decode(self.signature.as_bytes()).ok();
        let signature = bytes.and_then(|bytes| bytes.try_into().ok()).map(Signature);
        signature.is_some_and(|signature| server.verify(LABEL, &self.signed_part(), &signature))
    }

    /// The device, the notice, and whether it was taken back.
    pub(super) fn facts(&self) -> Option<(DeviceId, EnvelopeHash, bool)> {
        Some((self.device.parse().ok()?, self.notice.parse().ok()?, self.taken_back))
    }
}

/// Where the list of a data folder stands: in it, and beside it.
pub(super) fn places(data_dir: &Path) -> Vec<PathBuf> {
    let mut places = vec![data_dir.join(NAME)];
    if let Ok(folder) = std::fs::canonicalize(data_dir)
        && let (Some(parent), Some(name)) = (folder.parent(), folder.file_name())
    {
        let mut beside = name.to_owned();
        beside.push(".");
        beside.push(NAME);
        places.push(parent.join(beside));
    }
    places
}

/// The lines of a list that this server signed; none where there is no file. Others are passed over.
///
/// # Errors
/// [`StorageError`]: the disk.
pub fn read(list: &Path, server: &PublicKey) -> Result<Vec<Entry>, StorageError> {
    let text = match std::fs::read(list) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(StorageError::io("read the list of revocations")(error)),
    };
    let lines = text.split(|byte| *byte == b'\n');
    let entries = lines.filter_map(|line| serde_json::from_slice::<Entry>(line).ok());
    Ok(entries.filter(|entry| entry.is_signed_by(server)).collect())
}

/// Adds lines to a list, on the disk when this returns.
///
/// # Errors
/// [`StorageError`]: the disk.
pub fn append(list: &Path, entries: &[Entry]) -> Result<(), StorageError> {
    if entries.is_empty() {
        return Ok(());
    }
    let io = StorageError::io("write the list of revocations");
    // A line that was cut by a loss of power is ended first: it counts for nothing.
    let mut text = String::from("\n");
    for entry in entries {
        text.push_str(&serde_json::to_string(entry).map_err(|_| StorageError::Damaged("revocations.log"))?);
        text.push('\n');
    }
    let mut file = private::options().create(true).append(true).open(list).map_err(&io)?;
    file.write_all(text.as_bytes()).map_err(&io)?;
    file.sync_all().map_err(&io)
}
