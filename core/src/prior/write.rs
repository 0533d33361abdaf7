//! The writes of an event to registers.

use super::address::{Address, Thing, fold, identity, organization_policy, policy, unread};
use super::index::listings;
use super::{Handed, Value, feeds, paired, session, tags};
use crate::event::{CallOutcome, Event, Principal};
use crate::iam::catalogue::IAM;
use crate::iam::kind::EntityKind;

/// Most registers one event writes: audiences of a new identity provider beyond it stay unknown.
const WRITES_PER_EVENT_MAX: usize = 40;

/// The facts of an event on which its writes depend.
#[derive(Debug, Clone, Copy)]
pub struct Writer<'a> {
    /// Name of its entity, or the caller's if the API lets that name be absent.
    pub entity: Option<&'a str>,
    /// CloudTrail dropped the parameters: what the answer does not say is unknown.
    pub omitted: bool,
    /// What it hands over.
    pub handed: Option<&'a Handed>,
    /// Who called.
    pub caller: &'a Principal,
    /// How the call ended.
    pub outcome: CallOutcome,
}

/// The writes of a successful event.
#[must_use]
pub fn writes(event: &Event, writer: Writer<'_>) -> Vec<(Address, Value)> {
    let Writer { entity, omitted, handed, caller, outcome } = writer;
    let mut found = written(event, entity, omitted);
    let tags = tags::listings(&found);
    found.extend(listings(&found));
    found.extend(feeds::listings(event));
    found.extend(session::writes(event, (caller, outcome)));
    found.extend(handed.cloned().map(Handed::writes).unwrap_or_default());
    // Last, as they may be many.
    found.extend(tags);
    found.truncate(WRITES_PER_EVENT_MAX);
    found
}

/// The same without lists of them, and without what the event hands over.
pub(super) fn written(event: &Event, entity: Option<&str>, omitted: bool) -> Vec<(Address, Value)> {
    let Some(account) = event.account() else { return Vec::new() };
    let write = Writing { event, account, entity };
    let found = match (event.event_source(), event.name()) {
        (Some(IAM), Some(name)) => write.iam(name, omitted),
        (Some("sso.amazonaws.com"), Some(name)) => write.permission_set(name),
        (Some("organizations.amazonaws.com"), Some(name)) => write.organization_policy(name),
        _ => None,
    };
    // Existence comes first: questions are about that.
    paired::write(event, account).into_iter().chain(found.unwrap_or_default()).collect()
}

struct Writing<'e> {
    event: &'e Event,
    account: &'e str,
    entity: Option<&'e str>,
}

type Writes = Option<Vec<(Address, Value)>>;

impl<'e> Writing<'e> {
    fn parameter(&self, name: &str) -> Option<&'e str> {
        self.event.parameter(name)
    }

    fn answer(&self, name: &str) -> Option<&'e str> {
        self.event.answer(name)
    }

    /// A parameter with a document. If it is missing, the document is unknown.
    fn document(&self, name: &str) -> Value {
        match self.event.parameter_value(name) {
            Some(serde_json::Value::String(text)) => Value::of(text),
            Some(other) => Value::of(&other.to_string()),
            None => Value::Unsaid,
        }
    }

    fn at(&self, kind: EntityKind, name: &str) -> Address {
        Address::of_entity(self.account, kind, name)
    }

    fn iam(&self, name: &str, omitted: bool) -> Writes {
        match name {
            "CreateUser" | "CreateRole" | "CreateGroup" | "CreateServiceLinkedRole" => {
                self.created(name)
            }
            "DeleteUser" | "DeleteRole" | "DeleteGroup" => {
                let (kind, parameter) = identity(name)?;
                Some(vec![(self.at(kind, self.parameter(parameter)?), Value::Absent)])
            }
            "UpdateUser" | "UpdateGroup" => self.renamed(name),
            "PutUserPolicy" | "PutRolePolicy" | "PutGroupPolicy" if omitted => {
                Some(vec![self.unread(name)])
            }
            "PutUserPolicy" | "PutRolePolicy" | "PutGroupPolicy" => {
                Some(vec![(self.inline(name)?, self.document("policyDocument"))])
            }
            "DeleteUserPolicy" | "DeleteRolePolicy" | "DeleteGroupPolicy" => {
                Some(vec![(self.inline(name)?, Value::Absent)])
            }
            "UpdateAssumeRolePolicy" if omitted => Some(vec![self.unread(name)]),
            "UpdateAssumeRolePolicy" => {
                let role = self.at(EntityKind::Role, self.parameter("roleName")?);
                Some(vec![(role.of(Thing::Trust), self.document("policyDocument"))])
            }
            "CreatePolicyVersion" if omitted => Some(vec![self.unread(name)]),
            "CreatePolicy"
            | "DeletePolicy"
            | "CreatePolicyVersion"
            | "SetDefaultPolicyVersion"
            | "DeletePolicyVersion" => self.managed(name),
            "AddRoleToInstanceProfile" | "RemoveRoleFromInstanceProfile" => {
                let profile = self.parameter("instanceProfileName")?;
                let profile = self.at(EntityKind::InstanceProfile, profile);
                let role = match name.starts_with("Add") {
                    true => Value::of(&fold(self.parameter("roleName")?)),
                    false => Value::Absent,
                };
                Some(vec![(profile.of(Thing::Role), role)])
            }
            _ => self.attached(name).or_else(|| self.credential(name)),
        }
    }

    /// A call of this name wrote something, but it is unknown where.
    fn unread(&self, name: &str) -> (Address, Value) {
        (unread(self.account, name), Value::Unsaid)
    }

    fn inline(&self, call: &str) -> Option<Address> {
        let (kind, parameter) = identity(call)?;
        let name = fold(self.parameter("policyName")?);
        Some(self.at(kind, self.parameter(parameter)?).named(Thing::Inline, &name))
    }

    fn created(&self, call: &str) -> Writes {
        let (kind, parameter) = identity(call)?;
        let name =
            self.parameter(parameter).or_else(|| self.answer(&format!("{kind}.{parameter}")))?;
        let life = self.at(kind, name);
        let mut writes = vec![(life.clone(), Value::Present(String::new()))];
        if kind == EntityKind::Role {
            writes.push((life.of(Thing::Trust), self.document("assumeRolePolicyDocument")));
            let path = self.answer("role.path").or_else(|| self.parameter("path"));
            writes.extend(path.and_then(|path| path_of(&life, path)));
        }
        let boundary = self
            .parameter("permissionsBoundary")
            .or_else(|| self.answer(&format!("{kind}.permissionsBoundary.permissionsBoundaryArn")));
        if let Some(arn) = boundary {
            writes.push((life.of(Thing::Boundary), Value::of(arn)));
        }
        Some(writes)
    }

    /// All that belongs to the old name belongs to the new one; the old one is free.
    fn renamed(&self, call: &str) -> Writes {
        let (kind, parameter) = identity(call)?;
        let new = match kind {
            EntityKind::User => self.parameter("newUserName")?,
            _ => self.parameter("newGroupName")?,
        };
        let (old, new) = (self.at(kind, self.parameter(parameter)?), self.at(kind, new));
        // In other letters it is the same name.
        (old != new)
            .then(|| vec![(new, Value::Present(old.entity().to_owned())), (old, Value::Absent)])
    }

    fn managed(&self, call: &str) -> Writes {
        let named = || {
            let name = self.parameter("policyName").filter(|_| call == "CreatePolicy")?;
            Some(self.at(EntityKind::Policy, name))
        };
        let arn = self.answer("policy.arn").or_else(|| self.parameter("policyArn"));
        let life = arn.and_then(|arn| policy(self.account, arn)).or_else(named)?;
        let version = |id: &str| life.named(Thing::Version, &fold(id));
        let default = |id: &str| (life.of(Thing::Default), Value::of(&fold(id)));
        Some(match call {
            "CreatePolicy" => {
                let id = self.answer("policy.defaultVersionId").unwrap_or("v1");
                let document = (version(id), self.document("policyDocument"));
                vec![(life.clone(), Value::Present(String::new())), default(id), document]
            }
            "CreatePolicyVersion" => {
                // Without the answer its ID is unknown, but the ID of its event identifies it as well.
                let own = || format!("of event {}", self.event.identity());
                let id = self.answer("policyVersion.versionId").map_or_else(own, str::to_owned);
                let mut writes = vec![(version(&id), self.document("policyDocument"))];
                writes.extend(is_default(self.event).then(|| default(&id)));
                writes
            }
            "SetDefaultPolicyVersion" => vec![default(self.parameter("versionId")?)],
            "DeletePolicyVersion" => vec![(version(self.parameter("versionId")?), Value::Absent)],
            _ => vec![(life, Value::Absent)],
        })
    }

    /// Attachments of an identity: policies, a boundary, groups, a password.
    fn attached(&self, call: &str) -> Writes {
        let there = || Value::Present(String::new());
        let of = |parameter: &str| self.parameter(parameter).map(fold);
        let (thing, value) = match call {
            "AttachUserPolicy" | "AttachRolePolicy" | "AttachGroupPolicy" => {
                ((Thing::Attached, Some(of("policyArn")?)), there())
            }
            "DetachUserPolicy" | "DetachRolePolicy" | "DetachGroupPolicy" => {
                ((Thing::Attached, Some(of("policyArn")?)), Value::Absent)
            }
            "PutUserPermissionsBoundary" | "PutRolePermissionsBoundary" => {
                ((Thing::Boundary, None), Value::of(self.parameter("permissionsBoundary")?))
            }
            "DeleteUserPermissionsBoundary" | "DeleteRolePermissionsBoundary" => {
                ((Thing::Boundary, None), Value::Absent)
            }
            "AddUserToGroup" => ((Thing::Member, Some(of("groupName")?)), there()),
            "RemoveUserFromGroup" => ((Thing::Member, Some(of("groupName")?)), Value::Absent),
            "CreateLoginProfile" | "UpdateLoginProfile" => ((Thing::Password, None), there()),
            "DeleteLoginProfile" => ((Thing::Password, None), Value::Absent),
            _ => return None,
        };
        let (kind, parameter) = identity(call).unwrap_or((EntityKind::User, "userName"));
        let caller = self.entity.filter(|_| kind == EntityKind::User);
        let life = self.at(kind, self.parameter(parameter).or(caller)?);
        Some(vec![(thing_of(&life, thing), value)])
    }

    /// The status of a credential, which has its own ID, and the audiences of a provider.
    fn credential(&self, call: &str) -> Writes {
        let status = |id: &str, value| {
            let credential = Address::kept(self.account, format!("credential {id}"));
            Some(vec![(credential.of(Thing::Status), value)])
        };
        let active = || Value::Present("active".to_owned());
        let said = || self.parameter("status").map_or(Value::Unsaid, |text| Value::of(&fold(text)));
        let id = CREDENTIALS.iter().find(|(word, _, _)| call.ends_with(word));
        if let Some((_, parameter, answered)) = id {
            return match call.get(..6)? {
                "Create" | "Upload" => status(self.answer(answered)?, active()),
                "Update" => status(self.parameter(parameter)?, said()),
                "Delete" => status(self.parameter(parameter)?, Value::Absent),
                _ => None,
            };
        }
        let audience = |arn: &str, id: &str| {
            let provider = Address::kept(self.account, format!("provider {}", fold(arn)));
            provider.named(Thing::Audience, id)
        };
        let there = || Value::Present(String::new());
        match call {
            "AddClientIDToOpenIDConnectProvider" | "RemoveClientIDFromOpenIDConnectProvider" => {
                let (arn, id) =
                    (self.parameter("openIDConnectProviderArn")?, self.parameter("clientID")?);
                let value = if call.starts_with("Add") { there() } else { Value::Absent };
                Some(vec![(audience(arn, id), value)])
            }
            "CreateOpenIDConnectProvider" => {
                let arn = self.answer("openIDConnectProviderArn")?;
                let listed = self.event.parameter_value("clientIDList")?;
                let ids = listed.as_array()?.iter().filter_map(serde_json::Value::as_str);
                Some(ids.map(|id| (audience(arn, id), there())).collect())
            }
            _ => None,
        }
    }

    /// A permission set of Identity Center, identified by its ARN.
    fn permission_set(&self, call: &str) -> Writes {
        let set = |arn| self.at(EntityKind::PermissionSet, arn);
        if call == "CreatePermissionSet" {
            let arn = self.answer("permissionSet.permissionSetArn")?;
            return Some(vec![(set(arn), Value::Present(String::new()))]);
        }
        let set = set(self.parameter("permissionSetArn")?);
        let attached = || Some((Thing::Attached, Some(fold(self.parameter("managedPolicyArn")?))));
        let (thing, value) = match call {
            "PutInlinePolicyToPermissionSet" => {
                ((Thing::Inline, None), self.document("inlinePolicy"))
            }
            "DeleteInlinePolicyFromPermissionSet" => ((Thing::Inline, None), Value::Absent),
            "PutPermissionsBoundaryToPermissionSet" => {
                let arn = self.parameter("permissionsBoundary.managedPolicyArn").map(Value::of);
                (
                    (Thing::Boundary, None),
                    arn.unwrap_or_else(|| self.document("permissionsBoundary")),
                )
            }
            "DeletePermissionsBoundaryFromPermissionSet" => {
                ((Thing::Boundary, None), Value::Absent)
            }
            "AttachManagedPolicyToPermissionSet" => (attached()?, Value::Present(String::new())),
            "DetachManagedPolicyFromPermissionSet" => (attached()?, Value::Absent),
            "AttachCustomerManagedPolicyReferenceToPermissionSet" => {
                (self.policy_reference()?, Value::Present(String::new()))
            }
            "DetachCustomerManagedPolicyReferenceFromPermissionSet" => {
                (self.policy_reference()?, Value::Absent)
            }
            "DeletePermissionSet" => return Some(vec![(set, Value::Absent)]),
            _ => return None,
        };
        Some(vec![(thing_of(&set, thing), value)])
    }

    /// A policy that each account with the permission set must have under this path and name: no ARN, as its account is
    /// open.
    fn policy_reference(&self) -> Option<(Thing, Option<String>)> {
        let name = self.parameter("customerManagedPolicyReference.name")?;
        let path = self.parameter("customerManagedPolicyReference.path").unwrap_or("/");
        Some((Thing::Attached, Some(fold(&format!("{path}{name}")))))
    }

    fn organization_policy(&self, call: &str) -> Writes {
        let (id, content) = match call {
            "CreatePolicy" => (self.answer("policy.policySummary.id")?, self.document("content")),
            // Name and description change alone, too.
            "UpdatePolicy" => {
                self.parameter("content")?;
                (self.parameter("policyId")?, self.document("content"))
            }
            "DeletePolicy" => (self.parameter("policyId")?, Value::Absent),
            _ => return None,
        };
        Some(vec![(organization_policy(self.account, id), content)])
    }
}

/// A thing of an entity, by its name where it has one.
fn thing_of(life: &Address, (thing, name): (Thing, Option<String>)) -> Address {
    name.map_or_else(|| life.of(thing), |name| life.named(thing, &name))
}

/// Ends of the names of calls about a credential: and the fields of its ID in the request and in the answer.
const CREDENTIALS: [(&str, &str, &str); 4] = [
    ("AccessKey", "accessKeyId", "accessKey.accessKeyId"),
    ("SSHPublicKey", "sSHPublicKeyId", "sSHPublicKey.sSHPublicKeyId"),
    ("SigningCertificate", "certificateId", "certificate.certificateId"),
    (
        "ServiceSpecificCredential",
        "serviceSpecificCredentialId",
        "serviceSpecificCredential.serviceSpecificCredentialId",
    ),
];

/// Does a new version count at once? The API's default is that it does not.
pub(super) fn is_default(event: &Event) -> bool {
    event
        .flag("detail.requestParameters.setAsDefault")
        .or_else(|| event.flag("detail.responseElements.policyVersion.isDefaultVersion"))
        == Some(true)
}

/// The path of a role, where it has one; as its name in lower case.
pub(super) fn path_of(role: &Address, path: &str) -> Option<(Address, Value)> {
    (path != "/").then(|| (role.of(Thing::Path), Value::of(&fold(path))))
}
