//! The endpoints of protocol version 1, over HTTP/1.1 and TLS.
//!
//! Every answer names the protocol in `Ruhu-Protocol`; every request but `GET /v1/health` must. All
//! but health, enrolment and `OPTIONS` are signed by a device (see [`ruhu_sync::auth`]). An error
//! status carries a [`ruhu_sync::Problem`] as `application/cbor`. Every answer names its request in
//! `Ruhu-Request-Id`; the log tells of it by the same name.

mod app;
mod capacity;
mod connections;
mod failure;
mod files;
pub mod headers;
mod listener;
mod message;
mod request_log;
mod router;
mod service;
mod sync;
mod uploads;
mod writing;

pub(crate) use app::{TLS_META, URL_META, now_ms};
pub(crate) use capacity::BLOCKING_THREADS;
pub use listener::Server;
pub use service::Service;
