//! Why the server cannot do something, with a stable code for programs and words for people.

use std::io;

use ruhu_case::ChangeHash;
use ruhu_case::limits::FORM_BYTES;
use ruhu_sync::{CodecError, Problem};
use ruhu_text::{Explain, Explanation, Lang};

use crate::hub::{EnrollError, FileError};

/// What an error says of itself, as an English sentence.
pub(crate) fn sentence(error: &dyn std::fmt::Display) -> String {
    let text = error.to_string();
    let mut letters = text.chars();
    letters.next().map(|first| format!("{}{}.", first.to_uppercase(), letters.as_str())).unwrap_or_default()
}

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
    /// For `map_err`: what was tried when the system refused.
    pub fn io(action: &'static str) -> impl Fn(io::Error) -> StorageError {
        move |error| StorageError::Io { action, kind: error.kind() }
    }
}

impl Explain for StorageError {
    fn code(&self) -> &'static str {
        match self {
            StorageError::Io { .. } | StorageError::Database(_) => "storage",
            StorageError::Newer { .. } => "newer_database",
            StorageError::OldSqlite { .. } => "old_sqlite",
            StorageError::Damaged(_) => "damaged",
            StorageError::KeyMissing => "key_missing",
            StorageError::NoServer => "no_server",
            StorageError::InUse => "in_use",
            StorageError::NoRandomness => "no_randomness",
        }
    }

    fn explain(&self) -> Explanation {
        let (zh, advice_zh, advice_en) = match self {
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

/// Why the hub cannot answer.
#[derive(Debug, thiserror::Error)]
pub enum HubError {
    /// The data folder.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The request is not a message of this protocol.
    #[error(transparent)]
    Codec(#[from] CodecError),
    /// Nobody enrolled such a device here. After a restore a device makes itself known again by
    /// sending its author record with a sync.
    #[error(
        "this server does not know the device: the administrator tells which server it was enrolled with"
    )]
    UnknownDevice,
    /// The device's certificate is revoked or expired.
    #[error("the device's certificate is void")]
    VoidDevice,
    /// Enrolment.
    #[error(transparent)]
    Enroll(#[from] EnrollError),
    /// Files.
    #[error(transparent)]
    File(#[from] FileError),
    /// No such form is published.
    #[error("no such form")]
    FormUnknown,
    /// The version of the form is published with other contents.
    #[error("this version of the form is published with other contents")]
    FormPublished,
    /// The form is larger than any phone takes.
    #[error("the compiled form has more than {FORM_BYTES} bytes; no phone takes it")]
    FormTooLarge,
    /// Nothing under this hash is in quarantine.
    #[error("not in quarantine")]
    NotQuarantined,
    /// What is to be admitted stands on a change that is not there.
    #[error("it depends on change {change}, which is not there")]
    MissingDependency {
        /// The change.
        change: ChangeHash,
    },
    /// What is to be admitted can never stand in a log.
    #[error("it cannot be admitted: {reason}")]
    Inadmissible {
        /// Why: a code.
        reason: &'static str,
    },
}

impl From<rusqlite::Error> for HubError {
    fn from(error: rusqlite::Error) -> Self {
        HubError::Storage(error.into())
    }
}

impl Explain for HubError {
    fn code(&self) -> &'static str {
        match self {
            HubError::Storage(error) => error.code(),
            HubError::Codec(error) => error.code(),
            HubError::UnknownDevice => "unknown_device",
            HubError::VoidDevice => "void_device",
            HubError::Enroll(error) => error.code(),
            HubError::File(error) => error.code(),
            HubError::FormUnknown => "form_unknown",
            HubError::FormPublished => "form_published",
            HubError::FormTooLarge => "form_too_large",
            HubError::NotQuarantined => "not_quarantined",
            HubError::MissingDependency { .. } => "missing_dependency",
            HubError::Inadmissible { .. } => "inadmissible",
        }
    }

    fn explain(&self) -> Explanation {
        let said = |zh: &str| Explanation::new(zh, sentence(self));
        match self {
            HubError::Storage(error) => error.explain(),
            HubError::Codec(error) => error.explain(),
            HubError::Enroll(error) => error.explain(),
            HubError::File(error) => error.explain(),
            HubError::UnknownDevice => said("本服务器不认识这台设备。").advise(
                "请联系管理员，核对登记时的服务器。",
                "Ask the administrator which server it was enrolled with.",
            ),
            HubError::VoidDevice => {
                said("这台设备的证书已吊销或过期，").advise("请联系管理员。", "Ask the administrator.")
            }
            HubError::FormUnknown => said("没有发布过这个表单。").advise("请先发布。", "Publish it first."),
            HubError::FormPublished => said("该版本已发布且内容不同，")
                .advise("请修改表单的版本号后再发布。", "Give the form another version."),
            HubError::FormTooLarge => said(&format!("表单编译后超过 {FORM_BYTES} 字节，手机不能接收。"))
                .advise("请缩短选项表或拆分表单。", "Shorten its lists or split it."),
            HubError::NotQuarantined => said("隔离区中没有这一条。")
                .advise("请用 quarantine list 核对。", "See what quarantine list says."),
            HubError::MissingDependency { change } => said(&format!("它所依据的变更 {change} 尚未到达。"))
                .advise("请等它到达后再放行。", "Admit it when that one has come."),
            HubError::Inadmissible { reason } => {
                said(&format!("不能放行：{reason}。")).advise("它会留在隔离区。", "It stays in quarantine.")
            }
        }
    }
}

impl HubError {
    /// What an answer with an error status carries. What the system said of its disk stays here.
    pub fn problem(&self) -> Problem {
        let zh = self.message(Lang::Zh);
        match self {
            HubError::Storage(_) => {
                Problem::new(self.code(), zh, "The server cannot read or write its storage.")
            }
            other => Problem::new(self.code(), zh, other.message(Lang::En)),
        }
    }
}
