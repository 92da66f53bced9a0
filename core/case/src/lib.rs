//! The household case as a CRDT document
