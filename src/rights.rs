//! What an event gives: the policy document or managed policy it carries, judged.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::event::Event;
use crate::policy::{Grants, PolicyDocument, Trust, managed};
use crate::site::Site;

mod contain;
mod trust;

/// Inline policies that AWS puts on users whose keys were found in public.
const QUARANTINE_INLINE: &str = "AWSExposedCredentialPolicy_DO_NOT_REMOVE";
/// Inline policy with which the console revokes sessions.
const REVOCATION_INLINE: &str = "AWSRevokeOlderSessions";

/// The rights an event is about.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rights {
    /// What it gives.
    pub grants: Grants,
    /// Whom the trust policy lets in.
    pub trust: Option<Trust>,
    /// ARN of the managed policy.
    pub policy_arn: Option<String>,
    /// Name of the inline or managed policy.
    pub policy_name: Option<String>,
    /// Words of the grants that the document before did not give, where it is known.
    pub added: Option<BTreeSet<String>>,
    /// Words that it gave and that are gone.
    pub removed: Option<BTreeSet<String>>,
    /// It gives something, but nothing tells what: a customer's policy that no event showed.
    pub unknown: bool,
    /// What it puts or attaches forbids something.
    pub denies: bool,
    /// It carries a document that cannot be read: AWS took it, so it means something.
    pub unreadable: bool,
    /// The policy that it puts, attaches or detaches allows nothing: without it somebody has more rights.
    pub only_denies: bool,
    /// For certain what it puts, attaches or adds was not there before, and nothing in its place.
    pub replaces_nothing: bool,
}

/// What an event does with a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    /// Puts an identity policy; the field below `requestParameters` that holds it.
    Put(&'static str),
    /// Puts a trust policy.
    Trust(&'static str),
    /// Attaches a managed policy by ARN.
    Attach(&'static str),
    /// Detaches a managed policy by ARN.
    Detach(&'static str),
    /// Deletes an inline policy by name.
    Delete,
    /// Sets a permissions boundary by ARN.
    Bound,
    /// Removes a permissions boundary.
    Unbound,
    Nothing,
}

fn deed(event: &Event) -> Deed {
    match (event.event_source().unwrap_or_default(), event.name().unwrap_or_default()) {
        (
            "iam.amazonaws.com",
            "PutUserPolicy"
            | "PutRolePolicy"
            | "PutGroupPolicy"
            | "CreatePolicy"
            | "CreatePolicyVersion",
        ) => Deed::Put("policyDocument"),
        ("iam.amazonaws.com", "UpdateAssumeRolePolicy") => Deed::Trust("policyDocument"),
        ("iam.amazonaws.com", "CreateRole") => Deed::Trust("assumeRolePolicyDocument"),
        ("iam.amazonaws.com", "AttachUserPolicy" | "AttachRolePolicy" | "AttachGroupPolicy") => {
            Deed::Attach("policyArn")
        }
        ("iam.amazonaws.com", "DetachUserPolicy" | "DetachRolePolicy" | "DetachGroupPolicy") => {
            Deed::Detach("policyArn")
        }
        ("iam.amazonaws.com", "DeleteUserPolicy" | "DeleteRolePolicy" | "DeleteGroupPolicy") => {
            Deed::Delete
        }
        ("iam.amazonaws.com", "PutUserPermissionsBoundary" | "PutRolePermissionsBoundary") => {
            Deed::Bound
        }
        (
            "iam.amazonaws.com",
            "DeleteUserPermissionsBoundary" | "DeleteRolePermissionsBoundary",
        ) => Deed::Unbound,
        ("sso.amazonaws.com", "PutInlinePolicyToPermissionSet") => Deed::Put("inlinePolicy"),
        ("sso.amazonaws.com", "AttachManagedPolicyToPermissionSet") => {
            Deed::Attach("managedPolicyArn")
        }
        ("sso.amazonaws.com", "DetachManagedPolicyFromPermissionSet") => {
            Deed::Detach("managedPolicyArn")
        }
        ("sso.amazonaws.com", "DeletePermissionsBoundaryFromPermissionSet") => Deed::Unbound,
        ("sts.amazonaws.com", "GetFederationToken") => Deed::Put("policy"),
        _ => Deed::Nothing,
    }
}

/// The document an event carries, as text, for the ledger.
#[must_use]
pub fn document(event: &Event) -> Option<String> {
    let field = match deed(event) {
        Deed::Put(field) | Deed::Trust(field) => field,
        _ => return None,
    };
    match event.value(&format!("detail.requestParameters.{field}"))? {
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// Under which name the ledger keeps the document that an event puts, deletes or attaches.
#[must_use]
pub fn ledger_key(event: &Event) -> Option<String> {
    let parameter = |name: &str| event.text(&format!("detail.requestParameters.{name}"));
    let account = event.account().unwrap_or_default();
    let entity = || ["userName", "roleName", "groupName"].iter().find_map(|name| parameter(name));
    let policy = match deed(event) {
        Deed::Trust(_) => format!("trust {}", parameter("roleName")?),
        Deed::Put("policyDocument") if entity().is_none() => event
            .text("detail.responseElements.policy.arn")
            .or_else(|| parameter("policyArn"))?
            .to_owned(),
        Deed::Put("policyDocument") | Deed::Delete => {
            let kind = ["User", "Role", "Group"]
                .iter()
                .find(|kind| event.name().is_some_and(|name| name.contains(**kind)))?;
            format!("{kind} {} {}", entity()?, parameter("policyName")?)
        }
        Deed::Attach(field) | Deed::Detach(field) => {
            parameter(field).filter(|arn| !arn.contains(":aws:policy/"))?.to_owned()
        }
        Deed::Put("inlinePolicy") => format!("permission set {}", parameter("permissionSetArn")?),
        _ => return None,
    };
    Some(format!("{account} {policy}"))
}

/// Judges what an event gives. `before` is the document that the ledger holds under
/// [`ledger_key`].
#[must_use]
pub fn rights(event: &Event, site: &Site, before: Option<&str>) -> Rights {
    let parameter = |name: &str| event.text(&format!("detail.requestParameters.{name}"));
    let mut rights = Rights {
        policy_arn: ["policyArn", "managedPolicyArn", "permissionsBoundary"]
            .iter()
            .find_map(|name| parameter(name))
            .map(str::to_owned),
        policy_name: parameter("policyName").map(str::to_owned),
        ..Rights::default()
    };
    let before = before.and_then(PolicyDocument::parse);
    let own = served(event);
    match deed(event) {
        Deed::Put(field) => {
            let found = event.value(&format!("detail.requestParameters.{field}"));
            if let Some(document) = found.and_then(PolicyDocument::from_field) {
                rights.only_denies = document.denies_only();
                rights.grants = Grants::of(&document, own);
                rights.denies = document.denies();
                compare(&mut rights, before.as_ref(), own);
            } else {
                rights.unreadable = found.is_some();
            }
            if rights.policy_name.as_deref() == Some(QUARANTINE_INLINE) {
                rights.grants.add("quarantine", true);
            }
        }
        Deed::Trust(field) => {
            let found = event.value(&format!("detail.requestParameters.{field}"));
            let document = found.and_then(PolicyDocument::from_field);
            rights.unreadable = found.is_some() && document.is_none();
            rights.only_denies = document.as_ref().is_some_and(PolicyDocument::denies_only);
            rights.trust = document.map(|document| trust::judge(&document, event, site));
            if let Some(boundary) = parameter("permissionsBoundary") {
                bound(&mut rights.grants, boundary);
            }
        }
        Deed::Attach(field) => {
            rights.only_denies = contain::only_denies(parameter(field), before.as_slice());
            rights.unknown = !attach(&mut rights.grants, parameter(field), before.as_ref(), own);
            let policy = parameter(field).and_then(managed);
            rights.denies = policy.is_some_and(|policy| policy.denies)
                || before.as_ref().is_some_and(PolicyDocument::denies);
        }
        Deed::Detach(field) => {
            rights.only_denies = contain::only_denies(parameter(field), before.as_slice());
            detach(&mut rights.grants, parameter(field), before.as_ref());
        }
        Deed::Delete => delete(&mut rights, before.as_ref()),
        Deed::Bound => {
            bound(&mut rights.grants, parameter("permissionsBoundary").unwrap_or_default());
        }
        Deed::Unbound => rights.grants.add("boundary-removed", true),
        Deed::Nothing => {}
    }
    rights
}

/// The account that a document serves; that of a permission set may go to any.
fn served(event: &Event) -> Option<&str> {
    event.account().filter(|_| event.event_source() != Some("sso.amazonaws.com"))
}

fn compare(rights: &mut Rights, before: Option<&PolicyDocument>, own: Option<&str>) {
    let Some(before) = before else { return };
    let earlier = Grants::of(before, own).all;
    rights.added = Some(rights.grants.all.difference(&earlier).cloned().collect());
    rights.removed = Some(earlier.difference(&rights.grants.all).cloned().collect());
    if before.denies() && !rights.grants.all.is_empty() {
        rights.grants.add("deny-removed", true);
    }
}

/// AWS's own policies are known by name, the customer's by the document the ledger saw. Says
/// whether it is known what the policy gives.
fn attach(
    grants: &mut Grants,
    arn: Option<&str>,
    before: Option<&PolicyDocument>,
    own: Option<&str>,
) -> bool {
    match (arn.and_then(managed), before) {
        (Some(policy), _) => *grants = policy.grants,
        (None, Some(document)) => *grants = Grants::of(document, own),
        (None, None) => return arn.is_none(),
    }
    true
}

fn detach(grants: &mut Grants, arn: Option<&str>, before: Option<&PolicyDocument>) {
    let policy = arn.and_then(managed);
    if policy.as_ref().is_some_and(|policy| policy.quarantines) {
        grants.add("quarantine-removed", true);
    }
    let named_so = arn.is_some_and(|arn| arn.to_lowercase().contains("deny"));
    if policy.is_some_and(|policy| policy.denies)
        || before.is_some_and(PolicyDocument::denies)
        || named_so
    {
        grants.add("deny-removed", true);
    }
}

fn delete(rights: &mut Rights, before: Option<&PolicyDocument>) {
    let name = rights.policy_name.as_deref().unwrap_or_default();
    if name == QUARANTINE_INLINE {
        rights.grants.add("quarantine-removed", true);
    }
    if name == REVOCATION_INLINE
        || name.to_lowercase().contains("deny")
        || before.is_some_and(PolicyDocument::denies)
    {
        rights.grants.add("deny-removed", true);
    }
}

/// A boundary that allows everything bounds nothing.
fn bound(grants: &mut Grants, arn: &str) {
    if managed(arn).is_some_and(|policy| policy.grants.all.contains("admin")) {
        grants.add("boundary-removed", true);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn iam(name: &str, parameters: &str) -> Event {
        let text = format!(
            r#"{{"eventSource":"iam.amazonaws.com","eventName":"{name}","recipientAccountId":"111122223333",
               "requestParameters":{parameters}}}"#
        );
        Event::parse(&text).unwrap()
    }

    #[track_caller]
    fn check(name: &str, parameters: &str, before: Option<&str>, want: &str) {
        let rights = rights(&iam(name, parameters), &Site::empty(), before);
        assert!(rights.grants.all.contains(want), "{want} missing: {rights:?}");
    }

    const ALLOW_ALL: &str =
        r#"{\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"*\",\"Resource\":\"*\"}]}"#;

    #[test]
    fn documents_and_managed_policies_are_judged() {
        let document =
            format!(r#"{{"roleName":"r","policyName":"p","policyDocument":"{ALLOW_ALL}"}}"#);
        check("PutRolePolicy", &document, None, "admin");
        check(
            "AttachUserPolicy",
            r#"{"policyArn":"arn:aws:iam::aws:policy/IAMFullAccess"}"#,
            None,
            "admin",
        );
        check(
            "AttachUserPolicy",
            r#"{"policyArn":"arn:aws:iam::111122223333:policy/own"}"#,
            Some(&ALLOW_ALL.replace('\\', "")),
            "admin",
        );
        check(
            "AttachUserPolicy",
            r#"{"policyArn":"arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV2"}"#,
            None,
            "quarantine",
        );
    }

    #[test]
    fn a_document_is_judged_in_the_account_that_it_serves() {
        let elsewhere = r#"{"Statement":{"Effect":"Allow","Action":"iam:*","Resource":"arn:aws:iam::999988887777:*"}}"#;
        let given = |source: &str, name: &str, parameters: &str| {
            let event = Event::parse(&format!(
                r#"{{"eventSource":"{source}","eventName":"{name}","recipientAccountId":"111122223333",
                   "requestParameters":{parameters}}}"#
            ));
            let event = event.unwrap();
            rights(&event, &Site::empty(), Some(elsewhere)).grants.all.contains("admin")
        };
        let attached = r#"{"policyArn":"arn:aws:iam::111122223333:policy/own"}"#;
        assert!(!given("iam.amazonaws.com", "AttachUserPolicy", attached));
        // A permission set serves accounts that its event does not name.
        let put = format!(r#"{{"permissionSetArn":"p","inlinePolicy":{elsewhere}}}"#);
        assert!(given("sso.amazonaws.com", "PutInlinePolicyToPermissionSet", &put));
    }

    #[test]
    fn taking_a_guard_away_is_a_grant() {
        let deny = r#"{"Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}"#;
        check(
            "DetachUserPolicy",
            r#"{"policyArn":"arn:aws:iam::aws:policy/AWSDenyAll"}"#,
            None,
            "deny-removed",
        );
        check(
            "DetachUserPolicy",
            r#"{"policyArn":"arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3"}"#,
            None,
            "quarantine-removed",
        );
        check(
            "DeleteRolePolicy",
            r#"{"roleName":"r","policyName":"p"}"#,
            Some(deny),
            "deny-removed",
        );
        check("DeleteUserPermissionsBoundary", r#"{"userName":"u"}"#, None, "boundary-removed");
        check(
            "PutRolePermissionsBoundary",
            r#"{"permissionsBoundary":"arn:aws:iam::aws:policy/AdministratorAccess"}"#,
            None,
            "boundary-removed",
        );
    }

    #[test]
    fn the_difference_to_the_document_before_is_known() {
        let before = r#"{"Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}}"#;
        let parameters = r#"{"roleName":"r","policyName":"p","policyDocument":{"Statement":{"Effect":"Allow","Action":"iam:PassRole","Resource":"*"}}}"#;
        let event = iam("PutRolePolicy", parameters);
        assert_eq!(ledger_key(&event).as_deref(), Some("111122223333 Role r p"));
        let rights = rights(&event, &Site::empty(), Some(before));
        assert!(rights.added.unwrap().contains("pass-role-any"));
        assert!(rights.removed.unwrap().contains("data:s3"));
    }
}
