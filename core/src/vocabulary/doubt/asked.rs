//! All doubts about a pattern, and about a test of a rule.

use std::collections::BTreeMap;

use serde_json::Value;

use super::keys::{Asking, doubt_of_key};
use super::value::doubt_of_value;
use crate::vocabulary::question::{Question, SiteNames, Vain, misspelt, questions};

/// What a pattern asks that can never be, in its order. Without the names of a site any environment and any calendar may
/// be.
#[must_use]
pub fn doubts(pattern: &Value, names: Option<&SiteNames<'_>>) -> Vec<Vain> {
    let asked = questions(pattern);
    let asking = Asking::of(&asked);
    let mut found = misspelt(pattern, names);
    for question in &asked {
        let Some(matcher) = question.matcher() else { continue };
        let doubt =
            doubt_of_key(question, &asking).or_else(|| doubt_of_value(question, &matcher, &asking));
        found.extend(doubt.filter(|doubt| !found.contains(doubt)));
    }
    found
}

/// The changes of a test of a rule to an event, if no event has such a field or value. `patterns` are those of the
/// rule.
#[must_use]
pub fn doubts_of_test(
    patterns: &[&Value],
    set: &BTreeMap<String, Value>,
    remove: &[String],
) -> Vec<Vain> {
    let asked: Vec<Question<'_>> = patterns.iter().flat_map(|one| questions(one)).collect();
    let mut given = Vec::new();
    for (path, value) in set {
        leaves(value, &format!("set.{path}"), path, &mut given);
    }
    let asking = Asking::of(&asked).with(&given);
    let mut found: Vec<Vain> = Vec::new();
    for question in &given {
        let doubt = of_derived(question)
            .or_else(|| doubt_of_key(question, &asking))
            .or_else(|| doubt_of_value(question, &question.matcher()?, &asking));
        found.extend(doubt.filter(|doubt| !found.contains(doubt)));
    }
    for (index, path) in remove.iter().enumerate() {
        let at = format!("remove[{index}]");
        let (key, path, value) = (at.clone(), path.clone(), &Value::Null);
        found.extend(doubt_of_key(&Question { key, at, path, value }, &asking));
    }
    found
}

/// The plain values that a test sets.
fn leaves<'v>(value: &'v Value, at: &str, path: &str, found: &mut Vec<Question<'v>>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                leaves(value, &format!("{at}.{key}"), &format!("{path}.{key}"), found);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                leaves(value, &format!("{at}[{index}]"), path, found);
            }
        }
        _ => found.push(Question {
            key: at.to_owned(),
            at: at.to_owned(),
            // An element of a list has the path of the list.
            path: path
                .split('.')
                .filter(|step| step.parse::<usize>().is_err())
                .collect::<Vec<_>>()
                .join("."),
            value,
        }),
    }
}

/// Facts are made from the event, no matter what stood there.
fn of_derived(question: &Question<'_>) -> Option<Vain> {
    (question.path.split('.').next() == Some("derived")).then(|| Vain {
        path: question.at.clone(),
        message: format!(
            "setting `{}` to {} does nothing: what is `derived` is made from the event",
            question.path, question.value
        ),
        help: Some("set what it is made from".to_owned()),
    })
}
