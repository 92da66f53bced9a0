//! The errors of a device, each with a stable code for programs and a message for people.

use ruhu_case::{ApplyError, CaseError};
use ruhu_evidence::{CopyError, PictureAnswerError, UnknownKind};
use ruhu_form::{AnswerError, FormError, Missing};
use ruhu_letter::signature::SignatureError;
use ruhu_letter::{LetterError, RequestError};
use ruhu_national::{DivisionError, IdNumberError};
use ruhu_store::StoreError;
use ruhu_sync::engine::EngineError;
use ruhu_sync::transport::TransportError;
use ruhu_sync::{CodecError, Problem};
use ruhu_text::{Explain, Explanation, Lang};
use ruhu_vision::picture::PictureError;

use crate::host::NoRandomness;
use ruhu_sync::report::SyncReport;

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
    /// An answer to a question for a picture.
    #[error(transparent)]
    Picture(#[from] PictureAnswerError),
    /// A file that gives no whole picture.
    #[error(transparent)]
    NoPicture(#[from] PictureError),
    /// A copy of a photo.
    #[error(transparent)]
    Copy(#[from] CopyError),
    /// Strokes that are no signature.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// What evidence is said to show.
    #[error(transparent)]
    UnknownKind(#[from] UnknownKind),
    /// The authorisation letter.
    #[error(transparent)]
    Letter(#[from] LetterError),
    /// A request to look something up.
    #[error(transparent)]
    Request(#[from] RequestError),
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
    /// A sync did not come to its end.
    #[error("the sync did not come to its end: {cause}")]
    Incomplete {
        /// Why.
        cause: Box<DeviceError>,
        /// What was done; all of it is kept.
        report: Box<SyncReport>,
    },
    /// The host stopped the sync.
    #[error("the sync was stopped")]
    Cancelled {
        /// What was done until then; all of it is kept.
        report: Box<SyncReport>,
    },
}

impl From<CodecError> for DeviceError {
    fn from(error: CodecError) -> Self {
        DeviceError::Stored(error.to_string())
    }
}

impl DeviceError {
    /// Whether one envelope, document or stored row is at fault, so that all others go on without it.
    pub(crate) fn is_of_one_item(&self) -> bool {
        match self {
            DeviceError::Case(_) | DeviceError::Apply(_) | DeviceError::Stored(_) => true,
            DeviceError::Store(error) => matches!(
                error,
                StoreError::Damaged { .. }
                    | StoreError::Clash { .. }
                    | StoreError::NotFound { .. }
                    | StoreError::OutOfRange { .. }
            ),
            _ => false,
        }
    }

    /// Whether a sync cannot go on after this with what is left to do: there is no line, or the host
    /// stopped it.
    pub(crate) fn ends_the_run(&self) -> bool {
        matches!(
            self,
            DeviceError::Cancelled { .. }
                | DeviceError::Transport(
                    TransportError::Unreachable(_)
                        | TransportError::Cut(_)
                        | TransportError::Silent
                        | TransportError::WrongCertificate
                )
        )
    }

    /// Whether it says that the server, or what stands before it, does not answer as it should: the
    /// next thing asked of it will hardly go better.
    pub(crate) fn is_the_servers(&self) -> bool {
        match self {
            DeviceError::Transport(_) | DeviceError::Engine(_) => true,
            DeviceError::Server { status, .. } => *status >= 500 || *status == 429,
            _ => false,
        }
    }
}

impl Explain for DeviceError {
    fn code(&self) -> &'static str {
        match self {
            DeviceError::Store(error) => error.code(),
            DeviceError::Case(_) | DeviceError::Apply(_) => "case",
            DeviceError::IdNumber(_) => "id_number",
            DeviceError::Division(_) => "division",
            DeviceError::Form(_) => "form",
            DeviceError::Answer(_) => "answer",
            DeviceError::Picture(error) => error.code(),
            DeviceError::NoPicture(error) => error.code(),
            DeviceError::Signature(error) => error.code(),
            DeviceError::Copy(error) => error.code(),
            DeviceError::UnknownKind(error) => error.code(),
            DeviceError::Letter(error) => error.code(),
            DeviceError::Request(error) => error.code(),
            DeviceError::Transport(error) => error.code(),
            DeviceError::WrongServer => "wrong_server",
            DeviceError::Engine(error) => error.code(),
            DeviceError::Stored(_) => "damaged",
            DeviceError::Randomness(error) => error.code(),
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
            DeviceError::Incomplete { cause, .. } => cause.code(),
            DeviceError::Cancelled { .. } => "cancelled",
        }
    }

    fn explain(&self) -> Explanation {
        match self {
            DeviceError::Store(error) => error.explain(),
            DeviceError::Case(error) => error.explain(),
            DeviceError::Apply(error) => error.explain(),
            DeviceError::IdNumber(error) => error.explain(),
            DeviceError::Division(error) => error.explain(),
            DeviceError::Picture(error) => error.explain(),
            DeviceError::NoPicture(error) => error.explain(),
            DeviceError::Signature(error) => error.explain(),
            DeviceError::Copy(error) => error.explain(),
            DeviceError::UnknownKind(error) => error.explain(),
            DeviceError::Letter(error) => error.explain(),
            DeviceError::Request(error) => error.explain(),
            DeviceError::Transport(error) => error.explain(),
            DeviceError::Engine(error) => error.explain(),
            DeviceError::Randomness(error) => error.explain(),
            DeviceError::Incomplete { cause, .. } => cause.explain(),
            DeviceError::WrongServer => ruhu_sync::transport::wrong_server(),
            DeviceError::Server { problem, .. } => Explanation::new(&problem.zh, &problem.en),
            DeviceError::Form(error) => Explanation::new(
                "表单数据无法读取，请重新下载表单。",
                format!("The form cannot be read, download it again: {error}."),
            ),
            DeviceError::Answer(error) => error.explain(),
            DeviceError::NotComplete { missing } => not_complete(missing),
            DeviceError::InConflict { paths } => Explanation::new(
                format!("以下影响资格的内容有冲突，请先处理：{}", paths.join("、")),
                format!("Settle these conflicts first, they decide eligibility: {}", paths.join(", ")),
            ),
            DeviceError::VisitClosed => Explanation::new(
                "这次入户调查已经办结，不能再修改。",
                "This visit is closed and cannot be changed.",
            ),
            DeviceError::NoSuchConflict => Explanation::new(
                "该内容没有这样的冲突，可能已由他人处理。",
                "The field has no such conflict; somebody may have settled it.",
            )
            .advise("请重新查看。", "Look again."),
            DeviceError::NoSuchMigration => Explanation::new(
                "不能换到这个版本的表单：可能已经换过，也可能又来了更新的版本。",
                "The visit cannot move to that version of its form; it may have moved already, or a newer version may have come.",
            )
            .advise("请重新查看。", "Look again."),
            DeviceError::NotEnrolled => {
                Explanation::new("本机尚未登记。", "This device is not enrolled.")
                    .advise("请向管理员索取登记码。", "Ask the administrator for a code.")
            }
            DeviceError::AlreadyEnrolled => {
                Explanation::new("本机已经登记过，不能再次登记。", "This device is enrolled already.")
            }
            DeviceError::InvalidCode => Explanation::new("不是有效的登记码。", "Not an enrolment code.")
                .advise("请完整复制或重新扫描。", "Copy it whole or scan it again."),
            DeviceError::OutOfScope => Explanation::new(
                "该地区不在本机的工作范围内。",
                "This division lies outside what this device may work on.",
            ),
            DeviceError::Stored(_) => Explanation::new(
                "本机保存的数据有一处无法读取，未作改动。",
                "Something stored on this device cannot be read; it was left as it is.",
            )
            .advise("请联系管理员。", "Tell the administrator."),
            DeviceError::NotFound { .. } => {
                Explanation::new("没有找到。", "Not found.").advise("请核对编号。", "Check the number.")
            }
            DeviceError::NotAPhoto => Explanation::new(
                "不是可用的照片（JPEG 或 PNG，不超过 64 MB）。",
                "Not a usable photo (JPEG or PNG, at most 64 MB).",
            ),
            DeviceError::File(_) => Explanation::new("文件无法读取。", "The file cannot be read.")
                .advise("请核对位置和权限。", "Check its place and permissions."),
            DeviceError::SyncRunning => {
                Explanation::new("正在同步，请等它完成。", "A sync is running; wait until it ends.")
            }
            DeviceError::Cancelled { .. } => Explanation::new("同步已停止。", "The sync was stopped.").advise(
                "已完成的部分都在，再次同步会接着进行。",
                "What was done is kept; the next sync goes on from there.",
            ),
        }
    }
}

fn not_complete(missing: &[Missing]) -> Explanation {
    let lines = |lang: Lang| -> String {
        missing.iter().map(|m| format!("\n  {}  {}", m.path, m.reason.message().get(lang))).collect()
    };
    let count = missing.len();
    Explanation::new(
        format!("还有 {count} 处未完成，不能办结：{}", lines(Lang::Zh)),
        format!("{count} places are not complete, the visit cannot be closed:{}", lines(Lang::En)),
    )
}
