//! The answer of a calendar.

/// Where a moment lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presence {
    /// Inside the calendar.
    Inside,
    /// Outside.
    Outside,
    /// Nobody can tell: what follows from it falls to the stricter side.
    Unknown,
}
