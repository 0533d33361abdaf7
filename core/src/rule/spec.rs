//! Rules as they are written.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::text::severity::Severity;

/// Longest window of a threshold or of deduplication, in hours.
pub const WINDOW_HOURS_MAX: i64 = 24 * 7;

/// A rule as written.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub struct RuleSpec {
    /// Name in kebab-case, never reused.
    pub id: String,
    /// What happened, in a few words.
    pub title: String,
    /// Base severity, before the site adjusts it.
    pub severity: Severity,
    /// MITRE ATT&CK techniques, as T1098.001.
    #[serde(default)]
    pub attack: Vec<String>,
    /// Why it matters.
    pub why: String,
    /// Page with more about it.
    #[serde(default)]
    pub source: Option<String>,
    /// EventBridge event pattern over the envelope and `derived`.
    #[cfg_attr(feature = "schema", schemars(with = "crate::vocabulary::EventPattern"))]
    pub pattern: Value,
    /// What to do at two in the morning.
    pub runbook: String,
    /// When it is nothing.
    #[serde(default)]
    pub false_positives: Vec<String>,
    /// What may be planned against it.
    #[serde(default)]
    pub respond: Vec<String>,
    /// What a failed or denied call does to the severity.
    #[serde(default)]
    pub attempts: Attempts,
    /// What no adjustment of the site makes it quieter than; `medium` for those of high and critical, if left
    /// out. The site's overrides and suppressions go further.
    #[serde(default)]
    pub floor: Option<Severity>,
    /// Off until the site switches it on.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// Counts only where no rule about the call fired, and no general one as loud.
    #[serde(default)]
    fallback: bool,
    /// A rule about many calls: always listed, but it sets title and severity only where no rule
    /// about the call itself fired.
    #[serde(default)]
    general: bool,
    /// Counts and never sends.
    #[serde(default)]
    signal: bool,
    /// Fires only when it happens often.
    #[serde(default)]
    pub threshold: Option<ThresholdSpec>,
    /// Fires only after other events.
    #[serde(default)]
    pub sequence: Option<SequenceSpec>,
    /// A repetition within this window is held back.
    #[serde(default)]
    pub dedupe: Option<Span>,
    /// What makes two alerts the same for `dedupe`.
    #[serde(default)]
    pub dedupe_by: Option<Vec<GroupBy>>,
    /// The rule's own tests.
    #[serde(default)]
    pub tests: Vec<TestSpec>,
}

fn yes() -> bool {
    true
}

impl RuleSpec {
    /// A rule of words alone, with an empty pattern.
    pub(super) fn of_words(id: &str, title: &str, severity: Severity, why: String) -> Self {
        Self {
            id: id.to_owned(),
            title: title.to_owned(),
            severity,
            attack: Vec::new(),
            why,
            source: None,
            pattern: Value::Object(Map::new()),
            runbook: String::new(),
            false_positives: Vec::new(),
            respond: Vec::new(),
            attempts: Attempts::default(),
            floor: None,
            enabled: true,
            fallback: false,
            general: false,
            signal: false,
            threshold: None,
            sequence: None,
            dedupe: None,
            dedupe_by: None,
            tests: Vec::new(),
        }
    }

    /// Its rank among the rules that fire on one event.
    #[must_use]
    pub fn rank(&self) -> Rank {
        match (self.general, self.fallback) {
            (false, false) => Rank::Specific,
            (true, _) => Rank::General,
            (false, true) => Rank::Fallback,
        }
    }

    /// On which of the events that it matches it fires.
    #[must_use]
    pub fn fires(&self) -> Fires<'_> {
        let (often, after) = (self.threshold.as_ref(), self.sequence.as_ref());
        match (self.signal, often, after) {
            (true, ..) => Fires::Never,
            (false, None, None) => Fires::Each,
            (false, often, after) => Fires::When { often, after },
        }
    }

    /// Does it count without a word, and never fire?
    #[must_use]
    pub fn is_signal(&self) -> bool {
        self.fires() == Fires::Never
    }

    /// Is it about many calls, so that a rule about the call itself speaks before it?
    #[must_use]
    pub(crate) fn is_general(&self) -> bool {
        self.rank() == Rank::General
    }

    /// Two words of one rule that contradict each other: the path of the second, and what is wrong.
    pub(super) fn contradiction(&self) -> Option<(&'static str, &'static str)> {
        if self.general && self.fallback {
            let message = "a rule is `general` or `fallback`: leave one out";
            return Some(("fallback", message));
        }
        let message =
            "a `signal` never fires, so nothing counts or precedes it: leave `signal` or this out";
        let asks = [("threshold", self.threshold.is_some()), ("sequence", self.sequence.is_some())];
        let asked = asks.into_iter().find(|(_, given)| self.signal && *given);
        asked.map(|(path, _)| (path, message))
    }
}

/// The rank of a rule among those that fire on one event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rank {
    /// About the call itself.
    Specific,
    /// About many calls.
    General,
    /// Where nothing else stands.
    Fallback,
}

/// On which of the events that it matches a rule fires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fires<'r> {
    /// On each.
    Each,
    /// Where it comes often, or after others; where both are asked, both must be so.
    When {
        /// So often.
        often: Option<&'r ThresholdSpec>,
        /// After these.
        after: Option<&'r SequenceSpec>,
    },
    /// On none: it counts.
    Never,
}

/// What a failed or denied call does to the severity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Attempts {
    /// One step quieter.
    #[default]
    Lower,
    /// As loud as if it had succeeded.
    Keep,
    /// As loud, and in the same words: the rule is about the caller, not the outcome.
    Same,
}

/// "3 within 5 minutes, by principal".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ThresholdSpec {
    /// Fires on this many.
    pub count: u32,
    /// Within this time, by the events' own clock.
    pub within: Span,
    /// Counted apart for each of these.
    #[serde(default)]
    pub by: Vec<GroupBy>,
    /// Other numbers for accounts of an environment, by its name.
    #[serde(default)]
    pub environments: BTreeMap<String, ThresholdPart>,
}

/// What is different in an environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ThresholdPart {
    /// Fires on this many.
    #[serde(default)]
    pub count: Option<u32>,
    /// Within this time.
    #[serde(default)]
    pub within: Option<Span>,
}

impl ThresholdSpec {
    /// Is it neither trivial nor more than is counted, in every environment?
    #[must_use]
    pub(crate) fn is_countable(&self) -> bool {
        let others = self.environments.values().filter_map(|part| part.count);
        others.chain([self.count]).all(|count| (2..=THRESHOLD_MAX).contains(&count))
    }

    /// How many within how long, for an account of this environment.
    #[must_use]
    pub(crate) fn in_environment(&self, name: &str) -> (u32, SignedDuration) {
        let part = self.environments.get(name);
        let count = part.and_then(|part| part.count).unwrap_or(self.count);
        let within = part.and_then(|part| part.within.as_ref()).unwrap_or(&self.within);
        (count, within.duration())
    }
}

/// "After a user was created, within 10 minutes, for the same user": the rule's `pattern` is the
/// last event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SequenceSpec {
    /// Event patterns that must have matched before, in this order.
    #[cfg_attr(feature = "schema", schemars(with = "Vec<crate::vocabulary::EventPattern>"))]
    pub before: Vec<Value>,
    /// Within this time, by the events' own clock.
    pub within: Span,
    /// For the same of each of these.
    #[serde(default)]
    pub by: Vec<GroupBy>,
}

/// What events are counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum GroupBy {
    /// Account ID.
    Account,
    /// Role, user or other principal.
    Principal,
    /// What was acted upon.
    Entity,
    /// Name of the call.
    Call,
    /// What the call sets, as far as its record says: its parameters, the hash of the code.
    Content,
    /// What the call sets, where it set something else on the same thing within the window: one alert about
    /// many things does not hide that one of them is changed a second time.
    Again,
    /// Roles or group that the call hands over.
    Handed,
    /// Source address.
    SourceIp,
    /// Access key that signed the call.
    AccessKey,
}

impl GroupBy {
    /// What is wrong with the others.
    pub(crate) const COUNTED_SAID: &str = "it counts by `account`, `principal`, `entity`, `source-ip` or `access-key`; the \
        others are for `dedupe_by`";

    /// The first of these that no threshold and no sequence may count by: it distinguishes repetitions.
    #[must_use]
    pub(crate) fn uncounted(by: &[Self]) -> Option<usize> {
        by.iter().position(|group| {
            matches!(group, Self::Call | Self::Content | Self::Again | Self::Handed)
        })
    }
}

/// A span of time, as `30s`, `10m`, `2h`, `1d`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Span {
    text: String,
    duration: SignedDuration,
}

impl Span {
    /// The span as a duration.
    #[must_use]
    pub(crate) fn duration(&self) -> SignedDuration {
        self.duration
    }

    /// The span as it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Span {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Span".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "A span of time, as `30s`, `10m`, `2h`, `1d`.",
            "type": "string",
            "pattern": "^[0-9]+[smhd]$",
        })
    }
}

impl From<Span> for String {
    fn from(span: Span) -> Self {
        span.text
    }
}

impl TryFrom<String> for Span {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let fault = || {
            format!(
                "`{text}` is not a span of time; write it like 30s, 10m, 2h or 1d, at most {WINDOW_HOURS_MAX}h"
            )
        };
        let unit_at = text.len().checked_sub(1).ok_or_else(fault)?;
        let (number, unit) = text.split_at_checked(unit_at).ok_or_else(fault)?;
        let seconds = match unit {
            "s" => 1,
            "m" => 60,
            "h" => 3_600,
            "d" => 86_400,
            _ => return Err(fault()),
        };
        let number: i64 = number.parse().map_err(|_| fault())?;
        let seconds = number.checked_mul(seconds).ok_or_else(fault)?;
        if !(1..=WINDOW_HOURS_MAX * 3_600).contains(&seconds) {
            return Err(fault());
        }
        Ok(Self { duration: SignedDuration::from_secs(seconds), text })
    }
}

/// Largest threshold.
pub const THRESHOLD_MAX: u32 = 1_000;
/// Most patterns before the last in a sequence.
pub(crate) const SEQUENCE_STEPS_MAX: usize = 10;

/// One test of a rule: an event, changed, and the answer.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct TestSpec {
    /// What it shows.
    pub name: String,
    /// Events that come first.
    #[serde(default)]
    pub before: Vec<TestEvent>,
    /// The event that decides: a file under `events/`.
    pub event: String,
    /// Values to set first, by dotted path.
    #[serde(default)]
    pub set: BTreeMap<String, Value>,
    /// Paths to remove first.
    #[serde(default)]
    pub remove: Vec<String>,
    /// How often it comes, each time as another event.
    #[serde(default = "once")]
    pub repeat: u32,
    /// Whether the rule must match it, or for thresholds and sequences, fire on it.
    #[serde(rename = "match")]
    pub matches: bool,
}

impl TestSpec {
    /// The event that decides, with its changes.
    #[must_use]
    pub fn last(&self) -> TestEvent {
        TestEvent { event: self.event.clone(), set: self.set.clone(), remove: self.remove.clone() }
    }
}

fn once() -> u32 {
    1
}

/// An event of a test: one of `events/`, changed.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct TestEvent {
    /// File under `events/`.
    pub event: String,
    /// Values to set first, by dotted path.
    #[serde(default)]
    pub set: BTreeMap<String, Value>,
    /// Paths to remove first.
    #[serde(default)]
    pub remove: Vec<String>,
}
