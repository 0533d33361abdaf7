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
    /// An object with `detail` is an envelope, and so an event. Its other fields do not matter.
    #[serde(borrow)]
    detail: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct LookedUp {
    #[serde(rename = "CloudTrailEvent")]
    event: String,
}

/// Content as text. Bytes that are not UTF-8 become replacement characters, and a byte order mark is removed.
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
    Broken(String),
}

impl Piece<'_> {
    fn parse(self) -> Result<Event, Unreadable> {
        let text = match self {
            Self::Event(text) => text,
            Self::Broken(fault) => return Err(Unreadable::Syntax(fault)),
        };
        // `lookup-events` gives the record as text inside its own summary.
        if text.contains("\"CloudTrailEvent\"")
            && let Ok(summary) = serde_json::from_str::<LookedUp>(text)
        {
            return Event::parse(&summary.event);
        }
        Event::parse(text)
    }
}

fn find(text: &str) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    if text.is_empty() {
        return found;
    }
    match serde_json::from_str::<&RawValue>(text) {
        Ok(whole) => take(whole.get(), &mut found),
        Err(_) => values(text, &mut found),
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
    let container = serde_json::from_str::<Container<'t>>(text);
    match container {
        Ok(Container { records, events, detail: None })
            if records.is_some() || events.is_some() =>
        {
            let all = records.into_iter().chain(events).flatten();
            found.extend(all.map(|record| Piece::Event(record.get())));
        }
        _ => found.push(Piece::Event(text)),
    }
}

/// Values one after another: NDJSON, pretty-printed, log files put together. A broken one costs
/// itself; the next is looked for where a line begins with a bracket, or inside a container.
fn values<'t>(text: &'t str, found: &mut Vec<Piece<'t>>) {
    let mut rest = text;
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            return;
        }
        let mut stream = serde_json::Deserializer::from_str(rest).into_iter::<&RawValue>();
        let (value, used) = (stream.next(), stream.byte_offset());
        rest = match (value, inside_container(rest)) {
            (Some(Ok(value)), _) => {
                take(value.get(), found);
                rest.get(used..).unwrap_or_default()
            }
            (Some(Err(error)), Some(start)) => salvage(rest, start, &error.to_string(), found),
            (Some(Err(error)), None) => {
                found.push(Piece::Broken(error.to_string()));
                next_line_with_bracket(rest)
            }
            (None, _) => return,
        };
    }
}

fn next_line_with_bracket(text: &str) -> &str {
    let starts = text.match_indices('\n').map(|(at, _)| at + 1);
    let bracket = |at: &usize| text.get(*at..).is_some_and(|rest| rest.starts_with(['{', '[']));
    let next = starts.into_iter().find(bracket);
    next.and_then(|at| text.get(at..)).unwrap_or_default()
}

/// Where the elements of a container begin, if the text looks like one.
fn inside_container(text: &str) -> Option<usize> {
    if text.starts_with('[') {
        return Some(1);
    }
    let head: String = text.chars().take(40).filter(|c| !c.is_whitespace()).collect();
    let known = ["{\"Records\":[", "{\"Events\":["].iter().any(|start| head.starts_with(start));
    known.then(|| text.find('[').map(|at| at + 1))?
}

/// A container that is not valid JSON as a whole: cut off, or with one bad spot. Its whole elements are taken; what
/// is between them or missing is reported as broken. Gives what follows it.
fn salvage<'t>(text: &'t str, start: usize, fault: &str, found: &mut Vec<Piece<'t>>) -> &'t str {
    let mut rest = text.get(start..).unwrap_or_default();
    let first = rest.trim_start();
    let beginning = first.find(':').and_then(|at| first.get(..at)).unwrap_or("{\"eventVersion\"");
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == ',');
        if let Some(after) = rest.strip_prefix(']') {
            let after = after.trim_start();
            let is_array = text.starts_with('[');
            let closed = if is_array { Some(after) } else { after.strip_prefix('}') };
            if closed.is_none() {
                found.push(Piece::Broken(fault.to_owned()));
            }
            return closed.unwrap_or_else(|| next_line_with_bracket(after));
        }
        if rest.is_empty() {
            found.push(Piece::Broken(fault.to_owned()));
            return rest;
        }
        let mut stream = serde_json::Deserializer::from_str(rest).into_iter::<&RawValue>();
        let (value, used) = (stream.next(), stream.byte_offset());
        if let Some(Ok(value)) = value {
            found.push(Piece::Event(value.get()));
            rest = rest.get(used..).unwrap_or_default();
            continue;
        }
        found.push(Piece::Broken(fault.to_owned()));
        // Records are alike: the next one begins as the first did.
        let next = rest.get(1..).and_then(|tail| tail.find(beginning));
        match next.and_then(|at| rest.get(at + 1..)) {
            Some(next) => rest = next,
            None => return next_line_with_bracket(rest),
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
        check(
            "{\"eventName\":\n{\"eventName\":\"B\"}\n{\n\"eventName\":\"C\"\n}\n{\"eventName\":\"D\"}",
            3,
            1,
        );
        check(
            "{\"Records\":[{\"eventVersion\":\"1\"},{\"eventVersion\":\"\0\"},{\"eventVersion\":\"1\"},]}",
            2,
            1,
        );
        check("{\"Records\":[{\"eventVersion\":\"1\"},{\"eventVer", 1, 1);
        check("{\"Records\":[{\"eventVersion\":\"1\"}]", 1, 1);
        check("{\"Records\":[{\"eventVersion\":\"1\"}", 1, 1);
        check(
            "{\"Records\":[{\"eventName\":\"A\"}]}\n{\"Records\":[{\"eventName\":\"B\"},{\"eventName\":\"C\"}]}",
            3,
            0,
        );
        check("[{\"eventName\":\"A\"}]\n[{\"eventName\":\"B\"}]", 2, 0);
        check("{\"detail\":{},\"Records\":[1,2]}", 1, 0);
        check("[{\"EventId\":\"x\",\"CloudTrailEvent\":\"{\\\"eventName\\\":\\\"A\\\"}\"}]", 1, 0);
        check("not json at all", 0, 1);
        check(r#"{"Events":[{"EventId":"x","CloudTrailEvent":"{\"eventName\":\"A\"}"}]}"#, 1, 0);
        check(&"[".repeat(10_000), 0, 1);
    }
}
