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

    /// The first event counted under a key between two moments, both included, without these events: its ID and time.
    fn first_between(
        &self,
        key: &str,
        from: Timestamp,
        to: Timestamp,
        none_of: &[String],
    ) -> impl Future<Output = Result<Option<(String, Timestamp)>, EffectError>>;
}
