//! In which words the store keeps why an envelope is kept apart.

use ruhu_sync::Reason;

/// Why an envelope is kept apart whose author's record nobody has. It is judged again when that comes.
pub(crate) const UNKNOWN_AUTHOR: &str = "unknown author";

/// With these words begins in the store what the server gave as its reason.
pub(crate) const SERVER_REASON: &str = "server: ";

/// How a reason of the server stands in the store.
pub(crate) fn server_reason(reason: Reason) -> String {
    format!("{SERVER_REASON}{reason:?}")
}

/// The reason of the server that the store keeps in these words, if they are one.
pub(crate) fn reason_of(stored: &str) -> Option<Reason> {
    Reason::ALL.into_iter().find(|reason| server_reason(*reason) == stored)
}
