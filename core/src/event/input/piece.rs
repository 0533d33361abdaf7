//! A value of the input: an event, what carried some, or a file that is known to hold none.

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::payload::{PAYLOAD_BYTES_MAX, events_in};
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

/// A CloudTrail log file, or the output of `aws cloudtrail lookup-events`; or what is known to be neither.
#[derive(Deserialize)]
struct Container<'a> {
    #[serde(borrow, rename = "Records")]
    records: Option<Vec<&'a RawValue>>,
    #[serde(borrow, rename = "Events")]
    events: Option<Vec<&'a RawValue>>,
    /// An object with `detail` is an envelope, and so an event. Its other fields do not matter.
    #[serde(borrow)]
    detail: Option<&'a RawValue>,
    /// So is one that names a call.
    #[serde(borrow, rename = "eventName")]
    name: Option<&'a RawValue>,
    #[serde(borrow, rename = "digestS3Object")]
    digest: Option<&'a RawValue>,
    #[serde(borrow, rename = "configurationItems")]
    items: Option<&'a RawValue>,
    #[serde(borrow, rename = "configSnapshotId")]
    snapshot: Option<&'a RawValue>,
}

impl Container<'_> {
    /// Its kind by its own marks, if it has no mark of an event.
    fn no_events(&self) -> Option<NoEvents> {
        let events = self.records.is_some() || self.events.is_some();
        if events || self.detail.is_some() || self.name.is_some() {
            return None;
        }
        let configuration = self.items.or(self.snapshot).map(|_| NoEvents::Configuration);
        self.digest.map(|_| NoEvents::Digest).or(configuration)
    }
}

#[derive(Deserialize)]
struct LookedUp {
    #[serde(rename = "CloudTrailEvent")]
    event: String,
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
        // `lookup-events` gives the record as text inside its own summary.
        if text.contains("\"CloudTrailEvent\"")
            && let Ok(summary) = serde_json::from_str::<LookedUp>(text)
        {
            return vec![Found::Event(Event::parse(&summary.event))];
        }
        let event = Event::parse(text);
        let may_carry = match &event {
            Ok(event) => event.shape() == Shape::Unknown,
            Err(fault) => {
                matches!(fault, Unreadable::NotAnObject(_) | Unreadable::TooLarge(_))
            }
        };
        let inside = Some(text).filter(|text| may_carry && text.len() <= PAYLOAD_BYTES_MAX);
        let inside = inside.and_then(|text| serde_json::from_str(text).ok());
        let inside = inside.map(|value: Value| events_in(&value)).unwrap_or_default();
        match inside.is_empty() {
            true => vec![Found::Event(event)],
            false => inside.into_iter().map(Found::Event).collect(),
        }
    }
}

/// One JSON value: a container is opened, anything else is one event, or known to hold none.
pub(super) fn take<'t>(text: &'t str, found: &mut Vec<Piece<'t>>) {
    let text = text.trim();
    if text.starts_with('[') {
        match serde_json::from_str::<Vec<&RawValue>>(text) {
            Ok(items) => found.extend(items.iter().map(|item| Piece::Event(item.get()))),
            Err(error) => found.push(Piece::Broken(error.to_string())),
        }
        return;
    }
    let Ok(container) = serde_json::from_str::<Container<'t>>(text) else {
        found.push(Piece::Event(text));
        return;
    };
    if let Some(what) = container.no_events() {
        found.push(Piece::NoEvents(what));
        return;
    }
    match container {
        Container { records, events, detail: None, name: None, .. }
            if records.is_some() || events.is_some() =>
        {
            let all = records.into_iter().chain(events).flatten();
            found.extend(all.map(|record| Piece::Event(record.get())));
        }
        _ => found.push(Piece::Event(text)),
    }
}
