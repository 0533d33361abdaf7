//! What a pattern asks of `derived` that can never be.

use serde_json::{Value, json};

use super::fact::{FACTS, Fact, Values};
use crate::pattern::{Matcher, Pattern};
use crate::text::nearest;

/// Tags have any names.
const TAGS: &str = "derived.accountTags.";

/// What a pattern asks of `derived` that can never be, in silence: each path with what is wrong and the nearest right
/// word.
#[must_use]
pub(crate) fn misspelt(pattern: &Pattern) -> Vec<(String, String, Option<String>)> {
    let mut faults = Vec::new();
    for path in pattern.paths().into_iter().filter(|path| path.starts_with("derived")) {
        let Some(fact) = FACTS.iter().find(|fact| fact.path == path) else {
            if !path.starts_with(TAGS) {
                let help = nearest::suggestion(path, FACTS.iter().map(|fact| fact.path));
                faults.push((path.to_owned(), format!("no fact `{path}`"), help));
            }
            continue;
        };
        let mut wrong: Vec<(String, Option<String>)> = Vec::new();
        for matcher in pattern.matchers(path) {
            wrong.extend(in_vain(matcher, fact).filter(|one| !wrong.contains(one)));
        }
        faults.extend(
            wrong
                .into_iter()
                .map(|(asked, help)| (path.to_owned(), format!("`{path}` is never {asked}"), help)),
        );
    }
    faults
}

/// What the fact never is although this asks for it, and the nearest word.
fn in_vain(matcher: &Matcher, fact: &Fact) -> Option<(String, Option<String>)> {
    match matcher {
        Matcher::Exists | Matcher::Absent => return None,
        // Refusing an impossible value refuses nothing.
        Matcher::AnythingBut(refused) => return refused.iter().find_map(|one| in_vain(one, fact)),
        _ => {}
    }
    let words = match fact.values {
        Values::Words(words) => words(),
        _ => Vec::new(),
    };
    let accepts = |value: &Value| matcher.accepts(value);
    let may_be = match fact.values {
        Values::Words(_) => words.iter().any(|word| accepts(&json!(word))),
        Values::Truth => accepts(&json!(true)) || accepts(&json!(false)),
        Values::True => accepts(&json!(true)),
        Values::Number => matches!(matcher, Matcher::Number(_) | Matcher::Numeric(_)),
        Values::Text => {
            !matches!(matcher, Matcher::Number(_) | Matcher::Numeric(_) | Matcher::Literal(_))
        }
        Values::Below => false,
    };
    let asked = || match matcher {
        Matcher::Text(text) => format!("`{text}`"),
        other => format!("`{}`", other.to_value()),
    };
    let help = || match matcher {
        Matcher::Text(text) => nearest::suggestion(text, words.iter().copied()),
        _ => None,
    };
    (!may_be).then(|| (asked(), help()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is wrong about a question of `derived`.
    #[track_caller]
    fn check(derived: &Value, want: &[&str]) {
        let pattern = Pattern::compile(&json!({"derived": derived})).unwrap();
        let faults: Vec<String> = misspelt(&pattern)
            .into_iter()
            .map(|(_, message, help)| match help {
                Some(help) => format!("{message}; {help}"),
                None => message,
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
        check(&json!({"tampering": ["true"]}), &["`derived.tampering` is never `true`"]);
        check(&json!({"denies": [false]}), &["`derived.denies` is never `false`"]);
        check(&json!({"burst": ["9"]}), &["`derived.burst` is never `9`"]);
    }

    #[test]
    fn what_may_come_is_no_fault() {
        for derived in [
            json!({"grants": [{"prefix": "privesc:"}, {"exists": false}, "data:s3"]}),
            json!({"principal": {"type": [{"anything-but": ["AWSService"]}], "mfa": [false]}}),
            json!({"entity": {"kind": [{"equals-ignore-case": "ROLE"}], "name": ["x"]}}),
            json!({"burst": [{"numeric": [">", 8]}], "denies": [true], "accountTags": {"pci": ["yes"]}}),
            json!({"principal": [{"exists": true}], "trust": [{"wildcard": "*-account"}]}),
        ] {
            check(&derived, &[]);
        }
    }
}
