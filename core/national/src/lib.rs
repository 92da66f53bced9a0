//! National facts that every part of the system counts on: identity numbers ([`IdNumber`], GB 11643)
//! and division codes ([`Division`], [`DivisionScope`]).
//!
//! Nothing here does I/O, reads a clock or draws a random number.

mod division;
mod idno;

pub use division::{Division, DivisionError, DivisionScope};
pub use idno::{IdNumber, IdNumberError, Sex};
