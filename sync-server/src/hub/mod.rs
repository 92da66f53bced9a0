//! What the server keeps and how it answers a device. No HTTP and no clock here: time is passed in.

mod authors;
mod chain;
mod check;
mod check_documents;
mod check_report;
mod documents;
mod enrollment;
pub(crate) mod files;
mod forms;
mod handle;
pub(crate) mod identity;
mod ingest;
mod inventory;
mod logs;
mod news;
mod notices;
mod quarantine;
pub(crate) mod restored;
mod revocation;
pub(crate) mod revocation_list;
mod schema;
mod shared_answers;
mod sync;
mod unit_of_work;
mod uploads;
mod verdicts;
pub(crate) mod wal;

pub use crate::error::{EnrollError, FileError};
pub use check_report::{CheckReport, CheckedDocument, CheckedFile, Finding};
pub use enrollment::{CERTIFICATE_VALID_MS, Enrolled, Invitation};
pub use files::StoredFile;
pub use handle::{Hub, Options};
pub use quarantine::Quarantined;
pub use revocation::{Device, Revoked, Unrevoked};
pub use schema::Durability;
pub use uploads::{Created, NewUpload, Progress, Upload};
