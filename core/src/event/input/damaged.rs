//! Text that is not JSON as a whole: NDJSON, concatenated files, and damaged files. Every event that is intact in such
//! a text is found.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::piece::{Piece, take};

/// Bytes that are read beyond eight times the text, to find whole values in a damaged one: what is written so that each
/// beginning leads to its end, and to nothing, would take for ever.
const SEARCH_BYTES: usize = 16 * 1024 * 1024;
/// Lists within lists that are entered where they are damaged.
const OPEN_MAX: usize = 16;
/// Longest head of a container, in bytes: its first key and bracket.
const HEAD_BYTES: usize = 40;
/// Longest end of a container behind its list, in bytes: as `"NextToken": "..."`.
const TAIL_BYTES: usize = 4_096;

/// The end of a list.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    /// A bracket.
    List,
    /// A bracket, and a brace.
    Container,
}

/// Values one after another: NDJSON, pretty-printed, log files put together. A broken one costs itself; what follows is
/// looked for at every place where an object may begin.
pub(super) fn values<'t>(text: &'t str, found: &mut Vec<Piece<'t>>) {
    let mut reading = Reading {
        rest: text,
        open: Vec::new(),
        lost: false,
        reported: false,
        whole: false,
        left: text.len().saturating_mul(8).saturating_add(SEARCH_BYTES),
        found,
    };
    while reading.step() {}
    // Separators alone, as of a file that was overwritten.
    if !reading.whole && reading.found.is_empty() {
        reading.broken("no value stands in it");
    }
}

struct Reading<'t, 'f> {
    rest: &'t str,
    /// Lists whose ends are still to come.
    open: Vec<Open>,
    /// The text here is broken, and is counted as broken.
    lost: bool,
    /// Something of the list that was entered last is broken.
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
            if !self.open.is_empty() && !self.reported {
                self.broken("cut off before its end");
            }
            return false;
        }
        if self.closes() {
            return true;
        }
        let mut stream = serde_json::Deserializer::from_str(self.rest).into_iter::<&'t RawValue>();
        let (value, used) = (stream.next(), stream.byte_offset());
        match value {
            Some(Ok(value)) => {
                self.whole = true;
                if !self.lost || is_event(value.get()) {
                    self.lost = false;
                    take(value.get(), self.found);
                }
                self.rest = self.rest.get(used..).unwrap_or_default();
                true
            }
            Some(Err(error)) => self.beyond(&error),
            None => false,
        }
    }

    /// Enters a list that cannot be read whole, or goes to the next place where an object may begin.
    fn beyond(&mut self, error: &serde_json::Error) -> bool {
        let read = if error.is_eof() { self.rest.len() } else { offset(self.rest, error) };
        let Some(left) = self.left.checked_sub(read) else {
            self.lost = false;
            self.broken("too damaged to be searched any further");
            return false;
        };
        self.left = left;
        if let Some((open, inside)) = head(self.rest).filter(|_| self.open.len() < OPEN_MAX) {
            self.open.push(open);
            self.reported = false;
            self.rest = inside;
            return true;
        }
        self.broken(&error.to_string());
        self.rest = next_place(self.rest);
        true
    }

    /// Counts what is broken, once until a whole value follows.
    fn broken(&mut self, fault: &str) {
        self.reported = true;
        if !std::mem::replace(&mut self.lost, true) {
            self.found.push(Piece::Broken(fault.to_owned()));
        }
    }

    /// Leaves a list, if it ends here.
    fn closes(&mut self) -> bool {
        let Some(after) = self.rest.strip_prefix(']') else { return false };
        match self.open.pop() {
            None => self.broken("a bracket closes nothing"),
            Some(Open::List) => self.lost = false,
            Some(Open::Container) => match after_container(after) {
                Some(after) => {
                    self.lost = false;
                    self.rest = after;
                    return true;
                }
                None => self.broken("cut off before its end"),
            },
        }
        self.rest = after;
        true
    }
}

/// The text after a container whose list has ended.
fn after_container(text: &str) -> Option<&str> {
    let text = text.trim_start();
    if let Some(after) = text.strip_prefix('}') {
        return Some(after);
    }
    let end = text.starts_with(',').then(|| text.find(['{', '}']))??;
    (end < TAIL_BYTES && text.get(end..)?.starts_with('}')).then(|| text.get(end + 1..))?
}

/// Where the elements of a list begin, if the text looks like one.
fn head(text: &str) -> Option<(Open, &str)> {
    if let Some(inside) = text.strip_prefix('[') {
        return Some((Open::List, inside));
    }
    let bracket = text.bytes().take(HEAD_BYTES).position(|byte| byte == b'[')?;
    let head: String = text.get(..bracket)?.chars().filter(|c| !c.is_whitespace()).collect();
    let known = ["{\"Records\":", "{\"Events\":"].contains(&head.as_str());
    known.then(|| text.get(bracket + 1..).map(|inside| (Open::Container, inside)))?
}

/// The next place where an object may begin, or a list that begins a line.
fn next_place(text: &str) -> &str {
    let places = text.match_indices(['{', '[']).skip_while(|(at, _)| *at == 0);
    let begins = |at: usize, bracket: &str| {
        let before = text.get(..at).unwrap_or_default();
        let after = text.get(at + 1..).unwrap_or_default().trim_start();
        match bracket {
            "{" => after.starts_with('"'),
            _ => before.ends_with('\n'),
        }
    };
    let next = places.into_iter().find(|(at, bracket)| begins(*at, bracket));
    next.and_then(|(at, _)| text.get(at..)).unwrap_or_default()
}

/// How far a text was read until its fault, in bytes.
fn offset(text: &str, error: &serde_json::Error) -> usize {
    let before = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len);
    before.sum::<usize>() + error.column()
}

/// Fields of which an event, or what holds events, has one.
#[derive(Deserialize)]
struct Marks<'t> {
    #[serde(borrow, rename = "eventName")]
    name: Option<&'t RawValue>,
    #[serde(borrow, rename = "eventVersion")]
    version: Option<&'t RawValue>,
    #[serde(borrow, rename = "eventSource")]
    source: Option<&'t RawValue>,
    #[serde(borrow)]
    detail: Option<&'t RawValue>,
    #[serde(borrow, rename = "Records")]
    records: Option<&'t RawValue>,
    #[serde(borrow, rename = "Events")]
    events: Option<&'t RawValue>,
    #[serde(borrow, rename = "CloudTrailEvent")]
    looked_up: Option<&'t RawValue>,
}

/// Amid what is broken only an event is taken: the parts of a broken one are objects too.
fn is_event(text: &str) -> bool {
    if text.starts_with('[') {
        return true;
    }
    serde_json::from_str::<Marks<'_>>(text).is_ok_and(|marks| {
        let Marks { name, version, source, detail, records, events, looked_up } = marks;
        [name, version, source, detail, records, events, looked_up].iter().any(Option::is_some)
    })
}
