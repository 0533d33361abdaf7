//! Limits on iCalendar files.

/// Largest iCalendar file, in bytes.
pub const ICS_BYTES_MAX: usize = 1024 * 1024;
/// Most recurring events in one file.
pub(super) const RECURRING_EVENTS_MAX: usize = 100;
/// Most bytes of the iCalendar files of all calendars, a file counted each time that it is named.
const ICS_BYTES_OF_ALL_MAX: usize = 4 * 1024 * 1024;
/// Most recurring events of all calendars.
const RECURRING_EVENTS_OF_ALL_MAX: usize = 200;
/// Most occurrences of one recurring event, counted from its start: daily ones reach 13 years, and cost some two
/// milliseconds of a cold start. After the last one the answer is unknown, and the stricter side counts.
pub const OCCURRENCES_MAX: usize = 5_000;

/// The size of iCalendar files: bytes and recurring events.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct IcsSize {
    pub(super) bytes: usize,
    pub(super) series: usize,
}

impl IcsSize {
    /// Adds the size of another file.
    ///
    /// # Errors
    /// The limit for the files of all calendars that is exceeded.
    pub fn add(&mut self, other: Self) -> Result<(), String> {
        self.bytes += other.bytes;
        self.series += other.series;
        if self.bytes > ICS_BYTES_OF_ALL_MAX {
            return Err(format!(
                "the iCalendar files up to this one have more than {ICS_BYTES_OF_ALL_MAX} bytes together"
            ));
        }
        if self.series > RECURRING_EVENTS_OF_ALL_MAX {
            return Err(format!(
                "the iCalendar files up to this one have more than {RECURRING_EVENTS_OF_ALL_MAX} recurring \
                 events together"
            ));
        }
        Ok(())
    }
}
