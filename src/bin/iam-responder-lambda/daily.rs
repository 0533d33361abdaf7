//! Work that each copy of the function does once a day.

use std::sync::Mutex;

use iam_responder::effects::lock;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// The day (UTC) on which this copy did it last.
#[derive(Default)]
pub(crate) struct Daily(Mutex<Option<Date>>);

impl Daily {
    /// Is it still due on the day of this moment? From now on it counts as done.
    pub(crate) fn is_due(&self, now: Timestamp) -> bool {
        let today = now.to_zoned(TimeZone::UTC).date();
        lock(&self.0).replace(today) != Some(today)
    }

    /// It failed: it is due again at once.
    pub(crate) fn again(&self) {
        *lock(&self.0) = None;
    }
}
