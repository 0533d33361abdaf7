//! Questions of an event about the state before it.

use super::address::{Address, Thing, fold, identity, policy};
use super::ask::{Ask, named};
use super::write::{is_default, written};
use super::{Fed, Given, Handed, Session, Shared, Tagged, Value};
use crate::event::{CallOutcome, Event, Principal};
use crate::iam::catalogue::IAM;
use crate::iam::kind::EntityKind;

/// The questions of one event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Questions {
    /// The document that the event names without showing it: of a policy that it attaches, detaches, sets as boundary
    /// or takes a version of.
    pub named: Option<Ask>,
    /// The document that was in force where the event puts or deletes one.
    pub replaced: Option<Ask>,
    /// What stood where the event writes: an attachment, a membership, a boundary, the status of a
    /// credential, the ID of the default version, a document.
    pub former: Option<Ask>,
    /// The value that the event writes: a document, a status. Empty if only existence matters.
    pub puts: Option<String>,
    /// The roles or the group that the event hands over: what do they hold?
    pub handed: Option<Handed>,
    /// The policy, boundary or group that the event changes.
    pub shared: Option<Shared>,
    /// The identity that the event gives a policy or a place in a group: what does it hold already?
    pub given: Option<Given>,
    /// The tags that the event sets or takes: do known documents decide by them?
    pub tagged: Option<Tagged>,
    /// The bus rule or role that the event changes: does it hand events or logs on?
    pub fed: Option<Fed>,
    /// The session that makes the call: who opened it?
    pub session: Option<Session>,
}

/// The write whose former value is asked for: for a new default version the one that sets the default, else the
/// first. `None` if the entity is new: nothing was there before.
fn former(written: &[(Address, Value)]) -> Option<&(Address, Value)> {
    if written.iter().any(|(at, _)| at.is_life()) {
        return None;
    }
    let default =
        written.iter().position(|(at, _)| matches!(at.thing(), Some((Thing::Default, _))));
    written.get(default.unwrap_or_default())
}

impl Questions {
    /// Do the answers probably need registers that only other registers name?
    #[must_use]
    pub fn go_deep(&self) -> bool {
        self.handed.is_some() || self.given.is_some() || self.shared.is_some()
    }

    /// The questions of this event, a call by this principal with this outcome.
    #[must_use]
    pub fn of(event: &Event, outcome: CallOutcome, principal: &Principal) -> Self {
        let (Some(source), Some(call), Some(account)) =
            (event.event_source(), event.name(), event.account())
        else {
            return Self::default();
        };
        let at = |kind, name| Address::of_entity(account, kind, name);
        let in_force = |field: &str| policy(account, event.parameter(field)?).map(Ask::InForce);
        let replaced = match (source, call) {
            (
                IAM,
                "PutUserPolicy" | "PutRolePolicy" | "PutGroupPolicy" | "DeleteUserPolicy"
                | "DeleteRolePolicy" | "DeleteGroupPolicy",
            ) => {
                let inline = || {
                    let (kind, field) = identity(call)?;
                    let name = fold(event.parameter("policyName")?);
                    Some(at(kind, event.parameter(field)?).named(Thing::Inline, &name))
                };
                inline().map(Ask::Value)
            }
            (IAM, "UpdateAssumeRolePolicy") => {
                let role = event.parameter("roleName").map(|name| at(EntityKind::Role, name));
                role.map(|role| Ask::Value(role.of(Thing::Trust)))
            }
            (IAM, "SetDefaultPolicyVersion") => in_force("policyArn"),
            (IAM, "CreatePolicyVersion") if is_default(event) => in_force("policyArn"),
            (
                "sso.amazonaws.com",
                "PutInlinePolicyToPermissionSet" | "DeleteInlinePolicyFromPermissionSet",
            ) => {
                let set = event.parameter("permissionSetArn");
                let set = set.map(|arn| at(EntityKind::PermissionSet, arn));
                set.map(|set| Ask::Value(set.of(Thing::Inline)))
            }
            _ => None,
        };
        let named = named(event);
        let written = written(event, None, false);
        let former = former(&written);
        let puts = former.and_then(|(_, put)| match put {
            Value::Present(text) => Some(text.clone()),
            Value::Absent | Value::Unsaid | Value::Listed(_) => None,
        });
        let former = former.map(|(at, _)| Ask::Value(at.clone()));
        // A refused call gives nothing and changes nothing.
        let (handed, given, shared) = match outcome {
            CallOutcome::Success => {
                (Handed::of(event), Given::of(event, &written), Shared::of(event))
            }
            CallOutcome::Denied | CallOutcome::Failure => (None, None, None),
        };
        let (tagged, fed) = (Tagged::of(event), Fed::of(event));
        let session = Session::of(event, principal);
        Self { named, replaced, former, puts, handed, shared, given, tagged, fed, session }
    }
}
