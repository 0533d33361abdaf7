//! `derived`: what an event means, as rules see it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::context::Context;
use crate::event::PrincipalKind;
use crate::iam::arn::{Arn, AwsRole};
use crate::prior::Why;

impl Context {
    fn principal_value(&self) -> Value {
        let mut value = self.facts.principal.to_value();
        if let Value::Object(map) = &mut value {
            if let Some(session) = self.facts.own_session {
                map.insert("own".to_owned(), session.word().into());
            }
            if self.facts.deploys {
                map.insert("deploys".to_owned(), true.into());
            }
            // What a person set off through a stack is the person's, as far as it is a user's.
            let user = self.facts.principal.kind == PrincipalKind::IamUser
                || self.facts.principal.permission_set.is_some();
            if self.facts.principal.is_person() && (user || self.automation.is_none()) {
                map.insert("human".to_owned(), true.into());
            }
            if let Some(automation) = self.automation {
                map.insert("automation".to_owned(), automation.word().into());
            }
        }
        value
    }

    fn entity_value(&self) -> Option<Value> {
        let entity = self.facts.entity.as_ref()?;
        let role =
            entity.arn.as_deref().and_then(Arn::parse).and_then(|arn| match arn.aws_role()? {
                AwsRole::Linked(service) => Some(("linkedService", service.to_owned())),
                AwsRole::PermissionSet(name) => Some(("permissionSet", name.to_owned())),
            });
        let mut value = json!({
            "kind": entity.kind, "name": entity.name, "arn": entity.arn, "account": entity.account,
        });
        let guarded = self.guarded.map(|guarded| ("guarded", guarded.word().to_owned()));
        let exempt = self.exempt.map(|exempt| ("exempt", exempt.word().to_owned()));
        if let Value::Object(map) = &mut value {
            map.extend(
                role.into_iter()
                    .chain(guarded)
                    .chain(exempt)
                    .map(|(key, word)| (key.to_owned(), word.into())),
            );
        }
        Some(without_null(value))
    }

    fn handed_value(&self) -> Option<Value> {
        let handed = self.handed.as_ref()?;
        Some(without_null(json!({
            "kind": handed.kind,
            "name": handed.names,
            "grants": handed.grants.all,
            "unknown": handed.unknown.is_some(),
            "exempt": handed.exempt,
            "guarded": handed.guarded,
            "again": handed.again,
        })))
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
            "outcome": self.facts.outcome.word(),
            "readOnly": self.facts.read_only,
            "knownApi": self.facts.call.is_some(),
            "omitted": self.facts.omitted,
            "principal": self.principal_value(),
            "entity": self.entity_value(),
            "selfTarget": self.facts.self_target,
            "own": (!self.own.is_empty()).then_some(&self.own),
            "ownStack": self.own_stack,
            "effect": self.facts.call.map(|call| call.effect),
            "tampering": self.facts.tampering(),
            "grants": self.rights.grants.all,
            "grantsUnconditional": self.rights.grants.unconditional,
            "trust": self.rights.trust.as_ref().map(|trust| &trust.words),
            "trustExternal": self.rights.trust.as_ref().map(|trust| &trust.accounts),
            "denies": self.rights.denies.then_some(true),
            "silences": self.silences.then_some(true),
            "feeds": self.feeds.then_some(true),
            "tagDecides": (!self.tag_decides.is_empty()).then_some(&self.tag_decides),
            "documentUnreadable": self.rights.unreadable,
            "documentUnknown": self.rights.unknown.is_some(),
            "before": (self.former.why() != Some(Why::NotAsked)).then(|| self.former.before()),
            "handed": self.handed_value(),
            "policyArn": self.rights.policy_arn,
            "policyName": self.rights.policy_name,
            "environment": self.environment.name,
            "environmentKnown": self.environment.known,
            "environmentChange": self.environment_change,
            "accountTags": self.tags_value(),
            "time": both(&self.times.inside),
            "outsideTime": both(&self.times.outside),
            "burst": self.burst,
        }))
    }
}

fn without_null(mut value: Value) -> Value {
    if let Value::Object(map) = &mut value {
        map.retain(|_, value| !value.is_null());
    }
    value
}
