//! How a call changes rights: one closed list, by which documents are judged and guarded entities kept.

use crate::event::Event;
use crate::iam::catalogue::IAM;

/// How an event changes rights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RightsChange {
    /// Puts an inline policy; the field below `requestParameters` that holds it.
    Inline(&'static str),
    /// Writes another identity policy: a managed one, or a version of one; its field.
    Document(&'static str),
    /// Limits a session by a policy, which gives it nothing that its user lacks; its field.
    Session(&'static str),
    /// Makes a version the default that was written before.
    Choose,
    /// Makes a role with a trust policy; its field.
    NewTrust(&'static str),
    /// Replaces a trust policy; its field.
    Trust(&'static str),
    /// Puts the policy of a key.
    Key,
    /// Grants the use of a key.
    Grant,
    /// Attaches a managed policy by ARN; its field.
    Attach(&'static str),
    /// Detaches a managed policy by ARN; its field.
    Detach(&'static str),
    /// Deletes an inline policy.
    DeleteInline,
    /// Deletes a managed policy, or a version of one.
    DeleteManaged,
    /// Adds somebody to a group.
    Join,
    /// Takes somebody out of a group.
    Leave,
    /// Makes a user, with a permissions boundary by ARN or without one.
    NewBound,
    /// Sets a permissions boundary by ARN.
    Bound,
    /// Sets that of a permission set, by a structure.
    BoundSet,
    /// Removes a permissions boundary.
    Unbound,
    /// Not at all, as far as documents say.
    Nothing,
}

impl RightsChange {
    /// How this event does.
    pub(crate) fn of(event: &Event) -> Self {
        let (source, name) = (event.event_source(), event.name().unwrap_or_default());
        match source {
            Some(IAM) => Self::of_iam(name),
            Some("sso.amazonaws.com") => Self::of_permission_set(name),
            Some("sts.amazonaws.com") if name == "GetFederationToken" => Self::Session("policy"),
            Some("kms.amazonaws.com") => match name {
                "PutKeyPolicy" | "CreateKey" | "ReplicateKey" => Self::Key,
                "CreateGrant" => Self::Grant,
                _ => Self::Nothing,
            },
            _ => Self::Nothing,
        }
    }

    fn of_iam(name: &str) -> Self {
        match name {
            "PutUserPolicy" | "PutRolePolicy" | "PutGroupPolicy" => Self::Inline("policyDocument"),
            "CreatePolicy" | "CreatePolicyVersion" => Self::Document("policyDocument"),
            "SetDefaultPolicyVersion" => Self::Choose,
            "UpdateAssumeRolePolicy" => Self::Trust("policyDocument"),
            "CreateRole" => Self::NewTrust("assumeRolePolicyDocument"),
            "AttachUserPolicy" | "AttachRolePolicy" | "AttachGroupPolicy" => {
                Self::Attach("policyArn")
            }
            "DetachUserPolicy" | "DetachRolePolicy" | "DetachGroupPolicy" => {
                Self::Detach("policyArn")
            }
            "DeleteUserPolicy" | "DeleteRolePolicy" | "DeleteGroupPolicy" => Self::DeleteInline,
            "DeletePolicy" | "DeletePolicyVersion" => Self::DeleteManaged,
            "AddUserToGroup" => Self::Join,
            "RemoveUserFromGroup" => Self::Leave,
            "CreateUser" => Self::NewBound,
            "PutUserPermissionsBoundary" | "PutRolePermissionsBoundary" => Self::Bound,
            "DeleteUserPermissionsBoundary" | "DeleteRolePermissionsBoundary" => Self::Unbound,
            _ => Self::Nothing,
        }
    }

    fn of_permission_set(name: &str) -> Self {
        match name {
            "PutInlinePolicyToPermissionSet" => Self::Inline("inlinePolicy"),
            "DeleteInlinePolicyFromPermissionSet" => Self::DeleteInline,
            "AttachManagedPolicyToPermissionSet" => Self::Attach("managedPolicyArn"),
            "DetachManagedPolicyFromPermissionSet" => Self::Detach("managedPolicyArn"),
            "PutPermissionsBoundaryToPermissionSet" => Self::BoundSet,
            "DeletePermissionsBoundaryFromPermissionSet" => Self::Unbound,
            _ => Self::Nothing,
        }
    }
}
