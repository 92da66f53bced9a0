//! Making a backup while a server runs on the folder.

use std::path::{Path, PathBuf};

use ruhu_hub::lock::BackupLock;
use ruhu_hub::{Hub, HubError, PhotoFolder, StorageError, files, identity, private, wal};
use ruhu_text::Explain;
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};
use serde::Serialize;

use crate::archive::{self, ArchiveWriter, Take, beside, hex};
use crate::error::BackupError;
use crate::manifest::{DATABASE, KEY, KEYS, Kind, Manifest, Progress, REVOCATIONS, Step};

/// A backup that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Made {
    /// What it says of itself.
    #[serde(flatten)]
    pub manifest: Manifest,
    /// Whether the server knows what it has: only then phones hear that their photos are in a second place.
    pub noted: bool,
}

/// So many pages of the database are copied between two reports: 4 MB.
const PAGES: std::ffi::c_int = 1_024;

/// Backs the folder up into one file: the database as it is at one moment, and every photo that it
/// names. Reads it all back before it takes the place of an older file of this name. Photos that are
/// lacking or damaged are named in what it gives; the others are in the file. The server is told of what the
/// backup has.
///
/// # Errors
/// [`BackupError`]: nothing to back up, another backup under way, the disk, a damaged database, a file that
/// does not read back.
/// An older file of this name stays then.
pub fn create(
    data_dir: &Path,
    file: &Path,
    now_ms: i64,
    tell: &mut dyn FnMut(Progress),
) -> Result<Made, BackupError> {
    let database = data_dir.join(DATABASE);
    if !database.exists() {
        return Err(StorageError::NoServer.into());
    }
    let key = identity::load(data_dir)?;
    let _lock = BackupLock::acquire(data_dir)?.ok_or(BackupError::UnderWay)?;
    let copy = Removed(beside(file, ".database"));
    snapshot(&database, &copy.0, tell)?;
    let mut writer = ArchiveWriter::begin(file, now_ms)?;
    writer.part(DATABASE, &copy.0)?;
    let revocations = data_dir.join(REVOCATIONS);
    if revocations.exists() {
        writer.part(REVOCATIONS, &revocations)?;
    }
    let Photos { has, lacks } = add_photos(&mut writer, data_dir, &copy.0, tell)?;
    drop(copy);
    let written =
        writer.end(Kind::Backup, &key.public().0, lacks.iter().map(|sha256| hex(sha256)).collect())?;
    let checking = &mut |done, of| tell(Progress { step: Step::Checking, done, of });
    let read = archive::read(&written.partial, Kind::Backup, &[DATABASE, REVOCATIONS], &Look, checking)?;
    if read != written.manifest {
        return Err(BackupError::NotWhole);
    }
    let manifest = written.publish()?;
    let noted = Hub::open_existing(data_dir, now_ms)
        .and_then(|mut hub| hub.note_backup(manifest.made_at_ms, &has, &lacks, now_ms));
    if let Err(error) = &noted {
        tracing::warn!(code = HubError::code(error), "the backup is whole, and what it has cannot be noted");
    }
    Ok(Made { manifest, noted: noted.is_ok() })
}

/// Backs the server's keys up into a file of their own.
///
/// # Errors
/// [`BackupError`]: no key in the folder, the disk.
pub fn create_keys(data_dir: &Path, file: &Path, now_ms: i64) -> Result<Manifest, BackupError> {
    let key = identity::load(data_dir)?;
    let mut writer = ArchiveWriter::begin(file, now_ms)?;
    for name in KEYS {
        let path = data_dir.join(name);
        if name == KEY || path.exists() {
            writer.part(name, &path)?;
        }
    }
    let written = writer.end(Kind::Keys, &key.public().0, Vec::new())?;
    archive::read(&written.partial, Kind::Keys, &KEYS, &Look, &mut |_, _| {})?;
    written.publish()
}

/// Looks at every part and keeps none.
struct Look;

impl Take for Look {
    fn place(&self, _: &str) -> Option<PathBuf> {
        None
    }
}

/// A file that is removed when it is no longer needed.
struct Removed(PathBuf);

impl Drop for Removed {
    fn drop(&mut self) {
        // A file that cannot be removed is written over by the next backup.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Copies the database as it is at one moment, its log included. The transaction that is held open
/// keeps that moment; whoever writes meanwhile does not wait.
fn snapshot(database: &Path, copy: &Path, tell: &mut dyn FnMut(Progress)) -> Result<(), BackupError> {
    let _ = std::fs::remove_file(copy);
    let reading = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let from = Connection::open_with_flags(database, reading).map_err(StorageError::from)?;
    from.busy_timeout(std::time::Duration::from_secs(10)).map_err(StorageError::from)?;
    let mut to = empty_database(copy)?;
    copy_pages(&from, &mut to, tell).map_err(StorageError::from)?;
    // Without a log of its own the copy is one file.
    to.execute_batch("PRAGMA journal_mode = DELETE").map_err(StorageError::from)?;
    wal::settle(&to)?;
    let verdict: String =
        to.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0)).map_err(StorageError::from)?;
    match verdict == "ok" {
        true => Ok(()),
        false => Err(StorageError::Damaged("server.db").into()),
    }
}

/// An empty database that only its owner may read.
fn empty_database(path: &Path) -> Result<Connection, BackupError> {
    private::options()
        .write(true)
        .create_new(true)
        .open(path)
        .map_err(StorageError::io("write the backup"))?;
    Ok(Connection::open(path).map_err(StorageError::from)?)
}

fn copy_pages(
    from: &Connection,
    to: &mut Connection,
    tell: &mut dyn FnMut(Progress),
) -> rusqlite::Result<()> {
    let moment = from.unchecked_transaction()?;
    moment.query_row("SELECT count(*) FROM meta", [], |_| Ok(()))?;
    let backup = Backup::new(&moment, to)?;
    loop {
        let step = backup.step(PAGES)?;
        let pages = backup.progress();
        let of = u64::try_from(pages.pagecount).unwrap_or(0);
        let done = of.saturating_sub(u64::try_from(pages.remaining).unwrap_or(0));
        tell(Progress { step: Step::Database, done, of });
        if step == StepResult::Done {
            return Ok(());
        }
    }
}

/// The photos that a database names.
#[derive(Default)]
struct Photos {
    /// Those in the archive.
    has: Vec<[u8; 32]>,
    /// Those that the folder lacked, or held damaged.
    lacks: Vec<[u8; 32]>,
}

/// Adds the photos that the copy of the database names.
fn add_photos(
    writer: &mut ArchiveWriter,
    data_dir: &Path,
    database: &Path,
    tell: &mut dyn FnMut(Progress),
) -> Result<Photos, BackupError> {
    let reading = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(database, reading).map_err(StorageError::from)?;
    let of = files::bytes(&connection)?;
    let (mut done, mut photos) = (0, Photos::default());
    let folder = PhotoFolder::open(data_dir)?;
    files::each(&connection, &mut |sha256, size| {
        match writer.photo(sha256, size, &folder)? {
            true => photos.has.push(*sha256),
            false => photos.lacks.push(*sha256),
        }
        done += size;
        tell(Progress { step: Step::Writing, done, of });
        Ok::<(), BackupError>(())
    })?;
    Ok(photos)
}
