//! The errors of a device as a phone's language sees them.

use ruhu_device::signature::SignatureError;
use ruhu_device::{CopyError, DeviceError, Refusal, RequestError, StoreError, SyncReport, TransportError};
use ruhu_form::Missing;
use ruhu_text::{Explain, Lang};

use crate::refusal::{AnswerRefusal, AnswerRule, IdNumberRule};

/// What can go wrong. Nothing is lost when one is thrown: what was entered before is on the disk,
/// what was refused has changed nothing.
///
/// Every variant has `code` (stable, for programs: `ruhu_device::DeviceError::code`), `reason` and
/// `reason_en` (what happened and what to do, in Chinese and English); some have what a screen needs
/// besides. None carries personal data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, uniffi::Error)]
#[expect(missing_docs, reason = "the three fields that every variant has are told above")]
pub enum RuhuError {
    /// The key has not 32 bytes.
    #[error("{code}: {reason_en}")]
    InvalidKey { code: String, reason: String, reason_en: String },
    /// The key is not the one the store was made with. Nothing was touched.
    #[error("{code}: {reason_en}")]
    WrongKey { code: String, reason: String, reason_en: String },
    /// Another object or process holds the store.
    #[error("{code}: {reason_en}")]
    InUse { code: String, reason: String, reason_en: String },
    /// The disk is full; this step was not saved, all before it was.
    #[error("{code}: {reason_en}")]
    DiskFull { code: String, reason: String, reason_en: String },
    /// The store was written by a newer version of the program.
    #[error("{code}: {reason_en}")]
    NewerDatabase { code: String, reason: String, reason_en: String },
    /// Something on the disk is not what was written. It was left as it is.
    #[error("{code}: {reason_en}")]
    Damaged { code: String, reason: String, reason_en: String },
    /// The store or the file system refused for another reason.
    #[error("{code}: {reason_en}")]
    Storage { code: String, reason: String, reason_en: String },
    /// A case refuses a write or a change.
    #[error("{code}: {reason_en}")]
    CaseRefused { code: String, reason: String, reason_en: String },
    /// An ID number breaks a rule.
    #[error("{code}: {reason_en}")]
    InvalidIdNumber {
        code: String,
        reason: String,
        reason_en: String,
        /// The rule.
        rule: IdNumberRule,
    },
    /// Not a division code.
    #[error("{code}: {reason_en}")]
    InvalidDivision { code: String, reason: String, reason_en: String },
    /// A form's bytes cannot be read.
    #[error("{code}: {reason_en}")]
    InvalidForm { code: String, reason: String, reason_en: String },
    /// The form refuses an answer; the old one stands.
    #[error("{code}: {reason_en}")]
    InvalidAnswer {
        code: String,
        reason: String,
        reason_en: String,
        /// Why.
        rule: AnswerRule,
        /// The path that was asked for, or the stable key.
        path: String,
        /// A name or choice of the form that looks like what was given.
        suggestion: Option<String>,
    },
    /// No connection, or it was cut. Sync again when there is a network.
    #[error("{code}: {reason_en}")]
    Offline { code: String, reason: String, reason_en: String },
    /// The server that answers is not the one of the enrolment. Stop.
    #[error("{code}: {reason_en}")]
    WrongServer { code: String, reason: String, reason_en: String },
    /// The server speaks another version: update the program.
    #[error("{code}: {reason_en}")]
    WrongProtocol { code: String, reason: String, reason_en: String },
    /// The server's answer is wrong and was not taken.
    #[error("{code}: {reason_en}")]
    BadAnswer { code: String, reason: String, reason_en: String },
    /// The server said no.
    #[error("{code}: {reason_en}")]
    ServerRefused {
        code: String,
        reason: String,
        reason_en: String,
        /// The HTTP status.
        status: u16,
        /// The server's own stable code, such as `code_used` or `code_expired`.
        problem: String,
    },
    /// The device has no certificate yet.
    #[error("{code}: {reason_en}")]
    NotEnrolled { code: String, reason: String, reason_en: String },
    /// The device has a certificate already.
    #[error("{code}: {reason_en}")]
    AlreadyEnrolled { code: String, reason: String, reason_en: String },
    /// Not an enrolment code.
    #[error("{code}: {reason_en}")]
    InvalidCode { code: String, reason: String, reason_en: String },
    /// The place lies outside the certificate's scope.
    #[error("{code}: {reason_en}")]
    OutOfScope { code: String, reason: String, reason_en: String },
    /// No such thing.
    #[error("{code}: {reason_en}")]
    NotFound {
        code: String,
        reason: String,
        reason_en: String,
        /// What: `case`, `visit`, `form`, `file`.
        what: String,
    },
    /// The visit is closed.
    #[error("{code}: {reason_en}")]
    VisitClosed { code: String, reason: String, reason_en: String },
    /// The visit cannot be closed yet.
    #[error("{code}: {reason_en}")]
    NotComplete {
        code: String,
        reason: String,
        reason_en: String,
        /// What stands in the way.
        missing: Vec<Missing>,
    },
    /// Fields that decide eligibility stand in conflict.
    #[error("{code}: {reason_en}")]
    InConflict {
        code: String,
        reason: String,
        reason_en: String,
        /// Their paths.
        paths: Vec<String>,
    },
    /// The field is not in conflict, or not between that value and another.
    #[error("{code}: {reason_en}")]
    NoSuchConflict { code: String, reason: String, reason_en: String },
    /// The visit cannot move to that version of its form: it has it, or a newer one has come.
    #[error("{code}: {reason_en}")]
    NoSuchMigration { code: String, reason: String, reason_en: String },
    /// Not a picture that Ruhu takes.
    #[error("{code}: {reason_en}")]
    NotAPhoto { code: String, reason: String, reason_en: String },
    /// Not what a question for a picture takes: no picture of the household, or one that answers another
    /// question already.
    #[error("{code}: {reason_en}")]
    PictureRefused { code: String, reason: String, reason_en: String },
    /// Nothing that evidence shows is called so.
    #[error("{code}: {reason_en}")]
    UnknownKind { code: String, reason: String, reason_en: String },
    /// A file of the host cannot be read.
    #[error("{code}: {reason_en}")]
    FileUnreadable { code: String, reason: String, reason_en: String },
    /// The authorisation letter cannot be printed; nothing was written.
    #[error("{code}: {reason_en}")]
    LetterRefused { code: String, reason: String, reason_en: String },
    /// A signature that was drawn is none, or another person's.
    #[error("{code}: {reason_en}")]
    SignatureRefused { code: String, reason: String, reason_en: String },
    /// There is no such request; nothing was written.
    #[error("{code}: {reason_en}")]
    RequestRefused {
        code: String,
        reason: String,
        reason_en: String,
        /// The persons and things that no live authorisation covers.
        refused: Vec<Refusal>,
    },
    /// Another sync is running.
    #[error("{code}: {reason_en}")]
    SyncRunning { code: String, reason: String, reason_en: String },
    /// The system gives no randomness.
    #[error("{code}: {reason_en}")]
    NoRandomness { code: String, reason: String, reason_en: String },
    /// A sync did not come to its end. `code` and the reasons are those of what stopped it (`offline`,
    /// `wrong_server`, `protocol`, `bad_answer`, `server`, `damaged`, `disk_full`, `store`).
    #[error("{code}: {reason_en}")]
    SyncIncomplete {
        code: String,
        reason: String,
        reason_en: String,
        /// What went well until then, and what else failed.
        report: Box<SyncReport>,
    },
    /// The sync was stopped. What was done until then is kept.
    #[error("{code}: {reason_en}")]
    Cancelled { code: String, reason: String, reason_en: String },
}

impl RuhuError {
    /// The error of a key that has not 32 bytes.
    pub(crate) fn invalid_key() -> RuhuError {
        RuhuError::InvalidKey {
            code: "invalid_key".into(),
            reason: "密钥应为32字节。本机数据没有改动。".into(),
            reason_en: "A key has 32 bytes. Nothing on this device was changed.".into(),
        }
    }
}

/// A variant that says no more than its code and reasons.
macro_rules! plain {
    ($variant:ident, $said:expr) => {{
        let Said { code, reason, reason_en } = $said;
        RuhuError::$variant { code, reason, reason_en }
    }};
}

/// What every variant says.
struct Said {
    code: String,
    reason: String,
    reason_en: String,
}

impl Said {
    fn of(error: &impl Explain) -> Said {
        Said {
            code: error.code().to_owned(),
            reason: error.message(Lang::Zh),
            reason_en: error.message(Lang::En),
        }
    }
}

impl From<DeviceError> for RuhuError {
    /// Names every variant of the device's error: a new one there stops this from compiling.
    fn from(error: DeviceError) -> Self {
        let said = Said::of(&error);
        match error {
            DeviceError::Store(error) => of_store(&error, said),
            DeviceError::Transport(error) => of_transport(&error, said),
            DeviceError::Letter(_) => plain!(LetterRefused, said),
            DeviceError::Request(error) => of_request(error, said),
            DeviceError::Case(_) | DeviceError::Apply(_) => plain!(CaseRefused, said),
            DeviceError::IdNumber(error) => of_id_number((&error).into(), said),
            DeviceError::Answer(error) => of_answer(error.into(), said),
            DeviceError::Server { status, problem } => of_server(status, problem.code, said),
            DeviceError::NotFound { what } => of_not_found(what, said),
            DeviceError::NotComplete { missing } => of_missing(missing, said),
            DeviceError::InConflict { paths } => of_conflict(paths, said),
            DeviceError::Division(_) => plain!(InvalidDivision, said),
            DeviceError::Form(_) => plain!(InvalidForm, said),
            DeviceError::Engine(_) => plain!(BadAnswer, said),
            DeviceError::Stored(_) => plain!(Damaged, said),
            DeviceError::Randomness(_) => plain!(NoRandomness, said),
            DeviceError::NotEnrolled => plain!(NotEnrolled, said),
            DeviceError::AlreadyEnrolled => plain!(AlreadyEnrolled, said),
            DeviceError::InvalidCode => plain!(InvalidCode, said),
            DeviceError::WrongServer => plain!(WrongServer, said),
            DeviceError::OutOfScope => plain!(OutOfScope, said),
            DeviceError::VisitClosed => plain!(VisitClosed, said),
            DeviceError::NoSuchConflict => plain!(NoSuchConflict, said),
            DeviceError::NoSuchMigration => plain!(NoSuchMigration, said),
            DeviceError::NotAPhoto | DeviceError::NoPicture(_) => plain!(NotAPhoto, said),
            DeviceError::Signature(_) => plain!(SignatureRefused, said),
            DeviceError::Copy(CopyError::Picture(_)) => plain!(NotAPhoto, said),
            DeviceError::Copy(CopyError::Document(_)) => plain!(PictureRefused, said),
            DeviceError::Copy(CopyError::Words(_)) => plain!(LetterRefused, said),
            DeviceError::Picture(_) => plain!(PictureRefused, said),
            DeviceError::UnknownKind(_) => plain!(UnknownKind, said),
            DeviceError::File(_) => plain!(FileUnreadable, said),
            DeviceError::SyncRunning => plain!(SyncRunning, said),
            DeviceError::Cancelled { .. } => plain!(Cancelled, said),
            DeviceError::Incomplete { report, .. } => of_incomplete(report, said),
        }
    }
}

fn of_store(error: &StoreError, said: Said) -> RuhuError {
    match error {
        StoreError::WrongKey => plain!(WrongKey, said),
        StoreError::InUse => plain!(InUse, said),
        StoreError::DiskFull => plain!(DiskFull, said),
        StoreError::Newer { .. } => plain!(NewerDatabase, said),
        StoreError::Damaged { .. } | StoreError::WrongContent => plain!(Damaged, said),
        // The store's error may grow; what has no screen of its own is said by its message.
        _ => plain!(Storage, said),
    }
}

fn of_transport(error: &TransportError, said: Said) -> RuhuError {
    match error {
        TransportError::Unreachable(_) | TransportError::Cut(_) | TransportError::Silent => {
            plain!(Offline, said)
        }
        TransportError::TooLarge(_) => plain!(BadAnswer, said),
        TransportError::WrongCertificate => plain!(WrongServer, said),
        TransportError::Protocol { .. } => plain!(WrongProtocol, said),
    }
}

fn of_id_number(rule: IdNumberRule, Said { code, reason, reason_en }: Said) -> RuhuError {
    RuhuError::InvalidIdNumber { code, reason, reason_en, rule }
}

fn of_answer(refusal: AnswerRefusal, Said { code, reason, reason_en }: Said) -> RuhuError {
    let AnswerRefusal { rule, path, suggestion } = refusal;
    RuhuError::InvalidAnswer { code, reason, reason_en, rule, path, suggestion }
}

fn of_incomplete(report: Box<SyncReport>, Said { code, reason, reason_en }: Said) -> RuhuError {
    RuhuError::SyncIncomplete { code, reason, reason_en, report }
}

fn of_server(status: u16, problem: String, Said { code, reason, reason_en }: Said) -> RuhuError {
    RuhuError::ServerRefused { code, reason, reason_en, status, problem }
}

fn of_not_found(what: &str, Said { code, reason, reason_en }: Said) -> RuhuError {
    RuhuError::NotFound { code, reason, reason_en, what: what.to_owned() }
}

fn of_missing(missing: Vec<Missing>, Said { code, reason, reason_en }: Said) -> RuhuError {
    RuhuError::NotComplete { code, reason, reason_en, missing }
}

fn of_request(error: RequestError, Said { code, reason, reason_en }: Said) -> RuhuError {
    let refused = match error {
        RequestError::NotAuthorized(refused) => refused,
        RequestError::NoScope | RequestError::WhoIsMeant(..) | RequestError::Nobody => Vec::new(),
    };
    RuhuError::RequestRefused { code, reason, reason_en, refused }
}

impl From<SignatureError> for RuhuError {
    fn from(error: SignatureError) -> Self {
        plain!(SignatureRefused, Said::of(&error))
    }
}

fn of_conflict(paths: Vec<String>, Said { code, reason, reason_en }: Said) -> RuhuError {
    RuhuError::InConflict { code, reason, reason_en, paths }
}
