//! The Ruhu sync server
