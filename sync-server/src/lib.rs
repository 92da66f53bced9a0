//! The Ruhu sync server.
//!
//! - [`hub`]: what the server keeps and how it answers a device; no HTTP, no clock
//! - [`backup`]: one file of everything, and the way back
//! - `http`: the endpoints over TLS, resumable uploads among them
//! - `tls`: the server's own key and certificate, or those given to it
//! - [`lock`]: one server a folder
//! - `cli`: the commands of `ruhu-server`
//!
//! Feature `serve` (on unless turned off) brings `http`, `tls` and `cli`.
//!
//! Everything lives in one data folder: `server.db`, `server.key`, `revocations.log`, `files/`, `uploads/`,
//! `tls/`. A copy of `revocations.log` stands beside the folder.

pub mod backup;
#[cfg(feature = "serve")]
pub mod cli;
pub mod error;
#[cfg(feature = "serve")]
pub mod http;
pub mod hub;
pub mod lock;
#[cfg(feature = "serve")]
pub mod tls;

pub use error::{HubError, StorageError};
pub use hub::{Durability, Hub};
