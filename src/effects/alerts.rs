//! The alerts that were sent, and what people made of them.

use std::future::Future;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::error::EffectError;
use crate::alert::SentAlert;
use crate::text::nearest;

/// Days that an alert and its judgement are kept.
pub const KEPT_DAYS: i64 = 90;
/// Longest note of a judgement, in characters.
pub const NOTE_CHARS_MAX: usize = 1_000;

/// The judgement of a person about an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum JudgementWord {
    /// Somebody looks into it; no judgement yet.
    Acknowledged,
    /// It was what the rule says, and unwanted.
    TruePositive,
    /// It was not what the rule says.
    FalsePositive,
    /// It was what the rule says, and wanted.
    Expected,
}

impl JudgementWord {
    /// All words.
    pub const ALL: [Self; 4] =
        [Self::Acknowledged, Self::TruePositive, Self::FalsePositive, Self::Expected];

    /// As it is written.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Acknowledged => "acknowledged",
            Self::TruePositive => "true-positive",
            Self::FalsePositive => "false-positive",
            Self::Expected => "expected",
        }
    }
}

impl FromStr for JudgementWord {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let words = Self::ALL.map(Self::text);
        let found = Self::ALL.into_iter().find(|word| word.text() == text);
        found.ok_or_else(|| {
            nearest::suggestion(text, words)
                .unwrap_or_else(|| format!("one of {}", words.join(", ")))
        })
    }
}

/// The judgement of a person about an alert, with its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// What it was.
    pub word: JudgementWord,
    /// Why.
    pub note: Option<String>,
    /// Who says so.
    pub by: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// An alert with what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAlert {
    /// What was published.
    pub sent: SentAlert,
    /// When.
    pub sent_at: Timestamp,
    /// When a person first spoke of it.
    pub acknowledged_at: Option<Timestamp>,
    /// The latest judgement.
    pub judgement: Option<Judgement>,
    /// When it was published again.
    pub reminded_at: Option<Timestamp>,
}

/// The alerts that were sent, for people who read and judge them.
pub trait StoredAlerts {
    /// Stores a judgement; the first one also acknowledges. `false` if there is no such alert.
    fn judge(
        &self,
        event_id: &str,
        judgement: &Judgement,
    ) -> impl Future<Output = Result<bool, EffectError>>;

    /// All alerts published since a moment.
    fn published_since(
        &self,
        from: Timestamp,
    ) -> impl Future<Output = Result<Vec<StoredAlert>, EffectError>>;
}

/// The alerts that nobody acknowledged.
pub trait OpenAlerts {
    /// Alerts that are due to be published again.
    fn due(&self, now: Timestamp) -> impl Future<Output = Result<Vec<StoredAlert>, EffectError>>;

    /// Takes one that is due, so that nobody else publishes it before `until`. `false` if somebody else was faster,
    /// or it was acknowledged.
    fn take_due(
        &self,
        record: &StoredAlert,
        until: Timestamp,
    ) -> impl Future<Output = Result<bool, EffectError>>;

    /// Marks one as published again.
    fn reminded(
        &self,
        event_id: &str,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), EffectError>>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_about_a_misspelt_verdict_has_the_right_word() {
        assert!("false-postive".parse::<JudgementWord>().unwrap_err().contains("false-positive"));
    }
}
