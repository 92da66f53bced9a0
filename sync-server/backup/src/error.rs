//! Why a backup cannot be made or brought back.

use ruhu_hub::error::{StorageError, sentence};
use ruhu_text::{Explain, Explanation};

/// Why a backup cannot be made or brought back.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The disk or the database.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The file is no backup of this program.
    #[error("this file is no backup")]
    NotABackup,
    /// The file ends before its end.
    #[error("this backup is not whole: it was cut")]
    NotWhole,
    /// A part has another hash than the backup says.
    #[error("this backup is damaged at {part}")]
    Damaged {
        /// The part.
        part: String,
    },
    /// A backup where keys were expected, or the other way round.
    #[error("this is the other file: one holds the data, one the keys")]
    OtherKind,
    /// The keys are those of another server.
    #[error("the keys are those of another server than the backup's")]
    OtherServer,
    /// Photos of the backup are sealed, and the file of keys is from before that was so.
    #[error("the photos of this backup are sealed, and these keys are older and lack the key to them")]
    SealKeyMissing,
    /// The backup was made by a newer program.
    #[error("this backup has form {found}, which this program does not know")]
    Newer {
        /// Its form.
        found: u32,
    },
    /// Another backup of this folder is being made: it has the files beside the archive.
    #[error("another backup of this folder is being made")]
    UnderWay,
    /// The folder to restore into holds something.
    #[error("the data folder is not empty")]
    NotEmpty,
}

impl Explain for BackupError {
    fn code(&self) -> &'static str {
        match self {
            BackupError::Storage(error) => error.code(),
            BackupError::NotABackup => "no_backup",
            BackupError::NotWhole => "backup_cut",
            BackupError::Damaged { .. } => "backup_damaged",
            BackupError::OtherKind => "backup_kind",
            BackupError::OtherServer => "backup_keys",
            BackupError::SealKeyMissing => "backup_seal_key",
            BackupError::Newer { .. } => "backup_newer",
            BackupError::UnderWay => "backup_under_way",
            BackupError::NotEmpty => "not_empty",
        }
    }

    fn explain(&self) -> Explanation {
        let another = ("请换一份备份。", "Take another backup.");
        let (zh, (advice_zh, advice_en)) = match self {
            BackupError::Storage(error) => return error.explain(),
            BackupError::NotABackup => ("这个文件不是备份。".to_owned(), another),
            BackupError::NotWhole => ("备份不完整，写到一半就断了。".to_owned(), another),
            BackupError::Damaged { part } => (format!("备份中的 {part} 已损坏。"), another),
            BackupError::OtherKind => {
                ("数据备份和密钥备份弄反了，".to_owned(), ("请核对文件。", "Check which file is which."))
            }
            BackupError::OtherServer => (
                "密钥与备份不是同一台服务器的，".to_owned(),
                ("请找出这台服务器的密钥备份。", "Find the keys of the server that the backup is of."),
            ),
            BackupError::SealKeyMissing => (
                "备份中的照片已加密，这份密钥文件较早，打不开，".to_owned(),
                (
                    "请用开启加密之后另存的密钥文件。",
                    "Take the file of keys that was saved after sealing had begun.",
                ),
            ),
            BackupError::Newer { found } => {
                (format!("备份的格式 {found} 比本程序新，"), ("请升级服务器程序。", "Upgrade the server."))
            }
            BackupError::UnderWay => {
                ("这个目录正在做另一次备份，".to_owned(), ("请等它做完。", "Wait until that one is done."))
            }
            BackupError::NotEmpty => (
                "数据目录不是空的，没有改动，".to_owned(),
                (
                    "请换一个目录，或先把原来的内容移到别处（不要删除，其中的 revocations.log 恢复时有用）。",
                    "Take another folder, or move what is there away (keep it: its revocations.log serves the restore).",
                ),
            ),
        };
        Explanation::new(zh, sentence(self)).advise(advice_zh, advice_en)
    }
}
