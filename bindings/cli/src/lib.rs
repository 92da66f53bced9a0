//! The ruhu command
