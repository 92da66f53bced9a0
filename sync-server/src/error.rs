//! Why the server cannot do something, with a stable code for programs and words for people.

use std::io;

use ruhu_case::ChangeHash;
use ruhu_sync::{CodecError, Problem};
use ruhu_text::Lang;

use crate::hub::{EnrollError, FileError};

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

    fn words(&self) -> (&'static str, String) {
        match self {
            StorageError::Io { .. } => ("storage", "服务器读写磁盘失败，请检查磁盘空间和权限。".into()),
            StorageError::Database(_) => ("storage", "服务器数据库读写失败，请检查磁盘空间。".into()),
            StorageError::Newer { found, supported } => (
                "newer_database",
                format!("数据库版本 {found} 比本程序支持的 {supported} 新，请升级服务器程序。"),
            ),
            StorageError::OldSqlite { found } => {
                ("old_sqlite", format!("SQLite {found} 过旧，有丢失数据的缺陷，需要 3.51.3 或更新版本。"))
            }
            StorageError::Damaged(_) => ("damaged", "数据目录中的内容已损坏，请用备份恢复。".into()),
            StorageError::KeyMissing => {
                ("key_missing", "数据目录中有 server.db 但没有 server.key，请从备份中找回密钥文件。".into())
            }
            StorageError::NoServer => {
                ("no_server", "该目录中没有服务器数据，请先运行 serve，或检查 --data。".into())
            }
            StorageError::InUse => ("in_use", "该数据目录已有一个服务器在运行，不能同时启动第二个。".into()),
            StorageError::NoRandomness => ("no_randomness", "系统不能提供随机数。".into()),
        }
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

impl HubError {
    fn words(&self) -> (&'static str, String) {
        match self {
            HubError::Storage(error) => error.words(),
            HubError::Enroll(error) => error.words(),
            HubError::File(error) => error.words(),
            HubError::Codec(CodecError::TooLarge { limit }) => {
                ("too_large", format!("请求超过 {limit} 字节。"))
            }
            HubError::Codec(_) => ("malformed", "请求内容不符合协议。".into()),
            HubError::UnknownDevice => {
                ("unknown_device", "本服务器不认识这台设备。请联系管理员，核对登记时的服务器。".into())
            }
            HubError::VoidDevice => ("void_device", "这台设备的证书已吊销或过期，请联系管理员。".into()),
            HubError::FormUnknown => ("form_unknown", "没有发布过这个表单。".into()),
            HubError::FormPublished => {
                ("form_published", "该版本已发布且内容不同，请修改表单的版本号后再发布。".into())
            }
            HubError::NotQuarantined => ("not_quarantined", "隔离区中没有这一条。".into()),
            HubError::MissingDependency { change } => {
                ("missing_dependency", format!("它所依据的变更 {change} 尚未到达。"))
            }
            HubError::Inadmissible { reason } => ("inadmissible", format!("不能放行：{reason}。")),
        }
    }

    /// A stable code, for programs.
    pub fn code(&self) -> &'static str {
        self.words().0
    }

    /// What a person reads.
    pub fn message(&self, lang: Lang) -> String {
        match lang {
            Lang::Zh => self.words().1,
            Lang::En => self.to_string(),
        }
    }

    /// What an answer with an error status carries. What the system said of its disk stays here.
    pub fn problem(&self) -> Problem {
        let (code, zh) = self.words();
        let en = match self {
            HubError::Storage(_) => "the server cannot read or write its storage".to_owned(),
            other => other.to_string(),
        };
        Problem { code: code.to_owned(), zh, en }
    }
}
