//! Notes and records in memory.

use jiff::Timestamp;

use super::kept::Memory;
use crate::effects::{EffectError, Notes, Record, Records, lock};

impl Notes for Memory {
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

impl Records for Memory {
    async fn record(&self, key: &str) -> Result<Option<Record>, EffectError> {
        Ok(lock(&self.records).get(key).cloned())
    }

    async fn keep_record(
        &self,
        key: &str,
        record: &Record,
        _: Timestamp,
    ) -> Result<bool, EffectError> {
        let mut records = lock(&self.records);
        let kept = records.get(key);
        if kept != Some(record) && kept.map_or(0, |kept| kept.version) + 1 != record.version {
            return Ok(false);
        }
        records.insert(key, record.clone(), record.text.len());
        Ok(true)
    }
}
