//! Stored alerts in memory.

use jiff::Timestamp;

use super::kept::Memory;
use crate::effects::alerts::{Judgement, OpenAlerts, StoredAlert, StoredAlerts};
use crate::effects::{EffectError, lock};

impl Memory {
    /// Some of the alerts, by the IDs of their events.
    fn records(&self, wanted: impl Fn(&StoredAlert) -> bool) -> Vec<StoredAlert> {
        let records = lock(&self.sent);
        let mut found: Vec<StoredAlert> =
            records.values().filter(|record| wanted(record)).cloned().collect();
        found.sort_by(|one, other| one.sent.event_id.cmp(&other.sent.event_id));
        found
    }
}

impl StoredAlerts for Memory {
    async fn judge(&self, event_id: &str, judgement: &Judgement) -> Result<bool, EffectError> {
        let mut records = lock(&self.sent);
        let Some(record) = records.get_mut(event_id) else { return Ok(false) };
        record.acknowledged_at.get_or_insert(judgement.at);
        record.judgement = Some(judgement.clone());
        record.sent.remind_at = None;
        Ok(true)
    }

    async fn published_since(&self, from: Timestamp) -> Result<Vec<StoredAlert>, EffectError> {
        Ok(self.records(|record| record.sent_at >= from))
    }
}

impl OpenAlerts for Memory {
    async fn due(&self, now: Timestamp) -> Result<Vec<StoredAlert>, EffectError> {
        Ok(self.records(|record| record.sent.remind_at.is_some_and(|at| at <= now)))
    }

    async fn take_due(&self, record: &StoredAlert, until: Timestamp) -> Result<bool, EffectError> {
        let mut records = lock(&self.sent);
        let found = records.get_mut(&record.sent.event_id);
        let Some(found) = found.filter(|found| found.sent.remind_at == record.sent.remind_at)
        else {
            return Ok(false);
        };
        found.sent.remind_at = Some(until);
        Ok(true)
    }

    async fn reminded(&self, event_id: &str, now: Timestamp) -> Result<(), EffectError> {
        if let Some(record) = lock(&self.sent).get_mut(event_id) {
            record.sent.remind_at = None;
            record.reminded_at = Some(now);
        }
        Ok(())
    }
}
