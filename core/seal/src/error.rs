//! Why something cannot be sealed or opened.

use std::io;

/// Why something cannot be sealed or opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// What lies there is not what was sealed, or the key is another.
    #[error("damaged: {0}")]
    Damaged(&'static str),
    /// More than can be sealed in one file, 256 TB.
    #[error("too long to be sealed")]
    TooLong,
    /// The system gave no randomness.
    #[error("no randomness")]
    NoRandomness,
    /// What is to be sealed cannot be read.
    #[error("what is to be sealed cannot be read: {0}")]
    Source(io::ErrorKind),
    /// A sealed file cannot be read.
    #[error("a sealed file cannot be read: {0}")]
    Read(io::ErrorKind),
    /// A sealed file cannot be written.
    #[error("a sealed file cannot be written: {0}")]
    Write(io::ErrorKind),
}
