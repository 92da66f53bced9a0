//! The file of answers beside the store's: how it is made, proved and opened, and how connections to the
//! store see it.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use crate::database::{self, ANSWERS, STORE};
use crate::{StoreError, StoreKey, durable, space};

/// Name of the database of answers in the store's folder.
pub const ANSWERS_FILE: &str = "answers.db";
/// A database under this name was never finished and never held anything.
const UNFINISHED: &str = "answers.db.new";

/// The log moves into the database after so many pages, some four hundred answers: whoever gives the next one
/// waits for that.
const PAGES_IN_LOG: u64 = 1000;
/// What they take, with the head of each; a little more comes when one answer is long.
const LOG_BYTES: u64 = (PAGES_IN_LOG + 20) * (4096 + 24);
/// The log is laid out where so many times its size is free.
const SPARE: u64 = 50;

/// What a connection that reads calls the two journals together. Of an entry that is in both, the store's
/// counts.
const SEEN_BY_READERS: &str = "
    CREATE TEMP VIEW answered AS SELECT draft, entry, at_ms FROM answers.entries;
    CREATE TEMP VIEW journals AS
        SELECT draft, entry, bytes FROM main.journal
        UNION ALL
        SELECT draft, entry, bytes FROM answers.entries AS a WHERE NOT EXISTS
            (SELECT 1 FROM main.journal AS j WHERE j.draft = a.draft AND j.entry = a.entry);";
/// The same for the connection that writes, for whom there are no others: it asks once they have moved.
pub(crate) const SEEN_BY_THE_WRITER: &str = "
    CREATE TEMP VIEW answered AS SELECT draft, entry, 0 AS at_ms FROM main.journal WHERE 0;
    CREATE TEMP VIEW journals AS SELECT draft, entry, bytes FROM main.journal;";
/// From this version on the store has a database of answers beside it.
const SINCE: u32 = 13;

/// Proves a store and its answers, which are made for one of a version before there were any. A store that
/// is to have them and lacks them is damaged.
pub(crate) fn prove_store(dir: &Path, path: &Path, key: &StoreKey) -> Result<(), StoreError> {
    database::prove(path, key, &STORE, |_, found| {
        if found >= SINCE && !database::exists(&path_in(dir))? {
            return Err(StoreError::damaged("the file of answers is missing"));
        }
        make_or_prove(dir, key)
    })
}

/// Puts the answers beside a store that is opened to read.
pub(crate) fn attach(store: &Connection, path: &Path, key: &StoreKey) -> Result<(), StoreError> {
    let place = path.to_str().ok_or_else(|| StoreError::damaged("a folder whose name is no text"))?;
    store.execute("ATTACH DATABASE ?1 AS answers KEY ?2", (place, key.literal().as_str()))?;
    Ok(store.execute_batch(SEEN_BY_READERS)?)
}

/// Where the database of answers of a store is.
pub(crate) fn path_in(dir: &Path) -> PathBuf {
    dir.join(ANSWERS_FILE)
}

/// Makes the database of answers of a store that has none, or looks at the one that is there.
pub(crate) fn make_or_prove(dir: &Path, key: &StoreKey) -> Result<(), StoreError> {
    let path = path_in(dir);
    if database::exists(&path)? {
        return database::prove(&path, key, &ANSWERS, |_, _| Ok(()));
    }
    durable::make_database(dir, UNFINISHED, ANSWERS_FILE, |unfinished| {
        database::create(unfinished, key, &ANSWERS)
    })
}

/// Opens the database of answers, which was proved readable, to write in it.
pub(crate) fn connect(path: &Path, key: &StoreKey) -> Result<Connection, StoreError> {
    lay_out_log(path);
    let conn = database::connect_writer(path, key)?;
    conn.execute_batch(&format!(
        "PRAGMA journal_size_limit = -1; PRAGMA wal_autocheckpoint = {PAGES_IN_LOG};"
    ))?;
    Ok(conn)
}

/// Gives the log its size before it is used, once: an answer is then written over what is there, and waits
/// for its own bytes alone. A log that grows makes the file system write what else it has at hand, such as
/// that of a sync. SQLite reads nothing in bytes that are zero. Without room to spare the log grows as it is
/// used.
fn lay_out_log(path: &Path) {
    let room = path.parent().and_then(space::of).map_or(0, |space| space.free);
    if room / SPARE < LOG_BYTES {
        return;
    }
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    let laid_out = || {
        let mut file = fs::File::options().append(true).create(true).open(log)?;
        let lacks = LOG_BYTES.saturating_sub(file.metadata()?.len());
        io::copy(&mut io::repeat(0).take(lacks), &mut file)?;
        file.sync_all()
    };
    if let Err(error) = laid_out() {
        tracing::debug!(kind = ?error.kind(), "the log of answers has no size of its own");
    }
}

/// Whether a database of answers, if there is one, is readable and holds none. When it holds some, a new
/// store beside it would hide them.
pub(crate) fn are_none(dir: &Path, key: &StoreKey) -> bool {
    let path = path_in(dir);
    let none = |conn: &Connection, _| {
        let any = conn.query_row("SELECT EXISTS (SELECT 1 FROM entries)", [], |row| row.get(0))?;
        if any { Err(StoreError::damaged("answers without a store")) } else { Ok(()) }
    };
    database::exists(&path)
        .and_then(|there| if there { database::prove(&path, key, &ANSWERS, none) } else { Ok(()) })
        .is_ok()
}
