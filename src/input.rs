//! Files into events: envelopes, bare records, CloudTrail log files, NDJSON, `lookup-events`.
//!
//! Nothing is lost: every value found is either an [`Event`] or an [`Unreadable`] with its place.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::event::{Event, Unreadable};

/// One value found in the input.
#[derive(Debug)]
pub struct Input {
    /// Which value of the input, counted from 1.
    pub number: usize,
    /// The event, or why it cannot be read.
    pub event: Result<Event, Unreadable>,
}

/// A CloudTrail log file, or the output of `aws cloudtrail lookup-events`.
#[derive(Deserialize)]
struct Container<'a> {
    #[serde(borrow, rename = "Records")]
    records: Option<Vec<&'a RawValue>>,
    #[serde(borrow, rename = "Events")]
    events: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
struct LookedUp {
    #[serde(rename = "CloudTrailEvent")]
    event: String,
}

/// Reads all events of a file's content, already decompressed.
#[must_use]
pub fn read(content: &[u8]) -> Vec<Input> {
    let text = String::from_utf8_lossy(content);
    let text = text.trim_start_matches('\u{feff}').trim();
    let mut found = Found::new();
    if text.is_empty() {
        return Vec::new();
    }
    match serde_json::from_str::<&RawValue>(text) {
        Ok(whole) => take(whole.get(), &mut found),
        Err(error) => {
            let first_line = text.lines().next().unwrap_or_default();
            if serde_json::from_str::<&RawValue>(first_line).is_ok() {
                lines(text, &mut found);
            } else {
                stream(text, &error, &mut found);
            }
        }
    }
    let number = |(index, event): (usize, _)| Input { number: index + 1, event };
    found.into_iter().enumerate().map(number).collect()
}

type Found = Vec<Result<Event, Unreadable>>;

/// One JSON value: a container is opened, anything else is one event.
fn take(text: &str, found: &mut Found) {
    let text = text.trim();
    if text.starts_with('[') {
        match serde_json::from_str::<Vec<&RawValue>>(text) {
            Ok(items) => items.iter().for_each(|item| found.push(Event::parse(item.get()))),
            Err(error) => found.push(Err(Unreadable::Syntax(error.to_string()))),
        }
        return;
    }
    match serde_json::from_str::<Container<'_>>(text) {
        Ok(Container { records: Some(records), .. }) => {
            records.iter().for_each(|record| found.push(Event::parse(record.get())));
        }
        Ok(Container { events: Some(events), .. }) => {
            found.extend(events.iter().map(|event| looked_up(event.get())));
        }
        _ => found.push(Event::parse(text)),
    }
}

/// `lookup-events` gives the record as text inside its own summary.
fn looked_up(text: &str) -> Result<Event, Unreadable> {
    match serde_json::from_str::<LookedUp>(text) {
        Ok(summary) => Event::parse(&summary.event),
        Err(_) => Event::parse(text),
    }
}

/// NDJSON: a broken line costs only itself.
fn lines(text: &str, found: &mut Found) {
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        match serde_json::from_str::<&RawValue>(line) {
            Ok(value) => take(value.get(), found),
            Err(error) => found.push(Err(Unreadable::Syntax(error.to_string()))),
        }
    }
}

/// Several values one after another over many lines; what follows a syntax error is one unreadable
/// value, as nothing tells where the next one begins.
fn stream(text: &str, whole: &serde_json::Error, found: &mut Found) {
    let values = serde_json::Deserializer::from_str(text).into_iter::<&RawValue>();
    let before = found.len();
    for value in values {
        match value {
            Ok(value) => take(value.get(), found),
            Err(error) if found.len() == before => {
                let _ = error;
                found.push(Err(Unreadable::Syntax(whole.to_string())));
            }
            Err(error) => found.push(Err(Unreadable::Syntax(error.to_string()))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(content: &str, readable: usize, unreadable: usize) {
        let found = read(content.as_bytes());
        let good = found.iter().filter(|input| input.event.is_ok()).count();
        assert_eq!((good, found.len() - good), (readable, unreadable), "{content}: {found:?}");
    }

    #[test]
    fn every_shape_is_read_and_nothing_is_lost() {
        check("", 0, 0);
        check("\u{feff}{\"eventName\":\"A\"}", 1, 0);
        check("{\"Records\":[{\"eventName\":\"A\"},{\"eventName\":\"B\"},7]}", 2, 1);
        check("[{\"detail\":{}},{\"eventName\":\"A\"}]", 2, 0);
        check(
            "{\"eventName\":\"A\"}\n\n{\"eventName\":\"B\"}\nbroken\n{\"eventName\":\"C\"}\n",
            3,
            1,
        );
        check("{\n\"eventName\":\"A\"}\n{\n\"eventName\":\"B\"}", 2, 0);
        check("{\n\"eventName\":\"A\"}\n{\n\"eventName\"", 1, 1);
        check("not json at all", 0, 1);
        check(r#"{"Events":[{"EventId":"x","CloudTrailEvent":"{\"eventName\":\"A\"}"}]}"#, 1, 0);
        check(&"[".repeat(10_000), 0, 1);
    }
}
