//! How much a server keeps of what nobody has looked at yet, and for how long. They are the server's own:
//! phones are told when one is reached, and keep their work.

use ruhu_case::limits::FILE_BYTES;

const MB: u64 = 1024 * 1024;
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// Bounds of quarantine and of uploads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Most bytes of one device in quarantine, texts and photos together: 512 MB, what a phone takes in a
    /// month.
    pub quarantine_device_bytes: u64,
    /// Most bytes of all devices in quarantine: 16 GB.
    pub quarantine_bytes: u64,
    /// Most bytes of one file: 64 MB, and no more can be set.
    pub file_bytes: u64,
    /// Most bytes that the unfinished uploads of one device announce: 256 MB. A phone gives one photo
    /// after another; beyond this its longest untouched ones are given up.
    pub uploads_device_bytes: u64,
    /// Most bytes that all unfinished uploads announce: 16 GB.
    pub uploads_bytes: u64,
    /// An upload of which nothing came for so long, in milliseconds, is given up: 30 days. The phone
    /// begins it anew.
    pub upload_idle_ms: i64,
    /// How long what was dismissed is kept, in milliseconds: 180 days.
    pub dismissed_kept_ms: i64,
}

impl Default for Bounds {
    fn default() -> Bounds {
        Bounds {
            quarantine_device_bytes: 512 * MB,
            quarantine_bytes: 16 * 1024 * MB,
            file_bytes: FILE_BYTES,
            uploads_device_bytes: 256 * MB,
            uploads_bytes: 16 * 1024 * MB,
            upload_idle_ms: 30 * DAY_MS,
            dismissed_kept_ms: 180 * DAY_MS,
        }
    }
}

impl Bounds {
    /// So many megabytes, in bytes.
    pub fn megabytes(count: u64) -> u64 {
        count.saturating_mul(MB)
    }

    /// So many days, in milliseconds.
    pub fn days(count: u32) -> i64 {
        i64::from(count) * DAY_MS
    }
}
