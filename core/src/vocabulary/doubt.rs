//! What a rule, a site file or a test of a rule asks of an event that no event of AWS will ever have.
//!
//! Nothing here is refused: AWS adds calls, fields and words every week, so a person decides. For the same reason only what
//! is nearly a known word, or could be none, is told; that no word is near is no doubt.

mod keys;
mod names;

use serde_json::{Map, Value};

use super::question::{Question, SiteNames, Vain, misspelt, questions};
use super::shape::{Part, Shape, asked_text, is_of_accounts, shape_of};
use crate::iam::region::Region;
use crate::pattern::Matcher;
use keys::{Asking, doubt_of_key};

/// What a pattern asks that can never be, in its order.
#[must_use]
pub fn doubts(pattern: &Value, names: &SiteNames<'_>) -> Vec<Vain> {
    let asked = questions(pattern);
    let asking = Asking::of(&asked);
    let mut found = misspelt(pattern, Some(names));
    for question in &asked {
        let Some(matcher) = question.matcher() else { continue };
        let doubt =
            doubt_of_key(question, &asking).or_else(|| doubt_of_value(question, &matcher, &asking));
        found.extend(doubt.filter(|doubt| !found.contains(doubt)));
    }
    found
}

/// What a test of a rule puts into an event, or takes out of it, that no event has. `patterns` are those of the rule.
#[must_use]
pub fn doubts_of_test(
    patterns: &[&Value],
    set: &std::collections::BTreeMap<String, Value>,
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

/// The plain values of what a test sets.
fn leaves<'v>(value: &'v Value, at: &str, path: &str, found: &mut Vec<Question<'v>>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map as &Map<String, Value> {
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
            // An element of a list stands under the path of the list.
            path: path
                .split('.')
                .filter(|step| step.parse::<usize>().is_err())
                .collect::<Vec<_>>()
                .join("."),
            value,
        }),
    }
}

/// Facts are made from the event, whatever stood there.
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

/// A value that the field never has.
fn doubt_of_value(question: &Question<'_>, matcher: &Matcher, asking: &Asking) -> Option<Vain> {
    match matcher {
        Matcher::Exists | Matcher::Absent => return None,
        Matcher::AnythingBut(refused) => {
            let doubt = refused.iter().find_map(|one| doubt_of_value(question, one, asking))?;
            let message = format!("{}, so this excepts nothing", doubt.message);
            return Some(Vain { message, ..doubt });
        }
        _ => {}
    }
    let path = &question.path;
    let vain = |message: String, help: Option<String>| {
        Some(Vain { path: question.at.clone(), message, help })
    };
    if let Some((part, text)) = asked_text(matcher)
        && part != Part::Wildcard
        && text.contains('*')
        && keys::holds_no_star(path, &text)
    {
        let with = match part {
            Part::Begin => format!("{text}*"),
            Part::End => format!("*{text}"),
            _ => text.clone(),
        };
        let message = format!("`{path}` is never `{text}`: `*` is any text in `wildcard` alone");
        return vain(
            message,
            Some(format!("write {{\"wildcard\": \"{}\"}}", with.replace("**", "*"))),
        );
    }
    let asked = || match matcher {
        Matcher::Text(text) | Matcher::Address(text, _) => format!("`{text}`"),
        other => format!("`{}`", other.to_value()),
    };
    match shape_of(path)? {
        Shape::Account | Shape::NoNumber if is_id_as_number(path, matcher) => {
            let number = number(matcher)?;
            let message = format!("`{path}` is the number {number} and never matches");
            vain(
                message,
                Some(format!("an account ID is twelve digits in quotes; write \"{number:0>12}\"")),
            )
        }
        Shape::Account if !is_of_accounts(matcher) && !is_nobody(matcher) => {
            let message = format!("`{path}` is never {}", asked());
            vain(message, Some("an account ID is twelve digits in quotes".to_owned()))
        }
        Shape::Truth if !matches!(matcher, Matcher::Literal(Value::Bool(_))) => {
            let help = "it is true or false, without quotes";
            vain(format!("`{path}` is never {}", asked()), Some(help.to_owned()))
        }
        Shape::Words(words) if !accepts_any(matcher, words) => {
            let help = format!("it is one of \"{}\", in quotes", words.join("\", \""));
            vain(format!("`{path}` is never {}", asked()), Some(help))
        }
        Shape::Nearly(words) => {
            let words = words();
            let (message, help) = names::nearly(path, matcher, &words)?;
            vain(message, Some(help))
        }
        Shape::Region => {
            let (_, text) = asked_text(matcher).filter(|(part, _)| *part == Part::Whole)?;
            let zone = text.trim_end_matches(|c: char| c.is_ascii_lowercase());
            let is_zone = zone.len() < text.len() && zone.ends_with(|c: char| c.is_ascii_digit());
            let is_one = Region::parse(&text).is_some() && text.contains('-');
            if is_one && !is_zone {
                return None;
            }
            let help = if is_zone { zone } else { "us-east-1" };
            vain(
                format!("`{path}` is never `{text}`: it is a Region"),
                Some(format!("write it like `{help}`")),
            )
        }
        Shape::Call => {
            let (message, help) = names::call(matcher, asking)?;
            vain(message, help)
        }
        Shape::EventSource => {
            let (message, help) = names::event_source(matcher)?;
            vain(message, Some(help))
        }
        Shape::Source => {
            let (message, help) = names::source(matcher)?;
            vain(message, Some(help))
        }
        _ => None,
    }
}

/// Does an alternative accept one of these words, in any case?
fn accepts_any(matcher: &Matcher, words: &[&str]) -> bool {
    let same =
        |word: &&&str| matches!(matcher, Matcher::Text(text) if text.eq_ignore_ascii_case(word));
    words.iter().any(|word| matcher.accepts(&Value::from(*word)) || same(&word))
}

/// A number that stands where a text does, as it was written.
fn number(matcher: &Matcher) -> Option<String> {
    match matcher {
        Matcher::Number(number) => Some(number.to_string()),
        // What `anything-but` refuses is kept as the range that holds it alone.
        Matcher::Numeric(_) => {
            let range = matcher.to_value();
            let parts = range.get("numeric")?.as_array()?;
            let [equal, number] = parts.as_slice() else { return None };
            (equal == "=").then(|| number.to_string())
        }
        _ => None,
    }
}

/// Fewest digits of a number that is meant for an account ID where the field may be a count or an ID of others.
const DIGITS_LEAST: usize = 9;

/// Is an account ID given as a number? Fields of all events that hold one hold nothing else.
fn is_id_as_number(path: &str, matcher: &Matcher) -> bool {
    let least = match shape_of(path) {
        Some(Shape::Account) => 1,
        _ => DIGITS_LEAST,
    };
    number(matcher).is_some_and(|number| number.len() >= least)
}

/// What CloudTrail writes where nobody is known: no digits at all.
fn is_nobody(matcher: &Matcher) -> bool {
    matches!(matcher, Matcher::Text(text) if text.to_lowercase().starts_with("anonymous"))
}

#[cfg(test)]
mod tests;
