//! A seed: what an account has now, read whole, for the time before any event was seen.

use percent_encoding::percent_decode_str;

use super::address::{Address, Thing, fold, policy};
use super::index::listings;
use super::write::path_of;
use super::{Value, tags};
use crate::iam::arn::Arn;
use crate::iam::kind::EntityKind;

/// A user, role or group as `GetAccountAuthorizationDetails` lists it.
/// Source: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// User, role or group.
    pub kind: EntityKind,
    /// Its name.
    pub name: String,
    /// Its ARN, which holds the account.
    pub arn: String,
    /// Inline policies: name and document.
    pub inline: Vec<(String, String)>,
    /// ARNs of the managed policies attached to it.
    pub attached: Vec<String>,
    /// Names of the groups of a user.
    pub groups: Vec<String>,
    /// Names of the instance profiles that a role is in.
    pub profiles: Vec<String>,
    /// The trust policy of a role.
    pub trust: Option<String>,
    /// ARN of the permissions boundary.
    pub boundary: Option<String>,
}

/// A customer's managed policy, with all its versions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    /// Its ARN.
    pub arn: String,
    /// ID of the default version.
    pub default: String,
    /// Versions: ID and document.
    pub versions: Vec<(String, String)>,
}

impl Identity {
    /// An identity without anything.
    #[must_use]
    pub fn new(kind: EntityKind, name: String, arn: String) -> Self {
        Self {
            kind,
            name,
            arn,
            inline: Vec::new(),
            attached: Vec::new(),
            groups: Vec::new(),
            profiles: Vec::new(),
            trust: None,
            boundary: None,
        }
    }

    /// The writes for it.
    #[must_use]
    pub fn writes(&self) -> Vec<(Address, Value)> {
        let arn = Arn::parse(&self.arn);
        let Some(account) = arn.and_then(|arn| arn.account_id()) else { return Vec::new() };
        let life = Address::of_entity(account, self.kind, &self.name);
        let there = || Value::Present(String::new());
        let mut writes = vec![(life.clone(), there())];
        for (name, document) in &self.inline {
            writes.push((life.named(Thing::Inline, &fold(name)), decoded(document)));
        }
        for arn in &self.attached {
            writes.push((life.named(Thing::Attached, &fold(arn)), there()));
        }
        for group in &self.groups {
            writes.push((life.named(Thing::Member, &fold(group)), there()));
        }
        writes.extend(self.trust.iter().map(|document| (life.of(Thing::Trust), decoded(document))));
        let path = arn.and_then(|arn| arn.path_in_iam(EntityKind::Role));
        writes.extend(path.and_then(|path| path_of(&life, &path)));
        writes.extend(self.boundary.iter().map(|arn| (life.of(Thing::Boundary), Value::of(arn))));
        writes.extend([listings(&writes), tags::listings(&writes)].concat());
        for profile in &self.profiles {
            let profile = Address::of_entity(account, EntityKind::InstanceProfile, profile);
            writes.push((profile.of(Thing::Role), Value::of(&fold(&self.name))));
        }
        writes
    }
}

impl Policy {
    /// The writes for the policy. Empty for an AWS managed policy.
    #[must_use]
    pub fn writes(&self) -> Vec<(Address, Value)> {
        let account = Arn::parse(&self.arn).and_then(|arn| arn.account_id());
        let life = account.and_then(|account| policy(account, &self.arn));
        let Some(life) = life else { return Vec::new() };
        let mut writes = vec![
            (life.clone(), Value::Present(String::new())),
            (life.of(Thing::Default), Value::of(&fold(&self.default))),
        ];
        for (id, document) in &self.versions {
            writes.push((life.named(Thing::Version, &fold(id)), decoded(document)));
        }
        writes.extend([listings(&writes), tags::listings(&writes)].concat());
        writes
    }
}

/// Documents come URL-encoded.
fn decoded(document: &str) -> Value {
    let text = percent_decode_str(document).decode_utf8();
    text.map_or(Value::Unsaid, |text| Value::of(&text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(writes: Vec<(Address, Value)>) -> Vec<String> {
        let line = |(address, value): (Address, Value)| {
            let (entity, thing) = (address.entity(), address.thing_text());
            format!("{} {entity} {thing} {value:?}", address.account)
        };
        writes.into_iter().map(line).collect()
    }

    #[test]
    fn what_is_listed_is_written_where_events_write_it() {
        let role = Identity {
            inline: vec![("Stop".to_owned(), "%7B%22a%22%3A%20%22b+c%22%7D".to_owned())],
            attached: vec!["arn:aws:iam::aws:policy/ReadOnlyAccess".to_owned()],
            trust: Some("%7B%7D".to_owned()),
            profiles: vec!["Web".to_owned()],
            boundary: Some("arn:aws:iam::111122223333:policy/Edge".to_owned()),
            ..Identity::new(
                EntityKind::Role,
                "Ops".to_owned(),
                "arn:aws:iam::111122223333:role/x/Ops".to_owned(),
            )
        };
        assert_eq!(
            lines(role.writes()),
            [
                r#"111122223333 role ops  Present("")"#,
                r#"111122223333 role ops inline stop Present("{\"a\":\"b+c\"}")"#,
                r#"111122223333 role ops attached arn:aws:iam::aws:policy/readonlyaccess Present("")"#,
                r#"111122223333 role ops trust Present("{}")"#,
                r#"111122223333 role ops path Present("/x/")"#,
                r#"111122223333 role ops boundary Present("arn:aws:iam::111122223333:policy/Edge")"#,
                r#"111122223333 role ops list Listed("")"#,
                r#"111122223333 role ops list Listed("inline stop")"#,
                r#"111122223333 role ops list Listed("attached arn:aws:iam::aws:policy/readonlyaccess")"#,
                r#"111122223333 policy edge bearers Listed("role ops")"#,
                r#"111122223333 instance-profile web role Present("ops")"#,
            ]
        );
        let policy = Policy {
            arn: "arn:aws:iam::111122223333:policy/x/App".to_owned(),
            default: "v2".to_owned(),
            versions: vec![
                ("v1".to_owned(), "one".to_owned()),
                ("v2".to_owned(), "%FF".to_owned()),
            ],
        };
        assert_eq!(
            lines(policy.writes()),
            [
                r#"111122223333 policy app  Present("")"#,
                r#"111122223333 policy app default Present("v2")"#,
                r#"111122223333 policy app version v1 Present("one")"#,
                "111122223333 policy app version v2 Unsaid",
            ]
        );
        let of_aws = Policy { arn: "arn:aws:iam::aws:policy/P".to_owned(), ..Policy::default() };
        assert_eq!(of_aws.writes(), []);
    }
}
