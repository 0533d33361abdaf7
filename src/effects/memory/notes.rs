//! Notes in memory.

use jiff::Timestamp;

use super::kept::Memory;
use crate::effects::{EffectError, Note, Notes, Precondition, lock};

impl Notes for Memory {
    async fn note(&self, key: &str) -> Result<Option<Note>, EffectError> {
        Ok(lock(&self.notes).get(key).cloned())
    }

    async fn write_note(
        &self,
        key: &str,
        text: &str,
        at: Timestamp,
        standing: Precondition,
    ) -> Result<bool, EffectError> {
        let mut notes = lock(&self.notes);
        let there = notes.get(key);
        let after = there.map_or(1, |note| note.version.saturating_add(1));
        let note = Note { text: text.to_owned(), at, version: standing.next().unwrap_or(after) };
        let holds = match standing {
            Precondition::NotLater => there.is_none_or(|there| there.at <= at),
            Precondition::Absent => there.is_none_or(|there| *there == note),
            Precondition::Version(version) => {
                there.is_some_and(|there| there.version == version || *there == note)
            }
        };
        if holds {
            notes.insert(key, note, text.len());
        }
        Ok(holds)
    }
}
