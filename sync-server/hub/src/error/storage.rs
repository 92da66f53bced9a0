//! Why the data folder cannot be used.

use std::io;

use ruhu_text::{Explain, Explanation};

use super::sentence::sentence;

/// Why the data folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// A file could not be read or written.
    #[error("could not {action}: {kind}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// What the system said.
        kind: io::ErrorKind,
    },
    /// The database refused.
    #[error("database: {0}")]
    Database(#[from] rusqlite::Error),
    /// The database was written by a newer server.
    #[error("the database has version {found}, this program knows {supported}")]
    Newer {
        /// Its version.
        found: u32,
        /// The newest this program knows.
        supported: u32,
    },
    /// The SQLite library has a fault that loses data.
    #[error("SQLite {found} is too old: 3.51.3 or newer is needed")]
    OldSqlite {
        /// Its version.
        found: String,
    },
    /// Something in the folder is not what the server wrote.
    #[error("damaged: {0}")]
    Damaged(&'static str),
    /// There is a database, but the server's key is gone.
    #[error("server.key is missing beside server.db")]
    KeyMissing,
    /// The write-ahead log beside the database is of another copy of it.
    #[error("server.db-wal does not belong to server.db")]
    ForeignLog,
    /// There is no server in the folder.
    #[error("no server in this folder")]
    NoServer,
    /// Another server runs on the folder.
    #[error("another server runs on this folder")]
    InUse,
    /// The system gave no random bytes.
    #[error("no random bytes from the system")]
    NoRandomness,
}

impl StorageError {
    /// Whether what one row holds, or would hold, is at fault.
    pub(crate) fn is_of_one_row(&self) -> bool {
        use rusqlite::Error as E;
        match self {
            StorageError::Damaged(_) => true,
            StorageError::Database(error) => {
                let constraint = rusqlite::ErrorCode::ConstraintViolation;
                error.sqlite_error_code() == Some(constraint)
                    || matches!(
                        error,
                        E::FromSqlConversionFailure(..)
                            | E::IntegralValueOutOfRange(..)
                            | E::InvalidColumnType(..)
                    )
            }
            _ => false,
        }
    }

    /// Whether there is no room on the disk: reading goes on, and nothing can be taken.
    pub fn is_full(&self) -> bool {
        use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
        match self {
            StorageError::Io { kind, .. } => matches!(kind, StorageFull | QuotaExceeded | FileTooLarge),
            StorageError::Database(error) => error.sqlite_error().is_some_and(|failure| {
                failure.code == rusqlite::ErrorCode::DiskFull
                    // Not even the index of the log, 32 KB beside the database, has room.
                    || failure.extended_code == rusqlite::ffi::SQLITE_IOERR_SHMSIZE
            }),
            _ => false,
        }
    }

    /// Whether the disk is mounted to be read only, as a system does with one that fails.
    pub fn is_read_only(&self) -> bool {
        match self {
            StorageError::Io { kind, .. } => matches!(kind, io::ErrorKind::ReadOnlyFilesystem),
            StorageError::Database(error) => error.sqlite_error().is_some_and(|failure| {
                failure.code == rusqlite::ErrorCode::ReadOnly
                    || failure.extended_code == rusqlite::ffi::SQLITE_IOERR_WRITE
            }),
            _ => false,
        }
    }

    /// Whether the disk takes nothing for now: reading goes on.
    pub fn takes_nothing(&self) -> bool {
        self.is_full() || self.is_read_only()
    }

    /// For `map_err`: what was tried when the system refused.
    pub fn io(action: &'static str) -> impl Fn(io::Error) -> StorageError {
        move |error| StorageError::Io { action, kind: error.kind() }
    }
}

impl Explain for StorageError {
    fn code(&self) -> &'static str {
        match self {
            error if error.is_full() => "storage_full",
            error if error.is_read_only() => "storage_read_only",
            StorageError::Io { .. } | StorageError::Database(_) => "storage",
            StorageError::Newer { .. } => "newer_database",
            StorageError::OldSqlite { .. } => "old_sqlite",
            StorageError::Damaged(_) => "damaged",
            StorageError::KeyMissing => "key_missing",
            StorageError::ForeignLog => "foreign_log",
            StorageError::NoServer => "no_server",
            StorageError::InUse => "in_use",
            StorageError::NoRandomness => "no_randomness",
        }
    }

    fn explain(&self) -> Explanation {
        let (zh, advice_zh, advice_en) = match self {
            error if error.is_full() => (
                "服务器磁盘已满，这次什么也没有收下，此前收下的都在，".into(),
                "请清理服务器磁盘空间，手机会再次上传。",
                "Make room on the server's disk; phones bring it again.",
            ),
            error if error.is_read_only() => (
                "服务器磁盘只读，不能写入，此前收下的都在，".into(),
                "系统发现磁盘故障时会改为只读：请检查磁盘，修好后以可写方式挂载，再启动。",
                "A system makes a disk read-only when it fails: check it, mount it to be written, and start again.",
            ),
            StorageError::Io { .. } => (
                "服务器读写磁盘失败，".into(),
                "请检查磁盘空间和权限。",
                "Check the disk's space and permissions.",
            ),
            StorageError::Database(_) => {
                ("服务器数据库读写失败，".into(), "请检查磁盘空间。", "Check the disk's space.")
            }
            StorageError::Newer { found, supported } => (
                format!("数据库版本 {found} 比本程序支持的 {supported} 新，"),
                "请升级服务器程序。",
                "Upgrade the server.",
            ),
            StorageError::OldSqlite { found } => (
                format!("SQLite {found} 过旧，有丢失数据的缺陷，"),
                "需要 3.51.3 或更新版本。",
                "Build it with a newer SQLite.",
            ),
            StorageError::Damaged(_) => {
                ("数据目录中的内容已损坏，".into(), "请用备份恢复。", "Restore a backup.")
            }
            StorageError::KeyMissing => (
                "数据目录中有 server.db 但没有 server.key，".into(),
                "请从备份中找回密钥文件。",
                "Put the key back from a backup.",
            ),
            StorageError::ForeignLog => (
                "server.db 与旁边的 server.db-wal 不是同一时刻的副本，没有打开，".into(),
                "请把同一份备份中的两个文件一起放回；若要使用这个较旧的 server.db，请先移走 server.db-wal。",
                "Put both back from the same copy; to go on with this server.db alone, move server.db-wal away first.",
            ),
            StorageError::NoServer => (
                "该目录中没有服务器数据，".into(),
                "请先运行 serve，或检查 --data。",
                "Run serve first, or check --data.",
            ),
            StorageError::InUse => (
                "该数据目录已有一个服务器在运行，".into(),
                "不能同时启动第二个。",
                "Stop it before starting another.",
            ),
            StorageError::NoRandomness => {
                ("系统不能提供随机数。".into(), "请重启后再试。", "Restart the machine.")
            }
        };
        Explanation::new(zh, sentence(self)).advise(advice_zh, advice_en)
    }
}

#[cfg(test)]
mod tests {
    use ruhu_text::Lang;

    use super::*;

    #[test]
    fn a_disk_that_is_read_only_is_told_as_that() {
        let system = io::Error::from(io::ErrorKind::ReadOnlyFilesystem);
        let sqlite = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_READONLY_CANTINIT);
        let errors = [
            StorageError::io("write in the data folder")(system),
            StorageError::Database(rusqlite::Error::SqliteFailure(sqlite, None)),
        ];
        for error in errors {
            assert_eq!(error.code(), "storage_read_only", "{error}");
            assert!(error.takes_nothing() && !error.is_full());
            assert!(
                error.message(Lang::Zh).contains("磁盘只读") && error.message(Lang::En).contains("read-only")
            );
        }
    }
}
