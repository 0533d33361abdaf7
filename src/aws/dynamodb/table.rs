//! A DynamoDB table as state.

use std::collections::HashMap;

use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use jiff::{SignedDuration, Timestamp};
use ring::digest::{SHA256, digest};

use super::super::chain::chain;
use super::super::client::{Limits, MissedByStandard, limited};
use crate::effects::EffectError;

/// Most events under one key, more than the largest threshold asks for: each write costs by the size of
/// the whole. Beyond it the oldest make room.
const EVENTS_PER_KEY_MAX: i64 = 1_200;
/// Time that an item outlives its window: DynamoDB deletes late anyway.
pub(super) const SLACK_SECS: i64 = 86_400;

/// A DynamoDB table as state.
#[derive(Debug, Clone)]
pub struct Table {
    pub(super) client: Client,
    pub(super) name: String,
}

pub(super) type Item = HashMap<String, AttributeValue>;

impl Table {
    /// State in the table of this name.
    #[must_use]
    pub fn new(config: &SdkConfig, name: impl Into<String>) -> Self {
        let config = limited(config, Limits::SHORT);
        let config = aws_sdk_dynamodb::config::Builder::from(&config)
            .retry_classifier(MissedByStandard)
            .build();
        Self { client: Client::from_conf(config), name: name.into() }
    }

    pub(super) async fn item(&self, id: String) -> Result<Option<Item>, EffectError> {
        let request = self.client.get_item().table_name(&self.name).consistent_read(true);
        let answer = request.key("id", text(id)).send().await;
        answer.map(|answer| answer.item).map_err(|error| self.failed("read", &error))
    }

    pub(super) fn failed<E>(&self, what: &str, error: &SdkError<E>) -> EffectError
    where
        E: std::error::Error + 'static,
    {
        let action = format!("{what} in table {}", self.name);
        EffectError { action, cause: chain(error) }
    }

    /// A condition that does not hold is an answer, not a failure.
    pub(super) fn unless_refused<T, E>(
        &self,
        what: &str,
        done: Result<T, SdkError<E>>,
    ) -> Result<(), EffectError>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        match done {
            Ok(_) => Ok(()),
            Err(error) if is_refusal(&error) => Ok(()),
            Err(error) => Err(self.failed(what, &error)),
        }
    }

    /// Adds an event under a key, unless it is full: the events there, and whether it was added.
    /// Adding to a set twice is adding once: a repeated call does not count twice.
    pub(super) async fn add(
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

    /// Takes elements out of a set that are too old to count any more.
    pub(super) async fn take_out(&self, id: String, set: &str, old: Vec<String>) {
        let request = self
            .client
            .update_item()
            .table_name(&self.name)
            .key("id", text(id))
            .update_expression("DELETE #set :old")
            .expression_attribute_names("#set", set)
            .expression_attribute_values(":old", AttributeValue::Ss(old));
        if let Err(error) = request.send().await {
            tracing::warn!(error = chain(&error), set, "old elements not taken out");
        }
    }
}

pub(super) fn is_refusal<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    error.code() == Some("ConditionalCheckFailedException")
}

/// Keys hold names that an attacker chooses: hashed, they are short and cannot collide.
pub(super) fn id(kind: &str, key: &str) -> String {
    let hash = digest(&SHA256, key.as_bytes());
    let hex: String = hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{kind}#{hex}")
}

pub(super) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

pub(super) fn number(value: i64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// When an item may go, in epoch seconds.
pub(super) fn expiration(at: Timestamp, window: SignedDuration) -> i64 {
    at.as_second().saturating_add(window.as_secs().saturating_mul(2)).saturating_add(SLACK_SECS)
}

/// The events of a counter: ID and time in milliseconds.
pub(super) fn events(item: &Item) -> Vec<(String, i64)> {
    let entries = item.get("events").and_then(|value| value.as_ss().ok());
    let parse = |entry: &String| {
        let (then, id) = entry.split_once(' ')?;
        Some((id.to_owned(), then.parse().ok()?))
    };
    entries.into_iter().flatten().filter_map(parse).collect()
}
