//! Counters in memory.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::kept::Memory;
use crate::effects::{Counters, EffectError, lock};
use crate::rule::THRESHOLD_MAX;

/// Most events remembered in one counter: no threshold counts more.
pub const EVENTS_PER_COUNTER_MAX: usize = THRESHOLD_MAX as usize;

impl Counters for Memory {
    async fn count(
        &self,
        key: &str,
        event_id: &str,
        at: Timestamp,
        window: SignedDuration,
    ) -> Result<u32, EffectError> {
        let mut counters = lock(&self.counters);
        let Some(events) = counters.entry(key) else { return Ok(1) };
        let mut fresh = 0;
        if !events.iter().any(|(known, then)| known == event_id && *then == at) {
            events.push((event_id.to_owned(), at));
            fresh = event_id.len() + size_of::<(String, Timestamp)>();
        }
        if events.len() > EVENTS_PER_COUNTER_MAX {
            let oldest = events.iter().enumerate().min_by_key(|(_, (_, then))| *then);
            let oldest = oldest.map(|(index, _)| index);
            oldest.map(|index| events.swap_remove(index));
        }
        // Events come in any order: those within the window on either side of this one count.
        let near = |(_, then): &&(String, Timestamp)| at.duration_since(*then).abs() < window;
        let distinct: BTreeSet<&str> =
            events.iter().filter(near).map(|(id, _)| id.as_str()).collect();
        let count = distinct.len();
        events.retain(|(_, then)| at.duration_since(*then).abs() < window * 2);
        counters.grew(fresh);
        Ok(u32::try_from(count).unwrap_or(u32::MAX))
    }

    async fn counted_between(
        &self,
        key: &str,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<(String, Timestamp)>, EffectError> {
        let counters = lock(&self.counters);
        let events = counters.get(key).into_iter().flatten();
        Ok(events.filter(|(_, at)| (from..=to).contains(at)).cloned().collect())
    }
}
