//! What an identity policy allows, in words that rules and people use.

use std::collections::BTreeSet;

use super::escalation::{self, Scope};
use super::glob::glob;
use super::{Clause, PolicyDocument, STATEMENTS_MAX, Statement};
use crate::catalogue;

/// What a document or managed policy gives.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grants {
    /// All of it.
    pub all: BTreeSet<String>,
    /// That which no condition guards.
    pub unconditional: BTreeSet<String>,
}

/// Actions that together are the power over everybody's rights.
const RULE_OVER_RIGHTS: [&str; 6] = [
    "iam:AttachUserPolicy",
    "iam:AttachRolePolicy",
    "iam:PutUserPolicy",
    "iam:PutRolePolicy",
    "iam:CreatePolicyVersion",
    "iam:UpdateAssumeRolePolicy",
];

/// Making credentials for others.
const CREDENTIALS: [&str; 6] = [
    "iam:CreateAccessKey",
    "iam:CreateLoginProfile",
    "iam:UpdateLoginProfile",
    "iam:CreateServiceSpecificCredential",
    "iam:UploadSSHPublicKey",
    "iam:UploadSigningCertificate",
];

/// Reading all data of a main data service: word, action, a resource that is as good as any.
const DATA: [(&str, &str, &str); 11] = [
    ("data:s3", "s3:GetObject", "arn:aws:s3:::zz-probe/zz-probe"),
    ("data:dynamodb", "dynamodb:GetItem", "arn:aws:dynamodb:us-east-1:000000000000:table/zz-probe"),
    ("data:dynamodb", "dynamodb:Scan", "arn:aws:dynamodb:us-east-1:000000000000:table/zz-probe"),
    (
        "data:secretsmanager",
        "secretsmanager:GetSecretValue",
        "arn:aws:secretsmanager:us-east-1:000000000000:secret:zz-probe",
    ),
    ("data:ssm", "ssm:GetParameter", "arn:aws:ssm:us-east-1:000000000000:parameter/zz-probe"),
    ("data:ssm", "ssm:GetParameters", "arn:aws:ssm:us-east-1:000000000000:parameter/zz-probe"),
    ("data:kms", "kms:Decrypt", "arn:aws:kms:us-east-1:000000000000:key/zz-probe"),
    (
        "data:rds",
        "rds-data:ExecuteStatement",
        "arn:aws:rds:us-east-1:000000000000:cluster:zz-probe",
    ),
    (
        "data:redshift",
        "redshift-data:ExecuteStatement",
        "arn:aws:redshift:us-east-1:000000000000:cluster:zz-probe",
    ),
    ("data:ebs", "ebs:GetSnapshotBlock", "arn:aws:ec2:us-east-1::snapshot/zz-probe"),
    ("data:sqs", "sqs:ReceiveMessage", "arn:aws:sqs:us-east-1:000000000000:zz-probe"),
];

/// Words that a person with them can turn into any right.
const ESCALATING: [&str; 5] =
    ["admin", "iam-write", "pass-role-any", "assume-any", "credentials-any"];

impl Grants {
    /// Judges an identity policy.
    #[must_use]
    pub fn of(document: &PolicyDocument) -> Self {
        let mut grants = Self::default();
        if document.statements.len() >= STATEMENTS_MAX {
            grants.add("admin", true);
        }
        let judge = Judge { document };
        if let Some(unconditional) = judge.all(&RULE_OVER_RIGHTS, Scope::Broad) {
            grants.add("admin", unconditional);
        }
        let permissions = catalogue::calls().iter().filter(|call| {
            call.source == "iam.amazonaws.com"
                && call.access == "permissions"
                && call.effect != "strengthens"
        });
        for call in permissions {
            if let Some(unconditional) = judge.allowed(&format!("iam:{}", call.name), Scope::Broad)
            {
                grants.add("iam-write", unconditional);
            }
        }
        for (word, action) in [("pass-role-any", "iam:PassRole"), ("assume-any", "sts:AssumeRole")]
        {
            if let Some(unconditional) = judge.allowed(action, Scope::Broad) {
                grants.add(word, unconditional);
            }
        }
        for action in CREDENTIALS {
            if let Some(unconditional) = judge.allowed(action, Scope::Broad) {
                grants.add("credentials-any", unconditional);
            }
        }
        for (word, action, resource) in DATA {
            if let Some(unconditional) = judge.on(action, resource) {
                grants.add(word, unconditional);
                grants.add("data-all", unconditional);
            }
        }
        for method in escalation::methods() {
            if let Some(unconditional) = judge.method(method) {
                grants.add(&format!("privesc:{}", method.name), unconditional);
            }
        }
        grants.close();
        grants
    }

    /// Words given by name, as for AWS managed policies: `?` behind a word means under a
    /// condition.
    #[must_use]
    pub fn from_words<'w>(words: impl IntoIterator<Item = &'w str>) -> Self {
        let mut grants = Self::default();
        for word in words {
            let bare = word.trim_end_matches('?');
            grants.add(bare, bare.len() == word.len());
        }
        grants.close();
        grants
    }

    /// Is anything granted that is worth a word?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub(crate) fn add(&mut self, word: &str, unconditional: bool) {
        self.all.insert(word.to_owned());
        if unconditional {
            self.unconditional.insert(word.to_owned());
        }
    }

    /// `escalation` wherever a way to more rights is open.
    fn close(&mut self) {
        let escalates =
            |word: &String| ESCALATING.contains(&word.as_str()) || word.starts_with("privesc:");
        if self.all.iter().any(escalates) {
            let unconditional = self.unconditional.iter().any(escalates);
            self.add("escalation", unconditional);
        }
    }
}

/// What a word means, for people. The most telling first.
#[must_use]
pub fn describe(grants: &Grants) -> Vec<String> {
    let mut lines = Vec::new();
    let mut say = |word: &str, sentence: &str| {
        if grants.all.contains(word) {
            let guard =
                if grants.unconditional.contains(word) { "" } else { ", under a condition" };
            lines.push(format!("{sentence}{guard}"));
        }
    };
    say("admin", "everything: administrator rights");
    if !grants.all.contains("admin") {
        say("iam-write", "changing who may do what");
        say("credentials-any", "making credentials for other users");
        say("pass-role-any", "handing any role to a service");
        say("assume-any", "taking any role that lets itself be taken");
    }
    if !grants.all.contains("admin") {
        say("data-all", "reading all data of a main data service");
    }
    say("quarantine", "nothing: AWS found the credentials in public and limits them");
    say("quarantine-removed", "what AWS's quarantine had forbidden");
    say("boundary-removed", "what the permissions boundary had forbidden");
    say("deny-removed", "what the removed policy had forbidden");
    if !grants.all.contains("admin") {
        for method in escalation::methods() {
            let word = format!("privesc:{}", method.name);
            if grants.all.contains(&word) {
                let guard =
                    if grants.unconditional.contains(&word) { "" } else { ", under a condition" };
                lines.push(format!("a way to more rights: {}{guard}", method.description));
            }
        }
    }
    lines
}

/// Answers what a document allows.
struct Judge<'d> {
    document: &'d PolicyDocument,
}

impl Judge<'_> {
    /// Is the action allowed on resources of that scope? `Some(true)`: without any condition.
    fn allowed(&self, action: &str, scope: Scope) -> Option<bool> {
        let probe = probe(action);
        if self.denied(action, probe) {
            return None;
        }
        let reaches = |statement: &Statement| match scope {
            Scope::Broad => covers(&statement.resources, probe),
            Scope::Any => !statement.resources.patterns.is_empty(),
            Scope::Others => {
                covers(&statement.resources, probe)
                    || statement
                        .resources
                        .patterns
                        .iter()
                        .any(|pattern| !pattern.contains("${aws:"))
            }
        };
        self.strongest(|statement| statement.actions.names_action(action) && reaches(statement))
    }

    fn on(&self, action: &str, resource: &str) -> Option<bool> {
        if self.denied(action, resource) {
            return None;
        }
        self.strongest(|statement| {
            statement.actions.names_action(action) && covers(&statement.resources, resource)
        })
    }

    fn strongest(&self, reaches: impl Fn(&Statement) -> bool) -> Option<bool> {
        let allowing = self
            .document
            .statements
            .iter()
            .filter(|statement| statement.allow && reaches(statement));
        allowing.map(|statement| statement.conditions.is_empty()).max()
    }

    /// Only a deny without condition is certain, and only one on everything leaves nothing.
    fn denied(&self, action: &str, resource: &str) -> bool {
        let denying = self.document.statements.iter().filter(|statement| !statement.allow);
        denying.filter(|statement| statement.conditions.is_empty()).any(|statement| {
            statement.actions.names_action(action) && covers(&statement.resources, resource)
        })
    }

    fn all(&self, actions: &[&str], scope: Scope) -> Option<bool> {
        actions.iter().try_fold(true, |unconditional, action| {
            Some(unconditional & self.allowed(action, scope)?)
        })
    }

    /// Every step of a method, each by one of its alternatives.
    fn method(&self, method: &escalation::Method) -> Option<bool> {
        method.steps().try_fold(true, |unconditional, alternatives| {
            let best = alternatives.filter_map(|action| {
                // A single role handed on is daily work; any role is a way out.
                let scope = if action == "iam:PassRole" { Scope::Broad } else { method.scope };
                self.allowed(action, scope)
            });
            Some(unconditional & best.max()?)
        })
    }
}

/// A resource as good as any other for an action.
fn probe(action: &str) -> &'static str {
    let name = action.split(':').next_back().unwrap_or_default();
    let service = action.split(':').next().unwrap_or_default();
    if service == "sts" || name.contains("Role") || name == "UpdateAssumeRolePolicy" {
        return "arn:aws:iam::000000000000:role/zz-probe";
    }
    match service {
        "iam" if name.contains("Group") => "arn:aws:iam::000000000000:group/zz-probe",
        "iam"
            if matches!(
                name,
                "CreatePolicyVersion"
                    | "SetDefaultPolicyVersion"
                    | "CreatePolicy"
                    | "DeletePolicy"
                    | "DeletePolicyVersion"
            ) =>
        {
            "arn:aws:iam::000000000000:policy/zz-probe"
        }
        "iam" => "arn:aws:iam::000000000000:user/zz-probe",
        _ => "arn:aws:zz-probe:us-east-1:000000000000:zz-probe/zz-probe",
    }
}

/// Does the clause cover a resource? The Region and account that a pattern names count as those of
/// the probe: a policy is written for its own account.
fn covers(clause: &Clause, resource: &str) -> bool {
    if clause.patterns.is_empty() {
        return false;
    }
    let named = clause.patterns.iter().any(|pattern| covers_one(pattern, resource));
    named != clause.negated
}

fn covers_one(pattern: &str, resource: &str) -> bool {
    if glob(pattern, resource) {
        return true;
    }
    let (wanted, probe): (Vec<&str>, Vec<&str>) =
        (pattern.splitn(6, ':').collect(), resource.splitn(6, ':').collect());
    let ([_, partition, service, region, account, _], [_, _, probe_service, _, _, probe_rest]) =
        (wanted.as_slice(), probe.as_slice())
    else {
        return false;
    };
    // A probe of no particular service takes the service that the pattern is written for.
    let service = if *probe_service == "zz-probe" { service } else { probe_service };
    let plain = |text: &str, instead: &str| {
        if text.contains(['*', '?']) { instead.to_owned() } else { text.to_owned() }
    };
    let (partition, region, account) =
        (plain(partition, "aws"), plain(region, "us-east-1"), plain(account, "000000000000"));
    let probe_rest =
        if *probe_service == "zz-probe" { rest_of(pattern) } else { (*probe_rest).to_owned() };
    glob(pattern, &format!("arn:{partition}:{service}:{region}:{account}:{probe_rest}"))
}

/// A resource of the pattern's own type with a name that only a wildcard matches.
fn rest_of(pattern: &str) -> String {
    let rest = pattern.splitn(6, ':').nth(5).unwrap_or_default();
    match rest.split_once(['/', ':']) {
        Some((kind, _)) if !kind.contains('*') => {
            let separator = rest.get(kind.len()..=kind.len()).unwrap_or("/");
            format!("{kind}{separator}zz-probe")
        }
        _ => "zz-probe".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grants(document: &str) -> Grants {
        Grants::of(&PolicyDocument::parse(document).unwrap())
    }

    fn statement(text: &str) -> Grants {
        grants(&format!(r#"{{"Version":"2012-10-17","Statement":[{text}]}}"#))
    }

    #[track_caller]
    fn check(text: &str, has: &[&str], lacks: &[&str]) {
        let grants = statement(text);
        for word in has {
            assert!(grants.all.contains(*word), "{word} missing: {:?}", grants.all);
        }
        for word in lacks {
            assert!(!grants.all.contains(*word), "{word} too much: {:?}", grants.all);
        }
    }

    #[test]
    fn administrator_in_all_disguises() {
        for text in [
            r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#,
            r#"{"Effect":"Allow","Action":"*:*","Resource":"*"}"#,
            r#"{"Effect":"Allow","Action":["IAM:*"],"Resource":["*"]}"#,
            r#"{"Effect":"Allow","Action":"iam*","Resource":"*"}"#,
            r#"{"Effect":"Allow","Action":"i?m:*","Resource":"arn:aws:iam::*:*"}"#,
            r#"{"Effect":"Allow","NotAction":"s3:*","Resource":"*"}"#,
            r#"{"Effect":"Allow","NotAction":["aws-portal:*"],"NotResource":"arn:aws:s3:::x"}"#,
            r#"{"Effect":"allow","action":"*","resource":"*"}"#,
        ] {
            check(text, &["admin", "iam-write", "pass-role-any", "escalation"], &[]);
        }
    }

    #[test]
    fn what_is_not_administrator() {
        check(
            r#"{"Effect":"Allow","NotAction":["iam:*","organizations:*"],"Resource":"*"}"#,
            &["data-all", "assume-any", "privesc:update-lambda-code"],
            &["admin", "iam-write", "pass-role-any"],
        );
        check(
            r#"{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"iam:*","Resource":"*"}"#,
            &["data-all"],
            &["admin", "iam-write"],
        );
        check(
            r#"{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"iam:*","Resource":"arn:aws:iam::1:user/x"}"#,
            &["admin"],
            &[],
        );
        check(
            r#"{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::bucket/*"}"#,
            &[],
            &["admin", "data-all"],
        );
        check(
            r#"{"Effect":"Deny","Action":"*","Resource":"*"}"#,
            &[],
            &["admin", "escalation", "data-all"],
        );
        check(
            r#"{"Effect":"Allow","Action":["iam:Get*","iam:List*"],"Resource":"*"}"#,
            &[],
            &["admin", "iam-write", "escalation"],
        );
    }

    #[test]
    fn conditions_are_told_apart() {
        let guarded = statement(
            r#"{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}}"#,
        );
        assert!(guarded.all.contains("admin") && !guarded.unconditional.contains("admin"));
        let denied_unless = statement(
            r#"{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}}}"#,
        );
        assert!(denied_unless.unconditional.contains("admin"));
    }

    #[test]
    fn roles_passed_and_assumed() {
        check(
            r#"{"Effect":"Allow","Action":"iam:PassRole","Resource":"*"}"#,
            &["pass-role-any"],
            &["admin", "iam-write"],
        );
        check(
            r#"{"Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::111122223333:role/*"}"#,
            &["pass-role-any"],
            &[],
        );
        check(
            r#"{"Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::111122223333:role/app/*"}"#,
            &[],
            &["pass-role-any", "escalation"],
        );
        check(
            r#"{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"arn:aws:iam::*:role/*"}"#,
            &["assume-any"],
            &[],
        );
        check(
            r#"{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"arn:aws:iam::111122223333:role/deploy"}"#,
            &[],
            &["assume-any", "escalation"],
        );
    }

    #[test]
    fn credentials_of_others_are_not_ones_own() {
        check(
            r#"{"Effect":"Allow","Action":"iam:CreateAccessKey","Resource":"*"}"#,
            &["credentials-any", "privesc:create-access-key"],
            &[],
        );
        check(
            r#"{"Effect":"Allow","Action":"iam:*AccessKey*","Resource":"arn:aws:iam::*:user/${aws:username}"}"#,
            &[],
            &["credentials-any", "escalation"],
        );
    }

    #[test]
    fn methods_need_all_their_steps() {
        let pass = r#"{"Effect":"Allow","Action":["iam:PassRole","lambda:CreateFunction","lambda:InvokeFunction"],"Resource":"*"}"#;
        check(
            pass,
            &["privesc:pass-role-lambda-invoke", "escalation"],
            &["privesc:pass-role-ec2", "iam-write"],
        );
        let without = r#"{"Effect":"Allow","Action":["lambda:CreateFunction","lambda:InvokeFunction"],"Resource":"*"}"#;
        check(without, &[], &["privesc:pass-role-lambda-invoke"]);
        check(
            r#"{"Effect":"Allow","Action":"iam:PutUserPolicy","Resource":"arn:aws:iam::*:user/${aws:username}"}"#,
            &["privesc:put-user-policy", "escalation"],
            &["iam-write"],
        );
    }

    #[test]
    fn data_of_main_services() {
        check(
            r#"{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::*"}"#,
            &["data-all", "data:s3"],
            &["escalation"],
        );
        check(
            r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::reports/*"}"#,
            &[],
            &["data-all"],
        );
        check(
            r#"{"Effect":"Allow","Action":"secretsmanager:Get*","Resource":"arn:aws:secretsmanager:eu-west-1:111122223333:secret:*"}"#,
            &["data:secretsmanager"],
            &[],
        );
        check(
            r#"{"Effect":"Allow","Action":"dynamodb:Scan","Resource":"arn:aws:dynamodb:eu-west-1:111122223333:table/orders"}"#,
            &[],
            &["data-all"],
        );
    }
}
