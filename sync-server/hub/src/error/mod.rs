//! Why the server cannot do something, with a stable code for programs and words for people.

mod enrollment;
mod files;
mod hub;
mod sentence;
mod storage;

pub use enrollment::EnrollError;
pub(crate) use enrollment::MAX_PERSON;
pub use files::FileError;
pub use hub::HubError;
pub use sentence::sentence;
pub use storage::StorageError;
