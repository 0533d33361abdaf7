//! IAM policy documents: what they allow, and whom they trust.
//!
//! Documents come raw as a string in request parameters, URL-encoded in responses, or as an object.
//! They are judged with IAM's own semantics: `Action` and `NotAction`, `Resource` and
//! `NotResource`, wildcards, no difference of case in actions, an explicit `Deny` beats an `Allow`.
//! A condition is not evaluated (the event does not hold what it asks about); it makes what it
//! guards *conditional*.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>

mod condition;
mod escalation;
mod glob;
mod grants;
mod managed;
mod operator;
mod resource;
mod trust;

use percent_encoding::percent_decode_str;
use serde_json::Value;

pub use escalation::{Method, methods};
pub use glob::glob;
pub use grants::{Grants, describe};
pub use managed::{ManagedPolicy, managed};
pub use trust::{Home, Trust, describe_trust};

/// Most statements judged in one document; beyond it the document counts as granting everything,
/// as nobody writes such a document to grant little.
pub const STATEMENTS_MAX: usize = 2_000;

/// How often a document may be encoded, as text within text or for URLs.
const ENCODINGS_MAX: usize = 4;

/// A parsed policy document.
#[derive(Debug, Clone, PartialEq)]
pub struct PolicyDocument {
    pub(crate) statements: Vec<Statement>,
    /// It has more statements than are judged.
    pub(crate) too_long: bool,
}

/// One statement.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Statement {
    pub(crate) allow: bool,
    pub(crate) actions: Clause,
    pub(crate) resources: Clause,
    pub(crate) principals: Principals,
    pub(crate) conditions: Vec<Condition>,
}

/// `Action` or `NotAction`, `Resource` or `NotResource`.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Clause {
    pub(crate) negated: bool,
    pub(crate) patterns: Vec<String>,
}

/// `Principal` or `NotPrincipal`, as pairs of kind (`AWS`, `Federated`, `Service`) and value.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Principals {
    pub(crate) negated: bool,
    pub(crate) entries: Vec<(String, String)>,
}

/// One key of a `Condition` block.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Condition {
    /// `StringEquals`, `ForAnyValue:StringLike` …
    pub(crate) operator: String,
    /// `aws:PrincipalOrgID` …
    pub(crate) key: String,
    pub(crate) values: Vec<String>,
}

impl PolicyDocument {
    /// Parses a document from a field of an event: a string (raw or URL-encoded) or an object.
    #[must_use]
    pub fn from_field(field: &Value) -> Option<Self> {
        match field {
            Value::String(text) => Self::parse(text),
            other => Self::from_value(other),
        }
    }

    /// Parses a document from text: raw, URL-encoded, or encoded more than once.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut text = text
            .trim_matches(|c: char| c.is_whitespace() || c == '\0' || c == '\u{feff}')
            .to_owned();
        for _ in 0..ENCODINGS_MAX {
            match serde_json::from_str::<Value>(&text) {
                // A string inside the string.
                Ok(Value::String(inner)) => text = inner,
                Ok(value) => return Self::from_value(&value),
                Err(_) => {
                    let spaces = text.replace('+', "%20");
                    text = percent_decode_str(&spaces).decode_utf8().ok()?.into_owned();
                }
            }
        }
        None
    }

    /// Does it forbid anything?
    #[must_use]
    pub fn denies(&self) -> bool {
        self.statements.iter().any(|statement| !statement.allow)
    }

    /// Does it forbid, and allow nothing?
    #[must_use]
    pub fn denies_only(&self) -> bool {
        !self.statements.is_empty() && self.statements.iter().all(|statement| !statement.allow)
    }

    fn from_value(value: &Value) -> Option<Self> {
        let items = match element(value, "Statement")? {
            Value::Array(items) => items.as_slice(),
            one => std::slice::from_ref(one),
        };
        let statements: Vec<Statement> =
            items.iter().take(STATEMENTS_MAX).filter_map(statement).collect();
        let too_long = items.len() > STATEMENTS_MAX;
        // A document without any statement that can be read says nothing we may rely on.
        let readable = items.is_empty() || too_long || !statements.is_empty();
        readable.then_some(Self { statements, too_long })
    }
}

/// Elements are compared ignoring case: what IAM would refuse must not slip past us.
fn element<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    let map = value.as_object()?;
    map.get(name).or_else(|| {
        map.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    })
}

fn statement(value: &Value) -> Option<Statement> {
    let effect = element(value, "Effect").and_then(Value::as_str)?;
    let clause = |plain: &str, negated: &str| match (element(value, plain), element(value, negated))
    {
        (Some(found), _) => Clause { negated: false, patterns: texts(found) },
        (None, Some(found)) => Clause { negated: true, patterns: texts(found) },
        (None, None) => Clause::default(),
    };
    Some(Statement {
        allow: effect.eq_ignore_ascii_case("allow"),
        actions: clause("Action", "NotAction").in_lower_case(),
        resources: clause("Resource", "NotResource"),
        principals: principals(value),
        conditions: conditions(value),
    })
}

fn principals(value: &Value) -> Principals {
    let (negated, found) = match (element(value, "Principal"), element(value, "NotPrincipal")) {
        (Some(found), _) => (false, found),
        (None, Some(found)) => (true, found),
        (None, None) => return Principals::default(),
    };
    let entries = match found {
        Value::Object(map) => {
            let of_kind = |(kind, values): (&String, &Value)| -> Vec<(String, String)> {
                texts(values).into_iter().map(|value| (kind.clone(), value)).collect()
            };
            map.iter().flat_map(of_kind).collect()
        }
        other => texts(other).into_iter().map(|value| ("*".to_owned(), value)).collect(),
    };
    Principals { negated, entries }
}

fn conditions(value: &Value) -> Vec<Condition> {
    let block = element(value, "Condition").and_then(Value::as_object);
    let mut conditions = Vec::new();
    for (operator, keys) in block.into_iter().flatten() {
        for (key, values) in keys.as_object().into_iter().flatten() {
            let (operator, key) = (operator.clone(), key.clone());
            conditions.push(Condition { operator, key, values: texts(values) });
        }
    }
    conditions
}

/// One value or a list of them, as text.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::String(text) => vec![text.clone()],
        Value::Bool(_) | Value::Number(_) => vec![value.to_string()],
        _ => Vec::new(),
    }
}

impl Clause {
    fn in_lower_case(mut self) -> Self {
        self.patterns.iter_mut().for_each(|pattern| *pattern = pattern.to_lowercase());
        self
    }

    /// Does the clause name this action? `*` and `?` are wildcards, case does not count.
    pub(crate) fn names_action(&self, action: &str) -> bool {
        let action = action.to_lowercase();
        let named = self.patterns.iter().any(|pattern| glob(pattern, &action));
        // An absent clause names nothing, also not everything but nothing.
        named != self.negated && !(self.negated && self.patterns.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_document_is_read_raw_encoded_and_as_object() {
        let raw = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:*","Resource":"*"}}"#;
        let encoded =
            percent_encoding::utf8_percent_encode(raw, percent_encoding::NON_ALPHANUMERIC)
                .to_string();
        let object: Value = serde_json::from_str(raw).unwrap();
        let twice = json!(raw).to_string();
        for field in [json!(raw), json!(encoded), object, json!(twice)] {
            let document = PolicyDocument::from_field(&field).unwrap();
            assert_eq!(document.statements.len(), 1, "{field}");
            assert!(document.statements[0].actions.names_action("IAM:PassRole"));
        }
        assert_eq!(PolicyDocument::parse("not a document"), None);
    }
}
