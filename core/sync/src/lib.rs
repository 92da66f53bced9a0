//! Sync: the messages between devices and server, and the engine as a pure state machine.
//!
//! - [`envelope`], [`page`]: how changes travel: signed, chained per author, packed in columns
//! - [`certificate`]: who may write, and which actor belongs to whom
//! - [`log`]: township logs, positions, signed heads, checksums
//! - [`receipt`]: the server's signed word that it holds something
//! - [`files`]: who lacks which photo
//! - [`message`]: requests and responses of protocol version 1
//! - [`outcome`]: what became of a pushed envelope, and why
//! - [`report`], [`extent`], [`not_yet_safe`]: what a run did, how far it came and what is left, for a person
//! - [`engine`]: one sync run, events in and effects out
//! - [`pace`], [`patience`], [`retry`]: how much at once over a slow line, when a line counts as silent,
//!   and what is tried again
//! - [`http`] (feature `http`): the transport over HTTPS with a pinned certificate
//!
//! The rules are told in `docs/ARCHITECTURE.md`, section "Sync".

pub mod asked;
pub mod auth;
pub mod certificate;
pub mod codec;
pub mod engine;
pub mod enroll_code;
pub mod envelope;
pub mod extent;
pub mod failures;
pub mod files;
#[cfg(feature = "http")]
pub mod http;
mod ids;
pub mod keys;
pub mod log;
pub mod message;
pub mod not_yet_safe;
pub mod outcome;
pub mod pace;
pub mod page;
pub mod patience;
pub mod progress;
pub mod receipt;
pub mod report;
pub mod retry;
pub mod stored_verdict;
pub mod transport;
pub mod tus;
pub mod upload_token;

pub use certificate::{AuthorRecord, Certificate, Role};
pub use codec::CodecError;
pub use enroll_code::EnrollCode;
pub use envelope::{Body, DocHeader, Envelope, Verdict};
pub use ids::{EnvelopeHash, InvalidEnvelopeHash};
pub use keys::{DeviceId, KeyPair, PublicKey, Signature};
pub use log::{ChainHash, LogClass, LogHead, LogId, LogSum, chain_next};
pub use message::{PROTOCOL_VERSION, Problem, SyncRequest, SyncResponse};
pub use outcome::{Outcome, Reason};
pub use page::Page;
pub use receipt::{FileReceipt, Place, Receipt};
