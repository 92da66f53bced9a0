//! Bringing a server back from its backup.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use ruhu_hub::identity::{self, sync_dir};
use ruhu_hub::{PhotoFolder, SEAL_KEY, StorageError, restored, revocation_list};

use crate::archive::{self, Take};
use crate::error::BackupError;
use crate::manifest::{DATABASE, KEY, KEYS, Kind, Manifest, Progress, REVOCATIONS, Step};

/// Everything is unpacked here first, so that a restore that was cut is known by it.
const PARTIAL: &str = "restore.partial";

/// What a restore did.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Restored {
    /// When the backup was made, Unix milliseconds of the server's clock.
    pub made_at_ms: i64,
    /// How many photos came back.
    pub photos: u64,
    /// Photos that the backup itself lacked: SHA-256, hexadecimal.
    pub lacking: Vec<String>,
    /// How many logs got a new epoch: phones compare them with what they have.
    pub logs: usize,
    /// Whether the server's keys are in the folder now.
    pub with_keys: bool,
    /// How many entries the list of revocations has that was brought along, beside the backup's own.
    pub revocations: Option<usize>,
}

/// Makes a data folder of a backup. The folder must not be there, or be empty.
///
/// `keys`: the archive of the server's keys. `revocations`: the `revocations.log` of the folder that
/// was lost, if it is still there; it knows what was revoked since the backup.
///
/// # Errors
/// [`BackupError`]: a folder that is not empty, an archive that is cut, damaged or of another server.
/// The folder is left without a server then.
pub fn restore(
    file: &Path,
    keys: Option<&Path>,
    revocations: Option<&Path>,
    data_dir: &Path,
    now_ms: i64,
    tell: &mut dyn FnMut(Progress),
) -> Result<Restored, BackupError> {
    let partial = prepare(data_dir)?;
    let checking = &mut |done, of| tell(Progress { step: Step::Checking, done, of });
    let names = RefCell::default();
    let take = &Unpack { folder: partial.clone(), sealed: Some(&names) };
    let manifest = archive::read(file, Kind::Backup, &[DATABASE, REVOCATIONS], take, checking)?;
    if let Some(keys) = keys {
        unpack_keys(keys, &manifest, &partial)?;
    }
    check_sealed(&partial, &names.borrow(), keys.is_some())?;
    let added = match revocations {
        Some(list) => Some(add_revocations(list, &manifest, &partial)?),
        None => None,
    };
    let database = partial.join(DATABASE);
    let logs = restored::adopt(&database, now_ms)?;
    settle(&partial, data_dir)?;
    Ok(Restored {
        made_at_ms: manifest.made_at_ms,
        photos: manifest.photos.count,
        lacking: manifest.lacking,
        logs,
        with_keys: keys.is_some(),
        revocations: added,
    })
}

/// The folder to unpack into. Only what an earlier restore left half-made is removed.
fn prepare(data_dir: &Path) -> Result<PathBuf, BackupError> {
    let io = StorageError::io("make the data folder");
    std::fs::create_dir_all(data_dir).map_err(&io)?;
    for entry in std::fs::read_dir(data_dir).map_err(&io)? {
        if entry.map_err(&io)?.file_name() != PARTIAL {
            return Err(BackupError::NotEmpty);
        }
    }
    let partial = data_dir.join(PARTIAL);
    if partial.exists() {
        std::fs::remove_dir_all(&partial).map_err(&io)?;
    }
    std::fs::create_dir(&partial).map_err(&io)?;
    Ok(partial)
}

struct Unpack<'a> {
    folder: PathBuf,
    /// The names of the photos that came sealed.
    sealed: Option<&'a RefCell<Vec<[u8; 32]>>>,
}

impl Take for Unpack<'_> {
    fn place(&self, name: &str) -> Option<PathBuf> {
        if let (Some(sealed), Some((sha256, true))) = (self.sealed, archive::photo_of(name)) {
            sealed.borrow_mut().push(sha256);
        }
        Some(self.folder.join(name))
    }
}

fn unpack_keys(keys: &Path, backup: &Manifest, partial: &Path) -> Result<(), BackupError> {
    let take = &Unpack { folder: partial.to_owned(), sealed: None };
    archive::read(keys, Kind::Keys, &KEYS, take, &mut |_, _| {})?;
    match archive::hex(&identity::load(partial)?.public().0) == backup.server_key {
        true => Ok(()),
        false => Err(BackupError::OtherServer),
    }
}

/// Opens each photo that came sealed. Without the keys that is left to the check.
fn check_sealed(partial: &Path, sealed: &[[u8; 32]], with_keys: bool) -> Result<(), BackupError> {
    if sealed.is_empty() || !with_keys {
        return Ok(());
    }
    let folder = PhotoFolder::open(partial)?;
    if !folder.seals() {
        return Err(BackupError::SealKeyMissing);
    }
    for sha256 in sealed {
        let sound = folder.hash(sha256).is_ok_and(|(found, _)| found == *sha256);
        if !sound {
            return Err(BackupError::Damaged { part: archive::hex(sha256) });
        }
    }
    Ok(())
}

/// Adds what another list knows. Only what this server signed counts.
fn add_revocations(list: &Path, backup: &Manifest, partial: &Path) -> Result<usize, BackupError> {
    let key = data_encoding::HEXLOWER.decode(backup.server_key.as_bytes()).ok();
    let key = key.and_then(|key| key.try_into().ok()).ok_or(BackupError::NotABackup)?;
    let more = revocation_list::read(list, &ruhu_sync::PublicKey(key))?;
    revocation_list::append(&partial.join(REVOCATIONS), &more)?;
    Ok(more.len())
}

/// Moves everything to its place, the database last: before it there is no server in the folder.
fn settle(partial: &Path, data_dir: &Path) -> Result<(), BackupError> {
    let io = StorageError::io("write the data folder");
    let photos = partial.join("files");
    if photos.exists() {
        for folder in std::fs::read_dir(&photos).map_err(&io)? {
            sync_dir(&folder.map_err(&io)?.path())?;
        }
    }
    for name in ["files", "tls", REVOCATIONS, SEAL_KEY, KEY, DATABASE] {
        let from = partial.join(name);
        if from.exists() {
            std::fs::rename(from, data_dir.join(name)).map_err(&io)?;
        }
    }
    sync_dir(data_dir)?;
    std::fs::remove_dir_all(partial).map_err(&io)?;
    Ok(sync_dir(data_dir)?)
}
