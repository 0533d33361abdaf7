//! The table as the state of the responder.

use std::collections::HashSet;

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use jiff::{SignedDuration, Timestamp};
use ring::rand::{SecureRandom, SystemRandom};

use super::records;
use super::registers;
use super::table::{Item, SLACK_SECS, Table, events, expiration, id, is_refusal, number, text};
use crate::alert::{HELD_MAX, SentAlert};
use crate::effects::{Claim, Delivery, EffectError, State, UNDER_WAY_SECS_MAX};
use crate::prior::{Register, Write};

/// Events under one key from which on those older than two windows go.
const EVENTS_PER_KEY_MANY: usize = 500;
/// Events that make room at once where none is old: 1,000 stay, the largest threshold.
const EVENTS_PER_KEY_CUT: usize = 200;
/// Days that a note is kept.
const NOTE_DAYS: i64 = 60;

impl State for Table {
    async fn begin(&self, event_id: &str, now: Timestamp) -> Result<Delivery, EffectError> {
        let stale = now.as_second().saturating_sub(UNDER_WAY_SECS_MAX);
        // A call repeated because its answer was lost finds its own mark, and knows it.
        let owner = token();
        let begun = self
            .client
            .put_item()
            .table_name(&self.name)
            .item("id", text(id("event", event_id)))
            .item("told", AttributeValue::Bool(false))
            .item("owner", text(owner.clone()))
            .item("at", number(now.as_second()))
            .item("expiration", number(now.as_second().saturating_add(SLACK_SECS)))
            .condition_expression(
                "attribute_not_exists(id) OR #owner = :owner OR (told = :no AND #at < :stale)",
            )
            .expression_attribute_names("#owner", "owner")
            .expression_attribute_names("#at", "at")
            .expression_attribute_values(":owner", text(owner))
            .expression_attribute_values(":no", AttributeValue::Bool(false))
            .expression_attribute_values(":stale", number(stale))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        let error = match begun {
            Ok(_) => return Ok(Delivery::First),
            Err(error) => error,
        };
        match error.as_service_error() {
            Some(PutItemError::ConditionalCheckFailedException(refused)) => {
                let told =
                    refused.item().and_then(|item| item.get("told")?.as_bool().ok().copied());
                Ok(if told == Some(true) { Delivery::Told } else { Delivery::UnderWay })
            }
            _ => Err(self.failed("mark an event", &error)),
        }
    }

    async fn end(
        &self,
        event_id: &str,
        now: Timestamp,
        told: Option<&SentAlert>,
    ) -> Result<(), EffectError> {
        let key = text(id("event", event_id));
        let Some(told) = told else {
            let request = self.client.delete_item().table_name(&self.name).key("id", key);
            let done = request.send().await;
            return done.map(|_| ()).map_err(|error| self.failed("release an event", &error));
        };
        let request = self.client.put_item().table_name(&self.name);
        let request = request
            .set_item(Some(records::item(key, told, now)))
            // Told twice, where the state was down: what people made of the first stays.
            .condition_expression("attribute_not_exists(told) OR told = :no")
            .expression_attribute_values(":no", AttributeValue::Bool(false));
        self.unless_refused("mark an event as told", request.send().await)
    }

    async fn claim(
        &self,
        fingerprint: &str,
        event_id: &str,
        at: Timestamp,
        window: SignedDuration,
    ) -> Result<Claim, EffectError> {
        let span = milliseconds(window);
        // What the claim before held back moves aside, so that a call repeated after a lost answer
        // finds its own claim with it.
        let claimed = self
            .client
            .update_item()
            .table_name(&self.name)
            .key("id", text(id("claim", fingerprint)))
            .update_expression(
                "SET #before = if_not_exists(held, :none), #owner = :event, #at = :at, \
                 expiration = :expiration REMOVE held",
            )
            .condition_expression("attribute_not_exists(id) OR #at <= :from OR #at >= :to")
            .expression_attribute_names("#before", "before")
            .expression_attribute_names("#owner", "owner")
            .expression_attribute_names("#at", "at")
            .expression_attribute_values(":none", AttributeValue::Null(true))
            .expression_attribute_values(":event", text(event_id))
            .expression_attribute_values(":at", number(at.as_millisecond()))
            .expression_attribute_values(":expiration", number(expiration(at, window)))
            .expression_attribute_values(":from", number(at.as_millisecond().saturating_sub(span)))
            .expression_attribute_values(":to", number(at.as_millisecond().saturating_add(span)))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match claimed {
            Ok(answer) => Ok(Claim::Ours { held: held(answer.attributes.as_ref()) }),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(refused)) => {
                    let item = refused.item();
                    let owner = item.and_then(|item| item.get("owner")?.as_s().ok());
                    let ours = owner.is_some_and(|owner| owner == event_id);
                    Ok(if ours { Claim::Ours { held: held(item) } } else { Claim::Theirs })
                }
                _ => Err(self.failed("claim", &error)),
            },
        }
    }

    async fn hold(&self, fingerprint: &str, event_id: &str) -> Result<Option<u32>, EffectError> {
        let most = i64::from(HELD_MAX);
        let counted = self
            .client
            .update_item()
            .table_name(&self.name)
            .key("id", text(id("claim", fingerprint)))
            .update_expression("ADD held :event")
            .condition_expression(
                "attribute_exists(id) AND (attribute_not_exists(held) OR size(held) < :most)",
            )
            .expression_attribute_values(":event", AttributeValue::Ss(vec![event_id.to_owned()]))
            .expression_attribute_values(":most", number(most))
            .return_values(ReturnValue::UpdatedNew)
            .send()
            .await;
        match counted {
            Ok(answer) => Ok(answer.attributes.and_then(|item| {
                let held = item.get("held")?.as_ss().ok()?;
                u32::try_from(held.len()).ok()
            })),
            Err(error) if is_refusal(&error) => Ok(None),
            Err(error) => Err(self.failed("count a repetition", &error)),
        }
    }

    async fn release(&self, fingerprint: &str, event_id: &str) -> Result<(), EffectError> {
        let key = text(id("claim", fingerprint));
        // A time long past gives the claim to whoever comes next.
        let given = self
            .client
            .update_item()
            .table_name(&self.name)
            .key("id", key.clone())
            .update_expression("SET #owner = :nobody, #at = :past")
            .condition_expression("#owner = :event")
            .expression_attribute_names("#owner", "owner")
            .expression_attribute_names("#at", "at")
            .expression_attribute_values(":event", text(event_id))
            .expression_attribute_values(":nobody", text(""))
            .expression_attribute_values(":past", number(0))
            .return_values(ReturnValue::AllNew)
            .send()
            .await;
        let item = match given {
            Ok(answer) => answer.attributes,
            // It is somebody else's by now.
            Err(error) if is_refusal(&error) => return Ok(()),
            Err(error) => return Err(self.failed("release a claim", &error)),
        };
        // What the claim before held back is still untold.
        let before = item.as_ref().and_then(|item| item.get("before")?.as_ss().ok());
        let Some(before) = before else { return Ok(()) };
        let counted = self
            .client
            .update_item()
            .table_name(&self.name)
            .key("id", key)
            .update_expression("ADD held :before")
            .condition_expression("#owner = :nobody")
            .expression_attribute_names("#owner", "owner")
            .expression_attribute_values(":nobody", text(""))
            .expression_attribute_values(":before", AttributeValue::Ss(before.clone()))
            .send()
            .await;
        self.unless_refused("keep what a claim held back", counted)
    }

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

    async fn first_between(
        &self,
        key: &str,
        from: Timestamp,
        to: Timestamp,
        none_of: &[String],
    ) -> Result<Option<(String, Timestamp)>, EffectError> {
        let item = self.item(id("count", key)).await?;
        let fits = |(id, then): &(String, i64)| {
            (from.as_millisecond()..=to.as_millisecond()).contains(then) && !none_of.contains(id)
        };
        let events = item.as_ref().map(events).unwrap_or_default();
        let first = events.into_iter().filter(fits).min_by_key(|(_, then)| *then);
        Ok(first.and_then(|(id, then)| Some((id, Timestamp::from_millisecond(then).ok()?))))
    }

    async fn register(&self, address: &str) -> Result<Register, EffectError> {
        let item = self.item(id("register", address)).await?;
        Ok(item.as_ref().map(registers::of).unwrap_or_default())
    }

    async fn record_write(&self, address: &str, write: &Write) -> Result<(), EffectError> {
        self.add_write(id("register", address), write).await
    }

    async fn note(&self, key: &str) -> Result<Option<(String, Timestamp)>, EffectError> {
        let Some(item) = self.item(id("note", key)).await? else { return Ok(None) };
        let text = item.get("text").and_then(|value| value.as_s().ok());
        let at = item.get("at").and_then(records::timestamp);
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

/// Repetitions that the claim before held back.
fn held(item: Option<&Item>) -> u32 {
    let set = item.and_then(|item| item.get("before")?.as_ss().ok());
    set.map_or(0, |events| u32::try_from(events.len()).unwrap_or(HELD_MAX))
}

/// A word that nobody else uses.
fn token() -> String {
    let mut bytes = [0_u8; 16];
    // Without randomness two calls may take each other for one: two alerts rather than none.
    let _ = SystemRandom::new().fill(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn milliseconds(window: SignedDuration) -> i64 {
    i64::try_from(window.as_millis()).unwrap_or(i64::MAX)
}
