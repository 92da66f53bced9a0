//! Why the server cannot do something, with a stable code for programs and words for people.

mod backup;
mod enrollment;
mod files;
mod hub;
#[cfg(feature = "serve")]
mod request;
mod sentence;
mod storage;

pub use backup::BackupError;
pub use enrollment::EnrollError;
pub(crate) use enrollment::MAX_PERSON;
pub use files::FileError;
pub use hub::HubError;
#[cfg(feature = "serve")]
pub(crate) use request::RequestError;
#[cfg(feature = "serve")]
pub(crate) use sentence::sentence;
pub use storage::StorageError;
