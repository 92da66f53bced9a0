//! Answers with an error status.

use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use ruhu_sync::{CodecError, Problem};

use crate::error::HubError;
use crate::hub::{EnrollError, FileError};

/// The status that tus gives to a wrong checksum.
const CHECKSUM_MISMATCH: u16 = 460;

/// An answer with an error status.
#[derive(Debug)]
pub(super) struct Failure {
    status: StatusCode,
    problem: Problem,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Failure {
    pub(super) fn new(status: StatusCode, code: &str, zh: &str, en: &str) -> Failure {
        Failure { status, problem: Problem::new(code, zh, en), headers: Vec::new() }
    }

    pub(super) fn with(mut self, name: HeaderName, value: HeaderValue) -> Failure {
        self.headers.push((name, value));
        self
    }

    pub(super) fn protocol() -> Failure {
        let en = "this server speaks protocol version 1; the header Ruhu-Protocol must say so";
        let zh = "本服务器使用协议第1版，请升级程序。";
        Failure::new(StatusCode::UPGRADE_REQUIRED, "protocol", zh, en)
    }

    pub(super) fn unsigned() -> Failure {
        let (zh, en) =
            ("请求没有设备签名，或签名不正确。", "the request is not signed by a device, or wrongly");
        Failure::new(StatusCode::UNAUTHORIZED, "bad_signature", zh, en)
    }

    pub(super) fn not_found() -> Failure {
        Failure::new(StatusCode::NOT_FOUND, "not_found", "没有这个地址。", "there is nothing at this address")
    }

    pub(super) fn method_not_allowed() -> Failure {
        let (zh, en) = ("该地址不接受这种请求。", "this address does not take this method");
        Failure::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", zh, en)
    }

    /// What the router refuses by itself, such as a path that is no UTF-8.
    pub(super) fn malformed() -> Problem {
        Problem::new("malformed", "请求内容不符合协议。", "This is not a message of the protocol.")
    }

    pub(super) fn cut() -> Failure {
        let (zh, en) = ("请求内容没有完整到达。", "the request did not arrive whole");
        Failure::new(StatusCode::BAD_REQUEST, "cut", zh, en)
    }

    pub(super) fn too_slow() -> Failure {
        let (zh, en) = ("请求内容到达得太慢。", "the request took too long to arrive");
        Failure::new(StatusCode::REQUEST_TIMEOUT, "too_slow", zh, en)
    }

    pub(super) fn internal() -> Failure {
        let (zh, en) = ("服务器内部错误。", "an internal error of the server");
        Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", zh, en)
    }
}

impl From<HubError> for Failure {
    fn from(error: HubError) -> Self {
        if let HubError::Storage(storage) = &error {
            tracing::error!(error = %storage, "storage failed");
        }
        Failure { status: status(&error), problem: error.problem(), headers: Vec::new() }
    }
}

impl From<FileError> for Failure {
    fn from(error: FileError) -> Self {
        HubError::from(error).into()
    }
}

impl From<CodecError> for Failure {
    fn from(error: CodecError) -> Self {
        HubError::from(error).into()
    }
}

fn status(error: &HubError) -> StatusCode {
    match error {
        HubError::Storage(_) => StatusCode::INTERNAL_SERVER_ERROR,
        HubError::Codec(CodecError::TooLarge { .. }) => StatusCode::PAYLOAD_TOO_LARGE,
        HubError::Codec(_) => StatusCode::BAD_REQUEST,
        HubError::UnknownDevice => StatusCode::UNAUTHORIZED,
        HubError::VoidDevice => StatusCode::FORBIDDEN,
        HubError::FormUnknown | HubError::NotQuarantined => StatusCode::NOT_FOUND,
        HubError::FormTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        HubError::FormPublished | HubError::MissingDependency { .. } | HubError::Inadmissible { .. } => {
            StatusCode::CONFLICT
        }
        HubError::Enroll(error) => enroll_status(*error),
        HubError::File(error) => file_status(*error),
    }
}

fn enroll_status(error: EnrollError) -> StatusCode {
    match error {
        EnrollError::CodeUnknown => StatusCode::NOT_FOUND,
        EnrollError::CodeExpired => StatusCode::GONE,
        EnrollError::CodeUsed => StatusCode::CONFLICT,
        EnrollError::Revoked => StatusCode::FORBIDDEN,
        EnrollError::BadSignature | EnrollError::Person | EnrollError::Role | EnrollError::Validity => {
            StatusCode::BAD_REQUEST
        }
    }
}

fn file_status(error: FileError) -> StatusCode {
    match error {
        FileError::Unknown | FileError::DocumentUnknown | FileError::UploadUnknown => StatusCode::NOT_FOUND,
        FileError::OutOfScope => StatusCode::FORBIDDEN,
        FileError::TooLarge | FileError::ChunkTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
        FileError::Metadata | FileError::ChecksumAlgorithm => StatusCode::BAD_REQUEST,
        FileError::Busy => StatusCode::LOCKED,
        FileError::Offset { .. } => StatusCode::CONFLICT,
        FileError::Hash => StatusCode::UNPROCESSABLE_ENTITY,
        FileError::Checksum => StatusCode::from_u16(CHECKSUM_MISMATCH).unwrap_or(StatusCode::BAD_REQUEST),
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        // The body is made where the request's name is known.
        let mut answer = self.status.into_response();
        answer.headers_mut().extend(self.headers);
        answer.extensions_mut().insert(self.problem);
        answer
    }
}
