//! State in memory: for the command line, and for a function without a table, where it lasts as
//! long as the execution environment.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::{Claim, Delivery, EffectError, State, UNDER_WAY_SECS_MAX};

/// Most fingerprints and counters kept. Beyond it all of the kind are forgotten at once: repetitions
/// are told again, thresholds and sequences begin anew.
pub const ENTRIES_MAX: usize = 100_000;
/// Most policy documents kept, each of at most 128 KiB. Beyond it all are forgotten: alerts then tell
/// no difference to the document before.
pub const DOCUMENTS_MAX: usize = 1_000;
/// Most events remembered in one counter.
pub const EVENTS_PER_COUNTER_MAX: usize = 1_000;

/// State that dies with the process.
#[derive(Debug, Default)]
pub struct Memory {
    /// Event IDs: since when they are under way, and whether they were told.
    deliveries: Mutex<HashMap<String, (Timestamp, bool)>>,
    claims: Mutex<HashMap<String, (String, Timestamp)>>,
    counters: Mutex<HashMap<String, Vec<(String, Timestamp)>>>,
    documents: Mutex<HashMap<String, Kept>>,
}

/// A policy document, the event that brought it, and the one before.
#[derive(Debug, Default)]
struct Kept {
    event_id: String,
    current: Option<String>,
    before: Option<String>,
}

impl State for Memory {
    async fn begin(&self, event_id: &str, now: Timestamp) -> Result<Delivery, EffectError> {
        let mut deliveries = self.deliveries.lock().unwrap_or_else(PoisonError::into_inner);
        if deliveries.len() >= ENTRIES_MAX {
            deliveries.clear();
        }
        let stale = SignedDuration::from_secs(UNDER_WAY_SECS_MAX);
        match deliveries.get(event_id) {
            Some((_, true)) => return Ok(Delivery::Told),
            Some((since, false)) if now.duration_since(*since) < stale => {
                return Ok(Delivery::UnderWay);
            }
            _ => {}
        }
        deliveries.insert(event_id.to_owned(), (now, false));
        Ok(Delivery::First)
    }

    async fn end(&self, event_id: &str, now: Timestamp, told: bool) -> Result<(), EffectError> {
        let mut deliveries = self.deliveries.lock().unwrap_or_else(PoisonError::into_inner);
        if told {
            deliveries.insert(event_id.to_owned(), (now, true));
        } else {
            deliveries.remove(event_id);
        }
        Ok(())
    }

    async fn claim(
        &self,
        fingerprint: &str,
        event_id: &str,
        at: Timestamp,
        window: SignedDuration,
    ) -> Result<Claim, EffectError> {
        let mut claims = self.claims.lock().unwrap_or_else(PoisonError::into_inner);
        if claims.len() >= ENTRIES_MAX {
            claims.clear();
        }
        if let Some((owner, since)) = claims.get(fingerprint) {
            let inside = at.duration_since(*since).abs() < window;
            if inside {
                return Ok(if owner == event_id { Claim::Ours } else { Claim::Theirs });
            }
        }
        claims.insert(fingerprint.to_owned(), (event_id.to_owned(), at));
        Ok(Claim::Ours)
    }

    async fn release(&self, fingerprint: &str, event_id: &str) -> Result<(), EffectError> {
        let mut claims = self.claims.lock().unwrap_or_else(PoisonError::into_inner);
        if claims.get(fingerprint).is_some_and(|(owner, _)| owner == event_id) {
            claims.remove(fingerprint);
        }
        Ok(())
    }

    async fn count(
        &self,
        key: &str,
        event_id: &str,
        at: Timestamp,
        window: SignedDuration,
    ) -> Result<u32, EffectError> {
        let mut counters = self.counters.lock().unwrap_or_else(PoisonError::into_inner);
        if counters.len() >= ENTRIES_MAX {
            counters.clear();
        }
        let events = counters.entry(key.to_owned()).or_default();
        if !events.iter().any(|(known, _)| known == event_id) {
            events.push((event_id.to_owned(), at));
        }
        if events.len() > EVENTS_PER_COUNTER_MAX {
            let oldest = events.iter().enumerate().min_by_key(|(_, (_, then))| *then);
            let oldest = oldest.map(|(index, _)| index);
            oldest.map(|index| events.swap_remove(index));
        }
        // Events come in any order: those of the window on either side of this one count.
        let near = |(_, then): &&(String, Timestamp)| at.duration_since(*then).abs() < window;
        let count = events.iter().filter(near).count();
        events.retain(|(_, then)| at.duration_since(*then).abs() < window * 2);
        Ok(u32::try_from(count).unwrap_or(u32::MAX))
    }

    async fn first_between(
        &self,
        key: &str,
        from: Timestamp,
        to: Timestamp,
        none_of: &[String],
    ) -> Result<Option<(String, Timestamp)>, EffectError> {
        let counters = self.counters.lock().unwrap_or_else(PoisonError::into_inner);
        let events = counters.get(key).into_iter().flatten();
        let fits =
            |(id, at): &&(String, Timestamp)| (from..=to).contains(at) && !none_of.contains(id);
        Ok(events.filter(fits).min_by_key(|(_, at)| *at).cloned())
    }

    async fn document_before(
        &self,
        key: &str,
        event_id: &str,
    ) -> Result<Option<String>, EffectError> {
        let documents = self.documents.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = documents.get(key);
        Ok(kept.and_then(|kept| {
            let found = if kept.event_id == event_id { &kept.before } else { &kept.current };
            found.clone()
        }))
    }

    async fn remember_document(
        &self,
        key: &str,
        event_id: &str,
        _: Timestamp,
        document: Option<&str>,
    ) -> Result<(), EffectError> {
        let mut documents = self.documents.lock().unwrap_or_else(PoisonError::into_inner);
        if documents.len() >= DOCUMENTS_MAX {
            documents.clear();
        }
        let kept = documents.entry(key.to_owned()).or_default();
        if kept.event_id != event_id {
            kept.before = kept.current.take();
            kept.current = document.map(str::to_owned);
            event_id.clone_into(&mut kept.event_id);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_000_000 + second).unwrap()
    }

    const WINDOW: SignedDuration = SignedDuration::from_secs(60);

    #[test]
    fn a_claim_knows_its_owner() {
        let memory = Memory::default();
        let claim = |event, second| {
            pollster::block_on(memory.claim("f", event, at(second), WINDOW)).unwrap()
        };
        assert_eq!(claim("a", 0), Claim::Ours);
        assert_eq!(claim("b", 10), Claim::Theirs);
        assert_eq!(claim("a", 10), Claim::Ours);
        assert_eq!(claim("b", 60), Claim::Ours);
    }

    #[test]
    fn an_event_counts_once_however_often_it_is_delivered() {
        let memory = Memory::default();
        let count = |event, second| {
            pollster::block_on(memory.count("k", event, at(second), WINDOW)).unwrap()
        };
        assert_eq!(count("a", 0), 1);
        assert_eq!(count("a", 0), 1);
        assert_eq!(count("b", 30), 2);
        assert_eq!(count("c", 20), 3);
        assert_eq!(count("d", 100), 1);
    }
}
