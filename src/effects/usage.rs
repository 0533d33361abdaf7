//! The cost of calls.

use std::time::Duration;

/// What an invocation spent on calls so far, and how many failed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Time with at least one call of the table in flight.
    pub state: Duration,
    /// Time with at least one lookup in flight.
    pub lookup: Duration,
    /// Time with at least one call of SNS in flight.
    pub publish: Duration,
    /// Failed calls of the table. Calls not made because it was too slow do not count again.
    pub state_failures: u32,
    /// Lookups that failed, or for which no time was left.
    pub lookup_failures: u32,
}
