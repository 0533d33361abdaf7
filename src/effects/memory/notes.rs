//! Notes in memory.

use jiff::Timestamp;

use super::kept::Memory;
use crate::effects::{EffectError, Notes, lock};

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
