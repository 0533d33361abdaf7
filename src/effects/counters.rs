//! Counters: thresholds, bursts, and the steps of a sequence.

use std::future::Future;

use jiff::{SignedDuration, Timestamp};

use super::error::EffectError;

/// Events counted under keys, by the events' own clock.
pub trait Counters {
    /// Counts an event, once however often it is delivered. Gives the number of distinct IDs within the window around
    /// it.
    fn count(
        &self,
        key: &str,
        event_id: &str,
        at: Timestamp,
        window: SignedDuration,
    ) -> impl Future<Output = Result<u32, EffectError>>;

    /// The events counted under a key between two moments, both included: ID and time, in any order.
    fn counted_between(
        &self,
        key: &str,
        from: Timestamp,
        to: Timestamp,
    ) -> impl Future<Output = Result<Vec<(String, Timestamp)>, EffectError>>;
}
