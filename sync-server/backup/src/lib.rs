//! A backup: one file with the database and every photo, made while the server runs, and the way back.
//!
//! The file is a tar archive (POSIX 1003.1): `server.db` as it was at one moment, `revocations.log`,
//! the photos under the names of their SHA-256, and last `manifest.json`, which says what belongs to it:
//! an archive that was cut has none. The server's keys are another archive of the same form: who has
//! the backup can read it, who has the keys can pass for the server, and one place should not have both.

mod archive;
mod create;
mod error;
mod manifest;
mod restore;

pub use create::{Made, create, create_keys};
pub use error::BackupError;
pub use manifest::{Kind, Manifest, Part, Photos, Progress, Step};
pub use restore::{Restored, restore};
