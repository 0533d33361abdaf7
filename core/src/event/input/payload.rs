//! Events inside their carriers: messages of queues and topics, records of streams and of tables, batches of logs,
//! results of queries, records of failed invocations.
//!
//! Carriers are not recognised by their form: an event is found at any place, as an object, as JSON text, in base64, in
//! gzip. So one more layer, or an unknown carrier, hides nothing.

use serde_json::{Map, Value};

use super::gzip;
use crate::event::{Event, Shape, Unreadable};
use crate::text::base64::base64;

/// Largest payload that is searched, and all that its layers may unpack to, in bytes.
pub(super) const PAYLOAD_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Texts within texts.
const LAYERS_MAX: usize = 6;
/// Shortest text that is taken for base64: an event is longer.
const BASE64_CHARS_MIN: usize = 24;

/// The events that a payload carries, in its order, and what of a list that carries some is none. Empty if it carries no
/// event.
pub(super) fn events_in(payload: &Value) -> Vec<Result<Event, Unreadable>> {
    let mut search = Search { left: PAYLOAD_BYTES_MAX, found: Vec::new() };
    search.value(payload, LAYERS_MAX);
    search.found
}

struct Search {
    /// Bytes that layers may still unpack to.
    left: usize,
    found: Vec<Result<Event, Unreadable>>,
}

impl Search {
    /// Takes the events of a value; says whether there is any, or why it cannot be known.
    fn value(&mut self, value: &Value, layers: usize) -> bool {
        match value {
            Value::Object(map) => self.object(map, layers),
            Value::Array(items) => self.list(items, layers),
            Value::String(text) => self.text(text, layers),
            Value::Null | Value::Bool(_) | Value::Number(_) => false,
        }
    }

    fn object(&mut self, map: &Map<String, Value>, layers: usize) -> bool {
        // The summary of `lookup-events` has names of fields in common with the record that it holds.
        if let Some(record) = map.get("CloudTrailEvent") {
            return self.value(record, layers);
        }
        match may_be_event(map).then(|| Event::parse(&Value::Object(map.clone()).to_string())) {
            Some(Ok(event)) if event.shape() == Shape::Unknown => {}
            Some(event) => {
                self.found.push(event);
                return true;
            }
            None => {}
        }
        // A later field is looked at also where an earlier one holds an event.
        map.values().fold(false, |any, value| self.value(value, layers) | any)
    }

    /// If a list has an event, its other items must be events: those that are not are unreadable, as in a log file.
    fn list(&mut self, items: &[Value], layers: usize) -> bool {
        if let Some(row) = row(items) {
            return self.object(&row, layers);
        }
        let (before, mut any) = (self.found.len(), false);
        let mut others = 0;
        for item in items {
            let is_one = self.value(item, layers);
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
            self.found.push(Err(Unreadable::TooLarge(text.len())));
            return true;
        }
        self.left -= text.len();
        let mut any = false;
        for value in serde_json::Deserializer::from_str(text).into_iter::<Value>() {
            match value {
                Ok(value) => any |= self.value(&value, layers),
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
        let bytes = match packed {
            true => gzip::unpacked(&bytes, self.left)
                .map_err(|fault| Unreadable::Damaged(format!("gzip: {fault}")))?,
            false => bytes,
        };
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
fn may_be_event(map: &Map<String, Value>) -> bool {
    map.contains_key("detail")
        || map.keys().any(|key| {
            let bare: String = key.chars().filter(|c| *c != '_').collect();
            bare.eq_ignore_ascii_case("eventName") || bare.eq_ignore_ascii_case("eventType")
        })
}

/// A row of a query's results: a list of objects with one field each.
fn row(items: &[Value]) -> Option<Map<String, Value>> {
    let mut row = Map::new();
    for item in items {
        let Value::Object(cell) = item else { return None };
        let mut fields = cell.iter();
        let ((name, value), None) = (fields.next()?, fields.next()) else { return None };
        // Another of the same name is another row.
        if row.insert(name.clone(), value.clone()).is_some() {
            return None;
        }
    }
    (row.len() > 1).then_some(row)
}
