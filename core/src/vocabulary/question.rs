//! Values that a pattern expects under `derived` although they can never be, and a list of all its alternatives.

use serde_json::{Value, json};

use super::fact::{FACTS, Fact, Values};
use super::shape::is_of_accounts;
use crate::pattern::{Matcher, Pattern};
use crate::text::nearest;

/// Tags have any names.
const TAGS: &str = "derived.accountTags.";
/// Most words that a fault lists where none is near.
const LISTED_MAX: usize = 12;

/// Something that can never be, in silence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vain {
    /// Where it was written, below the pattern or the test: `detail.eventName[0]`.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// The nearest right word, or what else to do.
    pub help: Option<String>,
}

/// Words that only the site file decides.
#[derive(Debug, Clone, Default)]
pub struct SiteNames<'n> {
    /// Names of its environments.
    pub environments: Vec<&'n str>,
    /// Names of its calendars.
    pub calendars: Vec<&'n str>,
}

/// One alternative of a field: what is asked, and where it was written.
#[derive(Debug)]
pub(super) struct Question<'p> {
    /// Where the field was written: `$or[0].detail.eventName`.
    pub(super) key: String,
    /// Where the alternative was written: `$or[0].detail.eventName[1]`.
    pub(super) at: String,
    /// The field in an event: `detail.eventName`.
    pub(super) path: String,
    pub(super) value: &'p Value,
}

impl Question<'_> {
    /// What it accepts. `None` if it is not a valid alternative: the compiler of patterns reports that.
    pub(super) fn matcher(&self) -> Option<Matcher> {
        let alone = Pattern::compile(&json!({"field": [self.value]})).ok()?;
        alone.matchers("field").next().cloned()
    }
}

/// All that a pattern asks, in its order.
pub(super) fn questions(pattern: &Value) -> Vec<Question<'_>> {
    let mut found = Vec::new();
    ask(pattern, "", "", &mut found);
    found
}

fn below(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

fn ask<'p>(value: &'p Value, at: &str, path: &str, found: &mut Vec<Question<'p>>) {
    for (key, value) in value.as_object().into_iter().flatten() {
        let here = below(at, key);
        match value {
            Value::Array(alternatives) if key == "$or" => {
                for (index, one) in alternatives.iter().enumerate() {
                    ask(one, &format!("{here}[{index}]"), path, found);
                }
            }
            Value::Array(alternatives) => {
                found.extend(alternatives.iter().enumerate().map(|(index, value)| Question {
                    key: here.clone(),
                    at: format!("{here}[{index}]"),
                    path: below(path, key),
                    value,
                }));
            }
            _ => ask(value, &here, &below(path, key), found),
        }
    }
}

/// Values that a pattern expects under `derived` although they can never be, each with the nearest right word. Without
/// the names of a site, any environment and any calendar is possible.
#[must_use]
pub(crate) fn misspelt(pattern: &Value, names: Option<&SiteNames<'_>>) -> Vec<Vain> {
    let mut faults: Vec<Vain> = Vec::new();
    let questions = questions(pattern);
    for question in questions.iter().filter(|one| one.path.split('.').next() == Some("derived")) {
        let fault = match FACTS.iter().find(|fact| fact.path == question.path) {
            Some(fact) => question.matcher().and_then(|matcher| {
                let (asked, help) = in_vain(&matcher, fact, names)?;
                let message = format!("`{}` is never {asked}", question.path);
                Some(Vain { path: question.at.clone(), message, help })
            }),
            None => no_fact(question),
        };
        faults.extend(fault.filter(|fault| !faults.contains(fault)));
    }
    faults
}

/// A path below `derived` that is not a fact.
fn no_fact(question: &Question<'_>) -> Option<Vain> {
    let path = question.key.clone();
    let Some(tag) = question.path.strip_prefix(TAGS) else {
        let help = nearest::suggestion(&question.path, FACTS.iter().map(|fact| fact.path));
        return Some(Vain { path, message: format!("no fact `{}`", question.path), help });
    };
    let small = tag.to_lowercase();
    (small != tag).then(|| Vain {
        path,
        message: format!("`{}` never comes: keys of tags are in small letters", question.path),
        help: Some(format!("write `{small}`")),
    })
}

/// A value that the fact never has, and the nearest word.
fn in_vain(
    matcher: &Matcher,
    fact: &Fact,
    names: Option<&SiteNames<'_>>,
) -> Option<(String, Option<String>)> {
    match matcher {
        Matcher::Exists | Matcher::Absent => return None,
        // Refusing an impossible value refuses nothing.
        Matcher::AnythingBut(refused) => {
            return refused.iter().find_map(|one| in_vain(one, fact, names));
        }
        _ => {}
    }
    let words = match (fact.values, names) {
        (Values::Words(words), _) => Some(words()),
        (Values::Environment, Some(names)) => Some(names.environments.clone()),
        (Values::Calendar, Some(names)) => Some(names.calendars.clone()),
        _ => None,
    };
    let accepts = |value: &Value| matcher.accepts(value);
    let may_be = match (fact.values, &words) {
        (_, Some(words)) => words.iter().any(|word| accepts(&json!(word))),
        (Values::Truth, _) => accepts(&json!(true)) || accepts(&json!(false)),
        (Values::True, _) => accepts(&json!(true)),
        (Values::Number, _) => matches!(matcher, Matcher::Number(_) | Matcher::Numeric(_)),
        (Values::Account, _) => is_of_accounts(matcher),
        (Values::Below, _) => false,
        _ => !matches!(matcher, Matcher::Number(_) | Matcher::Numeric(_) | Matcher::Literal(_)),
    };
    if may_be {
        return None;
    }
    let asked = match matcher {
        Matcher::Text(text) => format!("`{text}`"),
        other => format!("`{}`", other.to_value()),
    };
    Some((asked, help(matcher, fact, words.as_deref().unwrap_or_default())))
}

/// What to write instead.
fn help(matcher: &Matcher, fact: &Fact, words: &[&str]) -> Option<String> {
    match (matcher, fact.values) {
        (Matcher::Text(text), Values::Truth | Values::True)
            if ["true", "false"].contains(&text.as_str()) =>
        {
            return Some(format!("write {text} without quotes"));
        }
        (_, Values::Truth) => return Some("it is true or false".to_owned()),
        (_, Values::True) => return Some("it is true, or {exists: false} holds".to_owned()),
        (_, Values::Account) => return Some("it is twelve digits in quotes".to_owned()),
        _ => {}
    }
    let near = match matcher {
        Matcher::Text(text) => nearest::suggestion(text, words.iter().copied()),
        _ => None,
    };
    let listed = || match words {
        [] => None,
        words if words.len() > LISTED_MAX => None,
        words => Some(format!("it is one of `{}`", words.join("`, `"))),
    };
    near.or_else(listed)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is wrong about a question of `derived`.
    #[track_caller]
    fn check(derived: &Value, want: &[&str]) {
        let pattern = json!({"derived": derived});
        assert!(Pattern::compile(&pattern).is_ok());
        let names = SiteNames { environments: vec!["production"], calendars: vec!["night"] };
        let faults: Vec<String> = misspelt(&pattern, Some(&names))
            .into_iter()
            .map(|fault| match fault.help {
                Some(help) => format!("{}; {help}", fault.message),
                None => fault.message,
            })
            .collect();
        assert_eq!(faults, want);
    }

    #[test]
    fn words_that_never_come_are_found_with_the_nearest() {
        check(
            &json!({"grants": ["admn"]}),
            &["`derived.grants` is never `admn`; did you mean `admin`?"],
        );
        check(
            &json!({"handed": {"grants": ["admin", "pasrole-any"]}}),
            &["`derived.handed.grants` is never `pasrole-any`; did you mean `pass-role-any`?"],
        );
        check(
            &json!({"trust": [{"anything-but": ["service-onli"]}]}),
            &["`derived.trust` is never `service-onli`; did you mean `service-only`?"],
        );
        check(
            &json!({"grants": [{"prefix": "priv:"}]}),
            &[r#"`derived.grants` is never `{"prefix":"priv:"}`"#],
        );
        check(
            &json!({"principal": {"type": ["IamUser"]}}),
            &["`derived.principal.type` is never `IamUser`; did you mean `IAMUser`?"],
        );
        check(
            &json!({"entity": {"kinds": ["role"]}}),
            &["no fact `derived.entity.kinds`; did you mean `derived.entity.kind`?"],
        );
        check(&json!({"entity": ["role"]}), &["`derived.entity` is never `role`"]);
        check(
            &json!({"tampering": ["true"]}),
            &["`derived.tampering` is never `true`; write true without quotes"],
        );
        check(
            &json!({"denies": [false]}),
            &["`derived.denies` is never `false`; it is true, or {exists: false} holds"],
        );
        check(&json!({"burst": ["9"]}), &["`derived.burst` is never `9`"]);
        check(
            &json!({"environment": ["prod"], "time": [{"anything-but": ["nigth"]}], "outsideTime": [{"prefix": "d"}]}),
            &[
                "`derived.environment` is never `prod`; did you mean `production`?",
                "`derived.time` is never `nigth`; did you mean `night`?",
                r#"`derived.outsideTime` is never `{"prefix":"d"}`; it is one of `night`"#,
            ],
        );
        check(
            &json!({"accountTags": {"Team": ["x"]}}),
            &[
                "`derived.accountTags.Team` never comes: keys of tags are in small letters; write `team`",
            ],
        );
        check(
            &json!({"principal": {"account": ["1111-2222-3333"]}, "trustExternal": [{"anything-but": [111122223333_u64]}]}),
            &[
                "`derived.principal.account` is never `1111-2222-3333`; it is twelve digits in quotes",
                "`derived.trustExternal` is never `{\"numeric\":[\"=\",111122223333]}`; it is twelve digits in quotes",
            ],
        );
    }

    #[test]
    fn a_fault_stands_where_it_was_written() {
        let pattern =
            json!({"$or": [{"source": ["aws.iam"]}, {"derived": {"grants": ["admin", "admn"]}}]});
        let faults = misspelt(&pattern, None);
        assert_eq!(faults.len(), 1);
        assert_eq!(faults[0].path, "$or[1].derived.grants[1]");
        assert!(
            misspelt(&json!({"derived": {"environment": ["any"], "time": ["any"]}}), None)
                .is_empty()
        );
    }

    #[test]
    fn what_may_come_is_no_fault() {
        for derived in [
            json!({"grants": [{"prefix": "privesc:"}, {"exists": false}, "data:s3"]}),
            json!({"principal": {"type": [{"anything-but": ["AWSService"]}], "mfa": [false]}}),
            json!({"entity": {"kind": [{"equals-ignore-case": "ROLE"}], "name": ["x"]}}),
            json!({"burst": [{"numeric": [">", 8]}], "denies": [true], "accountTags": {"pci": ["yes"]}}),
            json!({"principal": [{"exists": true}], "trust": [{"wildcard": "*-account"}]}),
            json!({"environment": [{"prefix": "prod"}], "time": ["night"], "entity": {"account": [{"prefix": "1111"}]}}),
        ] {
            check(&derived, &[]);
        }
    }
}
