//! Whether the policy of a resource shuts its own account out: nobody of it may change the policy any more, or everybody
//! is denied but one.
//!
//! Source: <https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-overview.html>

use super::home::{Home, account_of};
use crate::iam::policy::{Condition, PolicyDocument, PrincipalEntry, Principals, Statement};

/// What lets somebody change the policy of a key.
pub(super) const ADMINISTERS: &str = "kms:PutKeyPolicy";
/// Keys of conditions that say who calls.
const WHO: [&str; 5] = [
    "aws:PrincipalAccount",
    "aws:PrincipalArn",
    "aws:PrincipalOrgID",
    "aws:userid",
    "kms:CallerAccount",
];

/// Does the policy of a key leave nobody of this account, nor of one that is known, who may change it? Without a policy
/// that lets them, no administrator of the account can.
pub(super) fn key(document: &PolicyDocument, home: &Home<'_>) -> bool {
    let administers = |statement: &&Statement| {
        statement.allow
            && statement.actions.names_action(ADMINISTERS)
            && statement.conditions.iter().all(is_about_who)
    };
    let at_home =
        |entry: &PrincipalEntry| entry.is_star() || is_own(&entry.value, home) != Some(false);
    let mut allows = document.statements.iter().filter(administers);
    let has_own = allows.any(|statement| {
        let Principals { negated, entries } = &statement.principals;
        *negated || entries.iter().any(at_home)
    });
    let is_said = home.account.is_some() && !document.statements.is_empty() && !document.too_long;
    is_said && (!has_own || resource(document, home))
}

/// Does a denial in the policy of a resource leave out nobody, one identity, or strangers alone?
pub(super) fn resource(document: &PolicyDocument, home: &Home<'_>) -> bool {
    let shuts = |statement: &Statement| {
        let Some((spared, more)) = spared(statement) else { return false };
        let strangers = spared.iter().all(|value| is_own(value, home) == Some(false));
        let one = spared.len() == 1 && !more && spared.iter().all(|value| is_identity(value));
        is_of_everything(statement) && (strangers && !(spared.is_empty() && more) || one)
    };
    home.account.is_some() && document.statements.iter().any(shuts)
}

/// Whom a denial for everybody leaves out, and whether it asks for anything else. `None` for another statement.
fn spared(statement: &Statement) -> Option<(Vec<&str>, bool)> {
    let Principals { negated, entries } = &statement.principals;
    let everybody = entries.iter().any(PrincipalEntry::is_star);
    if statement.allow || everybody == *negated {
        return None;
    }
    let named = entries.iter().filter(|_| *negated).map(|entry| entry.value.as_str());
    let leaves_out = |one: &&Condition| is_about_who(one) && is_negated(one);
    let (by_condition, others): (Vec<_>, Vec<_>) =
        statement.conditions.iter().partition(leaves_out);
    let values = by_condition.into_iter().flat_map(|one| &one.values).map(String::as_str);
    Some((named.chain(values).collect(), !others.is_empty()))
}

fn is_of_everything(statement: &Statement) -> bool {
    let actions = &statement.actions;
    actions.negated || actions.patterns.iter().any(|one| one == "*" || one.ends_with(":*"))
}

fn is_about_who(condition: &Condition) -> bool {
    WHO.iter().any(|key| condition.key.eq_ignore_ascii_case(key))
}

/// `StringNotEquals`, `ArnNotLike` …: it holds for all but these.
fn is_negated(condition: &Condition) -> bool {
    condition.operator.to_ascii_lowercase().contains("not")
}

/// One user, role or session, and not a whole account or organization.
fn is_identity(value: &str) -> bool {
    value.contains(":user/")
        || value.contains(":role/")
        || value.contains("assumed-role/")
        || value.starts_with("AROA")
        || value.starts_with("AIDA")
}

/// Does a principal, or a value of a condition, belong to this account or one that is known? `None` where that does not
/// show.
fn is_own(value: &str, home: &Home<'_>) -> Option<bool> {
    if value.starts_with("o-") {
        return home.organization.map(|own| own == value);
    }
    if home.ids.iter().any(|id| value.split(':').next() == Some(*id)) {
        return Some(true);
    }
    account_of(value).map(|account| !home.is_foreign(account))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(of: fn(&PolicyDocument, &Home<'_>) -> bool, statements: &str) -> bool {
        let text = format!(r#"{{"Statement":[{statements}]}}"#);
        let document = PolicyDocument::parse(&text).unwrap();
        let knows = |account: &str| account == "444455556666";
        let (account, organization) = (Some("111122223333"), Some("o-exampleorgid"));
        of(&document, &Home { account, organization, knows: &knows, ids: &[] })
    }

    fn allow(whom: &str, actions: &str) -> String {
        format!(
            r#"{{"Effect":"Allow","Action":"{actions}","Resource":"*","Principal":{{"AWS":"{whom}"}}}}"#
        )
    }

    fn deny(rest: &str) -> String {
        format!(r#"{{"Effect":"Deny","Action":"s3:*","Resource":"*",{rest}}}"#)
    }

    const ROOT: &str = "arn:aws:iam::111122223333:root";
    const STRANGER: &str = "arn:aws:iam::999988887777:user/x";

    #[test]
    fn a_key_that_only_strangers_administer_shuts_out() {
        let check = |statements: &[String], want| {
            assert_eq!(judged(key, &statements.join(",")), want, "{statements:?}");
        };
        check(&[allow(STRANGER, "kms:*")], true);
        check(&[allow(ROOT, "kms:Decrypt"), allow(STRANGER, "*")], true);
        check(&[allow(ROOT, "kms:*"), allow(STRANGER, "kms:*")], false);
        check(&[allow("arn:aws:iam::111122223333:role/admin", "kms:Put*")], false);
        check(&[allow("arn:aws:iam::444455556666:root", "kms:*")], false);
        check(&[allow("*", "kms:*")], false);
        let never = allow(ROOT, "kms:*").replace(
            r#""Resource""#,
            r#""Condition":{"Bool":{"aws:SecureTransport":"false"}},"Resource""#,
        );
        check(&[never], true);
        let all = r#"{"Effect":"Deny","Action":"kms:*","Resource":"*","Principal":"*"}"#;
        check(&[allow(ROOT, "kms:*"), all.to_owned()], true);
    }

    #[test]
    fn a_denial_for_all_but_one_shuts_out() {
        let but = |operator: &str, key: &str, values: &str| {
            deny(&format!(r#""Principal":"*","Condition":{{"{operator}":{{"{key}":{values}}}}}"#))
        };
        let stranger = format!(r#""{STRANGER}""#);
        let own = r#""arn:aws:iam::111122223333:role/app""#;
        for shut in [
            deny(r#""Principal":"*""#),
            but("StringNotEquals", "aws:PrincipalArn", &stranger),
            but("ArnNotLike", "aws:principalarn", own),
            but("StringNotEquals", "aws:PrincipalAccount", r#"["999988887777","888877776666"]"#),
            but("StringNotEquals", "aws:PrincipalOrgID", r#""o-evilevil01""#),
            deny(&format!(r#""NotPrincipal":{{"AWS":"{STRANGER}"}}"#)),
        ] {
            assert!(judged(resource, &shut), "{shut}");
        }
        for open in [
            but("Bool", "aws:SecureTransport", r#""false""#),
            but("StringNotEquals", "aws:PrincipalOrgID", r#""o-exampleorgid""#),
            but("StringNotEquals", "aws:PrincipalAccount", r#"["111122223333","999988887777"]"#),
            but("StringNotLike", "aws:userid", r#"["AROAEXAMPLEEXAMPLE001:*","111122223333"]"#),
            but("ArnNotLike", "aws:PrincipalArn", r#""arn:aws:iam::111122223333:root""#),
            but("NotIpAddress", "aws:SourceIp", r#""203.0.113.0/24""#),
            deny(r#""Principal":"*""#).replace("s3:*", "s3:DeleteObject"),
            deny(&format!(r#""Principal":{{"AWS":"{STRANGER}"}}"#)),
        ] {
            assert!(!judged(resource, &open), "{open}");
        }
    }
}
