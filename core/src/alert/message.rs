//! An alert as SNS takes it: subject, body, attributes, all within its limits.
//!
//! Source: <https://docs.aws.amazon.com/sns/latest/api/API_Publish.html>

use serde_json::Value;

use super::contents::{Alert, Place, RuleLine, shown_name};
use super::{json, text};
use crate::site::Format;
use crate::text::clean::{ascii, escape_invisible};

/// Longest subject, in ASCII characters.
pub const SNS_SUBJECT_CHARS_MAX: usize = 100;

/// What goes to `sns:Publish`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// At most 100 printable ASCII characters.
    pub subject: String,
    /// The body; a JSON object by protocol where [`Message::per_protocol`] is set.
    pub body: String,
    /// `MessageStructure: json`.
    pub per_protocol: bool,
    /// String attributes for filter policies; none is empty.
    pub attributes: Vec<(&'static str, String)>,
}

impl Message {
    /// Renders an alert.
    #[must_use]
    pub fn new(alert: &Alert, format: Format) -> Self {
        let body = match format {
            Format::Text => text::render(alert),
            Format::Json => json_text(alert),
            Format::PerProtocol => per_protocol(alert),
        };
        let per_protocol = format == Format::PerProtocol;
        Self { subject: subject(alert), body, per_protocol, attributes: attributes(alert) }
    }
}

impl Alert {
    /// The alert for people.
    #[must_use]
    pub fn to_text(&self) -> String {
        text::render(self)
    }

    /// The alert for programs.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        json::render(self)
    }
}

/// The body of each protocol. Most of the work of an alert is to escape these texts, so each is escaped once.
fn per_protocol(alert: &Alert) -> String {
    let quoted = |text: String| Value::String(text).to_string();
    let (text, sms) = (quoted(text::render(alert)), quoted(text::short(alert)));
    let json = quoted(json_text(alert));
    format!(
        r#"{{"default":{text},"email":{text},"sms":{sms},"email-json":{json},"http":{json},"https":{json},"lambda":{json},"sqs":{json}}}"#
    )
}

fn json_text(alert: &Alert) -> String {
    escape_invisible(&json::render(alert).to_string())
}

/// `[CRITICAL] Administrator policy attached to a role: deploy (payments)`.
fn subject(alert: &Alert) -> String {
    let entity = shown_name(alert.entity.as_ref().and_then(|entity| entity.name.as_ref()));
    let Place { account, account_name, affected, .. } = &alert.place;
    let affected = affected.as_ref();
    let affected =
        affected.map(|affected| affected.account_name.as_ref().unwrap_or(&affected.account));
    let place = shown_name(affected.or(account_name.as_ref()).or(account.as_ref()));
    let mut subject = format!("[{}] {}", alert.severity.word().to_uppercase(), alert.title.shown());
    if let Some(entity) = entity {
        subject.push_str(&format!(": {entity}"));
    }
    if let Some(place) = place {
        subject.push_str(&format!(" ({place})"));
    }
    let subject = ascii(&subject);
    if subject.len() <= SNS_SUBJECT_CHARS_MAX {
        return subject;
    }
    let cut: String = subject.chars().take(SNS_SUBJECT_CHARS_MAX - 3).collect();
    format!("{}...", cut.trim_end())
}

fn attributes(alert: &Alert) -> Vec<(&'static str, String)> {
    let environment = alert.place.environment.clone();
    let rule = alert.rules.first().map(RuleLine::id);
    [
        ("severity", Some(alert.severity.word().to_owned())),
        ("account", shown_name(alert.place.account.as_ref())),
        ("environment", environment),
        ("region", shown_name(alert.place.region.as_ref())),
        ("rule", rule),
        ("eventName", shown_name(alert.event.name.as_ref())),
        ("eventSource", shown_name(alert.event.source.as_ref())),
        ("outcome", alert.event.outcome.as_ref().map(|outcome| outcome.word().to_owned())),
    ]
    .into_iter()
    .filter_map(|(name, value)| {
        value.filter(|value| !value.is_empty()).map(|value| (name, ascii(&value)))
    })
    .collect()
}
