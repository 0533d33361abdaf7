//! One alternative of a field: which leaf it accepts, and how it prints.

use std::fmt;
use std::net::IpAddr;
use std::ops::{Bound, RangeBounds};

use memchr::memmem::Finder;
use serde_json::{Number, Value, json};

/// What one alternative of a field accepts.
#[derive(Debug, Clone, PartialEq)]
pub enum Matcher {
    /// `"text"`, `""`
    Text(String),
    /// `"10.0.0.1"`: a string that is an IP address also matches its other spellings.
    Address(String, IpAddr),
    /// `300`: compared by spelling, so that 300 is not 300.0, as AWS documents it.
    Number(Number),
    /// `true`, `false`, `null`
    Literal(Value),
    /// `{"prefix": "x"}`
    Prefix(String),
    /// `{"prefix": {"equals-ignore-case": "x"}}`
    PrefixIgnoreCase(Folded),
    /// `{"suffix": "x"}`
    Suffix(String),
    /// `{"suffix": {"equals-ignore-case": "x"}}`
    SuffixIgnoreCase(Folded),
    /// `{"equals-ignore-case": "x"}`
    IgnoreCase(Folded),
    /// `{"wildcard": "a*b"}`
    Wildcard(Wildcard),
    /// `{"numeric": [">", 0, "<=", 5]}`
    Numeric(Range),
    /// `{"cidr": "10.0.0.0/8"}`
    Cidr(Network),
    /// `{"exists": true}`
    Exists,
    /// `{"exists": false}`: decided by the branch, no leaf is accepted.
    Absent,
    /// `{"anything-but": …}`: accepts a value that all of these refuse.
    AnythingBut(Vec<Matcher>),
}

impl Matcher {
    /// Does this alternative accept a leaf of the event?
    #[must_use]
    pub fn accepts(&self, leaf: &Value) -> bool {
        match self {
            Self::Exists => return true,
            Self::Absent => return false,
            Self::AnythingBut(refused) => return !refused.iter().any(|one| one.accepts(leaf)),
            Self::Literal(literal) => return literal == leaf,
            Self::Number(number) => return leaf.as_number().is_some_and(|n| n == number),
            Self::Numeric(range) => {
                return leaf.as_f64().is_some_and(|number| range.contains(number));
            }
            _ => {}
        }
        let Value::String(text) = leaf else { return false };
        match self {
            Self::Text(want) => want == text,
            Self::Address(want, address) => want == text || parse_address(text) == Some(*address),
            Self::Prefix(prefix) => text.starts_with(prefix.as_str()),
            Self::PrefixIgnoreCase(folded) => folded.is_prefix_of(text),
            Self::Suffix(suffix) => text.ends_with(suffix.as_str()),
            Self::SuffixIgnoreCase(folded) => folded.is_suffix_of(text),
            Self::IgnoreCase(folded) => folded.equals(text),
            Self::Wildcard(wildcard) => wildcard.matches(text),
            Self::Cidr(network) => parse_address(text).is_some_and(|ip| network.contains(ip)),
            _ => false,
        }
    }
}

impl Matcher {
    /// The alternative as a pattern writes it.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let folded = |folded: &Folded| json!({"equals-ignore-case": folded.text});
        match self {
            Self::Text(text) | Self::Address(text, _) => json!(text),
            Self::Number(number) => Value::Number(number.clone()),
            Self::Literal(literal) => literal.clone(),
            Self::Prefix(text) => json!({"prefix": text}),
            Self::PrefixIgnoreCase(text) => json!({"prefix": folded(text)}),
            Self::Suffix(text) => json!({"suffix": text}),
            Self::SuffixIgnoreCase(text) => json!({"suffix": folded(text)}),
            Self::IgnoreCase(text) => folded(text),
            Self::Wildcard(wildcard) => json!({"wildcard": wildcard.text}),
            Self::Numeric(range) => json!({"numeric": range.to_value()}),
            Self::Cidr(network) => json!({"cidr": network.text}),
            Self::Exists => json!({"exists": true}),
            Self::Absent => json!({"exists": false}),
            Self::AnythingBut(refused) => json!({"anything-but": Self::refused_value(refused)}),
        }
    }

    /// `["a", "b"]`, `[1, 2]` or `{"prefix": ["a", "b"]}`: all of `anything-but` are of one kind.
    fn refused_value(refused: &[Self]) -> Value {
        let mut operator = None;
        let plain = refused.iter().map(|one| match one {
            // A number is kept as the range that holds it alone.
            Self::Numeric(range) => range.to_value().get(1).cloned().unwrap_or_default(),
            _ => match one.to_value() {
                Value::Object(map) => {
                    let (word, operand) = map.into_iter().next().unzip();
                    operator = word;
                    operand.unwrap_or_default()
                }
                plain => plain,
            },
        });
        let values: Vec<Value> = plain.collect();
        match operator {
            Some(operator) => json!({operator: values}),
            None => Value::Array(values),
        }
    }
}

pub(super) fn parse_address(text: &str) -> Option<IpAddr> {
    text.parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

/// A range of numbers, compared by value.
#[derive(Debug, Clone, PartialEq)]
pub struct Range {
    pub(super) low: Bound<f64>,
    pub(super) high: Bound<f64>,
    pub(super) text: String,
}

impl Range {
    /// As it was written: `[">=", 0, "<", 5]`.
    fn to_value(&self) -> Value {
        let part = |word: &str| serde_json::from_str(word).unwrap_or_else(|_| Value::from(word));
        match self.text.contains(' ') {
            true => self.text.split(' ').map(part).collect(),
            false => json!(["=", part(&self.text)]),
        }
    }

    fn contains(&self, number: f64) -> bool {
        (self.low, self.high).contains(&number)
    }
}

/// A block of addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    pub(super) first: IpAddr,
    pub(super) last: IpAddr,
    pub(super) text: String,
}

impl Network {
    fn contains(&self, address: IpAddr) -> bool {
        self.first.is_ipv4() == address.is_ipv4() && (self.first..=self.last).contains(&address)
    }
}

/// A text compared without regard to case, character by character in upper or lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folded {
    text: String,
    /// Lower and upper spelling of each character; empty where all is ASCII.
    spellings: Vec<(String, String)>,
}

impl Folded {
    pub(super) fn new(text: &str) -> Self {
        let spell = |c: char| (c.to_lowercase().collect(), c.to_uppercase().collect());
        let spellings =
            if text.is_ascii() { Vec::new() } else { text.chars().map(spell).collect() };
        Self { text: text.to_owned(), spellings }
    }

    /// The text in lower case where only ASCII can match it: a key for the index.
    pub(super) fn ascii_key(&self) -> Option<String> {
        self.spellings.is_empty().then(|| self.text.to_ascii_lowercase())
    }

    fn equals(&self, text: &str) -> bool {
        if self.spellings.is_empty() {
            return self.text.eq_ignore_ascii_case(text);
        }
        self.rest(text) == Some("")
    }

    fn is_prefix_of(&self, text: &str) -> bool {
        if self.spellings.is_empty() {
            let head = text.as_bytes().get(..self.text.len());
            return head.is_some_and(|head| head.eq_ignore_ascii_case(self.text.as_bytes()));
        }
        self.rest(text).is_some()
    }

    fn is_suffix_of(&self, text: &str) -> bool {
        if self.spellings.is_empty() {
            let start = text.len().checked_sub(self.text.len());
            let tail = start.and_then(|start| text.as_bytes().get(start..));
            return tail.is_some_and(|tail| tail.eq_ignore_ascii_case(self.text.as_bytes()));
        }
        let strip = |rest: &str, (lower, upper): &(String, String)| {
            rest.strip_suffix(lower.as_str())
                .or_else(|| rest.strip_suffix(upper.as_str()))
                .map(str::len)
        };
        let mut end = text.len();
        for spelling in self.spellings.iter().rev() {
            match text.get(..end).and_then(|rest| strip(rest, spelling)) {
                Some(shorter) => end = shorter,
                None => return false,
            }
        }
        true
    }

    /// The rest of another text that begins with this one.
    fn rest<'t>(&self, text: &'t str) -> Option<&'t str> {
        self.spellings.iter().try_fold(text, |rest, (lower, upper)| {
            rest.strip_prefix(lower.as_str()).or_else(|| rest.strip_prefix(upper.as_str()))
        })
    }
}

/// A text with `*` for any run of characters. `\*` and `\\` are the characters themselves.
#[derive(Debug, Clone)]
pub struct Wildcard {
    pub(super) text: String,
    /// Literal pieces between the stars; one piece means no star.
    pub(super) pieces: Vec<String>,
    /// Searches for the pieces between the first and the last.
    middle: Vec<Finder<'static>>,
}

impl PartialEq for Wildcard {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Wildcard {
    pub(super) fn new(text: &str, pieces: Vec<String>) -> Self {
        let middle = match pieces.as_slice() {
            [_, middle @ .., _] => middle,
            _ => &[],
        };
        let middle = middle.iter().map(|piece| Finder::new(piece).into_owned()).collect();
        Self { text: text.to_owned(), middle, pieces }
    }

    /// Linear in the text: each middle piece is taken at its first occurrence.
    fn matches(&self, text: &str) -> bool {
        match self.pieces.as_slice() {
            [] => text.is_empty(),
            [only] => only == text,
            [first, .., last] => {
                let Some(mut rest) = text.as_bytes().strip_prefix(first.as_bytes()) else {
                    return false;
                };
                for piece in &self.middle {
                    let end = piece.find(rest).map(|at| at + piece.needle().len());
                    match end.and_then(|end| rest.get(end..)) {
                        Some(after) => rest = after,
                        None => return false,
                    }
                }
                rest.ends_with(last.as_bytes())
            }
        }
    }
}

impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) | Self::Address(text, _) => {
                write!(f, "{}", Value::from(text.as_str()))
            }
            Self::Number(number) => write!(f, "{number}"),
            Self::Literal(literal) => write!(f, "{literal}"),
            Self::Prefix(text) => write!(f, "prefix {}", Value::from(text.as_str())),
            Self::Suffix(text) => write!(f, "suffix {}", Value::from(text.as_str())),
            Self::PrefixIgnoreCase(folded) => write!(f, "prefix {:?} ignoring case", folded.text),
            Self::SuffixIgnoreCase(folded) => write!(f, "suffix {:?} ignoring case", folded.text),
            Self::IgnoreCase(folded) => write!(f, "{:?} ignoring case", folded.text),
            Self::Wildcard(wildcard) => write!(f, "wildcard {:?}", wildcard.text),
            Self::Numeric(range) => write!(f, "number {}", range.text),
            Self::Cidr(network) => write!(f, "address in {}", network.text),
            Self::Exists => write!(f, "to exist"),
            Self::Absent => write!(f, "to be absent"),
            Self::AnythingBut(refused) => {
                write!(f, "anything but ")?;
                for (index, one) in refused.iter().enumerate() {
                    let separator = if index == 0 { "" } else { ", " };
                    write!(f, "{separator}{one}")?;
                }
                Ok(())
            }
        }
    }
}
