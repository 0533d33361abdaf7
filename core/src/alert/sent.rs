//! An alert that was sent, in its stored form.

use jiff::Timestamp;

use crate::text::severity::Severity;

/// An alert that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentAlert {
    /// ID of its event.
    pub event_id: String,
    /// How loud.
    pub severity: Severity,
    /// What happened, in a few words.
    pub title: String,
    /// Rules that matched, the first gave title and severity.
    pub rules: Vec<String>,
    /// Account of the event.
    pub account: Option<String>,
    /// When it happened.
    pub event_time: Option<Timestamp>,
    /// When it is published again, should nobody acknowledge it.
    pub remind_at: Option<Timestamp>,
    /// The alert as JSON, if it may have to be published again.
    pub alert: Option<String>,
}
