//! Real phones' stores, the real server as a process, real TLS over loopback, and a network between
//! them that breaks at an exact byte: nothing is lost, nothing is there twice.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod bad_lines;
mod kept_apart;
mod kills;
mod lost_photos;
mod photo_places;
mod strangers;
mod sync_cuts;
mod together;
mod town;
mod tus_clients;
mod unused;
mod upload_cuts;
