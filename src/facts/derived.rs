//! Facts that rules may use beside the event itself: `derived`.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde_json::{Value, json};

use crate::event::{
    CallOutcome, Entity, Event, Principal, entity, is_caller, is_read_only, omitted, outcome_of,
    tagged,
};
use crate::facts::rights::{self, Before, HandedOver, Rights};
use crate::iam::account::Account;
use crate::iam::arn::{Arn, AwsRole};
use crate::iam::catalogue::{self, Call};
use crate::own::{Own, OwnSession, OwnStack};
use crate::prior::{self, Bearers, Beside, Handed, Held, Prior, Why};
use crate::site::{Environment, EnvironmentChange, Guarded, Site, Times};

use super::automation::Automation;
use super::bearer::Bearer;
use super::opened;
use super::silencing::silences;

/// All facts derived from one event.
#[derive(Debug, Clone)]
pub struct Facts {
    /// How the call ended.
    pub outcome: CallOutcome,
    /// The call changes nothing.
    pub read_only: bool,
    /// The catalogue's entry.
    pub call: Option<&'static Call>,
    /// CloudTrail dropped the parameters because they were too large.
    pub omitted: bool,
    /// Who acted.
    pub principal: Principal,
    /// What was acted upon.
    pub entity: Option<Entity>,
    /// The entity is the caller.
    pub self_target: bool,
    /// Kinds of the tool's own resources that the event names.
    pub own: Vec<&'static str>,
    /// The caller is a session of a role of the tool.
    pub own_session: Option<OwnSession>,
    /// The caller's role is one of those that deploy the tool.
    pub deploys: bool,
    /// CloudFormation does it for an update of the tool's own stack.
    pub own_stack: Option<OwnStack>,
    /// The owner guards the entity.
    pub guarded: Option<Guarded>,
    /// One that must not be weakened bears what the call changes.
    pub bearer: Option<Bearer>,
    /// The known automation that acted.
    pub automation: Option<Automation>,
    /// Name of the account, where it is known.
    pub account_name: Option<String>,
    /// Environment of the account.
    pub environment: Environment,
    /// What the event does to the environment of the account it tags.
    pub environment_change: Option<EnvironmentChange>,
    /// Tags of the account, where they are known.
    pub tags: Option<IndexMap<String, String>>,
    /// Where the event's own time lies.
    pub times: Times,
    /// Different changes by this principal within minutes, this one included.
    pub burst: Option<u32>,
    /// A policy of the organization that it makes, changes, attaches or detaches may forbid what the tool needs.
    pub silences: bool,
    /// What the event gives.
    pub rights: Rights,
    /// What stood where the event writes: an attachment, a membership, a boundary, a status, a document.
    pub former: Prior,
    /// The roles or the group that it hands over, and what those hold.
    pub handed: Option<HandedOver>,
}

impl Facts {
    /// Derives all facts of an event. Never fails.
    #[must_use]
    pub fn of(event: &Event, site: &Site, own: &Own, known: &Known) -> Self {
        let call = match (event.event_source(), event.name()) {
            (Some(source), Some(name)) => catalogue::find(source, name),
            _ => None,
        };
        let outcome = outcome_of(event);
        let principal = Principal::of(event);
        let entity =
            call.map_or_else(|| at_work(event), |call| entity(event, call, &principal, outcome));
        let guarded = entity.as_ref().and_then(|entity| guarded(entity, site, &known.former_names));
        let self_target = entity.as_ref().is_some_and(|entity| is_caller(entity, &principal));
        let nobody_asked = || Held::unknown(&Handed::of(event)?, Why::NotAsked).into();
        let held: Option<Held> = known.handed.clone().or_else(nobody_asked);
        let automation = Automation::of(event, site);
        let pipeline = automation == Some(Automation::Pipeline);
        let handed = held.map(|held| HandedOver::of(&held, event.account(), pipeline));
        let handed = handed.filter(|handed| !handed.is_nothing());
        let by_aws = principal.linked_service.is_some();
        let tags = event.account().and_then(|id| site.tags(id, known.account.as_ref()));
        let tagged =
            tagged(event).filter(|_| outcome == CallOutcome::Success && !known.tags_do_not_count);
        Self {
            read_only: is_read_only(event),
            omitted: omitted(event),
            own: touched(event, own, known, handed.as_ref()),
            own_session: own.session(event),
            deploys: principal.role_arn.as_deref().is_some_and(|role| own.is_deployment_role(role)),
            own_stack: known.own_stack,
            guarded,
            bearer: known
                .bearers
                .as_ref()
                .and_then(|bearers| Bearer::first(bearers, event.account(), site, own)),
            automation,
            environment: site.environment(tags),
            environment_change: tagged
                .map(|id| site.environment_change(event, id, known.tagged.as_ref())),
            tags: tags.cloned(),
            times: site.calendars_at(event.time(), &known.calendars),
            silences: silences(event, &known.named, site, own),
            rights: rights(event, site, known, handed.as_ref()),
            // Whoever is taken out of a group is given nothing, and services do their own work with roles
            // that AWS keeps.
            handed: handed.filter(|_| event.name() != Some("RemoveUserFromGroup") && !by_aws),
            account_name: event
                .account()
                .and_then(|id| site.account_name(id, known.account.as_ref()))
                .map(str::to_owned),
            burst: known.burst,
            former: known.former.clone(),
            outcome,
            call,
            principal,
            entity,
            self_target,
        }
    }

    /// The call switches off or weakens monitoring.
    #[must_use]
    pub fn tampering(&self) -> bool {
        self.call.is_some_and(Call::is_tampering)
    }

    /// For certain what it puts, attaches or adds was not there before, and nothing in its place.
    #[must_use]
    pub fn replaces_nothing(&self) -> bool {
        self.former.is_absent()
    }

    /// A role or a group that has administrator rights, or a way to them, is newly handed out.
    #[must_use]
    pub fn hands_escalation(&self) -> bool {
        let newly = self.handed.as_ref().filter(|handed| !handed.again);
        newly.is_some_and(|handed| handed.grants.all.contains("escalation"))
    }

    fn principal_value(&self) -> Value {
        let mut value = self.principal.to_value();
        if let Value::Object(map) = &mut value {
            if let Some(session) = self.own_session {
                map.insert("own".to_owned(), session.word().into());
            }
            if self.deploys {
                map.insert("deploys".to_owned(), true.into());
            }
            // What a person set off through a stack is the person's, as far as it is a user's.
            let user = self.principal.kind == "IAMUser" || self.principal.permission_set.is_some();
            if self.principal.is_person() && (user || self.automation.is_none()) {
                map.insert("human".to_owned(), true.into());
            }
            if let Some(automation) = self.automation {
                map.insert("automation".to_owned(), automation.word().into());
            }
        }
        value
    }

    fn entity_value(&self) -> Option<Value> {
        let entity = self.entity.as_ref()?;
        let role =
            entity.arn.as_deref().and_then(Arn::parse).and_then(|arn| match arn.aws_role()? {
                AwsRole::Linked(service) => Some(("linkedService", service.to_owned())),
                AwsRole::PermissionSet(name) => Some(("permissionSet", name.to_owned())),
            });
        let mut value = json!({
            "kind": entity.kind, "name": entity.name, "arn": entity.arn, "account": entity.account,
        });
        let guarded = self.guarded.map(|guarded| ("guarded", guarded.word().to_owned()));
        if let Value::Object(map) = &mut value {
            map.extend(
                role.into_iter().chain(guarded).map(|(key, word)| (key.to_owned(), word.into())),
            );
        }
        Some(without_null(value))
    }

    fn handed_value(&self) -> Option<Value> {
        let handed = self.handed.as_ref()?;
        Some(json!({
            "kind": handed.kind,
            "name": handed.names,
            "grants": handed.grants.all,
            "unknown": handed.unknown.is_some(),
            "again": handed.again,
        }))
    }

    /// Tags by their keys in small letters. Keys that differ in case only are different tags to AWS:
    /// each has a list of values.
    fn tags_value(&self) -> Option<Value> {
        let mut map: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for (key, value) in self.tags.iter().flatten() {
            map.entry(key.to_lowercase()).or_default().push(value);
        }
        (!map.is_empty()).then(|| json!(map))
    }

    /// `derived`, as rules see it.
    #[must_use]
    pub fn to_value(&self) -> Value {
        // A calendar that nobody can tell is on both lists: a rule that asks for either fires.
        let both = |known: &Vec<String>| [known.as_slice(), self.times.unknown.as_slice()].concat();
        without_null(json!({
            "outcome": self.outcome.word(),
            "readOnly": self.read_only,
            "knownApi": self.call.is_some(),
            "omitted": self.omitted,
            "principal": self.principal_value(),
            "entity": self.entity_value(),
            "selfTarget": self.self_target,
            "own": (!self.own.is_empty()).then_some(&self.own),
            "ownStack": self.own_stack.map(OwnStack::word),
            "effect": self.call.map(|call| call.effect),
            "tampering": self.tampering(),
            "grants": self.rights.grants.all,
            "grantsUnconditional": self.rights.grants.unconditional,
            "trust": self.rights.trust.as_ref().map(|trust| &trust.words),
            "trustExternal": self.rights.trust.as_ref().map(|trust| &trust.accounts),
            "denies": self.rights.denies.then_some(true),
            "silences": self.silences.then_some(true),
            "documentUnreadable": self.rights.unreadable,
            "documentUnknown": self.rights.unknown.is_some(),
            "before": (self.former.why() != Some(Why::NotAsked)).then(|| self.former.word()),
            "handed": self.handed_value(),
            "policyArn": self.rights.policy_arn,
            "policyName": self.rights.policy_name,
            "environment": self.environment.name,
            "environmentKnown": self.environment.known,
            "environmentChange": self.environment_change.map(EnvironmentChange::word),
            "accountTags": self.tags_value(),
            "time": both(&self.times.inside),
            "outsideTime": both(&self.times.outside),
            "burst": self.burst,
        }))
    }
}

/// Kinds of the tool's own resources that the event names, and its stack where what was seen before says so.
fn touched(
    event: &Event,
    own: &Own,
    known: &Known,
    handed: Option<&HandedOver>,
) -> Vec<&'static str> {
    let mut kinds = own.touched(event);
    let is_role = |handed: &&HandedOver| handed.kind == "role";
    let names = handed.filter(is_role).into_iter().flat_map(|handed| &handed.names);
    let bare = |name: &str| name.rsplit('/').next().is_some_and(|name| own.has_role(name));
    // Whoever changes the tool's function does not give its role to something else.
    let to_other = event.event_source() != Some("iam.amazonaws.com") && !own.is_function(event);
    if to_other && names.into_iter().any(|name| bare(name)) {
        kinds.push("role-handed");
    }
    if known.own_change_set && !kinds.contains(&"stack") {
        kinds.push("stack");
    }
    kinds
}

/// What is known beside the event when its facts are derived. Nothing of it is needed.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// The document of the managed policy that the event names.
    pub named: Prior,
    /// The document that was in force where the event puts or deletes one.
    pub replaced: Prior,
    /// What stood where the event writes.
    pub former: Prior,
    /// What those hold that the event hands over.
    pub handed: Option<Held>,
    /// Those that the owner guards, or that are ours, and bear what the event changes.
    pub bearers: Option<Bearers>,
    /// What those hold beside that the event gives a policy or a place in a group.
    pub beside: Vec<Beside>,
    /// The account of the event.
    pub account: Option<Account>,
    /// The account that the event tags or untags, before it.
    pub tagged: Option<Account>,
    /// Answers of change calendars at the event's own time, by their names: open or not.
    pub calendars: BTreeMap<String, bool>,
    /// Names that the user or group bore before that is acted upon.
    pub former_names: Vec<String>,
    /// Different changes by this principal within minutes, this one included.
    pub burst: Option<u32>,
    /// CloudFormation does it for whoever began to update the tool's own stack.
    pub own_stack: Option<OwnStack>,
    /// The change set that the event names by its ARN alone was made for the tool's own stack.
    pub own_change_set: bool,
    /// Nobody asks for tags of accounts: changing them changes nothing here.
    pub tags_do_not_count: bool,
}

impl Known {
    fn before(&self) -> Before<'_> {
        let Self { named, replaced, beside, .. } = self;
        Before { named, replaced, beside }
    }
}

/// What an event gives, and whom it lets in.
fn rights(event: &Event, site: &Site, known: &Known, handed: Option<&HandedOver>) -> Rights {
    let mut rights = rights::rights(event, site, &known.before(), handed);
    if rights.trust.is_none() && !is_read_only(event) {
        rights.trust = opened::opened(event, site);
    }
    rights
}

/// What a call is about that the catalogue does not know: what may wear a role.
fn at_work(event: &Event) -> Option<Entity> {
    let (kind, name) = prior::at_work(event)?;
    let account = event.account().map(str::to_owned);
    Some(Entity { kind: kind.to_owned(), name: Some(name), arn: None, account })
}

/// What an event acts upon.
pub fn acted_upon(event: &Event) -> Option<Entity> {
    let call = catalogue::find(event.event_source()?, event.name()?)?;
    entity(event, call, &Principal::of(event), outcome_of(event))
}

/// The user or group that an event acts upon.
pub fn renamable(event: &Event) -> Option<Entity> {
    let call = catalogue::find(event.event_source()?, event.name()?)?;
    let is_one =
        event.event_source() == Some("iam.amazonaws.com") && ["user", "group"].contains(&call.kind);
    is_one.then(|| acted_upon(event)).flatten()
}

/// The owner's list goes by names: who bore one of them is still meant.
fn guarded(entity: &Entity, site: &Site, former_names: &[String]) -> Option<Guarded> {
    let renamed =
        |name: &String| site.guarded(&Entity { name: Some(name.clone()), ..entity.clone() });
    site.guarded(entity).or_else(|| former_names.iter().find_map(renamed))
}

fn without_null(mut value: Value) -> Value {
    if let Value::Object(map) = &mut value {
        map.retain(|_, value| !value.is_null());
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(record: &str) -> Facts {
        Facts::of(
            &Event::parse(record).unwrap(),
            &Site::empty(),
            &Own::default(),
            &Known::default(),
        )
    }

    fn iam(name: &str, rest: &str) -> Facts {
        facts(&format!(
            r#"{{"eventSource":"iam.amazonaws.com","eventName":"{name}","recipientAccountId":"111122223333",
               "userIdentity":{{"type":"IAMUser","userName":"alice","accountId":"111122223333",
               "arn":"arn:aws:iam::111122223333:user/alice"}},{rest}}}"#
        ))
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
        let record = r#"{"eventSource":"iam.amazonaws.com","eventName":"CreateAccessKey","userIdentity":{"type":"Root"},
            "responseElements":{"accessKey":{"userName":"Root"}}}"#;
        assert_eq!(facts(record).entity.unwrap().kind, "root");
    }

    #[test]
    fn the_target_of_a_denied_call_is_read_from_the_message() {
        let denied = iam(
            "AttachRolePolicy",
            r#""errorCode":"AccessDenied","requestParameters":null,"errorMessage":"User: arn:aws:iam::111122223333:user/alice is not authorized to perform: iam:AttachRolePolicy on resource: role deploy because no identity-based policy allows it""#,
        );
        assert_eq!(denied.outcome, CallOutcome::Denied);
        let entity = denied.entity.unwrap();
        assert_eq!((entity.kind.as_str(), entity.name.as_deref()), ("role", Some("deploy")));
    }

    #[test]
    fn spellings_of_denied_and_failed() {
        for (code, want) in [
            ("AccessDenied", CallOutcome::Denied),
            ("Client.UnauthorizedOperation", CallOutcome::Denied),
            ("AccessDeniedException", CallOutcome::Denied),
            ("NoSuchEntityException", CallOutcome::Failure),
        ] {
            assert_eq!(
                iam("DeleteUser", &format!(r#""errorCode":"{code}""#)).outcome,
                want,
                "{code}"
            );
        }
        let sign_in =
            facts(r#"{"eventName":"ConsoleLogin","responseElements":{"ConsoleLogin":"Failure"}}"#);
        assert_eq!(sign_in.outcome, CallOutcome::Failure);
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
        assert_eq!(mfa.entity.unwrap().kind, "root");
    }
}
