//! A role with rights, and how loud what is done with it is.

use iam_responder::respond::handled::{Disposition, Handled};
use iam_responder::text::severity::Severity;
use serde_json::{Value, json};

use super::{call, responses};

pub(crate) const QUIET: &str =
    "severity: [{when: {source: [{prefix: aws.}]}, set: informational, because: quiet}]";
pub(crate) const ADMIN: &str = "arn:aws:iam::aws:policy/AdministratorAccess";
pub(crate) const READS: &str = "arn:aws:iam::aws:policy/AmazonEC2ReadOnlyAccess";
pub(crate) const ROLE: &str = "arn:aws:iam::111122223333:role/app/Worker";

pub(crate) fn by_stack(mut event: Value) -> Value {
    event["userIdentity"]["invokedBy"] = json!("cloudformation.amazonaws.com");
    event
}

/// The role, made and given a policy.
pub(crate) fn worker(policy: &str) -> Vec<Value> {
    worker_of("lambda.amazonaws.com", policy)
}

/// The same, of a service that may wear it.
pub(crate) fn worker_of(service: &str, policy: &str) -> Vec<Value> {
    let trust = format!(
        r#"{{"Statement":{{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{{"Service":"{service}"}}}}}}"#
    );
    let made = json!({"roleName": "Worker", "path": "/app/", "assumeRolePolicyDocument": trust});
    vec![
        call("iam", "CreateRole", 1, made),
        call("iam", "AttachRolePolicy", 2, json!({"roleName": "Worker", "policyArn": policy})),
    ]
}

pub(crate) fn outcomes(site: &str, events: impl IntoIterator<Item = Value>) -> Vec<Handled> {
    responses(site, Vec::new(), events).into_iter().map(|response| response.outcome).collect()
}

/// How loud the last event is. `None` if it raises no alert.
pub(crate) fn last(site: &str, before: Vec<Value>, event: Value) -> Option<Severity> {
    let outcome = outcomes(site, before.into_iter().chain([event])).pop().unwrap();
    outcome.severity.filter(|_| outcome.disposition == Disposition::Alerted)
}
