//! iCalendar files: single events, recurrence, exceptions, moved and cancelled occurrences.
//!
//! A file that would be passed over in silence in part is an error: a deployment window at the wrong hour lowers the
//! wrong alerts.
//!
//! Source: <https://www.rfc-editor.org/rfc/rfc5545>

mod grammar;
mod size;

mod clock;

mod recurrence;

mod vevent;

mod spans;

pub use size::{ICS_BYTES_MAX, IcsSize, OCCURRENCES_MAX};
pub(super) use spans::Ics;
