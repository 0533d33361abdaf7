//! What an event says by itself.

use super::rights::RightsChange;
use super::strengthening::strengthens;
use crate::event::{
    CallOutcome, Entity, Event, Principal, affected_account, call_outcome, entity, is_caller,
    is_read_only, omitted, tagged,
};
use crate::iam::account::AccountId;
use crate::iam::catalogue::{self, Call, CallEffect, IAM};
use crate::iam::kind::EntityKind;
use crate::own::{Own, OwnUpdate};
use crate::prior::{self, Questions};
use crate::vocabulary::{OwnKind, OwnSession};

/// What an event says by itself, and what it asks of the world. All other code takes it from here.
#[derive(Debug, Clone)]
pub struct Facts {
    /// How the call ended.
    pub outcome: CallOutcome,
    /// The call changes nothing.
    pub read_only: bool,
    /// The catalogue's entry.
    pub call: Option<&'static Call>,
    /// It has one, or the call is known to need none.
    pub known_api: bool,
    /// How it changes rights.
    pub rights_change: RightsChange,
    /// The call only adds to what watches.
    pub strengthens: bool,
    /// CloudTrail dropped the parameters because they were too large.
    pub omitted: bool,
    /// Who acted.
    pub principal: Principal,
    /// What was acted upon.
    pub entity: Option<Entity>,
    /// The entity is the caller.
    pub self_target: bool,
    /// The account that it tags or untags.
    pub tagged: Option<AccountId>,
    /// The account that it opens, closes or hands over, where that is another than the one it is recorded in.
    pub affected: Option<AccountId>,
    /// Kinds of the tool's own resources that the event names.
    pub own: Vec<OwnKind>,
    /// The caller is a session of a role of the tool.
    pub own_session: Option<OwnSession>,
    /// The caller's role is one of those that deploy the tool.
    pub deploys: bool,
    /// Its part in an update of the tool's own stack.
    pub own_update: Option<OwnUpdate>,
    /// Its questions about the state before it.
    pub questions: Questions,
}

impl Facts {
    /// Derives what an event says by itself, to the tool that goes by these names. Never fails.
    #[must_use]
    pub fn of(event: &Event, own: &Own) -> Self {
        let call = match (event.event_source(), event.name()) {
            (Some(source), Some(name)) => catalogue::find(source, name),
            _ => None,
        };
        let named = event.event_source().zip(event.name());
        let known_api = named.is_some_and(catalogue::is_known);
        let (outcome, omitted) = (call_outcome(event), omitted(event));
        let principal = Principal::of(event);
        let entity = call.map_or_else(
            || at_work(event),
            |call| entity(event, call, &principal, outcome, omitted),
        );
        Self {
            read_only: is_read_only(event),
            self_target: entity.as_ref().is_some_and(|entity| is_caller(entity, &principal)),
            strengthens: strengthens(event),
            tagged: tagged(event),
            rights_change: RightsChange::of(event),
            affected: affected_account(event),
            own: own.touched(event),
            own_session: own.session(&principal, event),
            deploys: principal.role_arn.as_deref().is_some_and(|role| own.is_deployment_role(role)),
            own_update: own.update(event, omitted),
            questions: Questions::of(event, outcome, &principal),
            outcome,
            omitted,
            call,
            known_api,
            principal,
            entity,
        }
    }

    /// The call changed something.
    #[must_use]
    pub fn changes(&self) -> bool {
        self.outcome == CallOutcome::Success && !self.read_only
    }

    /// The call switches off or weakens monitoring.
    #[must_use]
    pub fn tampering(&self) -> bool {
        !self.strengthens && self.call.is_some_and(Call::is_tampering)
    }

    /// What the call does to rights, and to monitoring.
    #[must_use]
    pub(crate) fn effect(&self) -> Option<CallEffect> {
        if self.strengthens {
            return Some(CallEffect::Strengthens);
        }
        self.call.map(|call| call.effect)
    }

    /// ARN of the change set that it executes, if only the ARN shows the stack.
    #[must_use]
    pub fn change_set(&self) -> Option<&str> {
        match &self.own_update {
            Some(OwnUpdate::ExecutesChangeSet(arn)) => Some(arn),
            _ => None,
        }
    }

    /// The name of what a call of the catalogue acted upon.
    #[must_use]
    pub fn acted_upon(&self) -> Option<&str> {
        self.call.and(self.entity.as_ref())?.name.as_deref()
    }

    /// The user or group of IAM that it is about: their names can change.
    #[must_use]
    pub fn renamable(&self) -> Option<&Entity> {
        let call = self.call?;
        let is_one =
            call.source == IAM && [EntityKind::User, EntityKind::Group].contains(&call.kind);
        self.entity.as_ref().filter(|_| is_one)
    }
}

/// The thing that may wear a role, for a call that the catalogue does not know.
fn at_work(event: &Event) -> Option<Entity> {
    let (kind, name) = prior::at_work(event)?;
    let account = event.account().map(str::to_owned);
    Some(Entity { kind, name: Some(name), arn: None, account })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::sample::{call, user};

    fn iam(name: &str, rest: &str) -> Facts {
        Facts::of(&call("iam", name).by(user("alice")).and(rest).event(), &Own::default())
    }

    #[test]
    fn an_absent_user_name_means_the_caller() {
        let own = iam("CreateAccessKey", r#""requestParameters":null"#);
        assert!(own.self_target);
        assert_eq!(own.entity.unwrap().name.as_deref(), Some("alice"));
        let other = iam("CreateAccessKey", r#""requestParameters":{"userName":"bob"}"#);
        assert!(!other.self_target);
        let case = iam("CreateAccessKey", r#""requestParameters":{"userName":"ALICE"}"#);
        assert!(case.self_target);
    }

    #[test]
    fn an_answer_to_root_names_no_user() {
        let answer = r#""userIdentity":{"type":"Root"},"responseElements":{"accessKey":{"userName":"Root"}}"#;
        assert_eq!(iam("CreateAccessKey", answer).entity.unwrap().kind, EntityKind::Root);
    }

    #[test]
    fn the_target_of_a_denied_call_is_read_from_the_message() {
        let denied = iam(
            "AttachRolePolicy",
            r#""errorCode":"AccessDenied","requestParameters":null,"errorMessage":"User: arn:aws:iam::111122223333:user/alice is not authorized to perform: iam:AttachRolePolicy on resource: role deploy because no identity-based policy allows it""#,
        );
        assert_eq!(denied.outcome, CallOutcome::Denied);
        let entity = denied.entity.unwrap();
        assert_eq!((entity.kind, entity.name.as_deref()), (EntityKind::Role, Some("deploy")));
    }

    #[test]
    fn spellings_of_denied_and_failed() {
        for (code, want) in [
            ("AccessDenied", CallOutcome::Denied),
            ("Client.UnauthorizedOperation", CallOutcome::Denied),
            ("AccessDeniedException", CallOutcome::Denied),
            ("VpceAccessDenied", CallOutcome::Denied),
            ("NoSuchEntityException", CallOutcome::Failure),
            // As exports write it that rewrite records.
            ("Success", CallOutcome::Success),
            ("0", CallOutcome::Success),
        ] {
            assert_eq!(
                iam("DeleteUser", &format!(r#""errorCode":"{code}""#)).outcome,
                want,
                "{code}"
            );
        }
        let refused = r#"{"ConsoleLogin":"Failure"}"#;
        let sign_in = call("signin", "ConsoleLogin").answer(refused).event();
        assert_eq!(Facts::of(&sign_in, &Own::default()).outcome, CallOutcome::Failure);
        for (said, want) in [
            ("Failure", CallOutcome::Failure),
            ("failure", CallOutcome::Failure),
            ("Success", CallOutcome::Success),
        ] {
            let said = serde_json::json!({ "CredentialVerification": said });
            let check = call("signin", "CredentialVerification").with("serviceEventDetails", said);
            assert_eq!(Facts::of(&check.event(), &Own::default()).outcome, want);
        }
    }

    #[test]
    fn dropped_parameters_are_seen_in_both_spellings() {
        for omitted in ["true", "\"true\""] {
            let rest =
                format!(r#""requestParameters":{{"reason":"too large","omitted":{omitted}}}"#);
            assert!(iam("PutRolePolicy", &rest).omitted);
        }
        assert!(!iam("PutRolePolicy", r#""requestParameters":{"roleName":"x"}"#).omitted);
    }

    #[test]
    fn root_as_target() {
        let mfa = iam("DeactivateMFADevice", r#""requestParameters":{"userName":"AWS ROOT USER"}"#);
        assert_eq!(mfa.entity.unwrap().kind, EntityKind::Root);
    }
}
