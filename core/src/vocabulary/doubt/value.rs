//! Values that a field never has.

use serde_json::Value;

use super::keys::{self, Asking};
use super::{calls, names};
use crate::iam::region::Region;
use crate::pattern::Matcher;
use crate::vocabulary::question::{Question, Vain};
use crate::vocabulary::shape::{Part, Shape, asked_text, is_of_accounts, shape_of};

/// A value that the field never has.
pub(super) fn doubt_of_value(
    question: &Question<'_>,
    matcher: &Matcher,
    asking: &Asking,
) -> Option<Vain> {
    match matcher {
        Matcher::Exists | Matcher::Absent => None,
        Matcher::AnythingBut(refused) => {
            let doubt = refused.iter().find_map(|one| doubt_of_value(question, one, asking))?;
            let message = format!("{}, so this excepts nothing", doubt.message);
            Some(Vain { message, ..doubt })
        }
        _ => doubt_of_match(question, matcher, asking),
    }
}

/// A value that is asked for, not excepted, and that the field never has.
fn doubt_of_match(question: &Question<'_>, matcher: &Matcher, asking: &Asking) -> Option<Vain> {
    let path = &question.path;
    let vain = |message: String, help: Option<String>| {
        Some(Vain { path: question.at.clone(), message, help })
    };
    if let Some((message, help)) = star(path, matcher) {
        return vain(message, Some(help));
    }
    let asked = || match matcher {
        Matcher::Text(text) | Matcher::Address(text, _) => format!("`{text}`"),
        other => format!("`{}`", other.to_value()),
    };
    let shape = shape_of(path)?;
    if !matches!(shape, Shape::NoNumber) && is_empty(matcher) {
        return vain(format!("`{path}` is never empty"), None);
    }
    match shape {
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
            let (message, help) = region(path, matcher)?;
            vain(message, Some(help))
        }
        Shape::Call => {
            let (message, help) = calls::call(matcher, asking)?;
            vain(message, help)
        }
        Shape::EventSource => {
            let (message, help) = names::event_source(matcher)?;
            vain(message, Some(help))
        }
        Shape::Source => {
            let is_in_branch = question.key.contains("$or");
            let beside = || names::other_source(matcher, asking).filter(|_| !is_in_branch);
            let (message, help) = names::source(matcher).or_else(beside)?;
            vain(message, Some(help))
        }
        _ => None,
    }
}

/// Does an alternative ask for a text without a letter?
fn is_empty(matcher: &Matcher) -> bool {
    let asked = asked_text(matcher);
    asked.is_some_and(|(part, text)| matches!(part, Part::Whole | Part::AnyCase) && text.is_empty())
}

/// A `*` that is taken as the character where a text of any kind is meant.
fn star(path: &str, matcher: &Matcher) -> Option<(String, String)> {
    let (part, text) = asked_text(matcher)?;
    if part == Part::Wildcard || !text.contains('*') || !keys::holds_no_star(path, &text) {
        return None;
    }
    let with = match part {
        Part::Begin => format!("{text}*"),
        Part::End => format!("*{text}"),
        _ => text.clone(),
    };
    let message = format!("`{path}` is never `{text}`: `*` is any text in `wildcard` alone");
    Some((message, format!("write {{\"wildcard\": \"{}\"}}", with.replace("**", "*"))))
}

/// A value that is not a Region, and the nearest Region.
fn region(path: &str, matcher: &Matcher) -> Option<(String, String)> {
    let (_, text) = asked_text(matcher).filter(|(part, _)| *part == Part::Whole)?;
    let zone = text.trim_end_matches(|c: char| c.is_ascii_lowercase());
    let is_zone = zone.len() < text.len() && zone.ends_with(|c: char| c.is_ascii_digit());
    if Region::parse(&text).is_some() && is_like_a_region(&text) {
        return None;
    }
    let help = if is_zone { zone } else { "us-east-1" };
    Some((format!("`{path}` is never `{text}`: it is a Region"), format!("write it like `{help}`")))
}

/// Words, and a number behind them: `us-gov-west-1`. What stands for all Regions has none: `aws-global`.
fn is_like_a_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let is_word = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase());
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    match parts.as_slice() {
        [words @ .., last] if is_number(last) => words.len() >= 2 && words.iter().all(is_word),
        [words @ .., "global"] => !words.is_empty() && words.iter().all(is_word),
        _ => false,
    }
}

/// Does an alternative accept one of these words, in any case?
fn accepts_any(matcher: &Matcher, words: &[&str]) -> bool {
    let same =
        |word: &&&str| matches!(matcher, Matcher::Text(text) if text.eq_ignore_ascii_case(word));
    words.iter().any(|word| matcher.accepts(&Value::from(*word)) || same(&word))
}

/// A number in a text field, as written.
fn number(matcher: &Matcher) -> Option<String> {
    match matcher {
        Matcher::Number(number) => Some(number.to_string()),
        // A value that `anything-but` refuses is stored as a range of that value alone.
        Matcher::Numeric(_) => {
            let range = matcher.to_value();
            let parts = range.get("numeric")?.as_array()?;
            let [equal, number] = parts.as_slice() else { return None };
            (equal == "=").then(|| number.to_string())
        }
        _ => None,
    }
}

/// Fewest digits of a number that looks like an account ID in a field that may be a count or another ID.
const DIGITS_LEAST: usize = 9;

/// Is an account ID given as a number? Fields of all events that hold one hold nothing else.
fn is_id_as_number(path: &str, matcher: &Matcher) -> bool {
    let least = match shape_of(path) {
        Some(Shape::Account) => 1,
        _ => DIGITS_LEAST,
    };
    number(matcher).is_some_and(|number| number.len() >= least)
}

/// CloudTrail's word for an unknown account: it has no digits.
fn is_nobody(matcher: &Matcher) -> bool {
    matches!(matcher, Matcher::Text(text) if text.to_lowercase().starts_with("anonymous"))
}
