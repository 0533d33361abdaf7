//! iCalendar files: single events, recurrence, exceptions, moved and cancelled occurrences.
//!
//! Source: <https://www.rfc-editor.org/rfc/rfc5545>

mod normal;
mod series;

pub(super) use series::Ics;
pub use series::{ICS_BYTES_MAX, IcsSize, OCCURRENCES_MAX};
