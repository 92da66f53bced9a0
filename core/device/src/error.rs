//! The errors of a device, each with a stable code for programs and a message for people.

use ruhu_case::{ApplyError, CaseError};
use ruhu_form::{AnswerError, FormError, Missing};
use ruhu_national::{DivisionError, IdNumberError};
use ruhu_store::StoreError;
use ruhu_sync::engine::EngineError;
use ruhu_sync::transport::TransportError;
use ruhu_sync::{CodecError, Problem};
use ruhu_text::{Explain, Lang};

use crate::host::NoRandomness;

/// What can go wrong. Nothing of it is lost when one is returned: what was entered before is on
/// the disk, what was refused has changed nothing.
#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A write to a case.
    #[error(transparent)]
    Case(#[from] CaseError),
    /// A change to a case.
    #[error(transparent)]
    Apply(#[from] ApplyError),
    /// An ID number.
    #[error(transparent)]
    IdNumber(#[from] IdNumberError),
    /// A division code.
    #[error(transparent)]
    Division(#[from] DivisionError),
    /// A form's bytes.
    #[error(transparent)]
    Form(#[from] FormError),
    /// An answer.
    #[error(transparent)]
    Answer(#[from] AnswerError),
    /// The network.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// What the server answered.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// Bytes of the device's own that cannot be read.
    #[error("stored bytes cannot be read: {0}")]
    Stored(String),
    /// Randomness.
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
    /// The server said no.
    #[error("the server answered {status}: {}", problem.en)]
    Server {
        /// The HTTP status.
        status: u16,
        /// What the server said.
        problem: Problem,
    },
    /// The device has no certificate yet.
    #[error("this device is not enrolled")]
    NotEnrolled,
    /// The device has a certificate already.
    #[error("this device is already enrolled")]
    AlreadyEnrolled,
    /// Not an enrolment code.
    #[error("not an enrolment code")]
    InvalidCode,
    /// The server that answered is not the one of the code.
    #[error("the server is not the one the code names")]
    WrongServer,
    /// The place lies outside the certificate's scope.
    #[error("the division lies outside this device's scope")]
    OutOfScope,
    /// No such thing.
    #[error("no such {what}")]
    NotFound {
        /// What, in English.
        what: &'static str,
    },
    /// The visit is closed.
    #[error("the visit is closed")]
    VisitClosed,
    /// The visit cannot be closed yet.
    #[error("{} answers stand in the way of closing", missing.len())]
    NotComplete {
        /// What stands in the way.
        missing: Vec<Missing>,
    },
    /// Fields that decide eligibility stand in conflict.
    #[error("{} eligibility fields are in conflict", paths.len())]
    InConflict {
        /// Their paths.
        paths: Vec<String>,
    },
    /// The value is none of those in conflict, or the field is not in conflict.
    #[error("the field has no such conflict")]
    NoSuchConflict,
    /// The visit cannot move to that version of its form: it has it, or a newer one has come.
    #[error("the visit cannot move to that version of its form")]
    NoSuchMigration,
    /// The file is no photo this system takes.
    #[error("not a JPEG or PNG picture of at most 64 MB")]
    NotAPhoto,
    /// A file could not be read.
    #[error("the file cannot be read: {0}")]
    File(std::io::ErrorKind),
    /// Another sync is running.
    #[error("a sync is already running")]
    SyncRunning,
    /// A thread that held the device has failed.
    #[error("the device object has failed; open it again")]
    Poisoned,
}

impl From<CodecError> for DeviceError {
    fn from(error: CodecError) -> Self {
        DeviceError::Stored(error.to_string())
    }
}

impl DeviceError {
    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            DeviceError::Store(error) => store_code(error),
            DeviceError::Case(_) | DeviceError::Apply(_) => "case",
            DeviceError::IdNumber(_) => "id_number",
            DeviceError::Division(_) => "division",
            DeviceError::Form(_) => "form",
            DeviceError::Answer(_) => "answer",
            DeviceError::Transport(TransportError::Unreachable(_)) => "offline",
            DeviceError::Transport(TransportError::WrongCertificate) | DeviceError::WrongServer => {
                "wrong_server"
            }
            DeviceError::Transport(TransportError::Protocol { .. }) => "protocol",
            DeviceError::Engine(_) | DeviceError::Transport(TransportError::TooLarge(_)) => "bad_answer",
            DeviceError::Stored(_) => "damaged",
            DeviceError::Randomness(_) => "randomness",
            DeviceError::Server { .. } => "server",
            DeviceError::NotEnrolled => "not_enrolled",
            DeviceError::AlreadyEnrolled => "already_enrolled",
            DeviceError::InvalidCode => "invalid_code",
            DeviceError::OutOfScope => "out_of_scope",
            DeviceError::NotFound { .. } => "not_found",
            DeviceError::VisitClosed => "visit_closed",
            DeviceError::NotComplete { .. } => "not_complete",
            DeviceError::InConflict { .. } => "in_conflict",
            DeviceError::NoSuchConflict => "no_such_conflict",
            DeviceError::NoSuchMigration => "no_such_migration",
            DeviceError::NotAPhoto => "not_a_photo",
            DeviceError::File(_) => "file",
            DeviceError::SyncRunning => "sync_running",
            DeviceError::Poisoned => "poisoned",
        }
    }

    /// What happened and what to do, for a person.
    pub fn message(&self, lang: Lang) -> String {
        match self {
            DeviceError::Store(error) => error.message(lang),
            DeviceError::Case(error) => error.message(lang),
            DeviceError::Apply(error) => error.message(lang),
            DeviceError::IdNumber(error) => error.message(lang),
            DeviceError::Division(error) => error.message(lang),
            DeviceError::Form(error) => match lang {
                Lang::Zh => "表单数据无法读取，请重新下载表单。".into(),
                Lang::En => format!("The form cannot be read, download it again: {error}."),
            },
            DeviceError::Answer(error) => error.message(lang),
            DeviceError::Server { problem, .. } => lang.pick(&problem.zh, &problem.en).to_owned(),
            DeviceError::NotComplete { missing } => not_complete(missing, lang),
            DeviceError::InConflict { paths } => match lang {
                Lang::Zh => format!("以下影响资格的内容有冲突，请先处理：{}", paths.join("、")),
                Lang::En => {
                    format!("Settle these conflicts first, they decide eligibility: {}", paths.join(", "))
                }
            },
            other => lang.pick(other.zh(), other.en()).to_owned(),
        }
    }

    fn zh(&self) -> &'static str {
        match self {
            DeviceError::Transport(TransportError::Unreachable(_)) => {
                "连不上服务器。内容已保存在本机，有网络时再同步。"
            }
            DeviceError::Transport(TransportError::TooLarge(_)) => {
                "服务器的回答过大，已停止接收。请联系管理员。"
            }
            DeviceError::Transport(TransportError::WrongCertificate) | DeviceError::WrongServer => {
                "对方不是登记时的服务器，已停止连接。请联系管理员，不要在此网络下继续。"
            }
            DeviceError::Transport(TransportError::Protocol { found: None, .. }) => {
                "对方不是入户服务器，可能是网关或上网登录页面。内容已保存在本机，请换个网络再同步，仍不行请联系管理员。"
            }
            DeviceError::Transport(TransportError::Protocol { .. }) => {
                "服务器版本与本程序不符。内容已保存在本机，请更新程序后再同步。"
            }
            DeviceError::Engine(_) => "服务器的回答有误，没有采用。内容已保存在本机，请联系管理员。",
            DeviceError::Stored(_) => "本机保存的数据有一处无法读取，未作改动。请联系管理员。",
            DeviceError::Randomness(_) => "系统无法提供随机数，请重启手机后再试。",
            DeviceError::NotEnrolled => "本机尚未登记。请向管理员索取登记码。",
            DeviceError::AlreadyEnrolled => "本机已经登记过，不能再次登记。",
            DeviceError::InvalidCode => "不是有效的登记码。请完整复制或重新扫描。",
            DeviceError::OutOfScope => "该地区不在本机的工作范围内。",
            DeviceError::NotFound { .. } => "没有找到。请核对编号。",
            DeviceError::VisitClosed => "这次入户调查已经办结，不能再修改。",
            DeviceError::NoSuchConflict => "该内容没有这样的冲突，可能已由他人处理。请重新查看。",
            DeviceError::NoSuchMigration => {
                "不能换到这个版本的表单：可能已经换过，也可能又来了更新的版本。请重新查看。"
            }
            DeviceError::NotAPhoto => "不是可用的照片（JPEG 或 PNG，不超过 64 MB）。",
            DeviceError::File(_) => "文件无法读取。请核对位置和权限。",
            DeviceError::SyncRunning => "正在同步，请等它完成。",
            _ => "程序出错，请重新打开。已保存的内容不受影响。",
        }
    }

    fn en(&self) -> &'static str {
        match self {
            DeviceError::Transport(TransportError::Unreachable(_)) => {
                "The server cannot be reached. Everything is kept on this device; sync again when there is a network."
            }
            DeviceError::Transport(TransportError::TooLarge(_)) => {
                "The server's answer is too large and was not taken. Tell the administrator."
            }
            DeviceError::Transport(TransportError::WrongCertificate) | DeviceError::WrongServer => {
                "This is not the server the device was enrolled with; the connection was stopped. Tell the administrator and do not go on in this network."
            }
            DeviceError::Transport(TransportError::Protocol { found: None, .. }) => {
                "What answered is not a Ruhu server but perhaps a gateway or a network's login page. Everything is kept on this device; sync again in another network, and tell the administrator if it stays so."
            }
            DeviceError::Transport(TransportError::Protocol { .. }) => {
                "The server speaks another version. Everything is kept on this device; update the program, then sync."
            }
            DeviceError::Engine(_) => {
                "The server's answer is wrong and was not taken. Everything is kept on this device; tell the administrator."
            }
            DeviceError::Stored(_) => {
                "Something stored on this device cannot be read; it was left as it is. Tell the administrator."
            }
            DeviceError::Randomness(_) => "The system gives no randomness. Restart the phone.",
            DeviceError::NotEnrolled => "This device is not enrolled. Ask the administrator for a code.",
            DeviceError::AlreadyEnrolled => "This device is enrolled already.",
            DeviceError::InvalidCode => "Not an enrolment code. Copy it whole or scan it again.",
            DeviceError::OutOfScope => "This division lies outside what this device may work on.",
            DeviceError::NotFound { .. } => "Not found. Check the number.",
            DeviceError::VisitClosed => "This visit is closed and cannot be changed.",
            DeviceError::NoSuchConflict => {
                "The field has no such conflict; somebody may have settled it. Look again."
            }
            DeviceError::NoSuchMigration => {
                "The visit cannot move to that version of its form; it may have moved already, or a newer version may have come. Look again."
            }
            DeviceError::NotAPhoto => "Not a usable photo (JPEG or PNG, at most 64 MB).",
            DeviceError::File(_) => "The file cannot be read. Check its place and permissions.",
            DeviceError::SyncRunning => "A sync is running; wait until it ends.",
            _ => "The program failed; open it again. What was saved is safe.",
        }
    }
}

fn store_code(error: &StoreError) -> &'static str {
    match error {
        StoreError::WrongKey => "wrong_key",
        StoreError::DiskFull => "disk_full",
        StoreError::Newer { .. } => "newer_database",
        StoreError::InUse => "in_use",
        StoreError::Damaged { .. } | StoreError::WrongContent => "damaged",
        _ => "store",
    }
}

fn not_complete(missing: &[Missing], lang: Lang) -> String {
    let head = match lang {
        Lang::Zh => format!("还有 {} 处未完成，不能办结：", missing.len()),
        Lang::En => format!("{} places are not complete, the visit cannot be closed:", missing.len()),
    };
    let lines = missing.iter().map(|m| format!("\n  {}  {}", m.path, m.reason.message().get(lang)));
    std::iter::once(head).chain(lines).collect()
}
