//! The encrypted SQLite on the device
