//! Whom a trust policy lets in.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>

use std::collections::BTreeSet;

use super::{Condition, PolicyDocument, Statement};

/// Whom a trust policy lets in, in words that rules and people use.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trust {
    /// `anyone`, `anyone-conditioned`, `external-account`, `known-account`, `own-account`,
    /// `account-root`, `no-external-id`, `federated`, `federated-unconditioned`, `service`,
    /// `service-unconditioned`, `deleted-principal`.
    pub words: BTreeSet<String>,
    /// Accounts other than the own.
    pub accounts: BTreeSet<String>,
    /// Federated providers and services, as written.
    pub others: BTreeSet<String>,
    /// Federated providers whose identities are let in without further question.
    pub unconditioned: BTreeSet<String>,
}

/// Condition keys that say who may come, wherever they come from.
const WHO: [&str; 9] = [
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:principalaccount",
    "aws:principalarn",
    "sts:externalid",
    "aws:userid",
    "aws:username",
    "aws:principaltag",
    "aws:sourceidentity",
];

/// Condition keys that say from where.
const WHENCE: [&str; 6] = [
    "aws:sourceip",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:vpcsourceip",
    "aws:sourcevpcarn",
    "aws:sourceorgid",
];

/// Condition keys that keep a service from being used by a stranger.
const SERVICE_SOURCE: [&str; 5] = [
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
    "aws:principalorgid",
];

/// Issuers that serve everybody, and how a subject there names whose it is: the literal text up to
/// and including this many separators.
const MULTI_TENANT: [(&str, char, usize); 4] = [
    ("token.actions.githubusercontent.com", '/', 1),
    ("gitlab.com", '/', 1),
    ("app.terraform.io", ':', 2),
    ("agent.buildkite.com", ':', 2),
];
/// Claims that name the owner at such issuers as well as the subject does.
const OWNER_CLAIMS: [&str; 6] = [
    "repository",
    "repository_owner",
    "repository_owner_id",
    "repository_id",
    "job_workflow_ref",
    "project_path",
];

/// Ways into a role, and the kinds of principal that may take them.
const WAYS_IN: [(&str, &str); 3] = [
    ("sts:AssumeRole", "aws service"),
    ("sts:AssumeRoleWithSAML", "federated"),
    ("sts:AssumeRoleWithWebIdentity", "federated"),
];

impl Trust {
    /// Judges a trust policy. `own` is the account of the role, `known` tells which other accounts
    /// belong to the organization.
    #[must_use]
    pub fn of(document: &PolicyDocument, own: Option<&str>, known: impl Fn(&str) -> bool) -> Self {
        let mut trust = Self::default();
        if document.too_long {
            trust.add("anyone");
        }
        let (allows, denies): (Vec<&Statement>, Vec<&Statement>) =
            document.statements.iter().partition(|statement| statement.allow);
        for statement in allows {
            let ways: Vec<&(&str, &str)> = WAYS_IN
                .iter()
                .filter(|(way, _)| statement.actions.names_action(way))
                .filter(|(way, _)| !denies.iter().any(|deny| refuses_all(deny, way)))
                .collect();
            let fence =
                denies.iter().filter(|deny| fences(deny, &ways)).flat_map(|deny| &deny.conditions);
            let judging = Judging { statement, own, ways: &ways, fence: fence.collect() };
            trust.judge(&judging, &known);
        }
        trust
    }

    fn judge(&mut self, judging: &Judging<'_>, known: &impl Fn(&str) -> bool) {
        let principals = &judging.statement.principals;
        if principals.negated {
            if judging.is_open_to("aws") {
                self.anyone(judging);
            }
            return;
        }
        for (kind, value) in &principals.entries {
            let kind = kind.to_lowercase();
            // A bare star is everybody, whichever way he comes.
            if kind != "*" && !judging.is_open_to(&kind) {
                continue;
            }
            match kind.as_str() {
                _ if judging.ways.is_empty() => {}
                "aws" | "*" if value.chars().all(|c| c == '*') => self.anyone(judging),
                "aws" => self.account(value, judging, known),
                "federated" => self.federated(value, judging),
                "service" => {
                    self.add("service");
                    self.others.insert(value.clone());
                    if !judging.restricted(&SERVICE_SOURCE) {
                        self.add("service-unconditioned");
                    }
                }
                _ => {}
            }
        }
    }

    fn anyone(&mut self, judging: &Judging<'_>) {
        let conditioned = judging.restricted(&WHO) || judging.restricted(&WHENCE);
        self.add(if conditioned { "anyone-conditioned" } else { "anyone" });
    }

    fn account(&mut self, value: &str, judging: &Judging<'_>, known: &impl Fn(&str) -> bool) {
        let from_arn =
            value.starts_with("arn:").then(|| value.split(':').nth(4).unwrap_or_default());
        let account = from_arn.unwrap_or(value);
        if account.len() != 12 || !account.bytes().all(|byte| byte.is_ascii_digit()) {
            // The unique ID of a principal that was deleted, or a wildcard where IAM allows none.
            self.add(if account.contains('*') { "anyone" } else { "deleted-principal" });
            return;
        }
        if judging.own == Some(account) {
            self.add("own-account");
            return;
        }
        self.accounts.insert(account.to_owned());
        self.add(if known(account) { "known-account" } else { "external-account" });
        if from_arn.is_none() || value.ends_with(":root") {
            self.add("account-root");
        }
        if !judging.restricted(&["sts:externalid"]) {
            self.add("no-external-id");
        }
    }

    fn federated(&mut self, value: &str, judging: &Judging<'_>) {
        self.add("federated");
        self.others.insert(value.to_owned());
        let conditions = &judging.statement.conditions;
        let account = value.split(':').nth(4).filter(|account| account.len() == 12);
        if let Some(account) =
            account.filter(|account| judging.own.is_some_and(|own| own != *account))
        {
            self.accounts.insert(account.to_owned());
            self.add("external-account");
        }
        let enough = if value.contains(":saml-provider/") {
            conditions
                .iter()
                .any(|condition| condition.family().starts_with("saml:") && condition.narrows())
        } else {
            let issuer = value.split_once(":oidc-provider/").map_or(value, |(_, issuer)| issuer);
            names_tenant(&issuer.to_lowercase(), conditions)
        };
        if !enough {
            self.add("federated-unconditioned");
            self.unconditioned.insert(value.to_owned());
        }
    }

    fn add(&mut self, word: &str) {
        self.words.insert(word.to_owned());
    }
}

/// One statement under judgement, with what fences it in.
struct Judging<'d> {
    statement: &'d Statement,
    own: Option<&'d str>,
    /// Ways in that it opens and no deny closes.
    ways: &'d [&'d (&'static str, &'static str)],
    /// Conditions of denies that keep everybody else out.
    fence: Vec<&'d Condition>,
}

impl Judging<'_> {
    fn is_open_to(&self, kind: &str) -> bool {
        self.ways.iter().any(|(_, kinds)| kinds.contains(kind))
    }

    /// Does a condition on one of these keys keep anybody out?
    fn restricted(&self, keys: &[&str]) -> bool {
        let names = |condition: &Condition| keys.contains(&condition.family().as_str());
        self.statement.conditions.iter().any(|condition| names(condition) && condition.narrows())
            || self.fence.iter().any(|condition| names(condition) && condition.fences())
    }
}

/// Does the trust in an OpenID Connect issuer name whose identities it means?
fn names_tenant(issuer: &str, conditions: &[Condition]) -> bool {
    let host = issuer.split('/').next().unwrap_or(issuer);
    let claim = |condition: &Condition| {
        let key = condition.key.to_lowercase();
        key.rsplit(':').next().unwrap_or_default().to_owned()
    };
    let tenant = MULTI_TENANT.iter().find(|(known, _, _)| issuer == *known);
    conditions.iter().filter(|condition| condition.narrows()).any(|condition| {
        let claim = claim(condition);
        let pattern = condition.operator.to_lowercase().contains("like");
        match (tenant, claim.as_str()) {
            (Some((_, separator, count)), "sub") => {
                !pattern
                    || condition
                        .values
                        .iter()
                        .all(|value| is_literal_up_to(value, *separator, *count))
            }
            (Some(_), other) => OWNER_CLAIMS.contains(&other),
            // A cluster's audience is everybody in it; the account must be named.
            (None, "sub") if host.starts_with("oidc.eks.") => {
                !pattern || condition.values.iter().all(|value| is_literal_up_to(value, ':', 3))
            }
            (None, claim) => match host {
                host if host.starts_with("oidc.eks.") => false,
                "cognito-identity.amazonaws.com" => {
                    matches!(claim, "aud" | "sub")
                        && !condition.values.iter().any(|value| value.contains('*'))
                }
                _ => matches!(claim, "sub" | "aud" | "app_id" | "oaud" | "azp"),
            },
        }
    })
}

/// Is the value free of wildcards up to and including so many separators?
fn is_literal_up_to(value: &str, separator: char, count: usize) -> bool {
    let literal = value.split(['*', '?']).next().unwrap_or_default();
    literal.len() == value.len() || literal.matches(separator).count() >= count
}

/// A deny of this way in for everybody, without condition.
fn refuses_all(deny: &Statement, way: &str) -> bool {
    !deny.principals.negated
        && is_everybody(deny)
        && deny.conditions.is_empty()
        && deny.actions.names_action(way)
}

/// A deny of everybody outside, on all ways in: `StringNotEquals aws:PrincipalOrgID`. Any other
/// condition beside it would open it again.
fn fences(deny: &Statement, ways: &[&(&str, &str)]) -> bool {
    let every_way = ways.iter().all(|(way, _)| deny.actions.names_action(way));
    // Calls of AWS services themselves are commonly excepted.
    let excepted = |condition: &Condition| condition.family() == "aws:principalisawsservice";
    let outside = deny.conditions.iter().all(|condition| condition.fences() || excepted(condition));
    is_everybody(deny) && every_way && !deny.conditions.is_empty() && outside
}

fn is_everybody(statement: &Statement) -> bool {
    let everybody = |(kind, value): &(String, String)| {
        value == "*" && (kind == "*" || kind.eq_ignore_ascii_case("aws"))
    };
    statement.principals.entries.iter().any(everybody)
}

/// Most accounts or providers named in one line.
const LISTED_MAX: usize = 10;

/// What a trust policy opens, for people.
#[must_use]
pub fn describe_trust(trust: &Trust) -> Vec<String> {
    let list = |all: &BTreeSet<String>| {
        let shown = all.iter().take(LISTED_MAX).cloned().collect::<Vec<_>>().join(", ");
        match all.len().checked_sub(LISTED_MAX) {
            Some(more) if more > 0 => format!("{shown} and {more} more"),
            _ => shown,
        }
    };
    let mut lines = Vec::new();
    let has = |word: &str| trust.words.contains(word);
    if has("anyone") {
        lines.push("anybody in any AWS account may take it".to_owned());
    }
    if has("anyone-conditioned") {
        lines.push("anybody who meets its condition may take it".to_owned());
    }
    if has("external-account") || has("known-account") {
        let whole = if has("account-root") { ", the whole account" } else { "" };
        let unknown =
            if has("external-account") { "an account outside" } else { "another account" };
        let id = if has("no-external-id") { ", without external ID" } else { "" };
        lines.push(format!("{unknown} may take it: {}{whole}{id}", list(&trust.accounts)));
    }
    if has("federated-unconditioned") {
        lines.push(format!(
            "everybody whom this provider knows may take it: {}",
            list(&trust.unconditioned)
        ));
    } else if has("federated") {
        lines.push(format!("identities of this provider may take it: {}", list(&trust.others)));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(statement: &str, want: &[&str]) {
        let text = format!(r#"{{"Statement":[{statement}]}}"#);
        let document = PolicyDocument::parse(&text).unwrap();
        let trust = Trust::of(&document, Some("111122223333"), |account| account == "444455556666");
        let words: Vec<&str> = trust.words.iter().map(String::as_str).collect();
        assert_eq!(words, want, "{statement}");
    }

    fn allow(principal: &str, condition: &str) -> String {
        let condition = if condition.is_empty() {
            String::new()
        } else {
            format!(r#","Condition":{condition}"#)
        };
        format!(
            r#"{{"Effect":"Allow","Action":"sts:AssumeRole*","Principal":{principal}{condition}}}"#
        )
    }

    #[test]
    fn anybody() {
        for principal in
            [r#""*""#, r#"{"AWS":"*"}"#, r#"{"AWS":["arn:aws:iam::111122223333:root","*"]}"#]
        {
            let want: &[&str] =
                if principal.contains("root") { &["anyone", "own-account"] } else { &["anyone"] };
            check(&allow(principal, ""), want);
        }
        let org = r#"{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}"#;
        check(&allow(r#""*""#, org), &["anyone-conditioned"]);
        check(&allow(r#""*""#, r#"{"StringLike":{"aws:PrincipalArn":"*"}}"#), &["anyone"]);
        check(&allow(r#""*""#, r#"{"StringNotEquals":{"aws:PrincipalOrgID":"o-1"}}"#), &["anyone"]);
        let fence = r#"{"Effect":"Deny","Action":"sts:*","Principal":"*","Condition":{"StringNotEquals":{"aws:PrincipalOrgID":"o-1"}}}"#;
        check(&format!("{},{fence}", allow(r#""*""#, "")), &["anyone-conditioned"]);
        check(
            r#"{"Effect":"Allow","Action":"sts:AssumeRole","NotPrincipal":{"AWS":"arn:aws:iam::1:root"}}"#,
            &["anyone"],
        );
        check(r#"{"Effect":"Deny","Action":"sts:AssumeRole","Principal":"*"}"#, &[]);
    }

    #[test]
    fn accounts() {
        check(&allow(r#"{"AWS":"arn:aws:iam::111122223333:role/x"}"#, ""), &["own-account"]);
        check(
            &allow(r#"{"AWS":"arn:aws:iam::999988887777:root"}"#, ""),
            &["account-root", "external-account", "no-external-id"],
        );
        check(
            &allow(r#"{"AWS":"999988887777"}"#, r#"{"StringEquals":{"sts:ExternalId":"x"}}"#),
            &["account-root", "external-account"],
        );
        check(
            &allow(r#"{"AWS":"arn:aws:iam::444455556666:role/ci"}"#, ""),
            &["known-account", "no-external-id"],
        );
        check(&allow(r#"{"AWS":"AIDAEXAMPLE"}"#, ""), &["deleted-principal"]);
    }

    #[test]
    fn federation() {
        let github = r#"{"Federated":"arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"}"#;
        let sub = |value: &str| {
            format!(r#"{{"StringLike":{{"token.actions.githubusercontent.com:sub":"{value}"}}}}"#)
        };
        check(&allow(github, ""), &["federated", "federated-unconditioned"]);
        let audience =
            r#"{"StringEquals":{"token.actions.githubusercontent.com:aud":"sts.amazonaws.com"}}"#;
        check(&allow(github, audience), &["federated", "federated-unconditioned"]);
        check(&allow(github, &sub("repo:example/app:*")), &["federated"]);
        check(&allow(github, &sub("repo:*")), &["federated", "federated-unconditioned"]);
        check(&allow(github, &sub("*")), &["federated", "federated-unconditioned"]);
        let cognito = r#"{"Federated":"cognito-identity.amazonaws.com"}"#;
        check(
            &allow(
                cognito,
                r#"{"ForAnyValue:StringLike":{"cognito-identity.amazonaws.com:amr":"unauthenticated"}}"#,
            ),
            &["federated", "federated-unconditioned"],
        );
        check(
            &allow(cognito, r#"{"StringEquals":{"cognito-identity.amazonaws.com:aud":"pool"}}"#),
            &["federated"],
        );
        let saml = r#"{"Federated":"arn:aws:iam::111122223333:saml-provider/idp"}"#;
        check(
            &allow(saml, r#"{"StringEquals":{"SAML:aud":"https://signin.aws.amazon.com/saml"}}"#),
            &["federated"],
        );
        check(&allow(saml, ""), &["federated", "federated-unconditioned"]);
    }

    #[test]
    fn denies_close_only_what_they_name() {
        let open = allow(r#""*""#, "");
        for deny in [
            r#"{"Effect":"Deny","Action":"sts:AssumeRoleWithSAML","Principal":"*"}"#,
            r#"{"Effect":"Deny","Action":"sts:AssumeRole","Principal":{"Service":"*"}}"#,
            r#"{"Effect":"Deny","Action":"sts:*","Principal":"*","Condition":{"StringNotEquals":{"aws:PrincipalOrgID":"o-1","aws:PrincipalTag/x":"y"},"StringEquals":{"aws:PrincipalTag/blocked":"yes"}}}"#,
            r#"{"Effect":"Deny","Action":"sts:*","Principal":"*","Condition":{"NotIpAddress":{"aws:SourceIp":"0.0.0.0/0"}}}"#,
        ] {
            check(&format!("{open},{deny}"), &["anyone"]);
        }
        let external = allow(r#"{"AWS":"999988887777"}"#, "");
        let unless_id = r#"{"Effect":"Deny","Action":"sts:*","Principal":"*","Condition":{"StringNotEquals":{"sts:ExternalId":"x"}}}"#;
        check(&format!("{external},{unless_id}"), &["account-root", "external-account"]);
    }

    #[test]
    fn conditions_that_keep_nobody_out() {
        let open = |condition: &str, want: &[&str]| check(&allow(r#""*""#, condition), want);
        open(r#"{"StringEqualsIfExists":{"aws:PrincipalOrgID":"o-1"}}"#, &["anyone"]);
        open(r#"{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/ci"}}"#, &["anyone"]);
        open(r#"{"StringLike":{"aws:PrincipalOrgID":"o-*"}}"#, &["anyone"]);
        open(
            r#"{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::444455556666:role/*"}}"#,
            &["anyone-conditioned"],
        );
        let maybe = r#"{"StringEqualsIfExists":{"sts:ExternalId":"x"}}"#;
        check(
            &allow(r#"{"AWS":"999988887777"}"#, maybe),
            &["account-root", "external-account", "no-external-id"],
        );
    }

    #[test]
    fn subjects_must_name_their_owner() {
        let check_sub = |issuer: &str, value: &str, open: bool| {
            let principal =
                format!(r#"{{"Federated":"arn:aws:iam::111122223333:oidc-provider/{issuer}"}}"#);
            let condition = format!(r#"{{"StringLike":{{"{issuer}:sub":"{value}"}}}}"#);
            let want: &[&str] =
                if open { &["federated", "federated-unconditioned"] } else { &["federated"] };
            check(&allow(&principal, &condition), want);
        };
        let github = "token.actions.githubusercontent.com";
        for value in ["repo*", "repo:?*", "*:ref:refs/heads/main", "repo:myorg*", "repo:my*/*"] {
            check_sub(github, value, true);
        }
        check_sub(github, "repo:myorg/*", false);
        check_sub("app.terraform.io", "organization:*:project:*", true);
        check_sub("app.terraform.io", "organization:acme:project:*", false);
        let eks = "oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLE";
        check_sub(eks, "system:serviceaccount:*:*", true);
        check_sub(eks, "system:serviceaccount:app:*", false);
        check_sub("digital.example.com", "user:*", false);
    }

    #[test]
    fn services() {
        let service = r#"{"Service":"sns.amazonaws.com"}"#;
        check(&allow(service, ""), &["service", "service-unconditioned"]);
        check(
            &allow(service, r#"{"StringEquals":{"aws:SourceAccount":"111122223333"}}"#),
            &["service"],
        );
    }
}
