//! Numbers about the responder itself, in CloudWatch's embedded metric format: a line of the log
//! becomes metrics, without a call.
//!
//! Neither accounts nor principals are dimensions: they would cost a metric each.
//!
//! MetricSource: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::effects::Usage;
use crate::respond::handled::{Disposition, Handled};
use crate::respond::remind::Reminded;
use crate::text::severity::Severity;

/// Namespace of all metrics.
pub const NAMESPACE: &str = "iam-responder";

/// One metric: its name, its unit, and its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metric {
    /// Name in CloudWatch.
    pub name: &'static str,
    /// Unit in CloudWatch.
    pub unit: &'static str,
    /// What it means.
    pub meaning: &'static str,
}

const fn metric(name: &'static str, unit: &'static str, meaning: &'static str) -> Metric {
    Metric { name, unit, meaning }
}

/// All metrics, in the order of the documentation.
pub const METRICS: [Metric; 23] = [
    metric("EventsReceived", "Count", "events handed to the function"),
    metric("EventsMatched", "Count", "events that at least one rule matched"),
    metric("AlertsCritical", "Count", "alerts sent as critical"),
    metric("AlertsHigh", "Count", "alerts sent as high"),
    metric("AlertsMedium", "Count", "alerts sent as medium"),
    metric("AlertsLow", "Count", "alerts sent as low"),
    metric("AlertsInformational", "Count", "alerts sent as informational"),
    metric("EventsSuppressed", "Count", "events that a suppression silenced"),
    metric("EventsDeduplicated", "Count", "repetitions held back"),
    metric("EventsCounted", "Count", "events that only counted: signals, thresholds not reached"),
    metric(
        "EventsUnreadable",
        "Count",
        "events that could not be read or were not sent by AWS; each was alerted",
    ),
    metric(
        "PublishFailures",
        "Count",
        "events whose alert could not be published; Lambda tries them again",
    ),
    metric(
        "EventsUnderWay",
        "Count",
        "deliveries of an event that another copy was at; Lambda tries again",
    ),
    metric(
        "StateFailures",
        "Count",
        "calls of the state table that failed or gave less than was asked; alerts flow, not deduplicated",
    ),
    metric(
        "LookupFailures",
        "Count",
        "lookups of accounts, calendars and the caller's last hour that failed",
    ),
    metric("AlertsRepeated", "Count", "alerts published again, as nobody acknowledged them"),
    metric(
        "AlertsUnacknowledged",
        "Count",
        "alerts whose time to be acknowledged was over, in one look",
    ),
    metric(
        "Heartbeat",
        "Count",
        "rings of the clock at which settings, table and every topic could be read",
    ),
    metric("DetectionDelay", "Milliseconds", "from the event's own time to the alert"),
    metric("Duration", "Milliseconds", "spent on the event by the function"),
    metric("DurationState", "Milliseconds", "of that, waiting for the state table"),
    metric(
        "DurationLookup",
        "Milliseconds",
        "of that, looking up accounts, calendars, the last hour",
    ),
    metric("DurationPublish", "Milliseconds", "of that, publishing"),
];

/// Where the lines come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetricSource {
    /// Name of the function: the dimension of all metrics.
    pub function: String,
    /// The level that a line must bear to pass Lambda's filter on the log, where it needs one.
    pub level: Option<&'static str>,
}

/// Why an event was not handled; Lambda delivers it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// Its alert could not be published.
    Alert,
    /// Another environment is at it.
    UnderWay,
}

/// The line for an event that was handled, or was not.
#[must_use]
pub fn line(
    result: Result<&Handled, Failure>,
    used: Usage,
    now: Timestamp,
    milliseconds: u64,
    source: &MetricSource,
) -> Value {
    let mut values: Vec<(&str, u64)> = vec![("EventsReceived", 1), ("Duration", milliseconds)];
    match result {
        Ok(outcome) => values.extend(of_outcome(outcome, now)),
        Err(Failure::Alert) => values.push(("PublishFailures", 1)),
        Err(Failure::UnderWay) => values.push(("EventsUnderWay", 1)),
    }
    let spent = |span: Duration| u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
    values.extend([
        ("DurationState", spent(used.state)),
        ("DurationLookup", spent(used.lookup)),
        ("DurationPublish", spent(used.publish)),
        ("StateFailures", u64::from(used.state_failures)),
        ("LookupFailures", u64::from(used.lookup_failures)),
    ]);
    embedded(&values, now, source)
}

/// The line for one run over the unacknowledged alerts.
#[must_use]
pub fn reminded(reminded: &Reminded, now: Timestamp, source: &MetricSource) -> Value {
    let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    let values = [
        ("AlertsUnacknowledged", count(reminded.due)),
        ("AlertsRepeated", count(reminded.published)),
        ("PublishFailures", count(reminded.failures.len())),
        ("StateFailures", count(reminded.state_failures.len())),
    ];
    embedded(&values, now, source)
}

/// The line for a ring of the clock at which everything that the function needs could be read.
#[must_use]
pub fn heartbeat(now: Timestamp, source: &MetricSource) -> Value {
    embedded(&[("Heartbeat", 1)], now, source)
}

fn embedded(values: &[(&str, u64)], now: Timestamp, source: &MetricSource) -> Value {
    let unit = |name: &str| {
        METRICS.iter().find(|metric| metric.name == name).map_or("None", |metric| metric.unit)
    };
    let metrics: Vec<Value> =
        values.iter().map(|(name, _)| json!({"Name": name, "Unit": unit(name)})).collect();
    let mut line = Map::new();
    line.insert(
        "_aws".to_owned(),
        json!({
            "Timestamp": now.as_millisecond(),
            "CloudWatchMetrics": [{"Namespace": NAMESPACE, "Dimensions": [["FunctionName"]], "Metrics": metrics}],
        }),
    );
    line.insert("FunctionName".to_owned(), json!(source.function));
    // Not a metric, because it is not declared as one.
    if let Some(level) = source.level {
        line.insert("level".to_owned(), json!(level));
    }
    line.extend(values.iter().map(|(name, value)| ((*name).to_owned(), json!(value))));
    Value::Object(line)
}

fn of_outcome(outcome: &Handled, now: Timestamp) -> Vec<(&'static str, u64)> {
    let mut values = Vec::new();
    if !outcome.rules.is_empty() {
        values.push(("EventsMatched", 1));
    }
    match outcome.disposition {
        Disposition::Alerted => {
            values.push((alerts(outcome.severity.unwrap_or(Severity::Informational)), 1));
        }
        Disposition::Suppressed => values.push(("EventsSuppressed", 1)),
        Disposition::Deduplicated => values.push(("EventsDeduplicated", 1)),
        Disposition::Counted => values.push(("EventsCounted", 1)),
        Disposition::Unreadable => values.push(("EventsUnreadable", 1)),
        Disposition::Quiet => {}
    }
    if let (true, Some(time)) = (outcome.disposition.is_published(), outcome.event_time) {
        let delay = now.duration_since(time).as_millis();
        values.push(("DetectionDelay", u64::try_from(delay).unwrap_or(0)));
    }
    values
}

fn alerts(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "AlertsCritical",
        Severity::High => "AlertsHigh",
        Severity::Medium => "AlertsMedium",
        Severity::Low => "AlertsLow",
        Severity::Informational => "AlertsInformational",
    }
}

/// The table of all metrics, as documentation shows it.
#[must_use]
pub fn table() -> String {
    let mut table = String::from("| Metric | Unit | Meaning |\n|---|---|---|\n");
    for metric in METRICS {
        table.push_str(&format!("| `{}` | {} | {} |\n", metric.name, metric.unit, metric.meaning));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_declares_what_it_holds() {
        let now: Timestamp = "2026-11-20T02:00:05Z".parse().unwrap();
        let outcome = Handled {
            event_id: None,
            event_time: Some("2026-11-20T02:00:00Z".parse().unwrap()),
            account: Some("111122223333".to_owned()),
            event_name: None,
            disposition: Disposition::Alerted,
            severity: Some(Severity::High),
            rules: vec!["r".to_owned()],
            reasons: Vec::new(),
            topics: vec![Severity::High],
            plan: Vec::new(),
            held_back: 0,
            notes: Vec::new(),
        };
        let mut source = MetricSource { function: "f".to_owned(), level: None };
        let bare = line(Ok(&outcome), Usage::default(), now, 12, &source);
        assert!(bare.get("level").is_none());
        source.level = Some("ERROR");
        let line = line(Ok(&outcome), Usage::default(), now, 12, &source);
        assert_eq!(line["level"], "ERROR");
        assert_eq!(line["AlertsHigh"], 1);
        assert_eq!(line["DetectionDelay"], 5_000);
        for declared in line["_aws"]["CloudWatchMetrics"][0]["Metrics"].as_array().unwrap() {
            assert_ne!(declared["Unit"], "None", "{declared}");
            assert!(line[declared["Name"].as_str().unwrap()].is_u64());
        }
        assert!(!line.to_string().contains("111122223333"));
    }
}
