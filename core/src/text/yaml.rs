//! YAML (and so JSON) text as located values: every node remembers its line.
//!
//! Rule and site files are written by people, so every fault found later, by the typed decoder,
//! the pattern compiler or a check across files, must name file and line. All of them speak of a
//! *path* (`pattern.detail.eventName[0]`); [`Document::fault`] turns it into a line.

use std::collections::HashMap;
use std::fmt;

use saphyr_parser::{Event, Parser, ScalarStyle};
use serde::de::DeserializeOwned;
use serde_json::{Map, Number, Value};

use crate::text::hash::fnv1a;
use crate::text::nearest;

/// Largest file we read, in bytes. A larger one is a fault, not a slow start.
pub const DOCUMENT_BYTES_MAX: usize = 1024 * 1024;
/// Most nodes in one file, aliases expanded: the guard against "billion laughs".
pub const DOCUMENT_NODES_MAX: usize = 200_000;
/// Deepest nesting in a file.
pub(crate) const DOCUMENT_DEPTH_MAX: usize = 64;

/// One YAML document: its value and the line of each of its nodes.
#[derive(Debug, Clone)]
pub struct Document {
    /// Name of the file as the user would write it.
    pub file: String,
    /// The content, with mapping keys as text (so that account IDs keep leading zeros).
    pub value: Value,
    lines: Lines,
    first_line: usize,
}

/// Lines by the hashes of their paths. The texts of 200,000 paths would take more than the document; two paths of the
/// same hash cost no more than a wrong line in a fault.
#[derive(Debug, Clone, Default)]
struct Lines(HashMap<u64, usize>);

impl Lines {
    fn key(path: &str) -> u64 {
        fnv1a(path.bytes())
    }

    fn get(&self, path: &str) -> Option<usize> {
        self.0.get(&Self::key(path)).copied()
    }

    /// The first line counts, but for an entry of a mapping: it begins with its key.
    fn or_insert(&mut self, path: &str, line: usize) {
        self.0.entry(Self::key(path)).or_insert(line);
    }

    fn insert(&mut self, path: &str, line: usize) {
        self.0.insert(Self::key(path), line);
    }
}

/// What is wrong in a file that a user wrote: where, what, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// File name.
    pub file: String,
    /// Line, counted from 1.
    pub line: usize,
    /// Path inside the document; empty for the document as a whole.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.file, self.line)?;
        if !self.path.is_empty() {
            write!(f, "`{}`: ", self.path)?;
        }
        write!(f, "{}", self.message)?;
        match &self.help {
            Some(help) => write!(f, " ({help})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Fault {}

impl Document {
    /// Parses all documents of a YAML or JSON text.
    ///
    /// # Errors
    /// A [`Fault`] with the line of the syntax error, of a key given twice, or of a limit reached.
    pub fn parse_all(file: &str, text: &str) -> Result<Vec<Self>, Fault> {
        if text.len() > DOCUMENT_BYTES_MAX {
            let message =
                format!("file has {} bytes, at most {DOCUMENT_BYTES_MAX} are read", text.len());
            return Err(Fault::whole(file, 1, message));
        }
        Loader::new(file).load(text)
    }

    /// A document that was checked before and needs no lines, as the rules compiled in.
    #[must_use]
    pub fn trusted(file: &str, value: Value) -> Self {
        Self { file: file.to_owned(), value, lines: Lines::default(), first_line: 1 }
    }

    /// The line of a path, or of its nearest known ancestor.
    #[must_use]
    pub fn line(&self, path: &str) -> usize {
        let mut path = path;
        loop {
            if let Some(line) = self.lines.get(path) {
                return line;
            }
            match path.rfind(['.', '[']) {
                Some(cut) => path = path.get(..cut).unwrap_or_default(),
                None => return self.lines.get("").unwrap_or(self.first_line),
            }
        }
    }

    /// A fault at a path of this document.
    #[must_use]
    pub fn fault(&self, path: &str, message: impl Into<String>, help: Option<String>) -> Fault {
        let line = self.line(path);
        Fault {
            file: self.file.clone(),
            line,
            path: path.to_owned(),
            message: message.into(),
            help,
        }
    }

    /// Decodes the document into a type, with the nearest right word for a wrong one.
    ///
    /// # Errors
    /// The first [`Fault`] serde finds.
    pub fn decode<T: DeserializeOwned>(&self) -> Result<T, Fault> {
        serde_path_to_error::deserialize(&self.value).map_err(|error| {
            let path = error.path().to_string();
            let path = if path == "." { String::new() } else { path };
            let text = error.inner().to_string();
            let (path, help) = self.explain_decoding(&path, &text);
            self.fault(&path, lower_first(&text), help)
        })
    }

    /// serde says "unknown field `x`, expected one of `a`, `b`": points at `x`, suggests the
    /// nearest.
    fn explain_decoding(&self, path: &str, text: &str) -> (String, Option<String>) {
        let words: Vec<&str> = text.split('`').skip(1).step_by(2).collect();
        let (Some(wrong), true) = (words.first(), text.starts_with("unknown ")) else {
            return (path.to_owned(), None);
        };
        let help = nearest::suggestion(wrong, words.iter().skip(1).copied());
        let unknown_field = text.starts_with("unknown field");
        let ends_with_it = path == *wrong || path.ends_with(&format!(".{wrong}"));
        let path = match (unknown_field && !ends_with_it, path.is_empty()) {
            (false, _) => path.to_owned(),
            (true, true) => (*wrong).to_owned(),
            (true, false) => format!("{path}.{wrong}"),
        };
        (path, help)
    }
}

impl Fault {
    /// A fault of a whole file or document.
    #[must_use]
    pub fn whole(file: &str, line: usize, message: impl Into<String>) -> Self {
        let (path, help) = (String::new(), None);
        Self { file: file.to_owned(), line, path, message: message.into(), help }
    }
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

/// A container under construction.
enum Open {
    Sequence(Vec<Value>),
    Mapping(Map<String, Value>, Option<String>),
}

struct Frame {
    open: Open,
    path: String,
    anchor: usize,
}

struct Loader<'f> {
    file: &'f str,
    stack: Vec<Frame>,
    anchors: HashMap<usize, Value>,
    lines: Lines,
    nodes: usize,
    root: Option<Value>,
    done: Vec<Document>,
}

impl<'f> Loader<'f> {
    fn new(file: &'f str) -> Self {
        let (stack, anchors, lines) = (Vec::new(), HashMap::new(), Lines::default());
        Self { file, stack, anchors, lines, nodes: 0, root: None, done: Vec::new() }
    }

    fn load(mut self, text: &str) -> Result<Vec<Document>, Fault> {
        for item in Parser::new_from_str(text) {
            let (event, span) = item.map_err(|error| {
                let line = error.marker().line();
                Fault::whole(self.file, line, format!("not valid YAML: {}", error.info()))
            })?;
            self.take(event, span.start.line())?;
        }
        Ok(self.done)
    }

    fn take(&mut self, event: Event<'_>, line: usize) -> Result<(), Fault> {
        match event {
            Event::Scalar(text, style, anchor, _) => {
                if let Some(Frame { open: Open::Mapping(_, key @ None), .. }) =
                    self.stack.last_mut()
                {
                    *key = Some(text.into_owned());
                    return self.start_entry(line);
                }
                let value = scalar(&text, style);
                self.node(anchor, value, line)
            }
            Event::Alias(anchor) => {
                let value = self.anchors.get(&anchor).cloned().unwrap_or(Value::Null);
                self.nodes += count(&value);
                self.node(0, value, line)
            }
            Event::SequenceStart(anchor, _) => self.push(Open::Sequence(Vec::new()), anchor, line),
            Event::MappingStart(anchor, _) => {
                self.push(Open::Mapping(Map::new(), None), anchor, line)
            }
            Event::SequenceEnd | Event::MappingEnd => match self.stack.pop() {
                Some(Frame { open: Open::Sequence(items), anchor, .. }) => {
                    self.close(anchor, Value::Array(items), line)
                }
                Some(Frame { open: Open::Mapping(map, _), anchor, .. }) => {
                    self.close(anchor, Value::Object(map), line)
                }
                None => Ok(()),
            },
            Event::DocumentEnd => {
                let value = self.root.take().unwrap_or(Value::Null);
                let lines = std::mem::take(&mut self.lines);
                let first_line = lines.get("").unwrap_or(line);
                if !value.is_null() {
                    self.done.push(Document {
                        file: self.file.to_owned(),
                        value,
                        lines,
                        first_line,
                    });
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Path of the node that starts now.
    fn path(&self) -> String {
        match self.stack.last() {
            None => String::new(),
            Some(Frame { open: Open::Sequence(items), path, .. }) => {
                format!("{path}[{}]", items.len())
            }
            Some(Frame { open: Open::Mapping(_, key), path, .. }) => {
                let key = key.as_deref().unwrap_or_default();
                if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
            }
        }
    }

    fn start_entry(&mut self, line: usize) -> Result<(), Fault> {
        let path = self.path();
        let Some(Frame { open: Open::Mapping(map, Some(key)), .. }) = self.stack.last() else {
            return Ok(());
        };
        if key == "<<" {
            let message = "merging with `<<` is not supported; write the keys out";
            return Err(Fault { path, ..Fault::whole(self.file, line, message) });
        }
        if map.contains_key(key) {
            let message = format!("key `{key}` is given twice");
            return Err(Fault { path, ..Fault::whole(self.file, line, message) });
        }
        self.lines.insert(&path, line);
        Ok(())
    }

    fn push(&mut self, open: Open, anchor: usize, line: usize) -> Result<(), Fault> {
        if let Some(Frame { open: Open::Mapping(_, None), .. }) = self.stack.last() {
            return Err(Fault::whole(self.file, line, "a mapping key must be plain text"));
        }
        if self.stack.len() >= DOCUMENT_DEPTH_MAX {
            let message = format!("nested deeper than {DOCUMENT_DEPTH_MAX} levels");
            return Err(Fault::whole(self.file, line, message));
        }
        let path = self.path();
        self.lines.or_insert(&path, line);
        self.stack.push(Frame { open, path, anchor });
        Ok(())
    }

    fn node(&mut self, anchor: usize, value: Value, line: usize) -> Result<(), Fault> {
        let path = self.path();
        self.lines.or_insert(&path, line);
        self.close(anchor, value, line)
    }

    fn close(&mut self, anchor: usize, value: Value, line: usize) -> Result<(), Fault> {
        self.nodes += 1;
        if self.nodes > DOCUMENT_NODES_MAX {
            let message = format!("more than {DOCUMENT_NODES_MAX} values");
            return Err(Fault::whole(self.file, line, message));
        }
        if anchor > 0 {
            self.anchors.insert(anchor, value.clone());
        }
        match self.stack.last_mut().map(|frame| &mut frame.open) {
            None => self.root = Some(value),
            Some(Open::Sequence(items)) => items.push(value),
            Some(Open::Mapping(map, key)) => {
                map.insert(key.take().unwrap_or_default(), value);
            }
        }
        Ok(())
    }
}

fn count(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(count).sum::<usize>(),
        Value::Object(map) => 1 + map.values().map(count).sum::<usize>(),
        _ => 1,
    }
}

/// YAML 1.2 core schema: <https://yaml.org/spec/1.2.2/#103-core-schema>.
fn scalar(text: &str, style: ScalarStyle) -> Value {
    if style != ScalarStyle::Plain {
        return Value::String(text.to_owned());
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ => number(text).map_or_else(|| Value::String(text.to_owned()), Value::Number),
    }
}

fn number(text: &str) -> Option<Number> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    // A leading zero is an account ID or a date that lost its quotes, never a quantity.
    let leading_zero = digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.");
    if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') || leading_zero {
        return None;
    }
    let plain = text.strip_prefix('+').unwrap_or(text);
    // As it is spelt: patterns distinguish 300 from 300.0.
    if let Ok(number) = serde_json::from_str::<Number>(plain) {
        return Some(number);
    }
    // YAML allows what JSON does not, as `.5`.
    let float: f64 = plain.parse().ok()?;
    Number::from_f64(float)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn one(text: &str) -> Document {
        Document::parse_all("t.yaml", text).unwrap().remove(0)
    }

    #[test]
    fn values_follow_the_core_schema() {
        let document =
            one("{a: 1, b: 1.5, c: 'x', d: ~, e: [true, \"1\"], f: 2026-01-01, g: 012345678901}");
        let want = json!({"a": 1, "b": 1.5, "c": "x", "d": null, "e": [true, "1"],
                          "f": "2026-01-01", "g": "012345678901"});
        assert_eq!(document.value, want);
    }

    #[test]
    fn account_ids_as_keys_stay_text() {
        assert_eq!(one("012345678901: {x: 1}").value, json!({"012345678901": {"x": 1}}));
    }

    #[test]
    fn every_node_knows_its_line() {
        let document = one("a:\n  b:\n    - x\n    - {c: 1}\n");
        assert_eq!(document.line("a.b"), 2);
        assert_eq!(document.line("a.b[1].c"), 4);
        assert_eq!(document.line("a.b[1].c.nothing[7]"), 4);
        let second = &Document::parse_all("t", "a: 1\n---\nb: 2\n").unwrap()[1];
        assert_eq!(second.line("b"), 3);
    }

    #[test]
    fn faults_name_the_line() {
        for (text, line, fragment) in [
            ("a: 1\na: 2\n", 2, "given twice"),
            ("a: [1\nb: 2", 2, "not valid YAML"),
            ("? [x]\n: 1\n", 1, "plain text"),
        ] {
            let fault = Document::parse_all("t", text).unwrap_err();
            assert_eq!(fault.line, line, "{fault}");
            assert!(fault.message.contains(fragment), "{fault}");
        }
    }

    #[test]
    fn laughs_and_towers_are_refused() {
        let mut laughs = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
        for level in 1..9 {
            let previous = format!("*a{}", level - 1);
            laughs += &format!("a{level}: &a{level} [{}]\n", vec![previous; 10].join(","));
        }
        assert!(Document::parse_all("t", &laughs).unwrap_err().message.contains("more than"));
        let tower = "[".repeat(100) + &"]".repeat(100);
        assert!(Document::parse_all("t", &tower).unwrap_err().message.contains("deeper"));
    }
}
