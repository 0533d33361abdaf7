//! The site file, as written.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::iam::account::OrganizationId;
use crate::rule::{RuleSpec, Span, ThresholdSpec};
use crate::site::calendar::CalendarSpec;
use crate::text::severity::Severity;
use crate::text::words::words;

/// `site.yaml` as written.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SiteSpec {
    /// Whether this file adds to the one that came with the rules (`built-in`) or stands alone (`none`).
    #[serde(default)]
    pub defaults: Defaults,
    /// Accounts by their twelve-digit ID.
    #[serde(default)]
    pub accounts: IndexMap<String, AccountSpec>,
    /// ID of your organization, as o-exampleorgid. A trust policy bound to it lets no stranger in;
    /// one bound to another organization does.
    #[serde(default)]
    pub organization: Option<OrganizationId>,
    /// How an account's tags name its environment.
    #[serde(default)]
    pub environment: Option<EnvironmentSpec>,
    /// Named times.
    #[serde(default)]
    pub calendars: IndexMap<String, CalendarSpec>,
    /// Adjustments of severity, applied in this order.
    #[serde(default)]
    pub severity: Vec<AdjustmentSpec>,
    /// Declared silence.
    #[serde(default)]
    pub suppressions: Vec<SuppressionSpec>,
    /// Roles of known automation, by their ARNs with their paths: what they attach was written down and
    /// reviewed elsewhere before.
    #[serde(default)]
    pub pipelines: Vec<String>,
    /// Roles of whose sessions `sourceIdentity` may be believed, by their ARNs with their paths: nobody else than an
    /// identity provider or a broker of yours sets it.
    #[serde(default)]
    pub source_identity_roles: Vec<String>,
    /// Changes to single rules, by rule ID.
    #[serde(default)]
    pub overrides: IndexMap<String, OverrideSpec>,
    /// Where alerts of each severity go.
    #[serde(default)]
    pub topics: BTreeMap<Severity, Vec<TopicSpec>>,
    /// ARNs of the IAM entities that are the last way in.
    #[serde(default)]
    pub break_glass: Vec<String>,
    /// ARNs of further IAM entities that nothing may weaken unseen.
    #[serde(default)]
    pub protected: Vec<String>,
}

/// What a site file does with the one that came with the rules.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Defaults {
    /// Adds to it.
    #[default]
    BuiltIn,
    /// Takes its place.
    None,
}

/// What is known of an account.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AccountSpec {
    /// Name that people know it by.
    #[serde(default)]
    pub name: Option<String>,
    /// Tags; they win over tags looked up elsewhere.
    #[serde(default)]
    pub tags: IndexMap<String, String>,
}

/// How tags name the environment. Keys and values are compared ignoring case.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct EnvironmentSpec {
    /// Tag keys to look at, the first present wins.
    #[serde(default = "default_keys")]
    pub keys: Vec<String>,
    /// Tag values of each environment. An unknown value counts as production.
    #[serde(default = "default_values")]
    pub values: IndexMap<String, Vec<String>>,
}

impl Default for EnvironmentSpec {
    fn default() -> Self {
        Self { keys: default_keys(), values: default_values() }
    }
}

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn default_keys() -> Vec<String> {
    owned(&["environment", "env", "stage", "tier"])
}

fn default_values() -> IndexMap<String, Vec<String>> {
    IndexMap::from([
        (PRODUCTION.to_owned(), owned(&["production", "prod", "prd", "live"])),
        ("staging".to_owned(), owned(&["staging", "stage", "stg", "uat", "preprod"])),
        ("development".to_owned(), owned(&["development", "dev", "sandbox", "test"])),
    ])
}

/// The environment that an unknown account counts as.
pub const PRODUCTION: &str = "production";

/// One adjustment of severity: exactly one of `raise`, `lower`, `set`, `floor`, or none of them
/// for a reason that changes nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AdjustmentSpec {
    /// Event pattern, over the same event as the rules see.
    #[cfg_attr(feature = "schema", schemars(with = "crate::vocabulary::EventPattern"))]
    pub when: Value,
    /// Only for these rules.
    #[serde(default)]
    pub rules: Vec<String>,
    /// Steps louder.
    #[serde(default)]
    pub raise: Option<u8>,
    /// Steps quieter.
    #[serde(default)]
    pub lower: Option<u8>,
    /// Exactly this.
    #[serde(default)]
    pub set: Option<Severity>,
    /// At least this.
    #[serde(default)]
    pub floor: Option<Severity>,
    /// The reason, as the alert will say it.
    pub because: String,
}

impl AdjustmentSpec {
    /// What it does to the severity, if anything, as `lower 2`.
    #[must_use]
    pub fn change(&self) -> Option<String> {
        let raised = self.raise.map(|steps| format!("raise {steps}"));
        let lowered = || self.lower.map(|steps| format!("lower {steps}"));
        let set = || self.set.map(|severity| format!("set {severity}"));
        let floor = || self.floor.map(|severity| format!("floor {severity}"));
        raised.or_else(lowered).or_else(set).or_else(floor)
    }
}

/// Declared silence for known-good automation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SuppressionSpec {
    /// Name, as it appears in reports.
    pub name: String,
    /// Event pattern of what is known to be good.
    #[cfg_attr(feature = "schema", schemars(with = "crate::vocabulary::EventPattern"))]
    pub pattern: Value,
    /// Only for these rules; all where empty.
    #[serde(default)]
    pub rules: Vec<String>,
    /// Who answers for it.
    pub owner: String,
    /// Why it is good.
    pub reason: String,
    /// Last day of silence, as 2027-03-31; it alerts again on the day after (UTC).
    pub expires: String,
}

/// Changes to one rule.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct OverrideSpec {
    /// Another base severity.
    #[serde(default)]
    pub severity: Option<Severity>,
    /// Switches the rule on or off.
    #[serde(default)]
    pub enabled: Option<bool>,
    /// The opposite of `enabled`.
    #[serde(default)]
    pub disabled: Option<bool>,
    /// Another threshold.
    #[serde(default)]
    pub threshold: Option<ThresholdSpec>,
    /// Another window within which a repetition is held back.
    #[serde(default)]
    pub dedupe: Option<Span>,
    /// Who answers for it, as the daily message says.
    #[serde(default)]
    pub owner: Option<String>,
    /// Why it is right.
    #[serde(default)]
    pub reason: Option<String>,
}

impl OverrideSpec {
    /// What a rule is from then on.
    #[must_use]
    pub(crate) fn applied(&self, spec: &RuleSpec) -> RuleSpec {
        let switched = self.enabled.or(self.disabled.map(|disabled| !disabled));
        let mut spec = spec.clone();
        spec.severity = self.severity.unwrap_or(spec.severity);
        spec.enabled = switched.unwrap_or(spec.enabled);
        spec.threshold = self.threshold.clone().or(spec.threshold.take());
        spec.dedupe = self.dedupe.clone().or(spec.dedupe.take());
        spec
    }
}

/// An SNS topic and the format it gets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct TopicSpec {
    /// ARN of the topic, in the function's own Region.
    pub arn: String,
    /// Form of the message.
    #[serde(default)]
    pub format: Format,
}

words! {
    /// Form of a message.
    #[derive(Default, Deserialize)]
    #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
    #[serde(rename_all = "kebab-case")]
    pub enum Format {
        /// Text for people.
        Text = "text",
        /// JSON for programs.
        Json = "json",
        /// Text for mail, short text for SMS, JSON for queues, functions and HTTP.
        #[default]
        PerProtocol = "per-protocol",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_read_by_its_word() {
        for format in Format::ALL {
            let word = serde_json::to_string(format).unwrap();
            assert_eq!(serde_json::from_str::<Format>(&word).unwrap(), *format);
        }
    }
}
