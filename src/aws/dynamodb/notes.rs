//! Notes in the table, an item each.

use jiff::{SignedDuration, Timestamp};

use super::table::{Table, expiration, id, number, text, timestamp};
use crate::effects::{EffectError, Notes};

/// Days that a note is kept.
const NOTE_DAYS: i64 = 60;

impl Notes for Table {
    async fn note(&self, key: &str) -> Result<Option<(String, Timestamp)>, EffectError> {
        let Some(item) = self.item(id("note", key)).await? else { return Ok(None) };
        let text = item.get("text").and_then(|value| value.as_s().ok());
        let at = item.get("at").and_then(timestamp);
        Ok(text.cloned().zip(at))
    }

    async fn keep_note(&self, key: &str, note: &str, at: Timestamp) -> Result<(), EffectError> {
        let kept = SignedDuration::from_hours(24 * NOTE_DAYS / 2);
        let request = self
            .client
            .put_item()
            .table_name(&self.name)
            .item("id", text(id("note", key)))
            .item("text", text(note))
            .item("at", number(at.as_millisecond()))
            .item("expiration", number(expiration(at, kept)))
            .condition_expression("attribute_not_exists(id) OR #at <= :at")
            .expression_attribute_names("#at", "at")
            .expression_attribute_values(":at", number(at.as_millisecond()));
        self.unless_refused("keep a note", request.send().await)
    }
}
