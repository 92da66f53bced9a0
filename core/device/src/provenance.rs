//! Who wrote a change, and when the server took it.

use ruhu_case::{ActorId, ChangeHash, DocId};
use ruhu_store::Tx;
use ruhu_sync::AuthorRecord;

use crate::device::author_of;
use crate::error::DeviceError;
use crate::views::Author;

/// The author of a change by its certificate, and the server's time of its envelope, Unix
/// milliseconds; none while the server has not taken it.
pub(crate) fn provenance(
    tx: &Tx<'_>,
    doc: &DocId,
    change: &ChangeHash,
    actor: &ActorId,
) -> Result<(Author, Option<i64>), DeviceError> {
    let author = match tx.author(actor)? {
        Some(bytes) => author_of(&AuthorRecord::from_bytes(&bytes)?.certificate),
        None => Author { person: String::new(), role: String::new(), device: String::new() },
    };
    let envelope = match tx.envelope_of_change(doc, change)? {
        Some(hash) => tx.envelope(&hash)?,
        None => None,
    };
    Ok((author, envelope.and_then(|row| row.server_time_ms)))
}
