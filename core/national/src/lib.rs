//! National facts that every part of the system counts on: identity numbers ([`IdNumber`], GB 11643),
//! division codes ([`Division`], [`DivisionScope`]), money ([`Fen`]), days ([`Day`]) and workdays
//! ([`WorkCalendar`]).
//!
//! Nothing here does I/O, reads a clock or draws a random number.

mod day;
mod division;
mod fen;
mod idno;
mod work_calendar;

pub use day::{Day, DayError};
pub use division::{Division, DivisionError, DivisionScope};
pub use fen::{Fen, FenError};
pub use idno::{IdNumber, IdNumberError, Sex};
pub use work_calendar::{CalendarError, UnknownYear, WorkCalendar};
