//! The wall around the merging engine: it panics on some malformed input, and that must not reach a caller.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs `f`; `None` when it panicked. What `f` was changing must be thrown away then: give it a copy.
pub(crate) fn contained<T>(f: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(f)).ok()
}
