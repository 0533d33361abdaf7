//! What the function writes to its log: one line an event, and the metrics.

use std::io::Write;

use iam_responder::effects::Usage;
use iam_responder::event::Event;
use iam_responder::respond::outcome::Outcome;
use iam_responder::text::severity::Severity;

use super::function::{Failed, Function};
use super::publisher::Publisher;

/// Writes a metric line, at every log level. A dry run writes none, so a deployed function that runs
/// dry has no heartbeat. A log that cannot be written must not fail an event whose alert was sent.
pub(crate) fn write(function: &Function, line: &serde_json::Value) {
    if !matches!(function.publish, Publisher::Log) {
        let _ = writeln!(std::io::stdout(), "{line}");
    }
}

/// One line tells the whole story of an event, without its content.
pub(crate) fn tell(outcome: &Outcome, used: Usage, milliseconds: u64) {
    tracing::info!(
        event_id = outcome.event_id,
        event_name = outcome.event_name,
        event_time = outcome.event_time.map(tracing::field::display),
        account = outcome.account,
        outcome = outcome.verdict.word(),
        severity = outcome.severity.map(Severity::word),
        rules = outcome.rules.join(","),
        reasons = outcome.reasons.join("; "),
        held_back = outcome.held_back,
        notes = outcome.notes.join(" "),
        state_failures = used.state_failures,
        lookup_failures = used.lookup_failures,
        milliseconds,
        "event handled"
    );
}

pub(crate) fn event_id(text: &str) -> String {
    Event::parse(text).ok().and_then(|event| event.id().map(str::to_owned)).unwrap_or_default()
}

/// The line about an event that failed. Read a second time only here: the first reading is used up.
pub(crate) fn log_failure(error: &Failed, text: &str, used: Usage, milliseconds: u64) {
    let event = Event::parse(text).ok();
    let event = event.as_ref();
    tracing::error!(
        ?error,
        event_id = event.and_then(Event::id),
        event_name = event.and_then(Event::name),
        account = event.and_then(Event::account),
        milliseconds,
        state_failures = used.state_failures,
        lookup_failures = used.lookup_failures,
        "event failed"
    );
}
