//! Notes in memory.

use jiff::Timestamp;

use super::kept::Memory;
use crate::effects::{EffectError, Note, Notes, Standing, lock};

impl Notes for Memory {
    async fn note(&self, key: &str) -> Result<Option<Note>, EffectError> {
        Ok(lock(&self.notes).get(key).cloned())
    }

    async fn write_note(
        &self,
        key: &str,
        text: &str,
        at: Timestamp,
        standing: Standing,
    ) -> Result<bool, EffectError> {
        let mut notes = lock(&self.notes);
        let there = notes.get(key);
        let after = there.map_or(1, |note| note.version.saturating_add(1));
        let note = Note { text: text.to_owned(), at, version: standing.next().unwrap_or(after) };
        let holds = match standing {
            Standing::NotLater => there.is_none_or(|there| there.at <= at),
            Standing::Absent => there.is_none_or(|there| *there == note),
            Standing::Version(version) => {
                there.is_some_and(|there| there.version == version || *there == note)
            }
        };
        if holds {
            notes.insert(key, note, text.len());
        }
        Ok(holds)
    }
}
