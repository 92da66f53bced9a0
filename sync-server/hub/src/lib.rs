//! What the server keeps and how it answers a device. No HTTP and no clock here: time is passed in.
//!
//! - [`Hub`]: the rules, on SQLite
//! - [`lock`]: one server a folder
//!
//! Everything lives in one data folder: `server.db`, `server.key`, `revocations.log`, `files/`, `uploads/`,
//! `tls/`. A copy of `revocations.log` stands beside the folder.

mod admission;
#[cfg(test)]
mod admission_tests;
mod alike;
mod authors;
mod backed_up;
mod bounds;
mod chain;
mod check;
mod check_documents;
mod check_files;
mod check_report;
mod clock;
mod clock_watch;
mod damage;
mod dismissal;
mod documents;
mod enrollment;
pub mod error;
mod exclusion;
mod file_rights;
pub mod files;
mod forms;
#[cfg(test)]
mod full_disk_tests;
mod handle;
mod households;
pub mod identity;
mod ingest;
mod inventory;
pub mod lock;
mod logs;
mod news;
mod notices;
mod photo_folder;
pub mod private;
mod quarantine;
mod quarantine_content;
mod quarantine_files;
mod renewal;
pub mod restored;
mod revocation;
pub mod revocation_list;
mod schema;
mod shared_answers;
mod sync;
mod unit_of_work;
mod uploads;
mod verdicts;
pub mod wal;

pub use admission::{Admitted, Left, Selection};
pub use bounds::Bounds;
pub use check_report::{CheckReport, CheckedDocument, CheckedFile, Finding};
pub use clock::{ClockState, Doubt, JUMP_MS};
pub use dismissal::{Dismissal, Swept};
pub use enrollment::{CERTIFICATE_VALID_MS, Enrolled, Invitation};
pub use error::{EnrollError, FileError, HubError, StorageError};
pub use exclusion::{ExcludedEntry, Subject};
pub use files::StoredFile;
pub use handle::{Hub, Options};
pub use identity::write_private;
pub use photo_folder::{Content, PhotoFolder, SEAL_KEY};
pub use private::options as private_options;
pub use quarantine::{QuarantineSize, Quarantined};
pub use quarantine_content::{FieldContent, PhotoContent, QuarantinedContent};
pub use renewal::RENEWAL_MS;
pub use revocation::{Device, Revoked, Unrevoked};
pub use schema::Durability;
pub use shared_answers::{ANSWER_PIECE, KEPT_ANSWERS_BYTES};
pub use uploads::{Created, NewUpload, Progress, Upload};
