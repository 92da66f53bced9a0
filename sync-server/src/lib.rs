//! The Ruhu sync server: the hub (`ruhu-hub`), reached.
//!
//! - [`http`]: the endpoints over TLS, resumable uploads among them
//! - [`tls`]: the server's own key and certificate, or those given to it
//! - [`cli`]: the commands of `ruhu-server`

pub mod cli;
pub mod error;
pub mod http;
pub mod tls;

pub use error::{HubError, StorageError};
pub use ruhu_backup as backup;
pub use ruhu_hub::{self as hub, Durability, Hub, lock};
