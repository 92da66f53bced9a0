//! The sizes that every phone and every server holds the same. What one makes within them the others
//! take: a number that stood twice with two values was a visit that could be filled in and never be
//! delivered.
//!
//! Each holds for the plain form, before a body is compressed. To lower one refuses data that lies in
//! somebody's store; to raise one is refused by programs that have not been renewed.

/// Longest text of one field, in bytes of UTF-8: ten pages. Longer ones are files.
pub const TEXT_BYTES: usize = 64 * 1024;

/// Longest key of a field, in bytes: an answer's key is its path in the form, names of groups,
/// repeats and ids of their instances included.
pub const KEY_BYTES: usize = 512;

/// Longest id of a person, a record or another child, in bytes.
pub const ID_BYTES: usize = 64;

/// Largest change as it travels, in bytes: what one change costs a device that must refuse it. A
/// filled home visit has about 20 KB; a larger record becomes several changes.
pub const CHANGE_BYTES: usize = 256 * 1024;

/// Most rows of any column of one change: its operations, and the values that these replace. A few
/// bytes of run-length code can claim more than any memory holds.
pub const CHANGE_ROWS: u64 = 50_000;

/// Most changes that one change may stand on, 32 bytes each. A document with more loose ends than
/// this gets changes that join them first.
pub const CHANGE_DEPENDENCIES: u64 = 1_000;

/// Most other actors that one change may name, 17 bytes each.
pub const CHANGE_ACTORS: u64 = 10_000;

/// Most writes of one edit: every question of the largest visit that a form engine takes, twice.
pub const EDIT_WRITES: usize = 600_000;

/// Most bytes of one edit, paths and texts together: a quarter of the largest document.
pub const EDIT_BYTES: usize = 16 * 1024 * 1024;

/// Most changes in one envelope that a phone makes or a server takes, none empty, none twice. A visit
/// makes one, the largest some dozens.
pub const ENVELOPE_CHANGES: usize = 500;

/// Most changes in one envelope that is read: earlier programs made and took so many, and they stand in
/// logs for ever.
pub const ENVELOPE_CHANGES_READ: usize = 1_000;

/// Largest envelope taken, in bytes.
pub const ENVELOPE_BYTES: usize = 1024 * 1024;

/// What every envelope counts beside its changes, in bytes: ids, link, signature, header.
pub const ENVELOPE_OVERHEAD: usize = 160;

/// The size a page of envelopes should not exceed on the wire, in bytes: three quarters of a minute
/// over a village network. Phones make no envelope that is larger before compression, so that
/// each fits into a page whatever its text is.
pub const PAGE_BYTES: usize = 512 * 1024;

/// Most envelopes in one page.
pub const PAGE_ENVELOPES: usize = 20_000;

/// Most changes in one page, of all envelopes together. A change without a byte takes one byte in a
/// page and a hundred in memory: without this limit a small request would take a gigabyte.
pub const PAGE_CHANGES: usize = 100_000;

/// Most bytes of one page of envelopes before compression. New households compress to about a tenth:
/// so much fills a page of [`PAGE_BYTES`].
pub const PAGE_RAW: usize = 6 * 1024 * 1024;

/// Most envelopes asked for by their hashes in one request, and given in one answer.
pub const WANTED_ENVELOPES: usize = 500;

/// Most bytes of envelopes given by their hashes in one answer, before compression: they come beside
/// hashes and records of authors.
pub const WANTED_RAW: usize = 4 * 1024 * 1024;

/// Most hashes of a log's inventory in one answer, of all logs together; 32 bytes each, incompressible.
pub const INVENTORY_HASHES: usize = 12_000;

/// Most logs whose inventories are asked for in one request; each page costs the server a signature.
pub const INVENTORY_LOGS: usize = 64;

/// Most author records offered or asked for in one request; about 300 bytes and one signature each.
pub const REQUEST_AUTHORS: usize = 1_000;

/// Largest body of a request, in bytes on the wire: one envelope of the largest size that does not
/// compress, and what a phone asks for beside it. A server holds so much for anybody who connects.
pub const REQUEST_BYTES: usize = 2 * 1024 * 1024;

/// Largest body of an answer, in bytes on the wire: envelopes asked for, a page of news and a page of
/// hashes, none of which compresses.
pub const BODY_BYTES: usize = 8 * 1024 * 1024;

/// Largest message body inflated, in bytes.
pub const BODY_INFLATED_BYTES: usize = 8 * 1024 * 1024;

/// Most changes of one author that a phone holds ready in one document while they wait for something
/// that is not there: an envelope of the largest kind that is made, twice. What is above it is set
/// aside and named, and taken up as well when that comes.
pub const WAITING_OF_AUTHOR: u32 = 1_000;

/// Most changes of all authors that a phone holds ready so in one document.
pub const WAITING_OF_DOCUMENT: u32 = 10_000;

/// Most bytes of one author's changes that a phone holds ready so in one document.
pub const WAITING_BYTES: u64 = 4 * 1024 * 1024;

/// Largest saved document, in bytes, before and after inflation.
pub const DOCUMENT_BYTES: usize = 64 * 1024 * 1024;

/// Most rows of any column of a saved document.
pub const DOCUMENT_ROWS: u64 = 4_000_000;

/// Most actors, and most heads, that a saved document names.
pub const DOCUMENT_NAMES: u64 = 1_000_000;

/// Largest compiled form, in bytes.
pub const FORM_BYTES: usize = 16 * 1024 * 1024;

/// Largest photo or other file, in bytes.
pub const FILE_BYTES: u64 = 64 * 1024 * 1024;

// What is built within the small limits fits the large ones.
const _: () = assert!(TEXT_BYTES + KEY_BYTES + 4 * 1024 < CHANGE_BYTES);
const _: () = assert!(CHANGE_DEPENDENCIES as usize * 32 + TEXT_BYTES + 8 * 1024 < CHANGE_BYTES);
const _: () = assert!(CHANGE_BYTES + ENVELOPE_OVERHEAD < PAGE_BYTES);
const _: () = assert!(PAGE_BYTES < ENVELOPE_BYTES);
const _: () = assert!(ENVELOPE_BYTES + PAGE_BYTES < REQUEST_BYTES);
const _: () = assert!(REQUEST_BYTES < BODY_BYTES && BODY_BYTES <= BODY_INFLATED_BYTES);
const _: () = assert!(ENVELOPE_CHANGES <= ENVELOPE_CHANGES_READ && ENVELOPE_CHANGES_READ < PAGE_CHANGES);
// A page is filled until one more envelope would not fit: what is in it is read by whoever it goes to.
const _: () = assert!(PAGE_RAW + ENVELOPE_BYTES + REQUEST_AUTHORS * 512 < BODY_INFLATED_BYTES);
const _: () = assert!(
    WANTED_RAW + ENVELOPE_BYTES + INVENTORY_HASHES * 48 + REQUEST_AUTHORS * 512 < BODY_INFLATED_BYTES
);
const _: () = assert!(EDIT_BYTES < DOCUMENT_BYTES);
