//! From JSON to [`Pattern`]: how each operator is written, and what is refused.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::Bound;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::compiled::{Branch, Field, Pattern};
use super::matcher::{Folded, Matcher, Network, Range, Wildcard, parse_address};
use super::{BRANCHES_MAX, FieldPath, VALUES_OF_ALL_MAX, cost};
use crate::text::nearest;

/// The operators of EventBridge's pattern language, without `$or`, which is a field name.
const OPERATORS: [&str; 8] = [
    "prefix",
    "suffix",
    "equals-ignore-case",
    "wildcard",
    "anything-but",
    "numeric",
    "cidr",
    "exists",
];

/// Words that AWS's matcher refuses as field names inside `$or`, beside the operators.
const RESERVED_INSIDE_OR: [&str; 14] = [
    "exactly",
    "=",
    "<",
    "<=",
    ">",
    ">=",
    "regex",
    "not-wildcard",
    "not-equals-ignore-case",
    "date-after",
    "date-on-or-after",
    "date-before",
    "in-date-range",
    "ip-address-in-range",
];

/// What is wrong with a pattern, and where below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatternFault {
    /// Path below the pattern, as `detail.eventName[0]`; empty for the pattern itself.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

/// The branches of `$or` so far. Values are shared by all branches; they are counted before anything is multiplied, so
/// that a short text does not become gigabytes.
#[derive(Clone, Default)]
struct Branches {
    all: Vec<BTreeMap<FieldPath, Arc<[Matcher]>>>,
    values: usize,
}

impl Pattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// All faults found, each with its path below the pattern.
    pub fn compile(pattern: &Value) -> Result<Self, Vec<PatternFault>> {
        let mut compiler = Compiler { faults: Vec::new() };
        let branches = match pattern {
            Value::Object(map) => {
                let begin = Branches { all: vec![BTreeMap::new()], values: 0 };
                compiler.object(map, &mut String::new(), At::Pattern, false, begin)
            }
            _ => {
                compiler.fault(At::Pattern, "a pattern must be a mapping of fields");
                Branches::default()
            }
        };
        if !compiler.faults.is_empty() {
            return Err(compiler.faults);
        }
        let field = |(path, matchers)| Field { path, matchers };
        let branch = |fields: BTreeMap<_, _>| {
            Arc::new(Branch { fields: fields.into_iter().map(field).collect() })
        };
        Ok(Self { branches: branches.all.into_iter().map(branch).collect() })
    }
}

impl Branches {
    /// A path named both inside and outside of `$or`: as in AWS's matcher, the later wins.
    fn add(&mut self, path: &FieldPath, matchers: &Arc<[Matcher]>) {
        let values = cost::values(matchers);
        for fields in &mut self.all {
            let before = fields.insert(path.clone(), Arc::clone(matchers));
            self.values += values;
            self.values -= before.map_or(0, |before| cost::values(&before));
        }
    }
}

/// Where something was written below the pattern; put into words only where it is wrong.
#[derive(Clone, Copy)]
enum At<'a> {
    Pattern,
    Key(&'a At<'a>, &'a str),
    Index(&'a At<'a>, usize),
}

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pattern => Ok(()),
            Self::Key(Self::Pattern, key) => f.write_str(key),
            Self::Key(below, key) => write!(f, "{below}.{key}"),
            Self::Index(below, index) => write!(f, "{below}[{index}]"),
        }
    }
}

struct Compiler {
    faults: Vec<PatternFault>,
}

impl Compiler {
    fn fault(&mut self, at: At<'_>, message: impl Into<String>) {
        self.fault_with_help(at, message.into(), None);
    }

    fn fault_with_help(&mut self, at: At<'_>, message: String, help: Option<String>) {
        self.faults.push(PatternFault { path: at.to_string(), message, help });
    }

    /// `at` is the user's path; `path` is the path in the event.
    fn object(
        &mut self,
        map: &Map<String, Value>,
        path: &mut String,
        at: At<'_>,
        inside_or: bool,
        mut branches: Branches,
    ) -> Branches {
        if map.is_empty() {
            self.fault(at, "an empty mapping matches nothing; name a field");
        }
        for (key, value) in map {
            let here = At::Key(&at, key);
            if key == "$or" {
                branches = self.or(value, path, here, branches);
                continue;
            }
            let is_reserved =
                |word: &str| OPERATORS.contains(&word) || RESERVED_INSIDE_OR.contains(&word);
            if inside_or && is_reserved(key) {
                self.fault(here, format!("`{key}` is reserved and cannot be a field inside `$or`"));
            }
            let before = path.len();
            if before > 0 {
                path.push('.');
            }
            path.push_str(key);
            match value {
                Value::Object(inner) => {
                    branches = self.object(inner, path, here, inside_or, branches);
                }
                Value::Array(values) => self.field(values, path, here, &mut branches),
                _ => self.fault_with_help(
                    here,
                    "must be a list of values or a mapping of fields".to_owned(),
                    Some(format!("write [{value}]")),
                ),
            }
            path.truncate(before);
        }
        branches
    }

    fn or(&mut self, value: &Value, path: &mut String, at: At<'_>, branches: Branches) -> Branches {
        let Value::Array(alternatives) = value else {
            self.fault(at, "`$or` must be a list of mappings");
            return branches;
        };
        if alternatives.len() < 2 {
            self.fault(at, "`$or` needs at least two alternatives");
        }
        let mut multiplied = Branches::default();
        for (index, alternative) in alternatives.iter().enumerate() {
            let here = At::Index(&at, index);
            // An alternative has at least as many branches and values as there were before.
            if multiplied.all.len() + branches.all.len() > BRANCHES_MAX {
                self.fault(at, format!("`$or` gives more than {BRANCHES_MAX} combinations"));
                return branches;
            }
            if multiplied.values + branches.values > VALUES_OF_ALL_MAX {
                self.too_many_values(at);
                return branches;
            }
            match alternative {
                Value::Object(map) => {
                    let one = self.object(map, path, here, true, branches.clone());
                    multiplied.values += one.values;
                    multiplied.all.extend(one.all);
                }
                _ => self.fault(here, "an alternative of `$or` must be a mapping of fields"),
            }
            if multiplied.all.len() > BRANCHES_MAX {
                self.fault(at, format!("`$or` gives more than {BRANCHES_MAX} combinations"));
                return branches;
            }
        }
        multiplied
    }

    fn too_many_values(&mut self, at: At<'_>) {
        self.fault(
            at,
            format!("more than {VALUES_OF_ALL_MAX} values, counted in each combination of `$or`"),
        );
    }

    fn field(&mut self, values: &[Value], path: &str, at: At<'_>, branches: &mut Branches) {
        if values.is_empty() {
            self.fault(at, "an empty list matches nothing; name a value");
        }
        let mut matchers = Vec::with_capacity(values.len());
        for (index, value) in values.iter().enumerate() {
            let here = At::Index(&at, index);
            match value {
                Value::Object(map) => matchers.extend(self.expression(map, here)),
                Value::Array(_) => {
                    self.fault(here, "a list inside a list of values is not allowed");
                }
                Value::String(text) => matchers.push(exact_text(text)),
                Value::Number(number) => matchers.push(Matcher::Number(number.clone())),
                Value::Bool(_) | Value::Null => matchers.push(Matcher::Literal(value.clone())),
            }
        }
        let matchers: Arc<[Matcher]> = matchers.into();
        if branches.values + branches.all.len() * cost::values(&matchers) > VALUES_OF_ALL_MAX {
            self.too_many_values(at);
            return;
        }
        branches.add(&FieldPath::new(path), &matchers);
    }

    /// `{"operator": operand}`.
    fn expression(&mut self, map: &Map<String, Value>, at: At<'_>) -> Option<Matcher> {
        let (operator, operand) = self.only_entry(map, at)?;
        let here = At::Key(&at, operator);
        match operator {
            "prefix" => self.affix(operand, here, Matcher::Prefix, Matcher::PrefixIgnoreCase),
            "suffix" => self.affix(operand, here, Matcher::Suffix, Matcher::SuffixIgnoreCase),
            "equals-ignore-case" => {
                self.text(operand, here).map(|text| Matcher::IgnoreCase(Folded::new(text)))
            }
            "wildcard" => self.wildcard(operand, here),
            "anything-but" => self.anything_but(operand, here),
            "numeric" => self.numeric(operand, here),
            "cidr" => self.cidr(operand, here),
            "exists" => match operand {
                Value::Bool(true) => Some(Matcher::Exists),
                Value::Bool(false) => Some(Matcher::Absent),
                _ => {
                    self.fault(here, "`exists` takes true or false");
                    None
                }
            },
            _ => {
                let help = nearest::suggestion(operator, OPERATORS)
                    .unwrap_or_else(|| format!("operators: {}", OPERATORS.join(", ")));
                self.fault_with_help(here, format!("unknown operator `{operator}`"), Some(help));
                None
            }
        }
    }

    fn only_entry<'m>(
        &mut self,
        map: &'m Map<String, Value>,
        at: At<'_>,
    ) -> Option<(&'m str, &'m Value)> {
        let mut entries = map.iter();
        match (entries.next(), entries.next()) {
            (Some((operator, operand)), None) => Some((operator.as_str(), operand)),
            _ => {
                self.fault(at, "exactly one operator is needed here, as {\"prefix\": \"Attach\"}");
                None
            }
        }
    }

    fn text<'v>(&mut self, value: &'v Value, at: At<'_>) -> Option<&'v str> {
        let text = value.as_str();
        if text.is_none() {
            self.fault(at, format!("must be a string, not {value}"));
        }
        text
    }

    fn affix(
        &mut self,
        operand: &Value,
        at: At<'_>,
        plain: fn(String) -> Matcher,
        ignoring_case: fn(Folded) -> Matcher,
    ) -> Option<Matcher> {
        let Value::Object(map) = operand else {
            return self.text(operand, at).map(|text| plain(text.to_owned()));
        };
        match self.only_entry(map, at)? {
            ("equals-ignore-case", inner) => {
                let here = At::Key(&at, "equals-ignore-case");
                self.text(inner, here).map(|text| ignoring_case(Folded::new(text)))
            }
            (other, _) => {
                let help = Some("only `equals-ignore-case` may stand here".to_owned());
                self.fault_with_help(
                    At::Key(&at, other),
                    format!("unknown operator `{other}`"),
                    help,
                );
                None
            }
        }
    }

    fn wildcard(&mut self, operand: &Value, at: At<'_>) -> Option<Matcher> {
        let text = self.text(operand, at)?;
        match split_wildcard(text) {
            Ok(pieces) => Some(Matcher::Wildcard(Wildcard::new(text, pieces))),
            Err(message) => {
                self.fault(at, message);
                None
            }
        }
    }

    fn anything_but(&mut self, operand: &Value, at: At<'_>) -> Option<Matcher> {
        if let Value::Object(map) = operand {
            let (operator, inner) = self.only_entry(map, at)?;
            let here = At::Key(&at, operator);
            return self.anything_but_operator(operator, inner, here).map(Matcher::AnythingBut);
        }
        let values = self.one_or_more(operand, at)?;
        let strings = values.iter().filter(|value| value.is_string()).count();
        let numbers = values.iter().filter(|value| value.is_number()).count();
        if strings + numbers < values.len() {
            self.fault(
                at,
                "`anything-but` takes strings or numbers, not null, true, false or mappings",
            );
            return None;
        }
        if strings > 0 && numbers > 0 {
            self.fault(at, "`anything-but` takes strings or numbers, not both");
            return None;
        }
        let mut refused = Vec::with_capacity(values.len());
        for value in values {
            match value {
                Value::Number(number) => {
                    match number.as_f64().filter(|number| number.is_finite()) {
                        Some(number) => refused.push(equal_to(number)),
                        None => self.fault(at, format!("number {number} is out of range")),
                    }
                }
                _ => refused.extend(value.as_str().map(|text| Matcher::Text(text.to_owned()))),
            }
        }
        Some(Matcher::AnythingBut(refused))
    }

    fn anything_but_operator(
        &mut self,
        operator: &str,
        inner: &Value,
        at: At<'_>,
    ) -> Option<Vec<Matcher>> {
        const INNER: [&str; 4] = ["prefix", "suffix", "equals-ignore-case", "wildcard"];
        if !INNER.contains(&operator) {
            let help = nearest::suggestion(operator, INNER)
                .unwrap_or_else(|| format!("operators here: {}", INNER.join(", ")));
            self.fault_with_help(at, format!("unknown operator `{operator}`"), Some(help));
            return None;
        }
        let mut refused = Vec::new();
        for value in self.one_or_more(inner, at)? {
            let text = self.text(value, at)?;
            match operator {
                "prefix" | "suffix" if text.is_empty() => {
                    self.fault(at, format!("an empty {operator} would refuse every string"));
                }
                "prefix" => refused.push(Matcher::Prefix(text.to_owned())),
                "suffix" => refused.push(Matcher::Suffix(text.to_owned())),
                "wildcard" => refused.extend(self.wildcard(value, at)),
                _ => refused.push(Matcher::IgnoreCase(Folded::new(text))),
            }
        }
        Some(refused)
    }

    fn one_or_more<'v>(&mut self, operand: &'v Value, at: At<'_>) -> Option<&'v [Value]> {
        match operand {
            Value::Array(values) if values.is_empty() => {
                self.fault(at, "an empty list is not allowed here");
                None
            }
            Value::Array(values) => Some(values),
            _ => Some(std::slice::from_ref(operand)),
        }
    }

    fn numeric(&mut self, operand: &Value, at: At<'_>) -> Option<Matcher> {
        match range(operand) {
            Ok(range) => Some(Matcher::Numeric(range)),
            Err(message) => {
                let help = Some("as {\"numeric\": [\">\", 0, \"<=\", 5]}".to_owned());
                self.fault_with_help(at, message, help);
                None
            }
        }
    }

    fn cidr(&mut self, operand: &Value, at: At<'_>) -> Option<Matcher> {
        let text = self.text(operand, at)?;
        match network(text) {
            Some(network) => Some(Matcher::Cidr(network)),
            None => {
                let help = Some("as 10.0.0.0/8 or 2001:db8::/32".to_owned());
                self.fault_with_help(at, format!("`{text}` is not a block of IP addresses"), help);
                None
            }
        }
    }
}

/// An IP address as exact value also matches its other spellings, as in AWS's matcher.
fn exact_text(text: &str) -> Matcher {
    match parse_address(text) {
        Some(address) => Matcher::Address(text.to_owned(), address),
        None => Matcher::Text(text.to_owned()),
    }
}

/// Literal pieces between the stars.
fn split_wildcard(text: &str) -> Result<Vec<String>, String> {
    let mut pieces = vec![String::new()];
    let mut chars = text.chars();
    let mut after_star = false;
    while let Some(c) = chars.next() {
        if c == '*' {
            if after_star {
                return Err("consecutive wildcards `**` are not allowed".to_owned());
            }
            after_star = true;
            pieces.push(String::new());
            continue;
        }
        after_star = false;
        let literal = match c {
            '\\' => match chars.next() {
                Some(escaped @ ('*' | '\\')) => escaped,
                _ => return Err("a backslash may only escape `*` or `\\`".to_owned()),
            },
            _ => c,
        };
        if let Some(piece) = pieces.last_mut() {
            piece.push(literal);
        }
    }
    Ok(pieces)
}

/// The range that holds one number.
fn equal_to(number: f64) -> Matcher {
    let end = Bound::Included(number);
    Matcher::Numeric(Range { low: end, high: end, text: number.to_string() })
}

/// `["=", 5]`, `[">", 0]`, `[">=", 0, "<", 5]`.
fn range(operand: &Value) -> Result<Range, String> {
    let items = operand.as_array().ok_or("`numeric` takes a list of comparisons")?;
    let text =
        items.iter().map(|item| item.as_str().map_or_else(|| item.to_string(), str::to_owned));
    let text = text.collect::<Vec<_>>().join(" ");
    let mut comparisons = Vec::new();
    for pair in items.chunks(2) {
        match pair {
            [Value::String(operator), Value::Number(number)] => {
                let finite = number.as_f64().filter(|number| number.is_finite());
                let number = finite.ok_or_else(|| format!("number {number} is out of range"))?;
                comparisons.push((operator.as_str(), number));
            }
            _ => return Err("`numeric` takes pairs of comparison and number".to_owned()),
        }
    }
    let (low, high) = match comparisons.as_slice() {
        [("=", number)] => (Bound::Included(*number), Bound::Included(*number)),
        [("<", high)] => (Bound::Unbounded, Bound::Excluded(*high)),
        [("<=", high)] => (Bound::Unbounded, Bound::Included(*high)),
        [(">", low)] => (Bound::Excluded(*low), Bound::Unbounded),
        [(">=", low)] => (Bound::Included(*low), Bound::Unbounded),
        [(lower @ (">" | ">="), low), (upper @ ("<" | "<="), high)] => {
            if low >= high {
                return Err("the lower end must be below the upper end".to_owned());
            }
            let low = if *lower == ">" { Bound::Excluded(*low) } else { Bound::Included(*low) };
            let high = if *upper == "<" { Bound::Excluded(*high) } else { Bound::Included(*high) };
            (low, high)
        }
        _ => return Err(format!("`{text}` is neither a comparison nor a range")),
    };
    Ok(Range { low, high, text })
}

fn network(text: &str) -> Option<Network> {
    let (address, bits) = text.split_once('/')?;
    let bits: u32 = bits.parse().ok()?;
    let (first, last) = match address.parse::<IpAddr>().ok()? {
        IpAddr::V4(address) => {
            let host = u32::MAX.checked_shr(bits).unwrap_or(0);
            let base = (bits <= 32).then(|| u32::from(address) & !host)?;
            (IpAddr::V4(Ipv4Addr::from(base)), IpAddr::V4(Ipv4Addr::from(base | host)))
        }
        IpAddr::V6(address) => {
            let host = u128::MAX.checked_shr(bits).unwrap_or(0);
            let base = (bits <= 128).then(|| u128::from(address) & !host)?;
            (IpAddr::V6(Ipv6Addr::from(base)), IpAddr::V6(Ipv6Addr::from(base | host)))
        }
    };
    Some(Network { first, last, text: text.to_owned() })
}
