//! Answers with an error status.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use ruhu_sync::{CodecError, Problem};
use ruhu_text::{Explain, Lang};

use crate::error::{EnrollError, FileError, HubError, RequestError};

/// The status that tus gives to a wrong checksum.
const CHECKSUM_MISMATCH: u16 = 460;

/// When somebody may come again who was turned away, in seconds: what lies before him is done by then,
/// for nobody waits longer here.
const RETRY_AFTER_S: u16 = 20;
/// When a server may have room again that has none, in seconds: somebody has to make it.
const FULL_RETRY_AFTER_S: u16 = 600;

/// An answer with an error status.
#[derive(Debug)]
pub(super) struct Failure {
    status: StatusCode,
    problem: Box<Problem>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Failure {
    pub(super) fn with(mut self, name: HeaderName, value: HeaderValue) -> Failure {
        self.headers.push((name, value));
        self
    }
}

impl From<RequestError> for Failure {
    fn from(error: RequestError) -> Self {
        let headers = match error {
            RequestError::Busy => vec![(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER_S))],
            _ => Vec::new(),
        };
        Failure { status: request_status(error), problem: Box::new(problem(error)), headers }
    }
}

/// What is told of a request that was refused before anything was asked of the hub.
pub(super) fn problem(error: RequestError) -> Problem {
    Problem::new(error.code(), error.message(Lang::Zh), error.message(Lang::En))
}

fn request_status(error: RequestError) -> StatusCode {
    match error {
        RequestError::Protocol => StatusCode::UPGRADE_REQUIRED,
        RequestError::Unsigned | RequestError::Token => StatusCode::UNAUTHORIZED,
        RequestError::NotFound => StatusCode::NOT_FOUND,
        RequestError::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        RequestError::Malformed | RequestError::Cut => StatusCode::BAD_REQUEST,
        RequestError::Busy => StatusCode::SERVICE_UNAVAILABLE,
        RequestError::ContentType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        RequestError::TusVersion => StatusCode::PRECONDITION_FAILED,
        RequestError::Range => StatusCode::RANGE_NOT_SATISFIABLE,
        RequestError::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl From<HubError> for Failure {
    fn from(error: HubError) -> Self {
        let mut headers = Vec::new();
        if let HubError::Storage(storage) = &error {
            tracing::error!(error = %storage, "storage failed");
            if storage.takes_nothing() {
                headers.push((header::RETRY_AFTER, HeaderValue::from(FULL_RETRY_AFTER_S)));
            }
        }
        Failure { status: status(&error), problem: Box::new(error.problem()), headers }
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
        HubError::Storage(storage) if storage.takes_nothing() => StatusCode::INSUFFICIENT_STORAGE,
        HubError::Storage(_) => StatusCode::INTERNAL_SERVER_ERROR,
        HubError::Codec(CodecError::TooLarge { .. }) => StatusCode::PAYLOAD_TOO_LARGE,
        HubError::Codec(_) => StatusCode::BAD_REQUEST,
        HubError::UnknownDevice => StatusCode::UNAUTHORIZED,
        HubError::RevokedDevice | HubError::ExpiredDevice => StatusCode::FORBIDDEN,
        HubError::ClockInDoubt => StatusCode::SERVICE_UNAVAILABLE,
        HubError::FormUnknown | HubError::NotQuarantined | HubError::NothingToExclude => {
            StatusCode::NOT_FOUND
        }
        HubError::FormTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        HubError::FormPublished
        | HubError::Dependents { .. }
        | HubError::NotRevoked
        | HubError::MissingDependency { .. }
        | HubError::Inadmissible { .. } => StatusCode::CONFLICT,
        HubError::Enroll(error) => enroll_status(*error),
        HubError::File(error) => file_status(*error),
    }
}

fn enroll_status(error: EnrollError) -> StatusCode {
    match error {
        EnrollError::CodeUnknown => StatusCode::NOT_FOUND,
        EnrollError::CodeExpired => StatusCode::GONE,
        EnrollError::CodeUsed | EnrollError::OtherPerson => StatusCode::CONFLICT,
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
        FileError::TooLarge { .. } | FileError::ChunkTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
        FileError::Metadata | FileError::ChecksumAlgorithm => StatusCode::BAD_REQUEST,
        FileError::QuarantineFull | FileError::UploadsFull => StatusCode::INSUFFICIENT_STORAGE,
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
        answer.extensions_mut().insert(*self.problem);
        answer
    }
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;

    use super::*;
    use crate::error::StorageError;

    #[test]
    fn a_full_disk_is_told_as_that_and_when_to_come_again() {
        let full = StorageError::Io { action: "write", kind: ErrorKind::StorageFull };
        let answer = Failure::from(HubError::from(full)).into_response();
        assert_eq!(answer.status(), StatusCode::INSUFFICIENT_STORAGE);
        assert_eq!(answer.headers().get(header::RETRY_AFTER), Some(&HeaderValue::from(FULL_RETRY_AFTER_S)));
        let other = StorageError::Io { action: "write", kind: ErrorKind::PermissionDenied };
        assert_eq!(Failure::from(HubError::from(other)).into_response().status(), 500);
    }
}
