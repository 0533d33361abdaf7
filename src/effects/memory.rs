//! State in memory: for the command line, and for a function without a table, where it lasts as
//! long as the execution environment.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Mutex;

use jiff::{SignedDuration, Timestamp};

use super::ports::{Claim, Delivery, EffectError, State, UNDER_WAY_SECS_MAX, lock};
use super::recent::Recent;
use crate::alert::{HELD_MAX, SentAlert};
use crate::effects::alerts::{Judgement, StoredAlert, StoredAlerts};
use crate::prior::{Register, Write};

/// Most bytes kept of each kind: events, windows, counters, alerts and notes. Beyond it the oldest of the kind are
/// forgotten: repetitions are told again, thresholds and sequences begin anew.
pub const BYTES_MAX: usize = 8 * 1024 * 1024;
/// Events of a window that are told apart; more of them are counted without being remembered.
const HELD_IDS_MAX: usize = 100;
/// Most bytes of prior state kept. Beyond it the oldest is forgotten: what was before is unknown then, and
/// falls to the stricter side.
pub const REGISTERS_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Most events remembered in one counter.
pub const EVENTS_PER_COUNTER_MAX: usize = 1_000;

/// State that dies with the process.
#[derive(Debug)]
pub struct Memory {
    /// Event IDs: since when they are under way, and whether they were told.
    deliveries: Mutex<Recent<(Timestamp, bool)>>,
    claims: Mutex<Recent<Claimed>>,
    counters: Mutex<Recent<Vec<(String, Timestamp)>>>,
    registers: Mutex<Recent<Register>>,
    notes: Mutex<Recent<(String, Timestamp)>>,
    told: Mutex<Recent<StoredAlert>>,
}

impl Default for Memory {
    fn default() -> Self {
        Self {
            deliveries: Mutex::new(Recent::new(BYTES_MAX)),
            claims: Mutex::new(Recent::new(BYTES_MAX)),
            counters: Mutex::new(Recent::new(BYTES_MAX)),
            registers: Mutex::new(Recent::new(REGISTERS_BYTES_MAX)),
            notes: Mutex::new(Recent::new(BYTES_MAX)),
            told: Mutex::new(Recent::new(BYTES_MAX)),
        }
    }
}

/// Who owns a window, since when, whom it holds back, and how many the one before it did.
#[derive(Debug)]
struct Claimed {
    owner: Option<String>,
    since: Timestamp,
    held: Held,
    before: u32,
}

/// The events that a window held back: how many, and the latest of them.
#[derive(Debug, Default)]
struct Held {
    count: u32,
    latest: VecDeque<String>,
}

impl Held {
    /// Counts an event, once however often it is delivered; says whether it was new.
    fn add(&mut self, event_id: &str) -> bool {
        if self.count >= HELD_MAX || self.latest.iter().any(|known| known == event_id) {
            return false;
        }
        self.count += 1;
        self.latest.push_back(event_id.to_owned());
        if self.latest.len() > HELD_IDS_MAX {
            self.latest.pop_front();
        }
        true
    }
}

impl Memory {
    /// Some of the alerts, by the IDs of their events.
    fn records(&self, wanted: impl Fn(&StoredAlert) -> bool) -> Vec<StoredAlert> {
        let records = lock(&self.told);
        let mut found: Vec<StoredAlert> =
            records.values().filter(|record| wanted(record)).cloned().collect();
        found.sort_by(|one, other| one.told.event_id.cmp(&other.told.event_id));
        found
    }
}

impl State for Memory {
    async fn begin(&self, event_id: &str, now: Timestamp) -> Result<Delivery, EffectError> {
        let mut deliveries = lock(&self.deliveries);
        let stale = SignedDuration::from_secs(UNDER_WAY_SECS_MAX);
        match deliveries.get(event_id) {
            Some((_, true)) => return Ok(Delivery::Told),
            Some((since, false)) if now.duration_since(*since) < stale => {
                return Ok(Delivery::UnderWay);
            }
            _ => {}
        }
        deliveries.insert(event_id, (now, false), 0);
        Ok(Delivery::First)
    }

    async fn end(
        &self,
        event_id: &str,
        now: Timestamp,
        told: Option<&SentAlert>,
    ) -> Result<(), EffectError> {
        let mut deliveries = lock(&self.deliveries);
        let Some(told) = told else {
            deliveries.remove(event_id);
            return Ok(());
        };
        deliveries.insert(event_id, (now, true), 0);
        let mut records = lock(&self.told);
        if records.get(event_id).is_some() {
            return Ok(());
        }
        let bytes = told.alert.as_ref().map_or(0, String::len) + told.title.len();
        let record = StoredAlert {
            told: told.clone(),
            told_at: now,
            acknowledged_at: None,
            judgement: None,
            repeated_at: None,
        };
        records.insert(event_id, record, bytes);
        Ok(())
    }

    async fn claim(
        &self,
        fingerprint: &str,
        event_id: &str,
        at: Timestamp,
        window: SignedDuration,
    ) -> Result<Claim, EffectError> {
        let mut claims = lock(&self.claims);
        let mut before = 0;
        if let Some(claimed) = claims.get(fingerprint) {
            let inside = at.duration_since(claimed.since).abs() < window;
            match &claimed.owner {
                Some(owner) if inside && owner == event_id => {
                    return Ok(Claim::Ours { held: claimed.before });
                }
                Some(_) if inside => return Ok(Claim::Theirs),
                Some(_) => before = claimed.held.count,
                // Given back: what it had found held back is still untold.
                None => before = claimed.before,
            }
        }
        let owner = Some(event_id.to_owned());
        let claimed = Claimed { owner, since: at, held: Held::default(), before };
        claims.insert(fingerprint, claimed, event_id.len());
        Ok(Claim::Ours { held: before })
    }

    async fn hold(&self, fingerprint: &str, event_id: &str) -> Result<Option<u32>, EffectError> {
        let mut claims = lock(&self.claims);
        let Some(claimed) = claims.get_mut(fingerprint) else { return Ok(None) };
        if !claimed.held.add(event_id) {
            return Ok(None);
        }
        let count = claimed.held.count;
        claims.grew(event_id.len());
        Ok(Some(count))
    }

    async fn release(&self, fingerprint: &str, event_id: &str) -> Result<(), EffectError> {
        if let Some(claimed) = lock(&self.claims).get_mut(fingerprint)
            && claimed.owner.as_deref() == Some(event_id)
        {
            claimed.before = claimed.before.saturating_add(claimed.held.count).min(HELD_MAX);
            claimed.owner = None;
            claimed.held = Held::default();
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
        // Events come in any order: those of the window on either side of this one count.
        let near = |(_, then): &&(String, Timestamp)| at.duration_since(*then).abs() < window;
        let distinct: BTreeSet<&str> =
            events.iter().filter(near).map(|(id, _)| id.as_str()).collect();
        let count = distinct.len();
        events.retain(|(_, then)| at.duration_since(*then).abs() < window * 2);
        counters.grew(fresh);
        Ok(u32::try_from(count).unwrap_or(u32::MAX))
    }

    async fn first_between(
        &self,
        key: &str,
        from: Timestamp,
        to: Timestamp,
        none_of: &[String],
    ) -> Result<Option<(String, Timestamp)>, EffectError> {
        let counters = lock(&self.counters);
        let events = counters.get(key).into_iter().flatten();
        let fits =
            |(id, at): &&(String, Timestamp)| (from..=to).contains(at) && !none_of.contains(id);
        Ok(events.filter(fits).min_by_key(|(_, at)| *at).cloned())
    }

    async fn register(&self, address: &str) -> Result<Register, EffectError> {
        Ok(lock(&self.registers).get(address).cloned().unwrap_or_default())
    }

    async fn record_write(&self, address: &str, write: &Write) -> Result<(), EffectError> {
        let mut registers = lock(&self.registers);
        let Some(register) = registers.entry(address) else { return Ok(()) };
        let before = register.bytes();
        register.record(write);
        let more = register.bytes().saturating_sub(before);
        registers.grew(more);
        Ok(())
    }

    async fn note(&self, key: &str) -> Result<Option<(String, Timestamp)>, EffectError> {
        Ok(lock(&self.notes).get(key).cloned())
    }

    async fn keep_note(&self, key: &str, text: &str, at: Timestamp) -> Result<(), EffectError> {
        let mut notes = lock(&self.notes);
        if notes.get(key).is_none_or(|(_, kept)| *kept <= at) {
            notes.insert(key, (text.to_owned(), at), text.len());
        }
        Ok(())
    }
}

impl StoredAlerts for Memory {
    async fn judge(&self, event_id: &str, judgement: &Judgement) -> Result<bool, EffectError> {
        let mut records = lock(&self.told);
        let Some(record) = records.get_mut(event_id) else { return Ok(false) };
        record.acknowledged_at.get_or_insert(judgement.at);
        record.judgement = Some(judgement.clone());
        record.told.repeat_at = None;
        Ok(true)
    }

    async fn told_since(&self, from: Timestamp) -> Result<Vec<StoredAlert>, EffectError> {
        Ok(self.records(|record| record.told_at >= from))
    }

    async fn due(&self, now: Timestamp) -> Result<Vec<StoredAlert>, EffectError> {
        Ok(self.records(|record| record.told.repeat_at.is_some_and(|at| at <= now)))
    }

    async fn take_due(&self, record: &StoredAlert, until: Timestamp) -> Result<bool, EffectError> {
        let mut records = lock(&self.told);
        let found = records.get_mut(&record.told.event_id);
        let Some(found) = found.filter(|found| found.told.repeat_at == record.told.repeat_at)
        else {
            return Ok(false);
        };
        found.told.repeat_at = Some(until);
        Ok(true)
    }

    async fn repeated(&self, event_id: &str, now: Timestamp) -> Result<(), EffectError> {
        if let Some(record) = lock(&self.told).get_mut(event_id) {
            record.told.repeat_at = None;
            record.repeated_at = Some(now);
        }
        Ok(())
    }
}
