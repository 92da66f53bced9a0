//! Where the device stands, and what a sync did.

use ruhu_device as device;

use crate::conflict::Author;
use crate::mirror::mirror;

/// Where the device stands.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct DeviceStatus {
    /// Whether it has a certificate.
    pub enrolled: bool,
    /// Who it belongs to, when enrolled.
    pub author: Option<Author>,
    /// The scope of its certificate: 6, 9 or 12 digits.
    pub scope: Option<String>,
    /// The server's address.
    pub server: Option<String>,
    /// Whether the server said that the certificate is revoked.
    pub revoked: bool,
    /// Changes that wait to be sent.
    pub outbox: u32,
    /// Photos that wait to be sent.
    pub files_waiting: u32,
    /// Households on the device.
    pub cases: u32,
}

impl From<device::Status> for DeviceStatus {
    fn from(status: device::Status) -> Self {
        let device::Status { enrolled, author, scope, server, revoked, outbox, files_waiting, cases } =
            status;
        let author = author.map(Author::from);
        DeviceStatus { enrolled, author, scope, server, revoked, outbox, files_waiting, cases }
    }
}

mirror! {
    /// What a sync did.
    SyncReport of device::SyncReport {
        /// Round trips of the text lane.
        rounds: u32,
        /// Bytes of request bodies of the text lane.
        bytes_up: u64,
        /// Bytes of response bodies of the text lane.
        bytes_down: u64,
        /// Signed envelopes that the server took or already had.
        sent: u32,
        /// Signed envelopes that came.
        received: u32,
        /// Envelopes that wait for something the server lacks.
        waiting: u32,
        /// Envelopes that the server keeps apart: what they say is shown to nobody else.
        refused: u32,
        /// Envelopes written again because another phone had used their name (重新签发).
        reissued: u32,
        /// Changes from the server that no document can hold, and their authors: kept apart here.
        quarantined: Vec<String>,
        /// Logs that still differ from the server's after hashes were compared.
        drifted: Vec<String>,
        /// Forms that came.
        forms: Vec<String>,
        /// Photos sent whole.
        files_sent: u32,
        /// Photos that came.
        files_received: u32,
        /// Bytes of photos sent and received.
        file_bytes: u64,
        /// Photos that could not be sent or fetched this time, with the reason's code.
        files_failed: Vec<String>,
        /// Whether the server said that the certificate is revoked.
        revoked: bool,
        /// The time it took, milliseconds.
        took_ms: u64,
    }
}
