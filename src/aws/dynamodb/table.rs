//! A DynamoDB table as state.

use std::collections::HashMap;

use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use ring::digest::{SHA256, digest};

use crate::aws::budget::{Budget, Purpose};
use crate::aws::client::{Limits, MissedByStandard, limited};
use crate::aws::failure::{chain, failed};
use crate::effects::EffectError;

/// Time that an item outlives its window: DynamoDB deletes late anyway.
pub(super) const SLACK_SECS: i64 = 86_400;

/// A DynamoDB table as state.
#[derive(Debug, Clone)]
pub struct Table {
    /// For what an alert can do without.
    pub(super) client: Client,
    /// For questions that are asked even if the table did not answer before.
    pub(super) insisting: Client,
    pub(super) name: String,
    pub(super) budget: Budget,
}

pub(super) type Item = HashMap<String, AttributeValue>;

impl Table {
    /// State in the table of this name, without a budget: each call has its own time.
    #[must_use]
    pub fn new(config: &SdkConfig, name: impl Into<String>) -> Self {
        Self::within(config, name, &Budget::default())
    }

    /// State in the table of this name, within a budget.
    #[must_use]
    pub fn within(config: &SdkConfig, name: impl Into<String>, budget: &Budget) -> Self {
        let config = limited(config, Limits::SHORT);
        let client = |purpose: Purpose| {
            let config = aws_sdk_dynamodb::config::Builder::from(&config)
                .retry_classifier(MissedByStandard)
                .interceptor(budget.limit(purpose));
            Client::from_conf(config.build())
        };
        Self {
            client: client(Purpose::Ask),
            insisting: client(Purpose::Insist),
            name: name.into(),
            budget: budget.clone(),
        }
    }

    pub(super) async fn item(&self, id: String) -> Result<Option<Item>, EffectError> {
        let request = self.client.get_item().table_name(&self.name).consistent_read(true);
        let answer = request.key("id", text(id)).send().await;
        answer.map(|answer| answer.item).map_err(|error| self.failed("read", &error))
    }

    pub(super) fn failed<E>(&self, what: &str, error: &SdkError<E>) -> EffectError
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        failed(format!("{what} in table {}", self.name), error)
    }

    /// Was it done? A condition that does not hold is an answer, not a failure.
    pub(super) fn was_done<T, E>(
        &self,
        what: &str,
        done: Result<T, SdkError<E>>,
    ) -> Result<bool, EffectError>
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        match done {
            Ok(_) => Ok(true),
            Err(error) if is_refusal(&error) => Ok(false),
            Err(error) => Err(self.failed(what, &error)),
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

/// Milliseconds since 1970.
pub(super) fn timestamp(value: &AttributeValue) -> Option<Timestamp> {
    Timestamp::from_millisecond(value.as_n().ok()?.parse().ok()?).ok()
}

pub(super) fn milliseconds(window: SignedDuration) -> i64 {
    i64::try_from(window.as_millis()).unwrap_or(i64::MAX)
}
