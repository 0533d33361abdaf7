//! Text that is not JSON as a whole: NDJSON, files put together, and damaged files, of which no event is lost that stands
//! whole in them.
//!
//! What cannot be read whole is entered, bracket by bracket, and what stands whole in it is taken. Behind a fault the next
//! place is looked for at which a value may begin; from there on only what is an event, or carries some, is taken: the
//! parts of a broken event are values too.

use serde_json::value::RawValue;

use super::fields::{Field, decoded, fields, same_name};
use super::payload::{carries, has_event};
use super::piece::{LISTS, Piece, take};
use super::places::{begins_line, next_place, offset, stands_apart};

/// Bytes that are read beyond eight times the text, to find whole values in a damaged one: what is written so that each
/// beginning leads to its end, and to nothing, would take for ever.
const SEARCH_BYTES: usize = 16 * 1024 * 1024;
/// What each fault costs of them at least: the trying costs more than the reading.
const FAULT_BYTES: usize = 256;
/// Brackets within brackets that are entered where they are damaged.
const OPEN_MAX: usize = 16;
/// Fields that show an object to hold events, or to be some event that this program may know.
const MARKS: [&str; 5] = ["eventName", "eventVersion", "eventSource", "detail", "CloudTrailEvent"];

/// Values one after another: NDJSON, pretty-printed, log files put together. A broken one costs itself.
pub(super) fn values<'t>(text: &'t str, found: &mut Vec<Piece<'t>>) {
    let mut reading = Reading {
        text,
        rest: text,
        open: Vec::new(),
        lost: false,
        jumped: false,
        begins: false,
        reported: false,
        whole: false,
        left: text.len().saturating_mul(8).saturating_add(SEARCH_BYTES),
        found,
    };
    while reading.step() {}
    // Separators alone, as of a file that was overwritten.
    if !reading.whole && reading.found.is_empty() {
        reading.broken(|| "no value stands in it".to_owned());
    }
}

/// A list or an object that was entered, as it cannot be read whole.
struct Open {
    list: bool,
    /// Its fault is counted.
    reported: bool,
    /// An object: its key whose value comes next.
    key: Option<Key>,
    /// An object that is an event, and a broken one: what stands in its texts is its caller's word.
    event: bool,
}

/// What matters of a key.
enum Key {
    /// Its value is the list of a log file.
    List,
    /// Its value shows whether it is an event.
    Source,
    Other,
}

struct Reading<'t, 'f> {
    text: &'t str,
    rest: &'t str,
    /// What was entered, and whose end is still to come.
    open: Vec<Open>,
    /// Something is broken, and counted, and since then no event was read.
    lost: bool,
    /// Where this place stands in the text is not known: something before it was passed over.
    jumped: bool,
    /// This place begins a line, and so belongs to nothing above it that is broken.
    begins: bool,
    /// Something was counted as broken.
    reported: bool,
    /// A whole value was read, even an empty list.
    whole: bool,
    left: usize,
    found: &'f mut Vec<Piece<'t>>,
}

impl<'t> Reading<'t, '_> {
    /// One value, one bracket, or one place further. `false` at the end.
    fn step(&mut self) -> bool {
        self.rest = self.rest.trim_start_matches(|c: char| c.is_whitespace() || c == ',');
        if self.rest.is_empty() {
            if self.open.iter().any(|open| !open.reported) {
                self.lost = false;
                self.broken(|| "cut off before its end".to_owned());
            }
            return false;
        }
        self.leave();
        if let Some(after) = self.rest.strip_prefix([']', '}']) {
            self.close(after);
            return true;
        }
        let mut stream = serde_json::Deserializer::from_str(self.rest).into_iter::<&'t RawValue>();
        let (value, used) = (stream.next(), stream.byte_offset());
        match value {
            Some(Ok(value)) => {
                self.whole = true;
                let at = self.rest;
                self.rest = at.get(used..).unwrap_or_default();
                if !self.key(value.get()) && !self.value(value.get()) {
                    self.pass_over(value.get(), at);
                }
                true
            }
            Some(Err(error)) => self.beyond(&error),
            None => false,
        }
    }

    /// Leaves what ended without its brackets.
    fn leave(&mut self) {
        let is_inner =
            self.open.last().is_some_and(|open| !open.list) && self.rest.starts_with('{');
        let is_value = self.rest.starts_with(['{', '[', '"']);
        self.begins = is_value && (self.lost || is_inner) && begins_line(self.text, self.rest);
        if self.begins {
            if is_inner {
                self.broken(|| "cut off before its end".to_owned());
            }
            // A line of its own belongs to nothing that is broken above it.
            self.open.clear();
        } else if self.lost && self.jumped && stands_apart(self.text, self.rest) {
            let event = self.open.iter().position(|open| open.event);
            self.open.truncate(event.unwrap_or(usize::MAX));
        }
    }

    /// Is it the key of an object that was entered?
    fn key(&mut self, value: &str) -> bool {
        let Some(open) = self.open.last_mut().filter(|open| !open.list && open.key.is_none())
        else {
            return false;
        };
        let after = self.rest.trim_start().strip_prefix(':');
        let (Some(after), Some(name)) = (after, decoded(value)) else { return false };
        open.event |= name == "detail" || same_name(&name, "userIdentity");
        open.key = Some(match name.as_str() {
            name if LISTS.contains(&name) => Key::List,
            name if same_name(name, "eventSource") => Key::Source,
            _ => Key::Other,
        });
        self.rest = after;
        true
    }

    /// Takes a whole value, if it is wanted.
    fn value(&mut self, value: &'t str) -> bool {
        let is_list = self.has_key(value);
        let (counts, in_event) = (self.counts(), self.open.iter().position(|open| open.event));
        // A cell of a row may look like an event, but is none of its own.
        let least = if self.jumped && !self.begins && self.open.len() < 2 { 2 } else { 1 };
        let is_taken = match in_event {
            Some(_) => has_event(value) || is_file(value),
            None if counts && !self.lost && value.starts_with(['{', '[']) => true,
            None => ((counts || is_list) && has_mark(value, least)) || carries(value),
        };
        if is_taken {
            if in_event.is_some_and(|at| self.is_cut(at)) {
                self.broken(|| "cut off before its end".to_owned());
            }
            (self.lost, self.jumped) = (false, false);
            self.open.truncate(in_event.unwrap_or(usize::MAX));
            match counts || is_list {
                true => take(value, self.found),
                false => self.found.push(Piece::Event(value)),
            }
        }
        is_taken
    }

    /// Was a record, entered at this depth, cut where a value of its own may stand, so that an event which follows looks
    /// like that value? What has a list of a log file is no record.
    fn is_cut(&self, at: usize) -> bool {
        let within = || self.open.iter().skip(at);
        within().any(|open| !open.reported)
            && !within().any(|open| matches!(open.key, Some(Key::List)))
    }

    /// In an object, a value has a key. Is it the list of a log file?
    fn has_key(&mut self, value: &str) -> bool {
        let Some(open) = self.open.last_mut().filter(|open| !open.list) else { return false };
        match open.key.take() {
            Some(Key::List) => return value.starts_with('['),
            Some(Key::Source) => open.event |= value.contains(".amazonaws."),
            Some(Key::Other) => {}
            None => {
                if !open.reported {
                    self.broken(|| "a key is needed".to_owned());
                }
                // The object has no end: this is what follows it.
                if !self.jumped {
                    self.open.pop();
                }
            }
        }
        false
    }

    /// Goes on behind a value, or within one that is none: a string that was cut ends where the next one begins.
    fn pass_over(&mut self, value: &str, at: &'t str) {
        let is_ended = self.rest.trim_start().is_empty()
            || self.rest.trim_start().starts_with([',', ']', '}']);
        if value.starts_with('"') && !is_ended {
            self.broken(|| "a string that does not end".to_owned());
            self.jumped = true;
            self.rest = next_place(at, 1);
            return;
        }
        // Of a table that is no JSON each cell may look like a value: all of them are one fault.
        if self.counts() && !value.starts_with(['{', '[']) {
            self.broken(|| "a value stands where an event is needed".to_owned());
            self.jumped = true;
        }
        if self.jumped {
            self.rest = next_place(self.rest, 0);
        }
    }

    /// Is each value here an event, or else unreadable: in no bracket, in a list, in the list of a log file?
    fn counts(&self) -> bool {
        let is_log = |file: &Open, list: &Open| matches!(file.key, Some(Key::List)) && list.list;
        match self.open.as_slice() {
            [] => true,
            [list] => list.list,
            // What is open below was broken, and may have ended.
            [file, list, below @ ..] => (below.is_empty() || self.jumped) && is_log(file, list),
        }
    }

    /// Enters what cannot be read whole, or goes to the next place where a value may begin.
    fn beyond(&mut self, error: &serde_json::Error) -> bool {
        let read = if error.is_eof() { self.rest.len() } else { offset(self.rest, error) };
        let Some(left) = self.left.checked_sub(read.max(FAULT_BYTES)) else {
            self.lost = false;
            self.broken(|| "too damaged to be searched any further".to_owned());
            return false;
        };
        self.left = left;
        let inside = self.rest.strip_prefix(['{', '[']).filter(|_| self.open.len() < OPEN_MAX);
        if let Some(inside) = inside {
            let list = self.rest.starts_with('[');
            let reported = self.lost;
            self.open.push(Open { list, reported, key: None, event: false });
            (self.rest, self.jumped) = (inside, false);
            return true;
        }
        self.broken(|| error.to_string());
        self.jumped = true;
        self.rest = next_place(self.rest, 1);
        true
    }

    /// Counts what is broken, once until an event follows.
    fn broken(&mut self, fault: impl Fn() -> String) {
        self.reported = true;
        self.open.iter_mut().for_each(|open| open.reported = true);
        if !std::mem::replace(&mut self.lost, true) {
            self.found.push(Piece::Broken(fault()));
        }
    }

    /// Leaves what was entered, if it ends here, and with it what in it has no end.
    fn close(&mut self, after: &'t str) {
        let list = self.rest.starts_with(']');
        self.rest = after;
        let Some(at) = self.open.iter().rposition(|open| open.list == list) else {
            // Behind what is broken above, its ends remain.
            if !self.reported {
                self.broken(|| "a bracket closes nothing".to_owned());
            }
            self.rest = after.trim_start_matches([']', '}']);
            return;
        };
        if self.open.iter().skip(at).any(|open| !open.reported) {
            self.broken(|| "a comma or a bracket is wrong, or a value is missing".to_owned());
            // It is broken up to here, and no further.
            self.lost = false;
        }
        self.open.truncate(at);
        if let Some(outer) = self.open.last_mut() {
            outer.key = None;
        }
    }
}

/// Is it a log file, and so the next one?
fn is_file(value: &str) -> bool {
    let is_list = |field: &Field<'_>| LISTS.contains(&&*field.name) && field.value.starts_with('[');
    fields(value).is_some_and(|fields| fields.iter().any(is_list))
}

/// Has an object, or one of a list, so many fields, and one of an event in CloudTrail's own spelling, or of a container?
fn has_mark(value: &str, least: usize) -> bool {
    let is_mark = |field: &Field<'_>| {
        field.value != "null" && (MARKS.contains(&&*field.name) || LISTS.contains(&&*field.name))
    };
    let marked = |object: &str| {
        fields(object).is_some_and(|all| all.len() >= least && all.iter().any(is_mark))
    };
    match serde_json::from_str::<Vec<&RawValue>>(value) {
        Ok(items) => items.iter().any(|item| marked(item.get())),
        Err(_) => marked(value),
    }
}
