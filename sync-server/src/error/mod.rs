//! Why the server cannot do something, with a stable code for programs and words for people: the hub's
//! reasons, and those of requests that never reach it.

mod request;

pub(crate) use request::RequestError;
pub use ruhu_backup::BackupError;
pub use ruhu_hub::error::{EnrollError, FileError, HubError, StorageError, sentence};
