//! One question about the state before an event.

use super::address::{Address, Thing, fold, organization_policy, policy};
use crate::event::Event;
use crate::iam::catalogue::IAM;

/// One question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// Which value did a register have?
    Value(Address),
    /// Which document was the default version of this policy?
    InForce(Address),
}

/// The document that an event names without showing it.
pub(super) fn named(event: &Event) -> Option<Ask> {
    let (account, call) = (event.account()?, event.name()?);
    if event.event_source() == Some("organizations.amazonaws.com")
        && matches!(call, "AttachPolicy" | "DetachPolicy")
    {
        return Some(Ask::Value(organization_policy(account, event.parameter("policyId")?)));
    }
    if event.event_source() != Some(IAM) {
        return None;
    }
    let managed = |field: &str| policy(account, event.parameter(field)?);
    match call {
        "AttachUserPolicy" | "AttachRolePolicy" | "AttachGroupPolicy" | "DetachUserPolicy"
        | "DetachRolePolicy" | "DetachGroupPolicy" => managed("policyArn").map(Ask::InForce),
        "PutUserPermissionsBoundary"
        | "PutRolePermissionsBoundary"
        | "CreateUser"
        | "CreateRole" => managed("permissionsBoundary").map(Ask::InForce),
        "SetDefaultPolicyVersion" => {
            let id = fold(event.parameter("versionId")?);
            managed("policyArn").map(|policy| Ask::Value(policy.named(Thing::Version, &id)))
        }
        _ => None,
    }
}
