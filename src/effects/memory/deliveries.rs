//! Deliveries in memory.

use jiff::{SignedDuration, Timestamp};

use super::kept::Memory;
use crate::alert::SentAlert;
use crate::effects::alerts::StoredAlert;
use crate::effects::{Deliveries, Delivery, EffectError, UNDER_WAY_SECS_MAX, lock};

impl Deliveries for Memory {
    async fn begin(&self, event_id: &str, now: Timestamp) -> Result<Delivery, EffectError> {
        let mut deliveries = lock(&self.deliveries);
        let stale = SignedDuration::from_secs(UNDER_WAY_SECS_MAX);
        match deliveries.get(event_id) {
            Some((_, true)) => return Ok(Delivery::Published),
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
        sent: Option<&SentAlert>,
    ) -> Result<(), EffectError> {
        let mut deliveries = lock(&self.deliveries);
        let Some(sent) = sent else {
            deliveries.remove(event_id);
            return Ok(());
        };
        deliveries.insert(event_id, (now, true), 0);
        let mut records = lock(&self.sent);
        if records.get(event_id).is_some() {
            return Ok(());
        }
        let bytes = sent.alert.as_ref().map_or(0, String::len) + sent.title.len();
        let record = StoredAlert {
            sent: sent.clone(),
            sent_at: now,
            acknowledged_at: None,
            judgement: None,
            reminded_at: None,
        };
        records.insert(event_id, record, bytes);
        Ok(())
    }
}
