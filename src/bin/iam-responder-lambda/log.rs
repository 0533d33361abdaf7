//! The function's log: one line an event, and the metrics.

use std::io::Write;

use iam_responder::effects::Usage;
use iam_responder::event::Event;
use iam_responder::respond::handled::Handled;
use iam_responder::text::severity::Severity;
use tracing::{Level, Subscriber};
use tracing_subscriber::fmt::MakeWriter;

use super::function::{Failed, Function};
use super::publisher::Publisher;

/// JSON lines, as Lambda's own log has them. They contain foreign text, which JSON escapes.
pub(crate) fn json<W>(level: Level, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let lines = tracing_subscriber::fmt().with_target(false).with_max_level(level).json();
    let lines = lines.flatten_event(true).with_current_span(false).with_span_list(false);
    lines.with_ansi(false).with_writer(writer).finish()
}

/// Writes a metric line, at every log level. A dry run writes none, so a deployed function that runs
/// dry has no heartbeat. A log that cannot be written must not fail an event whose alert was sent.
pub(crate) fn write(function: &Function, line: &serde_json::Value) {
    if !matches!(function.publish, Publisher::Log) {
        let _ = writeln!(std::io::stdout(), "{line}");
    }
}

/// Logs all about an event in one line, without its content.
pub(crate) fn log_outcome(outcome: &Handled, used: Usage, milliseconds: u64) {
    tracing::info!(
        event_id = outcome.event_id,
        event_name = outcome.event_name,
        event_time = outcome.event_time.map(tracing::field::display),
        account = outcome.account,
        outcome = outcome.disposition.word(),
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

/// The line about a failed event. The event is parsed a second time here, as the first parse is used up.
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

#[cfg(test)]
mod tests {
    use std::io::{Read, pipe};
    use std::sync::Arc;

    use iam_responder::respond::handled::Disposition;

    use super::*;

    #[test]
    fn a_hostile_name_makes_no_line_of_its_own_in_the_log() {
        let name = "<https://evil.example|click>\n{\"outcome\":\"quiet\"}\r\u{1b}[2J";
        let outcome = Handled {
            event_id: Some(name.to_owned()),
            event_time: None,
            account: None,
            event_name: Some(name.to_owned()),
            disposition: Disposition::Alerted,
            severity: Some(Severity::High),
            rules: Vec::new(),
            reasons: vec![format!("it may weaken {name}")],
            topics: Vec::new(),
            plan: Vec::new(),
            held_back: 0,
            notes: Vec::new(),
        };
        let (mut reader, writer) = pipe().unwrap();
        tracing::subscriber::with_default(json(Level::INFO, Arc::new(writer)), || {
            log_outcome(&outcome, Usage::default(), 7);
        });
        let mut log = String::new();
        reader.read_to_string(&mut log).unwrap();
        let (line, rest) = log.split_once('\n').unwrap();
        assert!(rest.is_empty() && !line.contains(char::is_control), "{log:?}");
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["reasons"], outcome.reasons[0]);
        assert_eq!(line["outcome"], "alerted");
    }
}
