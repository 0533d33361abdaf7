//! Which events are under way, and which were published.

use std::future::Future;

use jiff::Timestamp;

use super::error::EffectError;
use crate::alert::SentAlert;

/// Whether an event was delivered before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// No earlier delivery is known: handle the event.
    First,
    /// Another environment is at it.
    UnderWay,
    /// It was published.
    Published,
}

/// Time after which an event that was begun, and neither published nor released, counts as abandoned: its environment
/// died. Lambda delivers again after a minute.
pub const UNDER_WAY_SECS_MAX: i64 = 45;

/// Marks of events. Each event is published once, however often it is delivered.
pub trait Deliveries {
    /// Marks an event as under way, unless it is or was published.
    fn begin(
        &self,
        event_id: &str,
        now: Timestamp,
    ) -> impl Future<Output = Result<Delivery, EffectError>>;

    /// Marks an event as published, with the alert, or removes the mark if publishing failed. An event that was
    /// published before keeps its first alert.
    fn end(
        &self,
        event_id: &str,
        now: Timestamp,
        sent: Option<&SentAlert>,
    ) -> impl Future<Output = Result<(), EffectError>>;
}
