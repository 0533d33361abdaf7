//! `derived`: what an event means, as rules see it.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::context::Context;
use crate::iam::arn::{Arn, AwsRole};
use crate::prior::Why;
use crate::text::object::first_step;
use crate::vocabulary::Path;

/// Facts of most events, and those below one name: room that is made at once.
const ALL: usize = 28;
const GROUP: usize = 14;

impl Context {
    fn of_principal(&self) -> [(Path, Value); 19] {
        let principal = &self.facts.principal;
        // What a person set off through a stack is the person's, as far as it is a user's.
        let human = principal.is_person() && (principal.is_user() || self.automation.is_none());
        [
            (Path::Principal, json!({})),
            (Path::PrincipalType, json!(principal.acts_as_word())),
            (Path::PrincipalArn, json!(principal.arn)),
            (Path::PrincipalRoleArn, json!(principal.role_arn)),
            (Path::PrincipalName, json!(principal.name)),
            (Path::PrincipalSessionName, json!(principal.session_name)),
            (Path::PrincipalSourceIdentity, json!(principal.source_identity)),
            (Path::PrincipalPerson, json!(principal.person())),
            (Path::PrincipalAccount, json!(principal.account)),
            (Path::PrincipalAccessKeyId, json!(principal.access_key_id)),
            (Path::PrincipalMfa, json!(principal.mfa)),
            (Path::PrincipalViaService, json!(principal.serving())),
            (Path::PrincipalExternal, json!(principal.external)),
            (Path::PrincipalLinkedService, json!(principal.linked_service)),
            (Path::PrincipalPermissionSet, json!(principal.permission_set)),
            (Path::PrincipalOwn, json!(self.facts.own_session)),
            (Path::PrincipalDeploys, json!(self.facts.deploys.then_some(true))),
            (Path::PrincipalHuman, json!(human.then_some(true))),
            (Path::PrincipalAutomation, json!(self.automation)),
        ]
    }

    fn of_entity(&self) -> Option<[(Path, Value); 9]> {
        let entity = self.facts.entity.as_ref()?;
        let role = entity.arn.as_deref().and_then(Arn::parse).and_then(|arn| arn.aws_role());
        let (service, set) = match role {
            Some(AwsRole::Linked(service)) => (Some(service), None),
            Some(AwsRole::PermissionSet(set)) => (None, Some(set)),
            None => (None, None),
        };
        Some([
            (Path::Entity, json!({})),
            (Path::EntityKind, json!(entity.kind)),
            (Path::EntityName, json!(entity.name)),
            (Path::EntityArn, json!(entity.arn)),
            (Path::EntityAccount, json!(entity.account)),
            (Path::EntityLinkedService, json!(service)),
            (Path::EntityPermissionSet, json!(set)),
            (Path::EntityGuarded, json!(self.guarded)),
            (Path::EntityExempt, json!(self.exempt)),
        ])
    }

    fn of_handed(&self) -> Option<[(Path, Value); 7]> {
        let handed = self.handed.as_ref()?;
        Some([
            (Path::HandedKind, json!(handed.kind)),
            (Path::HandedName, json!(handed.names)),
            (Path::HandedGrants, json!(handed.grants.all)),
            (Path::HandedUnknown, json!(handed.unknown.is_some())),
            (Path::HandedExempt, json!(handed.exempt)),
            (Path::HandedGuarded, json!(handed.guarded)),
            (Path::HandedAgain, json!(handed.again)),
        ])
    }

    fn of_rights(&self) -> [(Path, Value); 14] {
        let (rights, trust) = (&self.rights, self.rights.trust.as_ref());
        let decides = (!self.tag_decides.is_empty()).then_some(&self.tag_decides);
        let asked = self.former.why() != Some(Why::NotAsked);
        [
            (Path::Grants, json!(rights.grants.all)),
            (Path::GrantsUnconditional, json!(rights.grants.unconditional)),
            (Path::Trust, json!(trust.map(|trust| &trust.words))),
            (Path::TrustExternal, json!(trust.map(|trust| &trust.accounts))),
            (Path::Denies, json!(rights.denies.then_some(true))),
            (Path::DeniesOnly, json!(self.only_contains().then_some(true))),
            (Path::HoldsLittle, json!(self.holds_little.then_some(true))),
            (Path::Silences, json!(self.silences.then_some(true))),
            (Path::Limits, json!(self.limit.map(|change| change.limits))),
            (Path::Feeds, json!(self.feeds.then_some(true))),
            (Path::TagDecides, json!(decides)),
            (Path::DocumentUnreadable, json!(rights.unreadable)),
            (Path::DocumentUnknown, json!(rights.unknown.is_some())),
            (Path::Before, json!(asked.then(|| self.former.before()))),
        ]
    }

    /// Tags by their keys in lower case. Keys that differ in case only are different tags to AWS:
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
        let (facts, mut derived) = (&self.facts, Map::with_capacity(ALL));
        let own = (!self.own.is_empty()).then_some(&self.own);
        // A calendar whose state is unknown is on both lists: a rule that asks for either fires.
        let both = |known: &Vec<String>| [known.as_slice(), self.times.unknown.as_slice()].concat();
        put(
            &mut derived,
            [
                (Path::Outcome, json!(facts.outcome)),
                (Path::ReadOnly, json!(facts.read_only)),
                (Path::KnownApi, json!(facts.known_api)),
                (Path::Omitted, json!(facts.omitted)),
            ],
        );
        put(&mut derived, self.of_principal());
        put(&mut derived, self.of_entity().into_iter().flatten());
        put(
            &mut derived,
            [
                (Path::SelfTarget, json!(facts.self_target)),
                (Path::SelfBears, json!(self.self_bears.then_some(true))),
                (Path::Own, json!(own)),
                (Path::OwnStack, json!(self.own_stack)),
                (Path::Effect, json!(facts.effect())),
                (Path::Tampering, json!(facts.tampering())),
                (Path::Strengthens, json!(facts.strengthens.then_some(true))),
            ],
        );
        put(&mut derived, self.of_rights());
        put(&mut derived, self.of_handed().into_iter().flatten());
        put(
            &mut derived,
            [
                (Path::PolicyArn, json!(self.rights.policy_arn)),
                (Path::PolicyName, json!(self.rights.policy_name)),
                (Path::Environment, json!(self.environment.name)),
                (Path::EnvironmentKnown, json!(self.environment.known)),
                (Path::EnvironmentChange, json!(self.environment_change)),
                (Path::AccountTags, json!(self.tags_value())),
                (Path::Time, json!(both(&self.times.inside))),
                (Path::OutsideTime, json!(both(&self.times.outside))),
                (Path::Burst, json!(self.burst)),
            ],
        );
        Value::Object(derived)
    }
}

/// Puts each fact that there is where the table says. Those below one name follow one another.
fn put(derived: &mut Map<String, Value>, facts: impl IntoIterator<Item = (Path, Value)>) {
    let mut group = None;
    for (path, value) in facts.into_iter().filter(|(_, value)| !value.is_null()) {
        let (of, Some(name)) = first_step(path.name()) else {
            derived.insert(path.name().to_owned(), value);
            continue;
        };
        let (_, below) = match group.take() {
            Some((known, below)) if known == of => group.insert((of, below)),
            other => {
                put_below(derived, other);
                group.insert((of, Map::with_capacity(GROUP)))
            }
        };
        below.insert(name.to_owned(), value);
    }
    put_below(derived, group);
}

fn put_below(derived: &mut Map<String, Value>, group: Option<(&str, Map<String, Value>)>) {
    let Some((of, mut group)) = group else { return };
    match derived.get_mut(of) {
        Some(Value::Object(below)) if below.is_empty() => *below = group,
        Some(Value::Object(below)) => below.append(&mut group),
        _ => _ = derived.insert(of.to_owned(), Value::Object(group)),
    }
}
