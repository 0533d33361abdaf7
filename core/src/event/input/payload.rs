//! Events inside their carriers: messages of queues and topics, records of streams and of tables, batches of logs,
//! results of queries, records of failed invocations.
//!
//! Carriers are not recognised by their form: an event is found at any place, as an object, as JSON text, in base64, in
//! gzip. So one more layer, or an unknown carrier, hides nothing.

use std::collections::BTreeSet;

use serde_json::Value;
use serde_json::value::RawValue;

use super::fields::{Field, decoded, fields};
use super::gzip;
use crate::event::kinds::EventType;
use crate::event::{Event, Shape, Unreadable};
use crate::text::base64::base64;

/// Largest payload that is searched, and all that its layers may unpack to, in bytes.
pub(super) const PAYLOAD_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Texts within texts.
const LAYERS_MAX: usize = 6;
/// Objects and lists within each other that are opened in one text: no carrier has half as many.
const LEVELS_MAX: usize = 24;
/// Shortest text that is taken for base64: an event is longer.
const BASE64_CHARS_MIN: usize = 24;

/// The events that a payload of JSON text carries, in its order, and what of a list that carries some is none. Empty if
/// it carries no event.
///
/// Each level is opened on its own, and what stands in it stays text: so one event that cannot be read, be it too deep or
/// not Unicode, costs itself and not its neighbours. Callers choose what stands in `userAgent`.
pub(super) fn events_in(payload: &str) -> Vec<Result<Event, Unreadable>> {
    searched(payload, LAYERS_MAX)
}

fn searched(payload: &str, layers: usize) -> Vec<Result<Event, Unreadable>> {
    let mut search = Search { left: PAYLOAD_BYTES_MAX, found: Vec::new() };
    search.value(payload, Depth { layers, levels: LEVELS_MAX });
    search.found
}

/// Why a text of so many bytes is not searched.
pub(super) fn too_large(bytes: usize) -> Unreadable {
    Unreadable::CarrierTooLarge { bytes, most: PAYLOAD_BYTES_MAX }
}

/// Does a payload carry an event, or may nobody know? One beyond the limit is not opened.
pub(super) fn carries(payload: &str) -> bool {
    payload.starts_with(['{', '[', '"'])
        && (payload.len() > PAYLOAD_BYTES_MAX || !events_in(payload).is_empty())
}

/// Is it an event, or does one stand in it as an object? Its texts are not searched.
pub(super) fn has_event(payload: &str) -> bool {
    payload.starts_with(['{', '[']) && searched(payload, 0).iter().any(Result::is_ok)
}

/// How much deeper the search may go.
#[derive(Clone, Copy)]
struct Depth {
    /// Texts within texts.
    layers: usize,
    /// Objects and lists of this text.
    levels: usize,
}

struct Search {
    /// Bytes that layers may still unpack to.
    left: usize,
    found: Vec<Result<Event, Unreadable>>,
}

impl Search {
    /// Takes the events of a value; says whether there is any, or why it cannot be known.
    fn value(&mut self, value: &str, depth: Depth) -> bool {
        let value = value.trim();
        if value.starts_with('"') {
            return decoded(value).is_some_and(|text| self.text(&text, depth.layers));
        }
        if !value.starts_with(['{', '[']) {
            return false;
        }
        let Some(levels) = depth.levels.checked_sub(1) else {
            self.found.push(Err(Unreadable::TooDeep));
            return true;
        };
        let depth = Depth { levels, ..depth };
        match value.starts_with('{') {
            true => self.object(value, depth),
            false => self.list(value, depth),
        }
    }

    fn object(&mut self, object: &str, depth: Depth) -> bool {
        let Some(fields) = fields(object) else { return false };
        // The summary of `lookup-events` has names of fields in common with the record that it holds.
        let mut records = fields.iter().filter(|field| field.name == "CloudTrailEvent").peekable();
        if records.peek().is_some() {
            return records.fold(false, |any, record| self.value(record.value, depth) | any);
        }
        match may_be_event(&fields).then(|| Event::parse(object)) {
            Some(Ok(event)) if event.shape() != Shape::Unknown => {
                self.found.push(Ok(event));
                return true;
            }
            // What stands in an event is its caller's word, and not searched.
            Some(Err(fault)) if is_event(&fields) => {
                self.found.push(Err(fault));
                return true;
            }
            _ => {}
        }
        // A later field is looked at also where an earlier one holds an event.
        fields.iter().fold(false, |any, field| self.value(field.value, depth) | any)
    }

    /// What stands beside an event in a list and is none is unreadable, as in a log file.
    fn list(&mut self, list: &str, depth: Depth) -> bool {
        let Ok(items) = serde_json::from_str::<Vec<&RawValue>>(list) else { return false };
        if let Some(row) = row(&items) {
            return self.object(&row, depth);
        }
        let (before, mut any) = (self.found.len(), false);
        let mut others = 0;
        for item in items {
            let is_one = self.value(item.get(), depth);
            any |= is_one;
            others += usize::from(!is_one);
        }
        if any && self.found.len() > before {
            self.found.extend((0..others).map(|_| Err(Unreadable::UnknownShape)));
        }
        any
    }

    fn text(&mut self, text: &str, layers: usize) -> bool {
        let Some(layers) = layers.checked_sub(1) else { return false };
        let text = text.trim();
        if text.starts_with(['{', '[', '"']) {
            return self.json(text, layers);
        }
        let Some(bytes) = Some(text).filter(|text| text.len() >= BASE64_CHARS_MIN).and_then(base64)
        else {
            return false;
        };
        match self.unpacked(bytes) {
            Ok(Some(text)) => self.json(text.trim(), layers),
            Ok(None) => false,
            Err(fault) => {
                // Nobody knows how much it would have been.
                self.left = 0;
                self.found.push(Err(fault));
                true
            }
        }
    }

    /// Values one after another, as streams put records together.
    fn json(&mut self, text: &str, layers: usize) -> bool {
        if text.len() > self.left {
            self.found.push(Err(too_large(text.len())));
            return true;
        }
        self.left -= text.len();
        let mut any = false;
        let depth = Depth { layers, levels: LEVELS_MAX };
        for value in serde_json::Deserializer::from_str(text).into_iter::<&RawValue>() {
            match value {
                Ok(value) => any |= self.value(value.get(), depth),
                Err(error) if any => self.found.push(Err(Unreadable::Syntax(error.to_string()))),
                Err(_) => {}
            }
        }
        any
    }

    /// Bytes as JSON text, where they are that, packed or not.
    ///
    /// # Errors
    /// It is packed, and cannot be unpacked within the limit.
    fn unpacked(&mut self, bytes: Vec<u8>) -> Result<Option<String>, Unreadable> {
        let packed = gzip::is_packed(&bytes);
        let mut bytes = bytes;
        // Gzip within gzip, as where two stages of a pipeline pack.
        for _ in 0..LAYERS_MAX {
            if !gzip::is_packed(&bytes) {
                break;
            }
            bytes = gzip::unpacked(&bytes, self.left)
                .map_err(|fault| Unreadable::Damaged(format!("gzip: {fault}")))?;
        }
        let count = bytes.len();
        let text = String::from_utf8(bytes).ok();
        let text = text.filter(|text| text.trim_start().starts_with(['{', '[', '"']));
        // JSON counts where it is read; what is none has cost its unpacking.
        if packed && text.is_none() {
            self.left = self.left.saturating_sub(count);
        }
        Ok(text)
    }
}

/// Is it worth the reading? Every event has one of these fields, in one spelling or another.
pub(super) fn may_be_event(fields: &[Field<'_>]) -> bool {
    fields
        .iter()
        .any(|field| field.name == "detail" || field.is("eventName") || field.is("eventType"))
}

/// Does it say of itself that it is an event, whether or not it can be read? `detail` without a source may be what carries
/// records.
fn is_event(all: &[Field<'_>]) -> bool {
    let is = |name: &str, of: fn(&str) -> bool| {
        all.iter().any(|field| field.is(name) && of(field.value))
    };
    let is_record = is("eventName", |_| true) && is("eventSource", |it| it.contains(".amazonaws."));
    let is_envelope = is("detail", |it| it.starts_with('{')) && is("source", |it| it != "null");
    is_record
        || is_envelope
        || is("eventType", |it| it.contains(EventType::Insight.word()))
        || is("detail", |it| fields(it).is_some_and(|detail| may_be_event(&detail)))
}

/// A row of a query's results: a list of objects with one field each, or with a field's name and its value.
pub(super) fn row(items: &[&RawValue]) -> Option<String> {
    let mut names = BTreeSet::new();
    let mut row = Vec::new();
    for item in items {
        let cell = fields(item.get())?;
        let (name, value) = match cell.as_slice() {
            [only] => (only.name.to_string(), only.value),
            [name, value] if (&*name.name, &*value.name) == ("field", "value") => {
                (decoded(name.value)?, value.value)
            }
            _ => return None,
        };
        row.push(format!("{}:{value}", Value::from(name.as_str())));
        // Another of the same name is another row.
        if !names.insert(name) {
            return None;
        }
    }
    (row.len() > 1).then(|| format!("{{{}}}", row.join(",")))
}
