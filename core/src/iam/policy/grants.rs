//! What an identity policy allows, in words that rules and people use.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use super::document::PolicyDocument;
use super::escalation::{self, Scope};
use super::grant::{DataService, Grant};
use super::guard::Leave;
use super::judge::Judge;
use super::resource::ResourceType;
use crate::iam::action;
use crate::iam::catalogue::{self, Access, CallEffect, IAM};

/// What a document or managed policy gives.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grants {
    /// All of it.
    pub all: BTreeSet<Grant>,
    /// Grants that no condition guards.
    pub unconditional: BTreeSet<Grant>,
}

/// Actions that together give power over everybody's rights.
const RULE_OVER_RIGHTS: [&str; 6] = [
    "iam:AttachUserPolicy",
    "iam:AttachRolePolicy",
    "iam:PutUserPolicy",
    "iam:PutRolePolicy",
    "iam:CreatePolicyVersion",
    "iam:UpdateAssumeRolePolicy",
];

/// Making credentials for others.
const CREDENTIALS: [&str; 7] = [
    "iam:CreateAccessKey",
    "iam:CreateLoginProfile",
    "iam:UpdateLoginProfile",
    "iam:CreateServiceSpecificCredential",
    "iam:ResetServiceSpecificCredential",
    "iam:UploadSSHPublicKey",
    "iam:UploadSigningCertificate",
];

/// Reading all data of a main data service: word, action, type of resource.
const DATA: [(DataService, &str, ResourceType); 21] = [
    (DataService::S3, "s3:GetObject", ResourceType::new("s3", "{}/{}")),
    (DataService::S3, "s3:GetObjectVersion", ResourceType::new("s3", "{}/{}")),
    (DataService::DynamoDb, "dynamodb:GetItem", ResourceType::new("dynamodb", "table/{}")),
    (DataService::DynamoDb, "dynamodb:BatchGetItem", ResourceType::new("dynamodb", "table/{}")),
    (DataService::DynamoDb, "dynamodb:Query", ResourceType::new("dynamodb", "table/{}")),
    (DataService::DynamoDb, "dynamodb:Scan", ResourceType::new("dynamodb", "table/{}")),
    (DataService::DynamoDb, "dynamodb:PartiQLSelect", ResourceType::new("dynamodb", "table/{}")),
    (
        DataService::SecretsManager,
        "secretsmanager:GetSecretValue",
        ResourceType::new("secretsmanager", "secret:{}-{id}"),
    ),
    (DataService::Ssm, "ssm:GetParameter", ResourceType::new("ssm", "parameter/{}")),
    (DataService::Ssm, "ssm:GetParameterHistory", ResourceType::new("ssm", "parameter/{}")),
    (DataService::Ssm, "ssm:GetParameters", ResourceType::new("ssm", "parameter/{}")),
    (DataService::Ssm, "ssm:GetParametersByPath", ResourceType::new("ssm", "parameter/{}")),
    (DataService::Kms, "kms:Decrypt", ResourceType::new("kms", "key/{uuid}")),
    (DataService::Rds, "rds-data:ExecuteStatement", ResourceType::new("rds", "cluster:{}")),
    (DataService::Rds, "rds-db:connect", ResourceType::new("rds-db", "dbuser:cluster-{}/{}")),
    (
        DataService::Redshift,
        "redshift-data:ExecuteStatement",
        ResourceType::new("redshift", "cluster:{}"),
    ),
    (
        DataService::Redshift,
        "redshift:GetClusterCredentials",
        ResourceType::new("redshift", "dbuser:{}/{}"),
    ),
    (DataService::Ebs, "ebs:GetSnapshotBlock", ResourceType::new("ec2", "snapshot/snap-{}")),
    (DataService::Ebs, "ec2:ModifySnapshotAttribute", ResourceType::new("ec2", "snapshot/snap-{}")),
    (DataService::Sqs, "sqs:ReceiveMessage", ResourceType::new("sqs", "{}")),
    (DataService::Kinesis, "kinesis:GetRecords", ResourceType::new("kinesis", "stream/{}")),
];

/// Permissions management that alone gives nobody more rights.
const HARMLESS: [&str; 4] =
    ["CreatePolicy", "DeletePolicy", "DeleteAccountPasswordPolicy", "UpdateAccountPasswordPolicy"];

/// Grants that make an administrator at once. Roles of services have ways to more rights, such as Glue's by its jobs:
/// a caller who starts jobs every day hands them over every day.
const AT_ONCE: [Grant; 3] = [Grant::Admin, Grant::IamWrite, Grant::CredentialsAny];

/// Every call of IAM that changes anything.
static IAM_CALLS: LazyLock<Vec<String>> = LazyLock::new(|| iam_actions(|_| true));
/// The calls among them that change who may do what.
static IAM_WRITE: LazyLock<Vec<String>> = LazyLock::new(|| {
    iam_actions(|call| {
        let power = call.access == Access::Permissions && call.effect != CallEffect::Strengthens;
        (power && !HARMLESS.contains(&call.name)) || call.name == "AddUserToGroup"
    })
});

fn iam_actions(wanted: impl Fn(&catalogue::Call) -> bool) -> Vec<String> {
    let of_iam = catalogue::calls_of(IAM).filter(|call| wanted(call));
    of_iam.map(|call| format!("iam:{}", call.name)).collect()
}

impl Grants {
    /// Judges an identity policy. `own` is the account it is for, where that is known.
    ///
    /// The work is bounded; what would take more counts as everything, and says so by `too-long`.
    #[must_use]
    pub fn of(document: &PolicyDocument, own: Option<&str>) -> Self {
        let mut grants = Self::default();
        let judge = Judge::new(document, own);
        grants.at_once(&judge);
        grants.allow(Grant::PassRoleAny, broadly(&judge, "iam:PassRole"));
        grants.allow(Grant::AssumeAny, broadly(&judge, "sts:AssumeRole"));
        for (service, action, kind) in DATA {
            let leave = judge.allowed(action, kind, Scope::Broad, None);
            grants.allow(Grant::Data(service), leave);
            grants.allow(Grant::DataAll, leave);
        }
        for method in escalation::methods() {
            grants.allow(Grant::Way(method), through(&judge, method));
        }
        if document.too_long || judge.is_cut() {
            grants.extend(Self::too_long());
        }
        grants.close();
        grants
    }

    /// More than is judged: it counts as everything.
    #[must_use]
    pub(crate) fn too_long() -> Self {
        let words = Grant::ADMINISTRATOR.into_iter().chain([Grant::TooLong]);
        let all: BTreeSet<Grant> = words.collect();
        Self { unconditional: all.clone(), all }
    }

    fn at_once(&mut self, judge: &Judge<'_>) {
        self.allow(Grant::Admin, administers(judge));
        for action in IAM_WRITE.iter() {
            self.allow(Grant::IamWrite, broadly(judge, action));
        }
        for action in CREDENTIALS {
            self.allow(Grant::CredentialsAny, broadly(judge, action));
        }
    }

    /// Do they make an administrator at once?
    #[must_use]
    pub(crate) fn administer(&self) -> bool {
        AT_ONCE.iter().any(|grant| self.all.contains(grant))
    }

    /// Does a document make an administrator at once? Asked of every document that is written, so nothing else is
    /// judged.
    #[must_use]
    pub(crate) fn administer_by(document: &PolicyDocument, own: Option<&str>) -> bool {
        let mut grants = Self::default();
        let judge = Judge::new(document, own);
        grants.at_once(&judge);
        document.too_long || judge.is_cut() || grants.administer()
    }

    /// Adds what another gives.
    pub fn extend(&mut self, other: Self) {
        self.all.extend(other.all);
        self.unconditional.extend(other.unconditional);
    }

    /// Words given by name, as for AWS managed policies: `?` behind a word means under a
    /// condition.
    #[must_use]
    pub(crate) fn from_words<'w>(words: impl IntoIterator<Item = &'w str>) -> Self {
        let mut grants = Self::default();
        for word in words {
            let bare = word.trim_end_matches('?');
            // The tables' words are tried by a test.
            if let Some(grant) = Grant::of(bare) {
                grants.add(grant, bare.len() == word.len());
            }
        }
        grants.close();
        grants
    }

    /// Is anything granted that is worth a word?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    fn allow(&mut self, grant: Grant, leave: Leave) {
        if leave != Leave::Never {
            self.add(grant, leave == Leave::Free);
        }
    }

    pub(crate) fn add(&mut self, grant: Grant, unconditional: bool) {
        self.all.insert(grant);
        if unconditional {
            self.unconditional.insert(grant);
        }
    }

    /// Leaves only what something else gives, too.
    pub fn keep(&mut self, others: &BTreeSet<Grant>) {
        for words in [&mut self.all, &mut self.unconditional] {
            words.retain(|grant| others.contains(grant) && *grant != Grant::Escalation);
        }
        self.close();
    }

    /// What this gives beyond others, where that makes an administrator of somebody who was none: the words for
    /// it, and the ways.
    #[must_use]
    pub fn beyond(mut self, others: &[&Self]) -> Self {
        let known = |grant: &Grant| others.iter().any(|other| other.all.contains(grant));
        let matters = |grant: Grant| grant.makes_administrator() || grant.is_way();
        for words in [&mut self.all, &mut self.unconditional] {
            words.retain(|grant| (matters(*grant) || *grant == Grant::TooLong) && !known(grant));
        }
        if self.all.iter().any(|grant| grant.makes_administrator()) {
            self
        } else {
            Self::default()
        }
    }

    /// Adds `escalation` if a way to more rights is open.
    fn close(&mut self) {
        let escalates = |grant: &Grant| grant.makes_administrator() || grant.is_way();
        if self.all.iter().any(escalates) {
            let unconditional = self.unconditional.iter().any(escalates);
            self.add(Grant::Escalation, unconditional);
        }
    }
}

/// What each word means, for people. The gravest first.
#[must_use]
pub(crate) fn describe(grants: &Grants) -> Vec<String> {
    let mut lines = Vec::new();
    let guard = |grant: Grant| {
        if grants.unconditional.contains(&grant) { "" } else { ", under a condition" }
    };
    let mut say = |grant: Grant, sentence: &str| {
        if grants.all.contains(&grant) {
            lines.push(format!("{sentence}{}", guard(grant)));
        }
    };
    let all = grants.all.contains(&Grant::Admin);
    // A caller with all rights in IAM alone must first give himself the other rights.
    let at_once = DataService::ALL.iter().all(|data| grants.all.contains(&Grant::Data(*data)))
        || grants.all.contains(&Grant::TooLong);
    say(Grant::TooLong, "more than is judged, so it counts as everything");
    say(
        Grant::Admin,
        match at_once {
            true => "everything: administrator rights",
            false => "administrator rights by way of IAM: giving itself or others any right",
        },
    );
    if !all {
        say(Grant::IamWrite, "changing who may do what");
        say(Grant::CredentialsAny, "making credentials for other users");
        say(Grant::PassRoleAny, "handing any role to a service");
        say(Grant::AssumeAny, "assuming every role whose trust policy allows it");
    }
    if !(all && at_once) {
        let services = grants.all.iter().filter_map(|grant| grant.data_service());
        let names: Vec<&str> = services.map(DataService::name).collect();
        let sentence = format!("reading all data of {}", names.join(", "));
        let sentence =
            if names.is_empty() { "reading all data of a data service" } else { &sentence };
        say(Grant::DataAll, sentence);
    }
    say(Grant::Quarantine, "nothing: AWS found the credentials in public and limits them");
    say(Grant::QuarantineRemoved, "what AWS's quarantine had forbidden");
    say(Grant::BoundaryRemoved, "what the permissions boundary had forbidden");
    say(Grant::DenyRemoved, "what the removed policy had forbidden");
    if !all {
        for method in escalation::methods() {
            let way = Grant::Way(method);
            // Any role is also an administrator's.
            let any = [Grant::AssumeAny, Grant::PassRoleAny];
            let said = any.iter().any(|any| grants.all.contains(any))
                && method.scope == Scope::Administrators;
            if grants.all.contains(&way) && !said {
                let guard = guard(way);
                lines.push(format!("a way to more rights: {}{guard}", method.description));
            }
        }
    }
    lines
}

/// All of the power over rights, or most of IAM where any of that power is left.
fn administers(judge: &Judge<'_>) -> Leave {
    let over_rights = || RULE_OVER_RIGHTS.into_iter().map(|action| broadly(judge, action));
    let all = over_rights().min().unwrap_or(Leave::Never);
    let left = over_rights().max().unwrap_or(Leave::Never);
    // Most: named one by one or by a wildcard, an exception here or there.
    let names: Vec<&'static str> = IAM_CALLS.iter().map(String::as_str).collect();
    all.max(left.min(judge.widest(&names, names.len() / 2)))
}

fn broadly(judge: &Judge<'_>, action: &'static str) -> Leave {
    judge.allowed(action, ResourceType::of(action), Scope::Broad, None)
}

/// Every step of a method, each by one of its alternatives.
fn through(judge: &Judge<'_>, method: &escalation::Method) -> Leave {
    let service = method.steps().nth(1).and_then(|mut step| Some(action::parts(step.next()?).0));
    let leave = |action: &'static str| {
        let (action, to) =
            action.split_once('>').map_or((action, None), |(action, to)| (action, Some(to)));
        let (action, role) = match action.split_once('@') {
            Some((action, role)) => (action, Some(role)),
            None => (action, None),
        };
        let kind = match role {
            Some(role) => ResourceType::role_named(role),
            // A role of administrators in any account.
            None if (action, method.scope) == ("sts:AssumeRole", Scope::Administrators) => {
                ResourceType::role_named("role/{}")
            }
            None => ResourceType::of(action),
        };
        match action {
            // A single role handed on is daily work; any role is a way out.
            "iam:PassRole" if method.scope != Scope::Administrators => {
                judge.allowed(action, kind, Scope::Broad, to.or(service))
            }
            _ => judge.allowed(action, kind, method.scope, to),
        }
    };
    let steps = method.steps().map(|alternatives| alternatives.map(leave).max());
    steps.min().flatten().unwrap_or(Leave::Never)
}

#[cfg(test)]
mod tests;
