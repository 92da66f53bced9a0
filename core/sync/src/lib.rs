//! Wire messages and the sync engine
