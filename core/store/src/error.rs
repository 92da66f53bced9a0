//! What can go wrong in the store, and what a person can do about it.

use std::io;

use rusqlite::ffi;

use ruhu_seal::SealError;
use ruhu_text::{Explain, Explanation};

/// What a uniqueness rule protects where no better name is known.
pub(crate) const A_PLACE: &str = "a place in the store";

/// An error of the store. None carries personal data, keys or paths.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The key is not the one this store was made with. Nothing was touched.
    #[error("the key does not open this store")]
    WrongKey,
    /// Bytes on the disk are not what was written. They are left as they are.
    #[error("the store is damaged: {detail}")]
    Damaged {
        /// Which part, for the person who repairs it.
        detail: String,
    },
    /// The disk, or the quota on it, is full. The transaction was rolled back.
    #[error("the disk is full")]
    DiskFull,
    /// The database was written by a newer version of the program.
    #[error("the database has version {found}, this program knows up to {supported}")]
    Newer {
        /// Schema version found in the database.
        found: u32,
        /// Newest schema version this program knows.
        supported: u32,
    },
    /// Another process, or another object of this process, holds the store.
    #[error("the store is in use")]
    InUse,
    /// The thing named does not exist.
    #[error("{what} not found")]
    NotFound {
        /// Kind of thing, in English, without its identifier.
        what: &'static str,
    },
    /// Another thing already holds a place that can be held only once.
    #[error("{what} is held by another")]
    Clash {
        /// The place, in English.
        what: &'static str,
    },
    /// A number does not fit the range the store can keep (signed 64 bits).
    #[error("{what} is out of range")]
    OutOfRange {
        /// The number's name, in English.
        what: &'static str,
    },
    /// A file's content does not have the SHA-256 it was announced with.
    #[error("the content does not match its SHA-256")]
    WrongContent,
    /// A write was tried inside [`crate::Store::read`].
    #[error("this transaction only reads")]
    ReadOnly,
    /// The transaction was rolled back by an earlier error that its caller passed over.
    #[error("the transaction was already rolled back")]
    RolledBack,
    /// The operating system refused a file operation.
    #[error("cannot {action}: {kind}")]
    Io {
        /// What was tried, in English.
        action: &'static str,
        /// The system's reason.
        kind: io::ErrorKind,
    },
    /// SQLite refused for a reason that has no name above.
    #[error("SQLite error {code}")]
    Sqlite {
        /// SQLite's extended result code.
        code: i32,
    },
    /// The program was built with an SQLite that has a known fault in its write-ahead log.
    #[error("SQLite {found} is older than 3.51.3")]
    TooOldSqlite {
        /// The version found, e.g. `3.51.2`.
        found: String,
    },
}

impl Explain for StoreError {
    fn code(&self) -> &'static str {
        match self {
            Self::WrongKey => "wrong_key",
            Self::DiskFull => "disk_full",
            Self::Newer { .. } => "newer_database",
            Self::InUse => "in_use",
            Self::Damaged { .. } | Self::WrongContent => "damaged",
            Self::NotFound { .. }
            | Self::Clash { .. }
            | Self::OutOfRange { .. }
            | Self::ReadOnly
            | Self::RolledBack
            | Self::Io { .. }
            | Self::Sqlite { .. }
            | Self::TooOldSqlite { .. } => "store",
        }
    }

    fn explain(&self) -> Explanation {
        match self {
            Self::WrongKey => Explanation::new(
                "密钥与本机数据不符。数据没有改动。",
                "The key does not open the data on this device; nothing was changed.",
            )
            .advise(
                "请用登记本机时的账户解锁；如刚恢复过备份，请联系管理员。",
                "Unlock with the account this device was enrolled with, or ask the administrator if a backup was just restored.",
            ),
            Self::Damaged { detail } => Explanation::new(
                format!("本机数据有损坏（{detail}）。程序没有改动任何内容。"),
                format!("The data on this device is damaged ({detail}). Nothing was changed."),
            )
            .advise(
                "请勿卸载或清除数据，请把设备交给管理员处理。",
                "Do not uninstall or clear the data; hand the device to the administrator.",
            ),
            Self::DiskFull => Explanation::new(
                "存储空间已满，这一步没有保存，此前的内容都在。",
                "The storage is full. This step was not saved; everything before it was.",
            )
            .advise("请清理空间后再试。", "Free some space and try again."),
            Self::Newer { found, supported } => Explanation::new(
                format!("数据由较新版本的程序写入（版本 {found}，本程序支持到 {supported}）。"),
                format!("The data was written by a newer program (version {found}, this one knows up to {supported})."),
            )
            .advise("请更新程序。", "Update the program."),
            Self::InUse => {
                Explanation::new("数据正被另一个程序使用。", "Another program is using the data.")
                    .advise("请关闭另一个窗口后再试。", "Close the other window and try again.")
            }
            Self::NotFound { what } => Explanation::new(
                format!("没有找到所需的内容（{what}）。"),
                format!("What was asked for was not found ({what})."),
            )
            .advise("请同步后再试。", "Sync and try again."),
            Self::Clash { what } => Explanation::new(
                format!("与已有的内容冲突（{what}），已有内容没有改动。"),
                format!("This clashes with something already there ({what}), which was not changed."),
            ),
            Self::OutOfRange { what } => Explanation::new(
                format!("数值超出范围（{what}），没有保存。"),
                format!("A number is out of range ({what}) and was not saved."),
            ),
            Self::WrongContent => Explanation::new(
                "文件内容与校验值不符，没有保存。",
                "The file's content does not match its checksum and was not saved.",
            )
            .advise("请重新选择或重新下载。", "Choose or download it again."),
            Self::ReadOnly | Self::RolledBack => Explanation::new(
                format!("程序内部错误（{self}），这一步没有保存。"),
                format!("Internal error ({self}); this step was not saved."),
            )
            .advise("请把此信息告诉管理员。", "Tell the administrator."),
            Self::Io { action, kind } => explain_io(action, *kind),
            Self::Sqlite { code } => Explanation::new(
                format!("数据库错误（代码 {code}），这一步没有保存。"),
                format!("Database error (code {code}); this step was not saved."),
            )
            .advise("请把代码告诉管理员。", "Tell the administrator the code."),
            Self::TooOldSqlite { found } => Explanation::new(
                format!("程序所带的 SQLite {found} 版本过旧，可能丢失数据。"),
                format!("The program carries SQLite {found}, which may lose data."),
            )
            .advise("请更新程序。", "Update the program."),
        }
    }
}

fn explain_io(action: &str, kind: io::ErrorKind) -> Explanation {
    if matches!(kind, io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem) {
        return Explanation::new("没有读写数据文件夹的权限。", "The data folder cannot be read or written.")
            .advise("请检查文件夹权限后再试。", "Check its permissions and try again.");
    }
    Explanation::new(
        format!("文件操作失败（{action}: {kind}）。"),
        format!("A file operation failed ({action}: {kind})."),
    )
    .advise("请检查存储设备后再试。", "Check the storage and try again.")
}

impl StoreError {
    fn violated(code: i32) -> Self {
        match code {
            ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY => {
                Self::Clash { what: A_PLACE }
            }
            ffi::SQLITE_CONSTRAINT_FOREIGNKEY => Self::NotFound { what: "a row referred to" },
            code => Self::Sqlite { code },
        }
    }

    pub(crate) fn damaged(detail: impl Into<String>) -> Self {
        Self::Damaged { detail: detail.into() }
    }

    pub(crate) fn io(action: &'static str, error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                Self::DiskFull
            }
            kind => Self::Io { action, kind },
        }
    }
}

impl From<SealError> for StoreError {
    fn from(error: SealError) -> Self {
        let io = |action, kind: io::ErrorKind| Self::io(action, &io::Error::from(kind));
        match error {
            SealError::Damaged(detail) => Self::damaged(detail),
            SealError::TooLong => Self::OutOfRange { what: "size" },
            SealError::NoRandomness => Self::Io { action: "get random bytes", kind: io::ErrorKind::Other },
            SealError::Source(kind) => io("read the file to be kept", kind),
            SealError::Read(kind) => io("read a sealed file", kind),
            SealError::Write(kind) => io("write a sealed file", kind),
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode as Code;
        match error {
            rusqlite::Error::SqliteFailure(failure, _) => match failure.code {
                Code::DiskFull => Self::DiskFull,
                // Not even the index of the log, 32 KB beside the database, has room.
                _ if failure.extended_code == rusqlite::ffi::SQLITE_IOERR_SHMSIZE => Self::DiskFull,
                Code::NotADatabase | Code::DatabaseCorrupt => {
                    Self::damaged(format!("database, SQLite code {}", failure.extended_code))
                }
                Code::DatabaseBusy | Code::DatabaseLocked => Self::InUse,
                Code::ReadOnly | Code::PermissionDenied => {
                    Self::Io { action: "write the database", kind: io::ErrorKind::PermissionDenied }
                }
                Code::ConstraintViolation => Self::violated(failure.extended_code),
                _ => Self::Sqlite { code: failure.extended_code },
            },
            rusqlite::Error::QueryReturnedNoRows => Self::NotFound { what: "row" },
            rusqlite::Error::FromSqlConversionFailure(column, _, _)
            | rusqlite::Error::IntegralValueOutOfRange(column, _)
            | rusqlite::Error::InvalidColumnType(column, _, _) => {
                Self::damaged(format!("database, value of an unexpected kind in column {column}"))
            }
            _ => Self::Sqlite { code: ffi::SQLITE_MISUSE },
        }
    }
}

#[cfg(test)]
mod tests {
    use ruhu_text::Lang;

    use super::*;

    #[test]
    fn a_disk_without_room_for_the_index_of_the_log_is_full() {
        for code in [rusqlite::ffi::SQLITE_FULL, rusqlite::ffi::SQLITE_IOERR_SHMSIZE] {
            let failure = rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None);
            assert_eq!(StoreError::from(failure), StoreError::DiskFull);
        }
    }

    #[test]
    fn every_error_says_in_both_languages_what_to_do() {
        let all = [
            StoreError::WrongKey,
            StoreError::damaged("database"),
            StoreError::DiskFull,
            StoreError::Newer { found: 9, supported: 1 },
            StoreError::InUse,
            StoreError::NotFound { what: "draft" },
            StoreError::Clash { what: "place in the author's chain" },
            StoreError::OutOfRange { what: "seq" },
            StoreError::WrongContent,
            StoreError::ReadOnly,
            StoreError::RolledBack,
            StoreError::Io { action: "open the folder", kind: io::ErrorKind::PermissionDenied },
            StoreError::Io { action: "open the folder", kind: io::ErrorKind::NotADirectory },
            StoreError::Sqlite { code: 1 },
            StoreError::TooOldSqlite { found: "3.40.0".into() },
        ];
        let mut text = String::new();
        for error in &all {
            text.push_str(&error.message(Lang::Zh));
            text.push('\n');
            text.push_str(&error.message(Lang::En));
            text.push('\n');
        }
        insta::assert_snapshot!(text);
    }
}
