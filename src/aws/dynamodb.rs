//! State in one DynamoDB table, shared by all environments of the function.
//!
//! The table has the key `id` and the TTL attribute `expiration`, in epoch seconds. TTL deletion may
//! lag by days, so times are compared, never trusted to have expired. Every write is idempotent: the
//! SDK repeats a call whose answer was lost.

use std::collections::HashMap;

use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use jiff::{SignedDuration, Timestamp};
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};

use super::client::TooManyRequests;
use crate::effects::{Claim, Delivery, EffectError, State, UNDER_WAY_SECS_MAX};

/// Events kept under one key; when there are more, those older than two windows go. An item grown
/// to DynamoDB's 400 KiB takes no more: each further count fails, and a threshold then fires.
const EVENTS_PER_KEY_MAX: usize = 500;
/// Days that a told event is known.
const DELIVERY_DAYS: i64 = 14;
/// Days that a policy document is kept.
const DOCUMENT_DAYS: i64 = 400;
/// Time that an item outlives its window: DynamoDB deletes late anyway.
const SLACK_SECS: i64 = 86_400;

/// A DynamoDB table as state.
#[derive(Debug, Clone)]
pub struct Table {
    client: Client,
    name: String,
}

type Item = HashMap<String, AttributeValue>;

impl Table {
    /// State in the table of this name.
    #[must_use]
    pub fn new(config: &SdkConfig, name: impl Into<String>) -> Self {
        let config = aws_sdk_dynamodb::config::Builder::from(config)
            .retry_classifier(TooManyRequests)
            .build();
        Self { client: Client::from_conf(config), name: name.into() }
    }

    async fn item(&self, id: String) -> Result<Option<Item>, EffectError> {
        let request = self.client.get_item().table_name(&self.name).consistent_read(true);
        let answer = request.key("id", text(id)).send().await;
        answer.map(|answer| answer.item).map_err(|error| self.failed("read", &error))
    }

    fn failed<E>(&self, what: &str, error: &SdkError<E>) -> EffectError
    where
        SdkError<E>: std::error::Error,
    {
        let action = format!("{what} in table {}", self.name);
        EffectError { action, cause: DisplayErrorContext(error).to_string() }
    }

    /// Takes events out of a key that are too old to count any more.
    async fn prune(&self, id: String, old: Vec<String>) {
        let request = self
            .client
            .update_item()
            .table_name(&self.name)
            .key("id", text(id))
            .update_expression("DELETE events :old")
            .expression_attribute_values(":old", AttributeValue::Ss(old));
        if let Err(error) = request.send().await {
            tracing::warn!(error = %DisplayErrorContext(&error), "old events not pruned");
        }
    }
}

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

    async fn end(&self, event_id: &str, now: Timestamp, told: bool) -> Result<(), EffectError> {
        let key = text(id("event", event_id));
        if !told {
            let request = self.client.delete_item().table_name(&self.name).key("id", key);
            return request
                .send()
                .await
                .map(|_| ())
                .map_err(|error| self.failed("release an event", &error));
        }
        let kept = now.as_second().saturating_add(DELIVERY_DAYS * 86_400);
        let request = self
            .client
            .put_item()
            .table_name(&self.name)
            .item("id", key)
            .item("told", AttributeValue::Bool(true))
            .item("at", number(now.as_second()))
            .item("expiration", number(kept));
        request
            .send()
            .await
            .map(|_| ())
            .map_err(|error| self.failed("mark an event as told", &error))
    }

    async fn claim(
        &self,
        fingerprint: &str,
        event_id: &str,
        at: Timestamp,
        window: SignedDuration,
    ) -> Result<Claim, EffectError> {
        let span = milliseconds(window);
        let claimed = self
            .client
            .put_item()
            .table_name(&self.name)
            .item("id", text(id("claim", fingerprint)))
            .item("owner", text(event_id))
            .item("at", number(at.as_millisecond()))
            .item("expiration", number(expiration(at, window)))
            .condition_expression(
                "attribute_not_exists(id) OR #owner = :event OR #at <= :from OR #at >= :to",
            )
            .expression_attribute_names("#owner", "owner")
            .expression_attribute_names("#at", "at")
            .expression_attribute_values(":event", text(event_id))
            .expression_attribute_values(":from", number(at.as_millisecond().saturating_sub(span)))
            .expression_attribute_values(":to", number(at.as_millisecond().saturating_add(span)))
            .send()
            .await;
        match claimed {
            Ok(_) => Ok(Claim::Ours),
            Err(error) if error.code() == Some("ConditionalCheckFailedException") => {
                Ok(Claim::Theirs)
            }
            Err(error) => Err(self.failed("claim", &error)),
        }
    }

    async fn release(&self, fingerprint: &str, event_id: &str) -> Result<(), EffectError> {
        let released = self
            .client
            .delete_item()
            .table_name(&self.name)
            .key("id", text(id("claim", fingerprint)))
            .condition_expression("#owner = :event")
            .expression_attribute_names("#owner", "owner")
            .expression_attribute_values(":event", text(event_id))
            .send()
            .await;
        match released {
            Ok(_) => Ok(()),
            // It is somebody else's by now.
            Err(error) if error.code() == Some("ConditionalCheckFailedException") => Ok(()),
            Err(error) => Err(self.failed("release a claim", &error)),
        }
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
        // Adding to a set twice is adding once: a repeated call does not count twice.
        let answer = self
            .client
            .update_item()
            .table_name(&self.name)
            .key("id", text(id.clone()))
            .update_expression("ADD events :event SET expiration = :expiration")
            .expression_attribute_values(":event", AttributeValue::Ss(vec![entry]))
            .expression_attribute_values(":expiration", number(expiration(at, window)))
            .return_values(ReturnValue::AllNew)
            .send()
            .await
            .map_err(|error| self.failed("count", &error))?;
        let span = milliseconds(window);
        let now = at.as_millisecond();
        let events = answer.attributes.as_ref().map(events).unwrap_or_default();
        let near = |(_, then): &&(String, i64)| now.abs_diff(*then) < span.unsigned_abs();
        let count = events.iter().filter(near).count();
        if events.len() > EVENTS_PER_KEY_MAX {
            let is_old =
                |(_, then): &&(String, i64)| now.saturating_sub(*then) > span.saturating_mul(2);
            let old: Vec<String> =
                events.iter().filter(is_old).map(|(id, then)| format!("{then} {id}")).collect();
            if !old.is_empty() {
                self.prune(id, old).await;
            }
        }
        Ok(u32::try_from(count).unwrap_or(u32::MAX))
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

    async fn document_before(
        &self,
        key: &str,
        event_id: &str,
    ) -> Result<Option<String>, EffectError> {
        let Some(item) = self.item(id("document", key)).await? else { return Ok(None) };
        let get = |name: &str| item.get(name).and_then(|value| value.as_s().ok());
        let again = get("event").is_some_and(|event| event == event_id);
        let found = if again { get("before") } else { get("current") };
        Ok(found.filter(|text| !text.is_empty()).cloned())
    }

    async fn remember_document(
        &self,
        key: &str,
        event_id: &str,
        at: Timestamp,
        document: Option<&str>,
    ) -> Result<(), EffectError> {
        let kept = SignedDuration::from_hours(24 * DOCUMENT_DAYS / 2);
        let answer = self
            .client
            .update_item()
            .table_name(&self.name)
            .key("id", text(id("document", key)))
            .update_expression(
                "SET #before = if_not_exists(#current, :none), #current = :document, #event = :event, \
                 expiration = :expiration",
            )
            .condition_expression("attribute_not_exists(#event) OR #event <> :event")
            .expression_attribute_names("#before", "before")
            .expression_attribute_names("#current", "current")
            .expression_attribute_names("#event", "event")
            .expression_attribute_values(":none", text(""))
            .expression_attribute_values(":document", text(document.unwrap_or_default()))
            .expression_attribute_values(":event", text(event_id))
            .expression_attribute_values(":expiration", number(expiration(at, kept)))
            .send()
            .await;
        match answer {
            Ok(_) => Ok(()),
            // Delivered again: it is kept already.
            Err(error) if error.code() == Some("ConditionalCheckFailedException") => Ok(()),
            Err(error) => Err(self.failed("remember a document", &error)),
        }
    }
}

/// Keys hold names that an attacker chooses: hashed, they are short and cannot collide.
fn id(kind: &str, key: &str) -> String {
    let hash = digest(&SHA256, key.as_bytes());
    let hex: String = hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{kind}#{hex}")
}

/// A word that nobody else uses.
fn token() -> String {
    let mut bytes = [0_u8; 16];
    // Without randomness two calls may take each other for one: two alerts rather than none.
    let _ = SystemRandom::new().fill(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
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

fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

fn number(value: i64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

fn milliseconds(window: SignedDuration) -> i64 {
    i64::try_from(window.as_millis()).unwrap_or(i64::MAX)
}

/// When an item may go, in epoch seconds.
fn expiration(at: Timestamp, window: SignedDuration) -> i64 {
    at.as_second().saturating_add(window.as_secs().saturating_mul(2)).saturating_add(SLACK_SECS)
}
