//! Values of an event that name something.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::event::{Event, HIDDEN, values_at};

/// The field with the parameters of a call.
const PARAMETERS: &str = "requestParameters";
/// Other places, by which a path may begin.
const PLACES: [&str; 4] =
    ["responseElements", "additionalEventData", "serviceEventDetails", "userIdentity"];
/// Most names that are said of a list.
const NAMES_MAX: usize = 3;

/// All texts at the first of these paths, separated by commas, that has any.
pub(super) fn texts<'e>(event: &'e Event, paths: &str) -> Vec<Cow<'e, str>> {
    let at_path = |path| found(event, path).into_iter().filter_map(text).collect::<Vec<_>>();
    paths.split(',').map(at_path).find(|texts| !texts.is_empty()).unwrap_or_default()
}

/// Is there anything at the path?
pub(super) fn is_there(event: &Event, path: &str) -> bool {
    found(event, path).into_iter().any(|value| !value.is_null())
}

/// Is this word at the path, ignoring letter case, or one of those in a list there? On is `true`, off `false`; a number is
/// written in digits.
pub(super) fn is_said(event: &Event, path: &str, value: &str) -> bool {
    found(event, path).into_iter().any(|found| match found {
        Value::String(text) => text.trim().eq_ignore_ascii_case(value),
        Value::Bool(on) => value == if *on { "true" } else { "false" },
        Value::Number(number) => number.to_string() == value,
        Value::Null | Value::Array(_) | Value::Object(_) => false,
    })
}

/// All settings at the first of these paths that has any: texts, numbers, and what is on or off.
pub(super) fn settings<'e>(event: &'e Event, paths: &str) -> Vec<Cow<'e, str>> {
    let one = |value: &'e Value| match value {
        Value::Bool(on) => Some(Cow::Borrowed(if *on { "on" } else { "off" })),
        Value::Number(number) => Some(Cow::Owned(number.to_string())),
        value => text(value),
    };
    let at_path = |path| found(event, path).into_iter().filter_map(one).collect::<Vec<_>>();
    paths.split(',').map(at_path).find(|settings| !settings.is_empty()).unwrap_or_default()
}

/// Keys and values of the tags in a list.
pub(super) fn tags<'e>(event: &'e Event, path: &str) -> Vec<(&'e str, &'e str)> {
    let field = |tag: &'e Value, name| values_at(tag, name).first().and_then(|one| one.as_str());
    let lists = found(event, path).into_iter();
    lists.filter_map(|tag| Some((field(tag, "key")?, field(tag, "value")?))).collect()
}

fn found<'e>(event: &'e Event, path: &str) -> Vec<&'e Value> {
    let first = path.split('.').next().unwrap_or_default();
    let place = if PLACES.contains(&first) { "detail" } else { PARAMETERS };
    let below = match place {
        "detail" => event.value("detail"),
        _ => event.value("detail.requestParameters"),
    };
    below.map(|below| values_at(below, path)).unwrap_or_default()
}

/// A text that says something: CloudTrail writes other texts where it hides one.
fn text(value: &Value) -> Option<Cow<'_, str>> {
    let text = value.as_str().map(str::trim).filter(|text| !text.is_empty() && !is_hidden(text))?;
    Some(decoded(text))
}

fn is_hidden(text: &str) -> bool {
    [HIDDEN, "<sensitiveDataRemoved>"].contains(&text)
        || (text.len() > 1 && text.bytes().all(|byte| byte == b'*'))
}

/// Some services take an ARN from an address, and record it as it stood there: `arn%3Aaws%3Aiam…`.
fn decoded(text: &str) -> Cow<'_, str> {
    let encoded = text.get(..6).is_some_and(|begin| begin.eq_ignore_ascii_case("arn%3A"));
    match encoded {
        true => percent_decode_str(text).decode_utf8().unwrap_or(Cow::Borrowed(text)),
        false => Cow::Borrowed(text),
    }
}

/// A list as people say it: `a`, `a and b`, `a, b, c and 4 more`. The pieces between the names, each before its name, and
/// how many more there are.
pub(super) fn said(count: usize) -> (Vec<&'static str>, usize) {
    let shown = count.min(NAMES_MAX);
    let more = count - shown;
    let before = |place: usize| match place {
        0 => "",
        last if last + 1 == shown && more == 0 => " and ",
        _ => ", ",
    };
    ((0..shown).map(before).collect(), more)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::event::sample::call;

    #[test]
    fn a_word_is_a_text_a_switch_or_a_number() {
        let parameters = json!({"count": 0, "on": true, "who": ["a", "All"], "none": null});
        let event = call("x", "Y").with("requestParameters", parameters).event();
        for (path, value) in [("count", "0"), ("on", "true"), ("who", "all")] {
            assert!(is_said(&event, path, value), "{path}");
        }
        for (path, value) in [("count", "00"), ("on", "false"), ("who", "al"), ("none", "null")] {
            assert!(!is_said(&event, path, value), "{path}");
        }
    }

    #[test]
    fn the_first_path_that_says_something_counts() {
        let event = call("x", "Y")
            .with(
                "requestParameters",
                json!({"Name": "HIDDEN_DUE_TO_SECURITY_REASONS", "ids": ["i-1", "", "i-2"], "star": "*",
                    "who": "arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Fx", "odd": "arn%3A%FF", "stars": "****"}),
            )
            .with("responseElements", json!({"id": "n-1"}))
            .event();
        assert_eq!(texts(&event, "name,responseElements.id"), ["n-1"]);
        assert_eq!(texts(&event, "ids"), ["i-1", "i-2"]);
        assert_eq!(texts(&event, "star"), ["*"]);
        assert_eq!(texts(&event, "stars"), [""; 0]);
        assert_eq!(texts(&event, "who"), ["arn:aws:iam::111122223333:role/x"]);
        assert_eq!(texts(&event, "odd"), ["arn%3A%FF"]);
        assert!(is_there(&event, "name") && !is_there(&event, "other"));
    }

    #[test]
    fn a_list_is_said_as_people_do() {
        assert_eq!(said(1), (vec![""], 0));
        assert_eq!(said(3), (vec!["", ", ", " and "], 0));
        assert_eq!(said(9), (vec!["", ", ", ", "], 6));
    }
}
