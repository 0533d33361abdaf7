//! A value of the input: an event, what carried some, or a file that is known to hold none.

use serde_json::value::RawValue;

use super::fields::{Field, decoded, fields};
use super::payload::{PAYLOAD_BYTES_MAX, carries, events_in, may_be_event, row, too_large};
use crate::event::{Event, Shape, Unreadable};
use crate::text::words::words;

/// What a value of the input is.
#[derive(Debug)]
pub enum Found {
    /// An event, or why it cannot be read.
    Event(Result<Event, Unreadable>),
    /// A file beside log files that has no events.
    NoEvents(NoEvents),
}

words! {
    /// Files that AWS writes beside log files, and that hold no events.
    pub enum NoEvents {
        /// Hashes of the log files of an hour.
        /// Source: <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-validation-digest-file-structure.html>
        Digest = "CloudTrail digest",
        /// How resources were, by AWS Config.
        /// Source: <https://docs.aws.amazon.com/config/latest/developerguide/example-s3-snapshot.html>
        Configuration = "AWS Config file",
    }
}

/// A value found, not parsed yet.
pub(super) enum Piece<'t> {
    Event(&'t str),
    NoEvents(NoEvents),
    Broken(String),
}

impl Piece<'_> {
    pub(super) fn parse(self) -> Vec<Found> {
        let text = match self {
            Self::Event(text) => text,
            Self::NoEvents(what) => return vec![Found::NoEvents(what)],
            Self::Broken(fault) => return vec![Found::Event(Err(Unreadable::Syntax(fault)))],
        };
        let records = looked_up(text);
        if !records.is_empty() {
            return records.iter().map(|record| Found::Event(Event::parse(record))).collect();
        }
        let event = Event::parse(text);
        // One that cannot be read may be a carrier of others, which can.
        if event.as_ref().is_ok_and(|event| event.shape() != Shape::Unknown) {
            return vec![Found::Event(event)];
        }
        if text.len() > PAYLOAD_BYTES_MAX {
            let is_event = fields(text).is_some_and(|fields| may_be_event(&fields));
            let event = if is_event { event } else { Err(too_large(text.len())) };
            return vec![Found::Event(event)];
        }
        let inside = events_in(text);
        match inside.is_empty() {
            true => vec![Found::Event(event)],
            false => inside.into_iter().map(Found::Event).collect(),
        }
    }
}

/// The records that `lookup-events` gives as text inside its own summary. Of two of the same name, both.
fn looked_up(text: &str) -> Vec<String> {
    if !text.contains("\"CloudTrailEvent\"") {
        return Vec::new();
    }
    let fields = fields(text).unwrap_or_default();
    let records = fields.iter().filter(|field| field.name == "CloudTrailEvent");
    records.filter_map(|field| decoded(field.value)).collect()
}

/// Fields of a container that hold its events: of a CloudTrail log file, and of the output of `aws cloudtrail
/// lookup-events`.
pub(super) const LISTS: [&str; 2] = ["Records", "Events"];
/// What files without events hold instead.
const HOLDS: [&str; 2] = ["configurationItems", "logFiles"];

/// One JSON value: a container is opened, anything else is one event, or known to hold none.
pub(super) fn take<'t>(text: &'t str, found: &mut Vec<Piece<'t>>) {
    let text = text.trim();
    if text.starts_with('[') {
        match serde_json::from_str::<Vec<&RawValue>>(text) {
            // The row of a table is one event, where it is one.
            Ok(items) if row(&items).is_some_and(|row| carries(&row)) => {
                found.push(Piece::Event(text));
            }
            Ok(items) => found.extend(items.iter().map(|item| Piece::Event(item.get()))),
            Err(error) => found.push(Piece::Broken(error.to_string())),
        }
        return;
    }
    let fields = fields(text).unwrap_or_default();
    let opened = opened(&fields).unwrap_or_else(|| match no_events(&fields) {
        Some(what) => vec![Piece::NoEvents(what)],
        None => vec![Piece::Event(text)],
    });
    found.extend(opened);
}

/// Is this field there, and says something?
fn has(fields: &[Field<'_>], name: &str) -> bool {
    fields.iter().any(|field| field.name == name && field.value != "null")
}

/// What a container holds, and what beside its lists carries events. `None` if it is none: an object with `detail` is an
/// envelope, and so an event, and so is one that names a call.
fn opened<'t>(fields: &[Field<'t>]) -> Option<Vec<Piece<'t>>> {
    if has(fields, "detail") || has(fields, "eventName") {
        return None;
    }
    let is_list = |field: &&Field<'_>| LISTS.contains(&&*field.name) && field.value != "null";
    fields.iter().find(is_list)?;
    let mut found = Vec::new();
    for list in fields.iter().filter(is_list) {
        let items: Vec<&'t RawValue> = serde_json::from_str(list.value).ok()?;
        found.extend(items.iter().map(|item| Piece::Event(item.get())));
    }
    let beside = fields.iter().filter(|field| !is_list(field) && carries(field.value));
    found.extend(beside.map(|field| Piece::Event(field.value)));
    Some(found)
}

/// What it is by its own marks, where nothing beside them is an event or carries one.
fn no_events(fields: &[Field<'_>]) -> Option<NoEvents> {
    let configuration = has(fields, "configurationItems") || has(fields, "configSnapshotId");
    let configuration = configuration.then_some(NoEvents::Configuration);
    let what = has(fields, "digestS3Object").then_some(NoEvents::Digest).or(configuration)?;
    let mut beside = fields.iter().filter(|field| !HOLDS.contains(&&*field.name));
    let none = !may_be_event(fields) && !beside.any(|field| carries(field.value));
    none.then_some(what)
}
