//! How a document is read. If a key is given twice, the reading that grants most counts.
//!
//! AWS refuses such keys in new documents; in old ones it joins `Action` and `Resource` and uses the last `Effect`.
//! Which documents are old is unknown here. So an `Allow` is read in every way, and a `Deny` that can be read in two
//! ways denies nothing.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_policies.html>

use std::collections::HashSet;

use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::document::{Clause, Condition, PolicyDocument, STATEMENTS_MAX, Statement};
use super::json::Json;
use super::principals::{PrincipalEntry, Principals};

/// How often a document may be encoded, as text within text or for URLs.
const ENCODINGS_MAX: usize = 4;
/// Most ways to read one statement. A statement with more is not judged, but counts as too long.
const READINGS_MAX: usize = 16;
/// The version in which `${…}` is plain text, and the default version of a document.
const WITHOUT_VARIABLES: &str = "2008-10-17";
/// Elements of a statement that carry its meaning.
const ELEMENTS: [&str; 8] = [
    "Effect",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Principal",
    "NotPrincipal",
    "Condition",
];
/// Elements that exclude each other.
const EXCLUSIVE: [(&str, &str); 3] =
    [("Action", "NotAction"), ("Resource", "NotResource"), ("Principal", "NotPrincipal")];

impl PolicyDocument {
    /// Parses a document from a field of an event: a string (raw or URL-encoded) or an object.
    #[must_use]
    pub fn from_field(field: &Value) -> Option<Self> {
        match field {
            Value::String(text) => Self::parse(text),
            other => document(&other.into()),
        }
    }

    /// Parses a document from text: raw, URL-encoded, or encoded more than once.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut text = text
            .trim_matches(|c: char| c.is_whitespace() || c == '\0' || c == '\u{feff}')
            .to_owned();
        for _ in 0..ENCODINGS_MAX {
            match serde_json::from_str::<Json>(&text) {
                // A string inside the string.
                Ok(Json::Text(inner)) => text = inner,
                Ok(json) => return document(&json),
                Err(_) => {
                    let spaces = text.replace('+', "%20");
                    text = percent_decode_str(&spaces).decode_utf8().ok()?.into_owned();
                }
            }
        }
        None
    }
}

/// Reads a document. `None` if it is not one, or says nothing that we may rely on.
pub(super) fn document(json: &Json) -> Option<PolicyDocument> {
    let given: Vec<&Json> = json.fields("Statement").collect();
    // A list within the list is refused by IAM, and must not hide what it holds.
    let items = given.iter().flat_map(|one| one.items()).flat_map(Json::items);
    let items: Vec<&Json> = items.collect();
    let mut too_long = items.len() > STATEMENTS_MAX;
    let mut statements = Vec::new();
    for item in items.iter().take(STATEMENTS_MAX) {
        let readings = statement(item, given.len() > 1);
        too_long |= readings.is_none();
        statements.extend(readings.into_iter().flatten());
    }
    too_long |= statements.len() > STATEMENTS_MAX;
    statements.truncate(STATEMENTS_MAX);
    let variables =
        json.fields("Version").flat_map(Json::texts).any(|version| version != WITHOUT_VARIABLES);
    let readable = !given.is_empty() && (items.is_empty() || too_long || !statements.is_empty());
    readable.then_some(PolicyDocument { statements, too_long, variables })
}

/// All readings of a statement. Empty if it says nothing. `None` if there are too many.
fn statement(json: &Json, doubled: bool) -> Option<Vec<Statement>> {
    let effects: Vec<String> = json.fields("Effect").flat_map(Json::texts).collect();
    let given = |name: &str| json.fields(name).next().is_some();
    let ambiguous = doubled
        || ELEMENTS.iter().any(|name| json.fields(name).nth(1).is_some())
        || EXCLUSIVE.iter().any(|(plain, negated)| given(plain) && given(negated))
        || json.fields("Principal").chain(json.fields("NotPrincipal")).any(has_key_twice);
    let conditions_twice = json.fields("Condition").nth(1).is_some()
        || json.fields("Condition").any(|block| {
            has_key_twice(block) || block.entries().iter().any(|(_, keys)| has_key_twice(keys))
        });
    if effects.is_empty() && !given("Action") && !given("NotAction") {
        return Some(Vec::new());
    }
    // A statement of unknown effect may as well allow.
    if effects.iter().all(|effect| effect.eq_ignore_ascii_case("deny")) && !effects.is_empty() {
        let mut readings = readings(json, &conditions(json))?;
        // If the conditions of a denial cannot be read, it is unknown when it holds.
        let guarded = json.fields("Condition").next().is_some();
        let unread = guarded && !has_only_conditions(json);
        if ambiguous || conditions_twice || unread {
            readings.truncate(1);
            readings.iter_mut().for_each(|deny| deny.actions = Clause::default());
        }
        return Some(readings);
    }
    // If one key has two conditions, it is unknown which holds: then neither guards.
    let conditions = if conditions_twice { Vec::new() } else { conditions(json) };
    let mut readings = readings(json, &conditions)?;
    readings.iter_mut().for_each(|reading| reading.allow = true);
    Some(readings)
}

/// Every combination of the meanings of the statement's elements, as denials.
fn readings(json: &Json, conditions: &[Condition]) -> Option<Vec<Statement>> {
    let actions = clauses(json, "Action", "NotAction");
    let resources = clauses(json, "Resource", "NotResource");
    let principals = principals(json);
    if actions.len() * resources.len() * principals.len() > READINGS_MAX {
        return None;
    }
    let mut readings = Vec::new();
    for actions in &actions {
        for resources in &resources {
            for principals in &principals {
                readings.push(Statement {
                    allow: false,
                    actions: actions.clone().in_lower_case(),
                    resources: resources.clone(),
                    principals: principals.clone(),
                    conditions: conditions.to_vec(),
                });
            }
        }
    }
    Some(readings)
}

/// The possible meanings of `Action` or `Resource`: everything named in it, even if the key is given twice; and each
/// exception separately, because two together would leave less.
fn clauses(json: &Json, plain: &str, negated: &str) -> Vec<Clause> {
    let mut found = Vec::new();
    if json.fields(plain).next().is_some() {
        let patterns = json.fields(plain).flat_map(Json::texts).collect();
        found.push(Clause { negated: false, patterns });
    }
    let exception = |one: &Json| Clause { negated: true, patterns: one.texts() };
    found.extend(json.fields(negated).take(READINGS_MAX + 1).map(exception));
    if found.is_empty() {
        found.push(Clause::default());
    }
    found
}

fn principals(json: &Json) -> Vec<Principals> {
    let mut found = Vec::new();
    if json.fields("Principal").next().is_some() {
        let entries = json.fields("Principal").flat_map(PrincipalEntry::read).collect();
        found.push(Principals { negated: false, entries });
    }
    let exception = |one: &Json| Principals { negated: true, entries: PrincipalEntry::read(one) };
    found.extend(json.fields("NotPrincipal").take(READINGS_MAX + 1).map(exception));
    if found.is_empty() {
        found.push(Principals::default());
    }
    found
}

fn conditions(json: &Json) -> Vec<Condition> {
    let mut conditions = Vec::new();
    for (operator, keys) in json.fields("Condition").flat_map(Json::entries) {
        for (key, values) in keys.entries() {
            let (operator, key) = (operator.clone(), key.clone());
            conditions.push(Condition { operator, key, values: values.texts() });
        }
    }
    conditions
}

fn has_only_conditions(json: &Json) -> bool {
    let mut operators = json.fields("Condition").flat_map(Json::entries).peekable();
    operators.peek().is_some() && operators.all(|(_, keys)| !keys.entries().is_empty())
}

fn has_key_twice(json: &Json) -> bool {
    let mut seen = HashSet::new();
    json.entries().iter().any(|(key, _)| !seen.insert(key.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(text: &str) -> PolicyDocument {
        document(&serde_json::from_str(text).unwrap()).unwrap()
    }

    /// The actions and resources that one statement allows (`+`) and denies (`-`).
    #[track_caller]
    fn check(statement: &str, want: &[&str]) {
        let document = read(&format!(r#"{{"Statement":{statement}}}"#));
        let clause = |clause: &Clause| {
            let not = if clause.negated { "!" } else { "" };
            format!("{not}{}", clause.patterns.join("|"))
        };
        let read = |one: &Statement| {
            let guard = if one.conditions.is_empty() { "" } else { " if" };
            let sign = if one.allow { '+' } else { '-' };
            format!("{sign}{} on {}{guard}", clause(&one.actions), clause(&one.resources))
        };
        let found: Vec<String> = document.statements.iter().map(read).collect();
        assert_eq!(found, want, "{statement}");
    }

    #[test]
    fn a_key_given_twice_grants_all_that_it_can_mean() {
        check(r#"{"Effect":"Allow","Action":"A","action":"B","Resource":"R"}"#, &["+a|b on R"]);
        check(
            r#"{"Effect":"Allow","Action":"a","Resource":"R","Resource":["S","T"]}"#,
            &["+a on R|S|T"],
        );
        check(r#"{"Effect":"Deny","Action":"a","Resource":"R","Effect":"Allow"}"#, &["+a on R"]);
        check(r#"{"Effect":"Allow","Action":"a","Resource":"R","Effect":"Deny"}"#, &["+a on R"]);
        check(
            r#"{"Effect":"Allow","NotAction":"a","NotAction":"b","Resource":"R"}"#,
            &["+!a on R", "+!b on R"],
        );
        check(
            r#"{"Effect":"Allow","Action":"a","Resource":"R","NotResource":"S"}"#,
            &["+a on R", "+a on !S"],
        );
        let twice = r#"{"Effect":"Allow","Action":"a","Resource":"R","Condition":{"Bool":{"k":"1"}},"Condition":{}}"#;
        check(twice, &["+a on R"]);
        let key_twice = r#"{"Effect":"Allow","Action":"a","Resource":"R","Condition":{"Bool":{"k":"1","K":"2"}}}"#;
        check(key_twice, &["+a on R"]);
        let once = r#"{"Effect":"Allow","Action":"a","Resource":"R","Condition":{"Bool":{"k":"1"},"Null":{"k":"1"}}}"#;
        check(once, &["+a on R if"]);
    }

    #[test]
    fn an_effect_that_is_not_known_may_allow() {
        for effect in
            ["", r#""Effect":"Permit","#, r#""Effect":["Deny","Allow"],"#, r#""Effect":{},"#]
        {
            check(&format!(r#"{{{effect}"Action":"a","Resource":"R"}}"#), &["+a on R"]);
        }
        check(r#"{"Effect":["deny"],"Action":"a","Resource":"R"}"#, &["-a on R"]);
        assert!(document(&serde_json::from_str(r#"{"Statement":[{},7]}"#).unwrap()).is_none());
    }

    #[test]
    fn a_denial_that_can_be_read_in_two_ways_denies_nothing() {
        for deny in [
            r#"{"Effect":"Deny","Action":"a","Action":"b","Resource":"R"}"#,
            r#"{"Effect":"Deny","Action":"a","Resource":"R","resource":"R"}"#,
            r#"{"Effect":"Deny","Action":"a","NotAction":"b","Resource":"R"}"#,
            r#"{"Effect":"Deny","Action":"a","Resource":"R","Principal":{"AWS":"x","AWS":"y"}}"#,
            r#"{"Effect":"Deny","Action":"a","Resource":"R","Condition":"none"}"#,
            r#"{"Effect":"Deny","Action":"a","Resource":"R","Condition":{"Bool":"none"}}"#,
            r#"{"Effect":"Deny","Action":"a","Resource":"R","Condition":{}}"#,
        ] {
            let document = read(&format!(r#"{{"Statement":{deny}}}"#));
            assert!(document.denies(), "{deny}");
            assert!(
                document.statements.iter().all(|one| one.actions.patterns.is_empty()),
                "{deny}"
            );
        }
        check(r#"{"Effect":"Deny","Action":"a","Resource":"R"}"#, &["-a on R"]);
    }

    #[test]
    fn statements_given_twice_all_count_and_their_denials_do_not() {
        let document = read(
            r#"{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"*","Resource":"*"}],"Statement":[]}"#,
        );
        assert_eq!(document.statements.len(), 2);
        assert!(document.statements[1].actions.patterns.is_empty());
    }

    #[test]
    fn what_has_more_meanings_than_are_judged_is_too_long() {
        let exceptions: Vec<String> = (0..20).map(|n| format!(r#""NotAction":"s3:{n}""#)).collect();
        let statement = format!(r#"{{"Effect":"Allow",{},"Resource":"*"}}"#, exceptions.join(","));
        assert!(read(&format!(r#"{{"Statement":{statement}}}"#)).too_long);
    }

    #[test]
    fn variables_are_of_the_newer_version() {
        for (version, variables) in [
            (r#""Version":"2012-10-17","#, true),
            (r#""Version":"2008-10-17","#, false),
            ("", false),
            (r#""version":"2012-10-17","#, true),
            (r#""Version":"2012-10-17","Version":"2008-10-17","#, true),
        ] {
            let document = read(&format!(r#"{{{version}"Statement":[]}}"#));
            assert_eq!(document.variables, variables, "{version}");
        }
    }

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
