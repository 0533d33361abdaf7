//! Notes in the table, an item each.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};

use super::table::{Table, expiration, id, number, text, timestamp};
use crate::effects::{EffectError, Note, Notes, Precondition};

/// Days that a note is kept.
const NOTE_DAYS: i64 = 60;

impl Notes for Table {
    async fn note(&self, key: &str) -> Result<Option<Note>, EffectError> {
        let Some(item) = self.item(id("note", key)).await? else { return Ok(None) };
        let text = item.get("text").and_then(|value| value.as_s().ok());
        let at = item.get("at").and_then(timestamp);
        let version = item.get("version").and_then(|value| value.as_n().ok()?.parse().ok());
        let note = text.zip(at).map(|(text, at)| Note {
            text: text.clone(),
            at,
            version: version.unwrap_or_default(),
        });
        Ok(note)
    }

    async fn write_note(
        &self,
        key: &str,
        note: &str,
        at: Timestamp,
        standing: Precondition,
    ) -> Result<bool, EffectError> {
        let kept = SignedDuration::from_hours(24 * NOTE_DAYS / 2);
        // A condition on a version holds for its own outcome too: the SDK repeats a call whose answer was lost.
        let done = "(#version = :next AND #text = :text AND #at = :at)";
        let stands = match standing {
            Precondition::NotLater => "attribute_not_exists(id) OR #at <= :at".to_owned(),
            Precondition::Absent => format!("attribute_not_exists(id) OR {done}"),
            Precondition::Version(0) => {
                format!("(attribute_exists(id) AND attribute_not_exists(#version)) OR {done}")
            }
            Precondition::Version(_) => format!("#version = :stood OR {done}"),
        };
        let count = match standing.next() {
            None => " ADD #version :one",
            Some(_) => ", #version = :next",
        };
        let mut request = self
            .client
            .update_item()
            .table_name(&self.name)
            .key("id", text(id("note", key)))
            .update_expression(format!(
                "SET #text = :text, #at = :at, expiration = :expiration{count}"
            ))
            .condition_expression(stands)
            .expression_attribute_names("#text", "text")
            .expression_attribute_names("#at", "at")
            .expression_attribute_names("#version", "version")
            .expression_attribute_values(":text", text(note))
            .expression_attribute_values(":at", number(at.as_millisecond()))
            .expression_attribute_values(":expiration", number(expiration(at, kept)));
        let version = |version| AttributeValue::N(u64::to_string(&version));
        request = match standing.next() {
            None => request.expression_attribute_values(":one", version(1)),
            Some(next) => request.expression_attribute_values(":next", version(next)),
        };
        if let Precondition::Version(stood @ 1..) = standing {
            request = request.expression_attribute_values(":stood", version(stood));
        }
        self.was_done("write a note", request.send().await)
    }
}
