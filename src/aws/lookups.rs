//! Lookups in Organizations, Systems Manager and CloudTrail.

use std::sync::OnceLock;

use aws_config::SdkConfig;
use aws_sdk_cloudtrail::types::{LookupAttribute, LookupAttributeKey};
use aws_sdk_ssm::types::CalendarState as Answer;
use aws_smithy_types::DateTime;
use futures_util::future::join;
use indexmap::IndexMap;
use jiff::Timestamp;

use super::budget::{Budget, Purpose};
use super::client::{Limits, MissedByStandard, limited};
use super::failure::failed;
use crate::effects::{
    Accounts, CalendarState, ChangeCalendars, EffectError, ErrorKind, History, PastCalls, Whose,
};
use crate::iam::account::{Account, AccountId, TAGS_MAX};
use crate::iam::arn::Arn;

/// Name of the lookup in CloudTrail, for errors.
const ACTION: &str = "look up the caller's last hour in CloudTrail";
/// Calls on one page: the most that CloudTrail gives.
const CALLS_MAX: i32 = 50;

/// Lookups that the function may use.
#[derive(Debug, Clone)]
pub struct Permitted {
    /// Organizations about accounts.
    pub accounts: bool,
    /// Systems Manager about change calendars.
    pub calendars: bool,
    /// CloudTrail about the caller's last hour.
    pub history: bool,
}

/// The services that are asked. CloudTrail answers only for the account it is asked in.
#[derive(Debug, Clone)]
pub struct Aws {
    permitted: Permitted,
    own_account: OnceLock<AccountId>,
    config: SdkConfig,
    budget: Budget,
    // Made when they are first needed: four clients cost every cold start milliseconds and megabytes.
    organizations: OnceLock<aws_sdk_organizations::Client>,
    ssm: OnceLock<aws_sdk_ssm::Client>,
    cloudtrail: OnceLock<aws_sdk_cloudtrail::Client>,
}

macro_rules! client {
    ($aws:expr, $field:ident, $service:ident, $purpose:expr) => {
        $aws.$field.get_or_init(|| {
            let config = $service::config::Builder::from(&$aws.config);
            let config = config.retry_classifier(MissedByStandard);
            let limit = $aws.budget.limit($purpose);
            $service::Client::from_conf(config.interceptor(limit).build())
        })
    };
}

impl Aws {
    /// Clients over a shared configuration, within a budget.
    #[must_use]
    pub fn new(config: &SdkConfig, permitted: Permitted, budget: &Budget) -> Self {
        Self {
            permitted,
            own_account: OnceLock::new(),
            config: limited(config, Limits::DISTANT),
            budget: budget.clone(),
            organizations: OnceLock::new(),
            ssm: OnceLock::new(),
            cloudtrail: OnceLock::new(),
        }
    }

    /// Learns from the function's ARN which account it runs in.
    pub fn runs_as(&self, function_arn: &str) {
        let account = Arn::parse(function_arn).and_then(|arn| AccountId::parse(arn.account));
        if let Some(account) = account {
            self.own_account.get_or_init(|| account);
        }
    }

    fn is_own(&self, account: &str) -> bool {
        self.own_account.get().is_some_and(|own| own.as_str() == account)
    }

    async fn tags(&self, account: &str) -> Result<IndexMap<String, String>, EffectError> {
        let mut tags = IndexMap::new();
        let request = client!(self, organizations, aws_sdk_organizations, Purpose::LookUp)
            .list_tags_for_resource()
            .resource_id(account);
        let mut pages = request.into_paginator().items().send();
        while let Some(tag) = pages.next().await {
            let tag =
                tag.map_err(|error| failed(format!("list the tags of account {account}"), &error))?;
            tags.insert(tag.key, tag.value);
            if tags.len() >= TAGS_MAX {
                break;
            }
        }
        Ok(tags)
    }

    async fn name(&self, account: &str) -> Option<String> {
        let answer = client!(self, organizations, aws_sdk_organizations, Purpose::LookUp)
            .describe_account()
            .account_id(account)
            .send()
            .await;
        match answer {
            Ok(answer) => answer.account.and_then(|account| account.name),
            Err(error) => {
                let error = failed(format!("describe account {account}"), &error);
                tracing::warn!(%error, "name of the account not known");
                None
            }
        }
    }
}

impl Accounts for Aws {
    fn asks_about_accounts(&self) -> bool {
        self.permitted.accounts
    }

    /// The tags decide: without them it is a failure. The name is for reading.
    async fn account(&self, account: AccountId) -> Result<Option<Account>, EffectError> {
        if !self.permitted.accounts {
            return Ok(None);
        }
        let account = account.as_str();
        let (tags, name) = join(self.tags(account), self.name(account)).await;
        Ok(Some(Account { name, tags: Some(tags?) }))
    }
}

impl ChangeCalendars for Aws {
    async fn change_calendar(
        &self,
        name: &str,
        at: Timestamp,
    ) -> Result<Option<CalendarState>, EffectError> {
        if !self.permitted.calendars {
            return Ok(None);
        }
        // To the second, as the service takes it.
        let at = at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let request = client!(self, ssm, aws_sdk_ssm, Purpose::LookUp)
            .get_calendar_state()
            .calendar_names(name)
            .at_time(at);
        let answer = request
            .send()
            .await
            .map_err(|error| failed(format!("ask change calendar {name}"), &error))?;
        let open = match answer.state {
            Some(Answer::Open) => true,
            Some(Answer::Closed) => false,
            other => {
                let cause = format!("it answered {other:?}");
                let action = format!("ask change calendar {name}");
                return Err(EffectError::new(action, ErrorKind::Broken, cause));
            }
        };
        let until = answer.next_transition_time.and_then(|time| time.parse().ok());
        Ok(Some(CalendarState { open, until }))
    }
}

impl History for Aws {
    async fn newest(
        &self,
        account: AccountId,
        whose: &Whose,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Option<PastCalls>, EffectError> {
        if !self.permitted.history || !self.is_own(account.as_str()) {
            return Ok(None);
        }
        let (key, value) = match whose {
            Whose::User(name) => (LookupAttributeKey::Username, name),
            Whose::AccessKey(id) => (LookupAttributeKey::AccessKeyId, id),
        };
        let attribute =
            LookupAttribute::builder().attribute_key(key).attribute_value(value).build();
        let attribute = attribute
            .map_err(|error| EffectError::new(ACTION, ErrorKind::Broken, error.to_string()))?;
        let request = client!(self, cloudtrail, aws_sdk_cloudtrail, Purpose::LookBack)
            .lookup_events()
            .lookup_attributes(attribute)
            .start_time(DateTime::from_secs(from.as_second()))
            .end_time(DateTime::from_secs(to.as_second()))
            .max_results(CALLS_MAX);
        let answer = request.send().await.map_err(|error| failed(ACTION, &error))?;
        let events = answer.events.unwrap_or_default().into_iter();
        let records = events.filter_map(|event| event.cloud_trail_event).collect();
        let more = answer.next_token.is_some_and(|token| !token.is_empty());
        Ok(Some(PastCalls { records, more }))
    }
}
