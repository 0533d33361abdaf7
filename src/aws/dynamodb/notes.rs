//! Notes and records in the table, an item each.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};

use super::table::{Table, expiration, id, is_refusal, number, text, timestamp};
use crate::effects::{EffectError, Notes, Record, Records};

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

impl Records for Table {
    async fn record(&self, key: &str) -> Result<Option<Record>, EffectError> {
        let Some(item) = self.item(id("record", key)).await? else { return Ok(None) };
        let version = item.get("version").and_then(|value| value.as_n().ok()?.parse().ok());
        let text = item.get("text").and_then(|value| value.as_s().ok()).cloned();
        Ok(version.zip(text).map(|(version, text)| Record { version, text }))
    }

    async fn keep_record(
        &self,
        key: &str,
        record: &Record,
        until: Timestamp,
    ) -> Result<bool, EffectError> {
        let version = |number: u64| AttributeValue::N(number.to_string());
        let Some(before) = record.version.checked_sub(1) else { return Ok(false) };
        // A call repeated because its answer was lost finds what it wrote itself.
        let same = "(#version = :version AND #text = :text)";
        let condition = match before {
            0 => format!("attribute_not_exists(id) OR {same}"),
            _ => format!("#version = :before OR {same}"),
        };
        let mut request = self
            .client
            .put_item()
            .table_name(&self.name)
            .item("id", text(id("record", key)))
            .item("version", version(record.version))
            .item("text", text(&*record.text))
            .item("expiration", number(expiration(until, SignedDuration::ZERO)))
            .condition_expression(condition)
            .expression_attribute_names("#version", "version")
            .expression_attribute_names("#text", "text")
            .expression_attribute_values(":version", version(record.version))
            .expression_attribute_values(":text", text(&*record.text));
        if before > 0 {
            request = request.expression_attribute_values(":before", version(before));
        }
        match request.send().await {
            Ok(_) => Ok(true),
            Err(error) if is_refusal(&error) => Ok(false),
            Err(error) => Err(self.failed("keep a record", &error)),
        }
    }
}
