//! Why the hub cannot answer.

use ruhu_case::ChangeHash;
use ruhu_case::limits::FORM_BYTES;
use ruhu_sync::{CodecError, Problem};
use ruhu_text::{Explain, Explanation, Lang};

use super::sentence::sentence;
use super::{EnrollError, FileError, StorageError};

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
    /// The device is revoked.
    #[error("the device is revoked")]
    RevokedDevice,
    /// The device's certificate has ended.
    #[error("the device's certificate has ended")]
    ExpiredDevice,
    /// The server's clock is in doubt, and what is asked for would be limited by it.
    #[error("the server's clock is in doubt, and nothing is issued meanwhile")]
    ClockInDoubt,
    /// There is no revocation to take back.
    #[error("the device is not revoked")]
    NotRevoked,
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
    /// Nothing in the logs is of that envelope, document or device, or it is excluded already.
    #[error("nothing in the logs is of it")]
    NothingToExclude,
    /// What is to be excluded is the ground of work of others.
    #[error("{count} later envelopes stand on it")]
    Dependents {
        /// How many.
        count: usize,
    },
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

impl HubError {
    /// Whether one row of the database is at fault, and not the database or the disk: the others go on.
    pub(crate) fn is_of_one_row(&self) -> bool {
        matches!(self, HubError::Storage(error) if error.is_of_one_row())
    }
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
            HubError::RevokedDevice => "revoked_device",
            HubError::ExpiredDevice => "expired_device",
            HubError::ClockInDoubt => "clock_in_doubt",
            HubError::NotRevoked => "not_revoked",
            HubError::Enroll(error) => error.code(),
            HubError::File(error) => error.code(),
            HubError::FormUnknown => "form_unknown",
            HubError::FormPublished => "form_published",
            HubError::FormTooLarge => "form_too_large",
            HubError::NothingToExclude => "nothing_to_exclude",
            HubError::Dependents { .. } => "dependents",
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
            HubError::RevokedDevice => {
                said("这台设备已被吊销，").advise("请联系管理员。", "Ask the administrator.")
            }
            HubError::ExpiredDevice => said("这台设备的证书已到期，").advise(
                "内容都在本机，请管理员续期（renew）或发新的登记码。",
                "Everything is kept on it; the administrator renews it, or gives a new code.",
            ),
            HubError::ClockInDoubt => said("服务器的时钟可能不准，暂不签发证书和登记码，").advise(
                "请核对服务器的日期和时间；确实正确时运行 clock accept。",
                "Look at the server's date and time; if they are right, run clock accept.",
            ),
            HubError::NotRevoked => {
                said("这台设备没有被吊销。").advise("请用 devices 核对设备编号。", "See what devices says.")
            }
            HubError::FormUnknown => said("没有发布过这个表单。").advise("请先发布。", "Publish it first."),
            HubError::FormPublished => said("该版本已发布且内容不同，")
                .advise("请修改表单的版本号后再发布。", "Give the form another version."),
            HubError::FormTooLarge => said(&format!("表单编译后超过 {FORM_BYTES} 字节，手机不能接收。"))
                .advise("请缩短选项表或拆分表单。", "Shorten its lists or split it."),
            HubError::NothingToExclude => said("日志中没有与此对应的内容，")
                .advise("请用 exclude 不带参数核对已排除的内容。", "exclude alone lists what is excluded."),
            HubError::Dependents { count } => said(&format!("有{count}项后续内容建立在其上，")).advise(
                "只需隐藏时请用 revoke --hide-since；确要一起排除，请加 --with-dependents。",
                "To hide it only, use revoke --hide-since; to exclude these too, add --with-dependents.",
            ),
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
            HubError::Storage(storage) if storage.is_full() => Problem::new(
                self.code(),
                "服务器磁盘已满，这次什么也没有收下；内容都保存在本机。请告诉管理员。",
                "The server's disk is full and took nothing this time; everything is kept on this device. Tell the administrator.",
            ),
            HubError::Storage(storage) if storage.is_read_only() => Problem::new(
                self.code(),
                "服务器磁盘只读，这次什么也没有收下；内容都保存在本机。请告诉管理员。",
                "The server's disk is read-only and took nothing this time; everything is kept on this device. Tell the administrator.",
            ),
            HubError::Storage(_) => {
                Problem::new(self.code(), zh, "The server cannot read or write its storage.")
            }
            other => Problem::new(self.code(), zh, other.message(Lang::En)),
        }
    }
}
