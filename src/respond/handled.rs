//! What was done with an event: one line for programs.

use jiff::Timestamp;
use serde::Serialize;

use crate::alert::StepLine;
use crate::text::severity::Severity;

/// What was done with an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Disposition {
    /// An alert was sent.
    Alerted,
    /// A suppression silenced it.
    Suppressed,
    /// An earlier event of the same kind was published within the window.
    Deduplicated,
    /// Counted only: a signal, or a threshold not reached.
    Counted,
    /// No rule matched.
    Quiet,
    /// It could not be read, or was not sent by AWS; that was alerted.
    Unreadable,
}

impl Disposition {
    /// Did somebody get an alert?
    #[must_use]
    pub fn is_published(self) -> bool {
        matches!(self, Self::Alerted | Self::Unreadable)
    }

    /// The word in `outcome`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Alerted => "alerted",
            Self::Suppressed => "suppressed",
            Self::Deduplicated => "deduplicated",
            Self::Counted => "counted",
            Self::Quiet => "quiet",
            Self::Unreadable => "unreadable",
        }
    }
}

/// The line that `respond --format json` prints for each event. A contract: fields are added,
/// never changed.
#[derive(Debug, Clone, Serialize)]
pub struct Handled {
    /// `detail.eventID`.
    pub event_id: Option<String>,
    /// When it happened.
    pub event_time: Option<Timestamp>,
    /// Where it happened.
    pub account: Option<String>,
    /// What happened.
    pub event_name: Option<String>,
    /// What was done with it.
    #[serde(rename = "outcome")]
    pub disposition: Disposition,
    /// How loud. `None` if no rule matched.
    pub severity: Option<Severity>,
    /// Rules that matched, the loudest first.
    pub rules: Vec<String>,
    /// Why this loud, or why it could not be read.
    pub reasons: Vec<String>,
    /// Severities whose topics got it.
    pub topics: Vec<Severity>,
    /// What is planned against it.
    pub plan: Vec<StepLine>,
    /// Repetitions held back before this alert.
    #[serde(skip_serializing_if = "is_zero")]
    pub held_back: u32,
    /// Notes about the alert itself.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}
