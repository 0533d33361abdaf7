//! Files into events: envelopes, bare records, CloudTrail log files, NDJSON, `lookup-events`.
//!
//! Nothing is lost: every value found is either an [`Event`] or an [`Unreadable`] with its place.

use std::borrow::Cow;

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

/// Content as text. Bytes that are no UTF-8 become replacement characters, and a byte order mark
/// goes.
#[must_use]
pub fn text(content: &[u8]) -> Cow<'_, str> {
    match String::from_utf8_lossy(content) {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim_start_matches('\u{feff}')),
        Cow::Owned(text) => Cow::Owned(text.trim_start_matches('\u{feff}').to_owned()),
    }
}

/// Reads the events of a file's [`text`], one at a time: the values are found at once, but each is
/// parsed only when it is its turn, so that a large file costs little more memory than its text.
pub fn read(text: &str) -> impl Iterator<Item = Input> + '_ {
    let found = find(text.trim());
    found
        .into_iter()
        .enumerate()
        .map(|(index, piece)| Input { number: index + 1, event: piece.parse() })
}

/// A value found, not parsed yet.
enum Piece<'t> {
    Event(&'t str),
    LookedUp(&'t str),
    Broken(String),
}

impl Piece<'_> {
    fn parse(self) -> Result<Event, Unreadable> {
        match self {
            Self::Event(text) => Event::parse(text),
            // `lookup-events` gives the record as text inside its own summary.
            Self::LookedUp(text) => match serde_json::from_str::<LookedUp>(text) {
                Ok(summary) => Event::parse(&summary.event),
                Err(_) => Event::parse(text),
            },
            Self::Broken(fault) => Err(Unreadable::Syntax(fault)),
        }
    }
}

fn find(text: &str) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    if text.is_empty() {
        return found;
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
    found
}

/// One JSON value: a container is opened, anything else is one event.
fn take<'t>(text: &'t str, found: &mut Vec<Piece<'t>>) {
    let text = text.trim();
    if text.starts_with('[') {
        match serde_json::from_str::<Vec<&RawValue>>(text) {
            Ok(items) => found.extend(items.iter().map(|item| Piece::Event(item.get()))),
            Err(error) => found.push(Piece::Broken(error.to_string())),
        }
        return;
    }
    match serde_json::from_str::<Container<'t>>(text) {
        Ok(Container { records: Some(records), .. }) => {
            found.extend(records.iter().map(|record| Piece::Event(record.get())));
        }
        Ok(Container { events: Some(events), .. }) => {
            found.extend(events.iter().map(|event| Piece::LookedUp(event.get())));
        }
        _ => found.push(Piece::Event(text)),
    }
}

/// NDJSON: a broken line costs only itself.
fn lines<'t>(text: &'t str, found: &mut Vec<Piece<'t>>) {
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        match serde_json::from_str::<&RawValue>(line) {
            Ok(value) => take(value.get(), found),
            Err(error) => found.push(Piece::Broken(error.to_string())),
        }
    }
}

/// Several values one after another over many lines; what follows a syntax error is one unreadable
/// value, as nothing tells where the next one begins.
fn stream<'t>(text: &'t str, whole: &serde_json::Error, found: &mut Vec<Piece<'t>>) {
    let values = serde_json::Deserializer::from_str(text).into_iter::<&RawValue>();
    for value in values {
        match value {
            Ok(value) => take(value.get(), found),
            // The first fault is told as seen over the whole text: with its line and column.
            Err(_) if found.is_empty() => found.push(Piece::Broken(whole.to_string())),
            Err(error) => found.push(Piece::Broken(error.to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(content: &str, readable: usize, unreadable: usize) {
        let text = text(content.as_bytes());
        let found: Vec<Input> = read(&text).collect();
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
