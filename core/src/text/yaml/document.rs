//! Documents, and how they are read.

use std::collections::HashMap;
use std::fmt;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Tag};
use serde_json::{Map, Number, Value};

use crate::text::hash::fnv1a;

/// Largest file we read, in bytes. A larger one is a fault, not a slow start.
pub const YAML_BYTES_MAX: usize = 1024 * 1024;
/// Most nodes in one file, aliases expanded: the guard against "billion laughs".
pub const YAML_NODES_MAX: usize = 200_000;
/// Deepest nesting in a file.
const YAML_DEPTH_MAX: usize = 64;

/// One YAML document: its value and the place of each of its nodes.
#[derive(Debug, Clone)]
pub struct YamlDocument {
    /// Name of the file as the user would write it.
    pub file: String,
    /// The content, with mapping keys as text (so that account IDs keep leading zeros).
    pub value: Value,
    places: Places,
    first: Place,
    /// Faults of a document that could be parsed to its end. They are reported together with those of decoding.
    pub(super) faults: Vec<Fault>,
}

/// A position in a file: line and column, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Line.
    pub line: usize,
    /// Column, in characters.
    pub column: usize,
}

impl Place {
    const FIRST: Self = Self { line: 1, column: 1 };

    fn of(marker: &Marker) -> Self {
        Self { line: marker.line(), column: marker.col() + 1 }
    }
}

/// Places by the hashes of their paths. The texts of 200,000 paths would take more than the document; two paths of the
/// same hash cost no more than a wrong place in a fault.
#[derive(Debug, Clone, Default)]
struct Places(HashMap<u64, (u32, u32)>);

impl Places {
    fn key(path: &str) -> u64 {
        fnv1a(path.bytes())
    }

    fn get(&self, path: &str) -> Option<Place> {
        let (line, column) = *self.0.get(&Self::key(path))?;
        Some(Place { line: line as usize, column: column as usize })
    }

    /// The first place counts: an entry of a mapping begins with its key.
    fn or_insert(&mut self, path: &str, at: Place) {
        // A file has at most 1 MiB.
        let part = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        self.0.entry(Self::key(path)).or_insert((part(at.line), part(at.column)));
    }
}

/// A fault in a file that a user wrote: its place, a message, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// File name.
    pub file: String,
    /// Line, counted from 1.
    pub line: usize,
    /// Column, counted from 1.
    pub column: usize,
    /// Path inside the document; empty for the document as a whole.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: ", self.file, self.line, self.column)?;
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

impl YamlDocument {
    /// Parses all documents of a YAML or JSON text.
    ///
    /// # Errors
    /// A [`Fault`] with the line of the syntax error, of a key given twice, or of a limit reached.
    pub fn parse_all(file: &str, text: &str) -> Result<Vec<Self>, Fault> {
        if text.len() > YAML_BYTES_MAX {
            let message =
                format!("file has {} bytes, at most {YAML_BYTES_MAX} are read", text.len());
            return Err(Fault::whole(file, 1, message));
        }
        Loader::new(file).load(text)
    }

    /// A document that was checked before and needs no lines, as the rules compiled in.
    #[must_use]
    pub fn trusted(file: &str, value: Value) -> Self {
        let (places, faults) = (Places::default(), Vec::new());
        Self { file: file.to_owned(), value, places, first: Place::FIRST, faults }
    }

    /// The place of a path, or of its nearest known ancestor.
    #[must_use]
    pub fn place(&self, path: &str) -> Place {
        let mut path = path;
        loop {
            if let Some(place) = self.places.get(path) {
                return place;
            }
            match path.rfind(['.', '[']) {
                Some(cut) => path = path.get(..cut).unwrap_or_default(),
                None => return self.places.get("").unwrap_or(self.first),
            }
        }
    }

    /// The line of a path, or of its nearest known ancestor.
    #[must_use]
    pub fn line(&self, path: &str) -> usize {
        self.place(path).line
    }

    /// A fault at a path of this document.
    #[must_use]
    pub fn fault(&self, path: &str, message: impl Into<String>, help: Option<String>) -> Fault {
        let Place { line, column } = self.place(path);
        Fault {
            file: self.file.clone(),
            line,
            column,
            path: path.to_owned(),
            message: message.into(),
            help,
        }
    }
}

impl Fault {
    /// A fault of a whole file or document.
    #[must_use]
    pub fn whole(file: &str, line: usize, message: impl Into<String>) -> Self {
        let (path, help) = (String::new(), None);
        Self { file: file.to_owned(), line, column: 1, path, message: message.into(), help }
    }

    fn at(file: &str, Place { line, column }: Place, message: impl Into<String>) -> Self {
        Self { column, ..Self::whole(file, line, message) }
    }
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
    places: Places,
    /// Of the document that is read.
    faults: Vec<Fault>,
    nodes: usize,
    root: Option<Value>,
    done: Vec<YamlDocument>,
}

impl<'f> Loader<'f> {
    fn new(file: &'f str) -> Self {
        Self {
            file,
            stack: Vec::new(),
            anchors: HashMap::new(),
            places: Places::default(),
            faults: Vec::new(),
            nodes: 0,
            root: None,
            done: Vec::new(),
        }
    }

    fn load(mut self, text: &str) -> Result<Vec<YamlDocument>, Fault> {
        for item in Parser::new_from_str(text) {
            let (event, span) = item.map_err(|error| {
                let message = format!("not valid YAML: {}", error.info());
                Fault::at(self.file, Place::of(error.marker()), message)
            })?;
            self.take(event, Place::of(&span.start))?;
        }
        Ok(self.done)
    }

    fn take(&mut self, event: Event<'_>, at: Place) -> Result<(), Fault> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                if let Some(Frame { open: Open::Mapping(_, key @ None), .. }) =
                    self.stack.last_mut()
                {
                    *key = Some(text.into_owned());
                    self.start_entry(at);
                    self.check_tag(tag.as_deref(), at);
                    return Ok(());
                }
                let style = self.check_tag(tag.as_deref(), at).unwrap_or(style);
                let value = scalar(&text, style);
                self.node(anchor, value, at)
            }
            Event::Alias(anchor) => {
                let value = self.anchors.get(&anchor).cloned().unwrap_or(Value::Null);
                self.nodes += count(&value);
                self.node(0, value, at)
            }
            Event::SequenceStart(anchor, tag) => {
                self.check_tag(tag.as_deref(), at);
                self.push(Open::Sequence(Vec::new()), anchor, at)
            }
            Event::MappingStart(anchor, tag) => {
                self.check_tag(tag.as_deref(), at);
                self.push(Open::Mapping(Map::new(), None), anchor, at)
            }
            Event::SequenceEnd | Event::MappingEnd => match self.stack.pop() {
                Some(Frame { open: Open::Sequence(items), anchor, .. }) => {
                    self.close(anchor, Value::Array(items), at)
                }
                Some(Frame { open: Open::Mapping(map, _), anchor, .. }) => {
                    self.close(anchor, Value::Object(map), at)
                }
                None => Ok(()),
            },
            Event::DocumentEnd => {
                let value = self.root.take().unwrap_or(Value::Null);
                let places = std::mem::take(&mut self.places);
                let faults = std::mem::take(&mut self.faults);
                let first = places.get("").unwrap_or(at);
                if !value.is_null() || !faults.is_empty() {
                    let file = self.file.to_owned();
                    self.done.push(YamlDocument { file, value, places, first, faults });
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// How to read a scalar with this tag, if the tag decides. Tags other than YAML's own are refused: the parser would
    /// drop them, and their meaning with them.
    fn check_tag(&mut self, tag: Option<&Tag>, at: Place) -> Option<ScalarStyle> {
        let tag = tag?;
        match (tag.is_yaml_core_schema(), tag.suffix.as_str()) {
            (true, "str") => return Some(ScalarStyle::DoubleQuoted),
            (true, "int" | "float" | "bool" | "null") => return Some(ScalarStyle::Plain),
            (true, "seq" | "map") => return None,
            // A lone `!` says: a text.
            (false, "" | "!") => return Some(ScalarStyle::DoubleQuoted),
            _ => {}
        }
        let path = self.path();
        let name = match tag.is_yaml_core_schema() {
            true => format!("!!{}", tag.suffix),
            false => tag.to_string(),
        };
        let message = format!(
            "the tag `{name}` says nothing here: no CloudFormation and no other program puts its value in"
        );
        let help = Some("write the value itself".to_owned());
        self.faults.push(Fault { path, help, ..Fault::at(self.file, at, message) });
        None
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

    fn start_entry(&mut self, at: Place) {
        let path = self.path();
        let Some(Frame { open: Open::Mapping(map, Some(key)), .. }) = self.stack.last() else {
            return;
        };
        let message = if key == "<<" {
            Some("merging with `<<` is not supported; write the keys out".to_owned())
        } else {
            map.contains_key(key).then(|| format!("key `{key}` is given twice"))
        };
        if let Some(message) = message {
            let path = path.clone();
            self.faults.push(Fault { path, ..Fault::at(self.file, at, message) });
        }
        self.places.or_insert(&path, at);
    }

    fn push(&mut self, open: Open, anchor: usize, at: Place) -> Result<(), Fault> {
        if let Some(Frame { open: Open::Mapping(_, None), .. }) = self.stack.last() {
            return Err(Fault::at(self.file, at, "a mapping key must be plain text"));
        }
        if self.stack.len() >= YAML_DEPTH_MAX {
            let message = format!("nested deeper than {YAML_DEPTH_MAX} levels");
            return Err(Fault::at(self.file, at, message));
        }
        let path = self.path();
        self.places.or_insert(&path, at);
        self.stack.push(Frame { open, path, anchor });
        Ok(())
    }

    fn node(&mut self, anchor: usize, value: Value, at: Place) -> Result<(), Fault> {
        let path = self.path();
        self.places.or_insert(&path, at);
        self.close(anchor, value, at)
    }

    fn close(&mut self, anchor: usize, value: Value, at: Place) -> Result<(), Fault> {
        self.nodes += 1;
        if self.nodes > YAML_NODES_MAX {
            let message = format!("more than {YAML_NODES_MAX} values");
            return Err(Fault::at(self.file, at, message));
        }
        if anchor > 0 {
            self.anchors.insert(anchor, value.clone());
        }
        match self.stack.last_mut().map(|frame| &mut frame.open) {
            None => self.root = Some(value),
            Some(Open::Sequence(items)) => items.push(value),
            Some(Open::Mapping(map, key)) => match key.take().unwrap_or_default() {
                // It is a fault already, which what it would have merged is not.
                merging if merging == "<<" => {}
                key => _ = map.insert(key, value),
            },
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

    fn one(text: &str) -> YamlDocument {
        YamlDocument::parse_all("t.yaml", text).unwrap().remove(0)
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
        let second = &YamlDocument::parse_all("t", "a: 1\n---\nb: 2\n").unwrap()[1];
        assert_eq!(second.line("b"), 3);
    }

    #[test]
    fn faults_name_line_and_column() {
        for (text, line, column, fragment) in
            [("a: [1\nb: 2", 2, 2, "not valid YAML"), ("? [x]\n: 1\n", 1, 3, "plain text")]
        {
            let fault = YamlDocument::parse_all("t", text).unwrap_err();
            assert_eq!((fault.line, fault.column), (line, column), "{fault}");
            assert!(fault.message.contains(fragment), "{fault}");
        }
    }

    /// What is wrong with a document that can be read to its end.
    fn faults(text: &str) -> Vec<String> {
        one(text).decode::<Value>().unwrap_err().faults.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_would_be_dropped_is_reported_with_all_other_faults() {
        let found = faults("a: 1\na: 2\nb: {<<: *x}\n".replace("*x", "{c: 1}").as_str());
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].starts_with("t.yaml:2:1: `a`: key `a` is given twice"), "{found:?}");
        assert!(found[1].starts_with("t.yaml:3:5: `b.<<`: merging"), "{found:?}");
        let tags = "a: [!Ref Role]\nb: !Sub '${X}'\nc: !GetAtt [A, Arn]\n!Ref d: 1\ne: !!timestamp 2026-01-01\n";
        let found = faults(tags);
        assert_eq!(found.len(), 5, "{found:?}");
        assert!(
            found[0].starts_with("t.yaml:1:5: `a[0]`: the tag `!Ref` says nothing"),
            "{found:?}"
        );
        assert!(found[4].contains("`!!timestamp`"), "{found:?}");
    }

    #[test]
    fn tags_of_yaml_itself_are_followed() {
        let document = one("{a: !!str 111122223333, b: !!int '7', c: ! 1, d: !!seq [x]}");
        assert_eq!(document.value, json!({"a": "111122223333", "b": 7, "c": "1", "d": ["x"]}));
        assert_eq!(document.decode::<Value>().unwrap(), document.value);
    }

    #[test]
    fn laughs_and_towers_are_refused() {
        let mut laughs = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
        for level in 1..9 {
            let previous = format!("*a{}", level - 1);
            laughs += &format!("a{level}: &a{level} [{}]\n", vec![previous; 10].join(","));
        }
        assert!(YamlDocument::parse_all("t", &laughs).unwrap_err().message.contains("more than"));
        let tower = "[".repeat(100) + &"]".repeat(100);
        assert!(YamlDocument::parse_all("t", &tower).unwrap_err().message.contains("deeper"));
    }
}
