//! Named times: business hours, deployment windows, freezes, in an IANA zone; written in the site file,
//! in an iCalendar file beside it, or in a change calendar of AWS Systems Manager.
//!
//! Windows are compared as wall-clock time, so both edges of daylight saving come out as people
//! read them: an hour that happens twice is inside twice, an hour that is skipped never happens.

mod presence;

mod ics;

mod window;

pub use ics::{ICS_BYTES_MAX, IcsSize, OCCURRENCES_MAX};
pub(crate) use presence::Presence;
pub use window::{Calendar, CalendarFault, CalendarSpec, IcsFiles, SpanSpec, WeeklySpec};
