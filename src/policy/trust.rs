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
    /// `service-unconditioned`.
    pub words: BTreeSet<String>,
    /// Accounts other than the own.
    pub accounts: BTreeSet<String>,
    /// Federated providers and services, as written.
    pub others: BTreeSet<String>,
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

/// Issuers that serve everybody: an audience alone says nothing, the subject must be named.
const MULTI_TENANT: [&str; 9] = [
    "token.actions.githubusercontent.com",
    "gitlab.com",
    "app.terraform.io",
    "agent.buildkite.com",
    "api.bitbucket.org",
    "oidc.circleci.com",
    "accounts.google.com",
    "vstoken.dev.azure.com",
    "oidc.vercel.com",
];

impl Trust {
    /// Judges a trust policy. `own` is the account of the role, `known` tells which other accounts
    /// belong to the organization.
    #[must_use]
    pub fn of(document: &PolicyDocument, own: Option<&str>, known: impl Fn(&str) -> bool) -> Self {
        let mut trust = Self::default();
        if document.statements.iter().any(refuses_all) {
            return trust;
        }
        let fenced = document.statements.iter().any(fences);
        for statement in
            document.statements.iter().filter(|statement| statement.allow && lets_in(statement))
        {
            trust.judge(statement, own, &known, fenced);
        }
        trust
    }

    fn judge(
        &mut self,
        statement: &Statement,
        own: Option<&str>,
        known: &impl Fn(&str) -> bool,
        fenced: bool,
    ) {
        if statement.principals.negated {
            self.anyone(statement, fenced);
            return;
        }
        for (kind, value) in &statement.principals.entries {
            match kind.to_lowercase().as_str() {
                "aws" if value == "*" => self.anyone(statement, fenced),
                "aws" => self.account(value, statement, own, known),
                "federated" => self.federated(value, statement),
                "service" => {
                    self.add("service");
                    self.others.insert(value.clone());
                    if !restricted(&statement.conditions, &SERVICE_SOURCE) {
                        self.add("service-unconditioned");
                    }
                }
                "*" => self.anyone(statement, fenced),
                _ => {}
            }
        }
    }

    fn anyone(&mut self, statement: &Statement, fenced: bool) {
        let conditions = &statement.conditions;
        let conditioned = fenced || restricted(conditions, &WHO) || restricted(conditions, &WHENCE);
        self.add(if conditioned { "anyone-conditioned" } else { "anyone" });
    }

    fn account(
        &mut self,
        value: &str,
        statement: &Statement,
        own: Option<&str>,
        known: &impl Fn(&str) -> bool,
    ) {
        let from_arn =
            value.starts_with("arn:").then(|| value.split(':').nth(4).unwrap_or_default());
        let account = from_arn.unwrap_or(value);
        if account.len() != 12 || !account.bytes().all(|byte| byte.is_ascii_digit()) {
            // The unique ID of a principal that was deleted, or a wildcard where IAM allows none.
            self.add(if account.contains('*') { "anyone" } else { "deleted-principal" });
            return;
        }
        if own == Some(account) {
            self.add("own-account");
            return;
        }
        self.accounts.insert(account.to_owned());
        self.add(if known(account) { "known-account" } else { "external-account" });
        if from_arn.is_none() || value.ends_with(":root") {
            self.add("account-root");
        }
        if !restricted(&statement.conditions, &["sts:externalid"]) {
            self.add("no-external-id");
        }
    }

    fn federated(&mut self, value: &str, statement: &Statement) {
        self.add("federated");
        self.others.insert(value.to_owned());
        if value.contains(":saml-provider/") {
            if !restricted(&statement.conditions, &["saml:aud", "saml:sub", "saml:iss"]) {
                self.add("federated-unconditioned");
            }
            return;
        }
        let issuer = value.split_once(":oidc-provider/").map_or(value, |(_, issuer)| issuer);
        let host = issuer.split('/').next().unwrap_or(issuer).to_lowercase();
        let claim = |claim: &str| {
            let suffix = format!(":{claim}");
            let of_claim = |condition: &&Condition| condition.key.to_lowercase().ends_with(&suffix);
            statement.conditions.iter().filter(of_claim).any(|condition| narrows(condition, &host))
        };
        let (subject, audience) =
            (claim("sub") || claim("repository") || claim("project_path"), claim("aud"));
        let enough = match host.as_str() {
            // An identity pool is named by the audience.
            "cognito-identity.amazonaws.com" => audience,
            host if MULTI_TENANT.contains(&host) => subject,
            _ => subject || audience,
        };
        if !enough {
            self.add("federated-unconditioned");
        }
    }

    fn add(&mut self, word: &str) {
        self.words.insert(word.to_owned());
    }
}

/// Does a condition on one of these keys keep anybody out?
fn restricted(conditions: &[Condition], keys: &[&str]) -> bool {
    conditions.iter().any(|condition| {
        let key = condition.key.to_lowercase();
        // `aws:PrincipalTag/team` is a key of the family `aws:PrincipalTag`.
        let family = key.split('/').next().unwrap_or(&key);
        keys.contains(&family) && narrows(condition, "")
    })
}

/// Negations and "for all" let in whoever lacks the key, `*` lets in everybody.
fn narrows(condition: &Condition, issuer: &str) -> bool {
    let operator = condition.operator.to_lowercase();
    let lax =
        operator.contains("not") || operator.starts_with("forallvalues") || operator == "null";
    let all = |value: &String| {
        let value = value.as_str();
        let like = operator.contains("like") || operator.contains("arn");
        let open = value == "*" || value == "0.0.0.0/0" || value == "::/0";
        // At GitHub and GitLab the part behind the first colon is the owner: `repo:*` is anybody's.
        let owner = value.split_once(':').map_or(value, |(_, rest)| rest);
        let anybodys = issuer.contains("git") && (owner.starts_with('*') || owner.is_empty());
        (open && (like || value != "*")) || (like && anybodys)
    };
    !lax && !condition.values.is_empty() && !condition.values.iter().any(all)
}

fn lets_in(statement: &Statement) -> bool {
    ["sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"]
        .iter()
        .any(|action| statement.actions.names_action(action))
}

/// A deny of everybody, without condition.
fn refuses_all(statement: &Statement) -> bool {
    let everybody = statement.principals.entries.iter().any(|(_, value)| value == "*");
    !statement.allow
        && !statement.principals.negated
        && everybody
        && statement.conditions.is_empty()
        && lets_in(statement)
}

/// A deny of everybody outside: `StringNotEquals aws:PrincipalOrgID`.
fn fences(statement: &Statement) -> bool {
    let outside = |condition: &Condition| {
        let key = condition.key.to_lowercase();
        condition.operator.to_lowercase().contains("not")
            && (WHO.contains(&key.as_str()) || WHENCE.contains(&key.as_str()))
            && !condition.values.iter().any(|value| value == "*")
    };
    let everybody = statement.principals.entries.iter().any(|(_, value)| value == "*");
    !statement.allow && everybody && lets_in(statement) && statement.conditions.iter().any(outside)
}

/// What a trust policy opens, for people.
#[must_use]
pub fn describe_trust(trust: &Trust) -> Vec<String> {
    let list = |all: &BTreeSet<String>| all.iter().take(5).cloned().collect::<Vec<_>>().join(", ");
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
            list(&trust.others)
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
    fn services() {
        let service = r#"{"Service":"sns.amazonaws.com"}"#;
        check(&allow(service, ""), &["service", "service-unconditioned"]);
        check(
            &allow(service, r#"{"StringEquals":{"aws:SourceAccount":"111122223333"}}"#),
            &["service"],
        );
    }
}
