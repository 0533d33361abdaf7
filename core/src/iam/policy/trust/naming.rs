//! Does somebody other than the caller choose the names of the sessions of a role?

use super::super::document::{Condition, PolicyDocument, Statement};
use super::super::principals::{PrincipalEntry, PrincipalKey};
use super::home::account_of;
use crate::iam::arn::Arn;

/// The action that sets `sourceIdentity`.
const SETS: &str = "sts:SetSourceIdentity";
/// The key that `sourceIdentity` is asked for by.
const KEY: &str = "sts:sourceidentity";
/// Stand for the caller's own name, which AWS or the provider knows.
const OWN_NAMES: [&str; 2] = ["${aws:username}", "${saml:sub}"];

/// Operators that fix a name: no name of a user has a wildcard.
const EQUAL: [&str; 3] = ["StringEquals", "StringEqualsIgnoreCase", "StringLike"];
/// Their opposites.
const UNEQUAL: [&str; 3] = ["StringNotEquals", "StringNotEqualsIgnoreCase", "StringNotLike"];

/// How a trust policy fixes the names of its role's sessions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Naming {
    /// SAML providers of the account alone let people in: they name the session, and set `sourceIdentity`.
    pub by_saml: bool,
    /// A caller who sets `sourceIdentity` must set the own name: that of an IAM user of the account, or of a SAML
    /// identity.
    pub own_name: bool,
}

impl Naming {
    /// Reads the trust policy of a role of this account. What is not certain is not so.
    #[must_use]
    pub fn of(document: &PolicyDocument, account: &str) -> Self {
        if document.too_long {
            return Self::default();
        }
        let allows = || document.statements.iter().filter(|statement| statement.allow);
        let by_saml = |statement: &Statement| names_all(statement, |one| is_saml(one, account));
        let sets = |statement: &&Statement| statement.actions.names_action(SETS);
        let of_account = |statement: &Statement| {
            names_all(statement, |one| {
                is_saml(one, account)
                    || (one.key == PrincipalKey::Aws && account_of(&one.value) == Some(account))
            })
        };
        let denied = document.statements.iter().any(denies_other_names);
        let own = |statement: &Statement| {
            let asked = denied || statement.conditions.iter().any(|one| asks(one, &EQUAL));
            by_saml(statement) || (of_account(statement) && asked)
        };
        Self {
            by_saml: allows().next().is_some() && allows().all(by_saml),
            own_name: allows().any(|statement| sets(&statement)) && allows().filter(sets).all(own),
        }
    }
}

/// Does the statement have principals, and is each of them one of these?
fn names_all(statement: &Statement, of: impl Fn(&PrincipalEntry) -> bool) -> bool {
    let principals = &statement.principals;
    !principals.negated && !principals.entries.is_empty() && principals.entries.iter().all(of)
}

/// Is it a SAML provider of this account?
fn is_saml(one: &PrincipalEntry, account: &str) -> bool {
    let provider = Arn::parse(&one.value);
    let provider = provider.filter(|arn| arn.service == "iam" && arn.account == account);
    let below = provider.and_then(|arn| arn.below("saml-provider"));
    one.key == PrincipalKey::Federated && below.is_some_and(|name| !name.contains(['*', '?']))
}

/// Does it ask, by one of these operators, for the caller's own name and nothing else?
fn asks(condition: &Condition, operators: &[&str]) -> bool {
    let own = |value: &String| OWN_NAMES.iter().any(|name| value.eq_ignore_ascii_case(name));
    operators.iter().any(|operator| condition.operator.eq_ignore_ascii_case(operator))
        && condition.key.eq_ignore_ascii_case(KEY)
        && !condition.values.is_empty()
        && condition.values.iter().all(own)
}

/// Does it forbid everybody to set another name than the own?
fn denies_other_names(statement: &Statement) -> bool {
    let everybody = names_all(statement, |one| {
        one.is_star() && matches!(one.key, PrincipalKey::Bare | PrincipalKey::Aws)
    });
    let only = matches!(statement.conditions.as_slice(), [one] if asks(one, &UNEQUAL));
    !statement.allow && everybody && only && statement.actions.names_action(SETS)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const ACCOUNT: &str = "111122223333";

    #[track_caller]
    fn check(statements: &Value, by_saml: bool, own_name: bool) {
        let text = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
        let document = PolicyDocument::parse(&text).unwrap();
        assert_eq!(Naming::of(&document, ACCOUNT), Naming { by_saml, own_name }, "{text}");
    }

    fn saml(account: &str) -> Value {
        json!({"Effect": "Allow", "Action": ["sts:AssumeRoleWithSAML", "sts:SetSourceIdentity"],
            "Principal": {"Federated": format!("arn:aws:iam::{account}:saml-provider/idp")}})
    }

    fn users(actions: &Value, condition: &Value) -> Value {
        json!({"Effect": "Allow", "Action": actions, "Principal": {"AWS": format!("arn:aws:iam::{ACCOUNT}:root")},
            "Condition": condition})
    }

    #[test]
    fn saml_alone_names_its_people() {
        check(&json!([saml(ACCOUNT)]), true, true);
        check(&json!([saml("444455556666")]), false, false);
        check(&json!([saml(ACCOUNT), users(&json!("sts:AssumeRole"), &json!({}))]), false, true);
        let issuer = json!({"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
            "Principal": {"Federated": format!("arn:aws:iam::{ACCOUNT}:oidc-provider/x:saml-provider/idp")}});
        check(&json!([saml(ACCOUNT), issuer]), false, true);
        check(&json!([{"Effect": "Deny", "Action": "*", "Principal": "*"}]), false, false);
    }

    #[test]
    fn a_source_identity_that_must_be_the_own_name_is_believed() {
        let both = json!(["sts:AssumeRole", "sts:SetSourceIdentity"]);
        let name = |operator: &str, value: &str| json!({operator: {"sts:SourceIdentity": value}});
        check(&json!([users(&both, &name("StringEquals", "${aws:username}"))]), false, true);
        check(
            &json!([users(&json!("sts:*"), &name("stringlike", "${AWS:UserName}"))]),
            false,
            true,
        );
        for weak in [
            name("StringLike", "*"),
            name("StringEquals", "cfo@example.com"),
            name("StringEqualsIfExists", "${aws:username}"),
            json!({}),
        ] {
            check(&json!([users(&both, &weak)]), false, false);
        }
        // One door without the question is enough.
        let asking = users(&both, &name("StringEquals", "${aws:username}"));
        check(&json!([asking, users(&both, &json!({}))]), false, false);
        // A caller who may not set it cannot lie with it.
        check(&json!([asking, users(&json!("sts:AssumeRole"), &json!({}))]), false, true);
        let foreign = json!({"Effect": "Allow", "Action": both, "Principal": {"AWS": "444455556666"},
            "Condition": name("StringEquals", "${aws:username}")});
        check(&json!([asking, foreign]), false, false);
    }

    #[test]
    fn a_deny_of_other_names_asks_as_well() {
        let both = json!(["sts:AssumeRole", "sts:SetSourceIdentity"]);
        let deny = |principal: &str, operator: &str| {
            json!({"Effect": "Deny", "Action": "sts:SetSourceIdentity", "Principal": {"AWS": principal},
                "Condition": {operator: {"sts:SourceIdentity": "${aws:username}"}}})
        };
        let open = users(&both, &json!({}));
        check(&json!([open, deny("*", "StringNotEquals")]), false, true);
        check(&json!([open, deny("444455556666", "StringNotEquals")]), false, false);
        check(&json!([open, deny("*", "StringEquals")]), false, false);
    }
}
