//! What an archive says of itself, and how far a long work with one has come.

use std::path::Path;

use ruhu_hub::SEAL_KEY;
use serde::{Deserialize, Serialize};

/// The version of the archive's form.
pub(super) const VERSION: u32 = 1;
pub(super) const MANIFEST: &str = "manifest.json";
pub(super) const DATABASE: &str = "server.db";
pub(super) const REVOCATIONS: &str = "revocations.log";
pub(super) const KEY: &str = "server.key";
pub(super) const CERTIFICATE: &str = "tls/cert.pem";
pub(super) const CERTIFICATE_KEY: &str = "tls/key.pem";

/// What an archive is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Database, revocations and photos.
    Backup,
    /// The server's signing key, and its TLS certificate and key where it made them itself.
    Keys,
}

/// What belongs to an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The version of the archive's form.
    pub version: u32,
    /// What it is for.
    pub kind: Kind,
    /// When it was made, Unix milliseconds of the server's clock.
    pub made_at_ms: i64,
    /// The server's public key, hexadecimal.
    pub server_key: String,
    /// Everything but the photos.
    pub parts: Vec<Part>,
    /// The photos, all together: each is checked by its name.
    pub photos: Photos,
    /// Photos that the database names and the folder lacked, or held damaged: SHA-256, hexadecimal.
    pub lacking: Vec<String>,
}

/// A file in an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Its name.
    pub name: String,
    /// Its size in bytes.
    pub size: u64,
    /// Its SHA-256, hexadecimal.
    pub sha256: String,
}

/// The photos of an archive.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Photos {
    /// How many.
    pub count: u64,
    /// Their bytes together.
    pub bytes: u64,
    /// SHA-256 over their names in the order of the archive, hexadecimal.
    pub names: String,
}

/// How far a long work has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What is done.
    pub step: Step,
    /// Bytes, or pages of the database, that are done.
    pub done: u64,
    /// And how many there are.
    pub of: u64,
}

/// What a backup or a restore is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The database is copied, in pages.
    Database,
    /// Everything is written, in bytes.
    Writing,
    /// What was written is read back, in bytes.
    Checking,
}

/// The parts of a data folder that a keys' archive holds, when they are there.
pub(super) const KEYS: [&str; 4] = [KEY, CERTIFICATE, CERTIFICATE_KEY, SEAL_KEY];

/// The folder in which a file stands.
pub(super) fn folder_of(file: &Path) -> &Path {
    match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}
