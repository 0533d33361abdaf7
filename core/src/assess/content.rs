//! The content that a call sets, by its record: the same content again is a repetition, other content is news.

use crate::event::Event;
use crate::facts::Context;

/// Calls whose records omit what they set, with the fields of the answer that identify it: the hash of the code; for
/// settings, whose environment is omitted, only the revision; for stacks, whose template and values are omitted, the
/// ID of the change set, if there is one. A version may follow a name.
/// Sources: <https://docs.aws.amazon.com/lambda/latest/dg/logging-using-cloudtrail.html>,
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-api-logging-cloudtrail.html>
const LEFT_OUT: [(&str, &[&str]); 7] = [
    ("CreateChangeSet", &["id"]),
    ("CreateStackSet", &["stackSetId"]),
    ("CreateStack", &[]),
    ("UpdateStackSet", &["operationId"]),
    ("UpdateStack", &[]),
    ("UpdateFunctionCode", &["codeSha256"]),
    ("UpdateFunctionConfiguration", &["revisionId", "lastModified"]),
];

/// The parameters. If the record omits them, the answer's fields replace them. If neither says what was set, the event
/// equals no other.
pub(super) fn content(event: &Event, context: &Context) -> String {
    if context.facts.omitted {
        return event.identity();
    }
    let asked = event.value("detail.requestParameters").map(ToString::to_string);
    let asked = asked.unwrap_or_default();
    let name = event.name().unwrap_or_default();
    let Some((_, paths)) = LEFT_OUT.iter().find(|(call, _)| name.starts_with(call)) else {
        return asked;
    };
    let answer = |path: &&str| event.answer(path);
    let answered = paths.iter().find_map(answer).map_or_else(|| event.identity(), str::to_owned);
    format!("{asked} {answered}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::sample::call;
    use crate::facts::Known;

    fn of(id: &str, name: &str, parameters: &str, answer: &str) -> String {
        let record = call("lambda", name).with("eventID", id);
        let event = record.parameters(parameters).answer(answer).event();
        content(&event, &Context::plain(&event, &Known::default()))
    }

    /// Two calls with different IDs, each given by its parameters and its answer.
    #[track_caller]
    fn check(name: &str, one: (&str, &str), other: (&str, &str), same: bool) {
        let (one, other) = (of("1", name, one.0, one.1), of("2", name, other.0, other.1));
        assert_eq!(one == other, same, "{one}\n{other}");
    }

    #[test]
    fn a_repetition_sets_the_same() {
        let (f, g) = (r#"{"functionName":"f"}"#, r#"{"functionName":"g"}"#);
        check("AddPermission20150331v2", (f, "null"), (f, r#"{"x":"y"}"#), true);
        check("AddPermission20150331v2", (f, "null"), (g, "null"), false);
        let code = |hash: &str, at: u32| {
            format!(r#"{{"codeSha256":"{hash}","revisionId":"{at}","lastModified":"{at}"}}"#)
        };
        let (a, again, b) = (code("a", 1), code("a", 2), code("b", 2));
        check("UpdateFunctionCode20150331v2", (f, &a), (f, &again), true);
        check("UpdateFunctionCode20150331v2", (f, &a), (f, &b), false);
        check("UpdateFunctionCode20150331v2", (f, &a), (g, &a), false);
        let stack = r#"{"stackName":"s","templateURL":"https://example.com/t"}"#;
        check("UpdateStack", (stack, r#"{"stackId":"s"}"#), (stack, r#"{"stackId":"s"}"#), false);
        check("CreateChangeSet", (stack, r#"{"id":"1"}"#), (stack, r#"{"id":"1"}"#), true);
        check("CreateChangeSet", (stack, r#"{"id":"1"}"#), (stack, r#"{"id":"2"}"#), false);
        // Nobody sees which variables were set.
        check("UpdateFunctionConfiguration20150331v2", (f, &a), (f, &again), false);
        check("UpdateFunctionConfiguration", (f, &a), (f, &a), true);
    }

    #[test]
    fn what_nobody_saw_is_like_nothing_else() {
        let f = r#"{"functionName":"f"}"#;
        for answer in ["null", "{}", r#"{"codeSha256":null}"#, r#"{"codeSha256":7}"#] {
            check("UpdateFunctionCode20150331v2", (f, answer), (f, answer), false);
            check("UpdateFunctionConfiguration20150331v2", (f, answer), (f, answer), false);
        }
        let cut = r#"{"reason":"requestParameters too large","omitted":true}"#;
        check("PutRolePolicy", (cut, "null"), (cut, "null"), false);
    }
}
