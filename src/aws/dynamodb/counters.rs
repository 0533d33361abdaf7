//! Counters in the table: an item for each key, with a set of its events.

use std::collections::HashSet;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use jiff::{SignedDuration, Timestamp};

use super::table::{Item, Table, expiration, id, milliseconds, number, text};
use crate::effects::{Counters, EffectError};
use crate::rule::THRESHOLD_MAX;

/// Most events under one key: the cost of a write grows with the whole item. Beyond it the oldest are removed, and as
/// many stay as the largest threshold counts.
const EVENTS_PER_KEY_MAX: i64 = THRESHOLD_MAX as i64 + EVENTS_PER_KEY_CUT as i64;
/// Events under one key from which on those older than two windows are removed.
const EVENTS_PER_KEY_MANY: usize = 500;
/// Events removed at once if none is old.
const EVENTS_PER_KEY_CUT: usize = 200;

impl Counters for Table {
    async fn count(
        &self,
        key: &str,
        event_id: &str,
        at: Timestamp,
        window: SignedDuration,
    ) -> Result<u32, EffectError> {
        let id = id("count", key);
        let entry = format!("{} {event_id}", at.as_millisecond());
        let (span, now) = (milliseconds(window), at.as_millisecond());
        let is_old =
            |(_, then): &&(String, i64)| now.saturating_sub(*then) > span.saturating_mul(2);
        let (mut noted, added) = self.add(&id, &entry, expiration(at, window)).await?;
        if !added || noted.len() > EVENTS_PER_KEY_MANY {
            noted.sort_unstable_by_key(|(_, then)| *then);
            let old = noted.iter().filter(is_old).count();
            let gone = if added { old } else { old.max(EVENTS_PER_KEY_CUT) };
            let gone: Vec<String> =
                noted.iter().take(gone).map(|(id, then)| format!("{then} {id}")).collect();
            if !gone.is_empty() {
                self.take_out(id.clone(), "events", gone).await;
                if !added {
                    (noted, _) = self.add(&id, &entry, expiration(at, window)).await?;
                }
            }
        }
        let near = |(_, then): &&(String, i64)| now.abs_diff(*then) < span.unsigned_abs();
        let mut distinct: HashSet<&str> =
            noted.iter().filter(near).map(|(id, _)| id.as_str()).collect();
        distinct.insert(event_id);
        Ok(u32::try_from(distinct.len()).unwrap_or(u32::MAX))
    }

    async fn counted_between(
        &self,
        key: &str,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<(String, Timestamp)>, EffectError> {
        let item = self.item(id("count", key)).await?;
        let events = item.as_ref().map(events).unwrap_or_default().into_iter();
        let events = events
            .filter_map(|(id, then)| Some((id, Timestamp::from_millisecond(then).ok()?)))
            .filter(|(_, then)| (from..=to).contains(then));
        Ok(events.collect())
    }
}

impl Table {
    /// Adds an event under a key, unless it is full: the events there, and whether it was added.
    /// Adding to a set twice is adding once: a repeated call does not count twice.
    async fn add(
        &self,
        id: &str,
        entry: &str,
        expiration: i64,
    ) -> Result<(Vec<(String, i64)>, bool), EffectError> {
        let done = self
            .client
            .update_item()
            .table_name(&self.name)
            .key("id", text(id))
            .update_expression("ADD events :event SET expiration = :expiration")
            .condition_expression("attribute_not_exists(events) OR size(events) < :most")
            .expression_attribute_values(":event", AttributeValue::Ss(vec![entry.to_owned()]))
            .expression_attribute_values(":expiration", number(expiration))
            .expression_attribute_values(":most", number(EVENTS_PER_KEY_MAX))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match done {
            Ok(answer) => Ok((answer.attributes.as_ref().map(events).unwrap_or_default(), true)),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(full)) => {
                    Ok((full.item().map(events).unwrap_or_default(), false))
                }
                _ => Err(self.failed("count", &error)),
            },
        }
    }
}

/// The events of a counter: ID and time in milliseconds.
fn events(item: &Item) -> Vec<(String, i64)> {
    let entries = item.get("events").and_then(|value| value.as_ss().ok());
    let parse = |entry: &String| {
        let (then, id) = entry.split_once(' ')?;
        Some((id.to_owned(), then.parse().ok()?))
    };
    entries.into_iter().flatten().filter_map(parse).collect()
}
