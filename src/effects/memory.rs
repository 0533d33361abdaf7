//! State in memory: for the command line, and for a function without a table, where it lasts as
//! long as the execution environment.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Mutex;

use jiff::{SignedDuration, Timestamp};

use super::{Claim, Delivery, EffectError, HELD_MAX, State, UNDER_WAY_SECS_MAX, lock};
use crate::ledger::{Judgement, Ledger, Record, Told};
use crate::prior::{Register, Write};

/// Most fingerprints and counters kept. Beyond it all of the kind are forgotten at once: repetitions
/// are told again, thresholds and sequences begin anew.
pub const ENTRIES_MAX: usize = 100_000;
/// Most bytes of prior state kept. Beyond it all of it is forgotten: what was before is unknown then, and
/// falls to the stricter side.
pub const REGISTERS_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Most events remembered in one counter.
pub const EVENTS_PER_COUNTER_MAX: usize = 1_000;

/// State that dies with the process.
#[derive(Debug, Default)]
pub struct Memory {
    /// Event IDs: since when they are under way, and whether they were told.
    deliveries: Mutex<HashMap<String, (Timestamp, bool)>>,
    claims: Mutex<HashMap<String, Claimed>>,
    counters: Mutex<HashMap<String, Vec<(String, Timestamp)>>>,
    registers: Mutex<Registers>,
    notes: Mutex<HashMap<String, (String, Timestamp)>>,
    told: Mutex<BTreeMap<String, Record>>,
}

/// Who owns a window, since when, whom it holds back, and how many the one before it did.
#[derive(Debug)]
struct Claimed {
    owner: Option<String>,
    since: Timestamp,
    held: BTreeSet<String>,
    before: u32,
}

/// Registers of prior state, and how much they hold.
#[derive(Debug, Default)]
struct Registers {
    of: HashMap<String, Register>,
    bytes: usize,
}

impl State for Memory {
    async fn begin(&self, event_id: &str, now: Timestamp) -> Result<Delivery, EffectError> {
        let mut deliveries = lock(&self.deliveries);
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

    async fn end(
        &self,
        event_id: &str,
        now: Timestamp,
        told: Option<&Told>,
    ) -> Result<(), EffectError> {
        let mut deliveries = lock(&self.deliveries);
        let Some(told) = told else {
            deliveries.remove(event_id);
            return Ok(());
        };
        deliveries.insert(event_id.to_owned(), (now, true));
        let mut records = lock(&self.told);
        if records.len() >= ENTRIES_MAX {
            records.clear();
        }
        let record = Record {
            told: told.clone(),
            told_at: now,
            acknowledged_at: None,
            judgement: None,
            repeated_at: None,
        };
        records.entry(event_id.to_owned()).or_insert(record);
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
        if claims.len() >= ENTRIES_MAX {
            claims.clear();
        }
        let mut before = 0;
        if let Some(claimed) = claims.get(fingerprint) {
            let inside = at.duration_since(claimed.since).abs() < window;
            match &claimed.owner {
                Some(owner) if inside && owner == event_id => {
                    return Ok(Claim::Ours { held: claimed.before });
                }
                Some(_) if inside => return Ok(Claim::Theirs),
                Some(_) => before = u32::try_from(claimed.held.len()).unwrap_or(HELD_MAX),
                // Given back: what it had found held back is still untold.
                None => before = claimed.before,
            }
        }
        let claimed =
            Claimed { owner: Some(event_id.to_owned()), since: at, held: BTreeSet::new(), before };
        claims.insert(fingerprint.to_owned(), claimed);
        Ok(Claim::Ours { held: before })
    }

    async fn hold(&self, fingerprint: &str, event_id: &str) -> Result<(), EffectError> {
        if let Some(claimed) = lock(&self.claims).get_mut(fingerprint)
            && claimed.held.len() < usize::try_from(HELD_MAX).unwrap_or(usize::MAX)
        {
            claimed.held.insert(event_id.to_owned());
        }
        Ok(())
    }

    async fn release(&self, fingerprint: &str, event_id: &str) -> Result<(), EffectError> {
        if let Some(claimed) = lock(&self.claims).get_mut(fingerprint)
            && claimed.owner.as_deref() == Some(event_id)
        {
            let held = u32::try_from(claimed.held.len()).unwrap_or(HELD_MAX);
            claimed.before = claimed.before.saturating_add(held).min(HELD_MAX);
            claimed.owner = None;
            claimed.held.clear();
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
        if counters.len() >= ENTRIES_MAX {
            counters.clear();
        }
        let events = counters.entry(key.to_owned()).or_default();
        if !events.iter().any(|(known, then)| known == event_id && *then == at) {
            events.push((event_id.to_owned(), at));
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
        Ok(lock(&self.registers).of.get(address).cloned().unwrap_or_default())
    }

    async fn record_write(&self, address: &str, write: &Write) -> Result<(), EffectError> {
        let mut registers = lock(&self.registers);
        if registers.bytes >= REGISTERS_BYTES_MAX {
            *registers = Registers::default();
        }
        let register = registers.of.entry(address.to_owned()).or_default();
        let before = register.bytes();
        let fresh = if before == 0 { address.len() } else { 0 };
        register.record(write);
        let after = register.bytes();
        registers.bytes = (registers.bytes + after + fresh).saturating_sub(before);
        Ok(())
    }

    async fn note(&self, key: &str) -> Result<Option<(String, Timestamp)>, EffectError> {
        Ok(lock(&self.notes).get(key).cloned())
    }

    async fn keep_note(&self, key: &str, text: &str, at: Timestamp) -> Result<(), EffectError> {
        let mut notes = lock(&self.notes);
        if notes.len() >= ENTRIES_MAX {
            notes.clear();
        }
        if notes.get(key).is_none_or(|(_, kept)| *kept <= at) {
            notes.insert(key.to_owned(), (text.to_owned(), at));
        }
        Ok(())
    }
}

impl Ledger for Memory {
    async fn judge(&self, event_id: &str, judgement: &Judgement) -> Result<bool, EffectError> {
        let mut records = lock(&self.told);
        let Some(record) = records.get_mut(event_id) else { return Ok(false) };
        record.acknowledged_at.get_or_insert(judgement.at);
        record.judgement = Some(judgement.clone());
        record.told.repeat_at = None;
        Ok(true)
    }

    async fn told_since(&self, from: Timestamp) -> Result<Vec<Record>, EffectError> {
        let records = lock(&self.told);
        Ok(records.values().filter(|record| record.told_at >= from).cloned().collect())
    }

    async fn due(&self, now: Timestamp) -> Result<Vec<Record>, EffectError> {
        let is_due = |record: &&Record| record.told.repeat_at.is_some_and(|at| at <= now);
        Ok(lock(&self.told).values().filter(is_due).cloned().collect())
    }

    async fn take_due(&self, record: &Record, until: Timestamp) -> Result<bool, EffectError> {
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
