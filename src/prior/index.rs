//! Lists, so that registers can be found that nobody can name: what an identity was ever given, and from the other
//! side who bears a policy, who is in a group, and which roles of an account are administrators'.
//!
//! A list holds all that ever was; whether it is so still, the registers of each thing tell.

use super::{Address, Value, policy};
use crate::policy::{Grants, PolicyDocument, managed};

/// The thing of an identity under which the list of what it was given stands.
pub(super) const GIVEN: &str = "list";
/// The thing of a policy under which the list of who bears it stands, or is bounded by it.
pub(super) const BEARERS: &str = "bearers";
/// The thing of a group under which the list of its members stands.
pub(super) const MEMBERS: &str = "members";

/// The list of what makes administrators in an account: roles, and policies that roles may bear.
pub(super) fn administrators(account: &str) -> Address {
    Address::new(account, "account", "administrators")
}

/// Additions to the lists that go with writes: the one place that says what a list is of.
pub(super) fn listings(writes: &[(Address, Value)]) -> Vec<(Address, Value)> {
    let mut found = Vec::new();
    let listed = |list: Address, of: &str| (list, Value::Listed(of.to_owned()));
    for (address, value) in writes.iter().filter(|(_, value)| *value != Value::Absent) {
        if administers(address, value) {
            found.push(listed(administrators(&address.account), &address.entity));
        }
        if !is_identity(address) {
            continue;
        }
        // From its birth or a seed on a list is whole.
        let begun = address.is_life() && *value == Value::Present(String::new());
        if begun || is_holding(&address.thing) {
            found.push(listed(address.of(GIVEN), &address.thing));
        }
        if let Some(other) = other_side(address, value) {
            found.push(listed(other, &address.entity));
        }
    }
    found
}

pub(super) fn is_identity(address: &Address) -> bool {
    ["user ", "role ", "group "].iter().any(|kind| address.entity.starts_with(kind))
}

/// Is the thing a policy, or a place in a group?
pub(super) fn is_holding(thing: &str) -> bool {
    ["inline ", "attached ", "member "].iter().any(|kind| thing.starts_with(kind))
}

/// The list of the policy or group that an identity is given.
fn other_side(address: &Address, value: &Value) -> Option<Address> {
    let bearers = |arn: &str| policy(&address.account, arn).map(|policy| policy.of(BEARERS));
    match (address.thing.split_once(' '), value) {
        (Some(("attached", arn)), _) => bearers(arn),
        (Some(("member", group)), _) => {
            Some(Address::new(&address.account, format!("group {group}"), MEMBERS))
        }
        (None, Value::Present(arn)) if address.thing == "boundary" => bearers(arn),
        _ => None,
    }
}

/// Does it make an administrator of a role, or of the roles that may bear the policy?
fn administers(address: &Address, value: &Value) -> bool {
    let role = address.entity.starts_with("role ");
    match (address.thing.split_once(' '), value) {
        (Some(("inline", _)), Value::Present(text)) if role => is_mighty(text, &address.account),
        (Some(("version", _)), Value::Present(text)) => is_mighty(text, &address.account),
        (Some(("attached", arn)), _) if role => {
            managed(arn).is_some_and(|policy| policy.grants.administer())
        }
        _ => false,
    }
}

fn is_mighty(text: &str, account: &str) -> bool {
    let document = PolicyDocument::parse(text);
    document.is_some_and(|document| Grants::administer_by(&document, Some(account)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: &str = r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;

    /// The lists that a write of a thing joins, and as what.
    #[track_caller]
    fn check(entity: &str, thing: &str, value: &Value, want: &[&str]) {
        let write = (Address::new("111122223333", entity, thing), value.clone());
        let line = |(address, value): (Address, Value)| {
            let Value::Listed(what) = value else { panic!("{value:?}") };
            format!("{} {}: {what}", address.entity, address.thing)
        };
        let found: Vec<String> = listings(&[write]).into_iter().map(line).collect();
        assert_eq!(found, want, "{entity} {thing}");
    }

    #[test]
    fn what_is_given_is_listed_on_both_sides() {
        let there = Value::Present(String::new());
        let own = "attached arn:aws:iam::111122223333:policy/x/app";
        check(
            "user lee",
            own,
            &there,
            &[&format!("user lee list: {own}"), "policy app bearers: user lee"],
        );
        check(
            "user lee",
            "member crew",
            &there,
            &["user lee list: member crew", "group crew members: user lee"],
        );
        check("user lee", "member crew", &Value::Absent, &[]);
        check("role ops", "", &there, &["role ops list: "]);
        let bound = Value::of("arn:aws:iam::111122223333:policy/edge");
        check("role ops", "boundary", &bound, &["policy edge bearers: role ops"]);
        check("role ops", "trust", &Value::of("t"), &[]);
    }

    #[test]
    fn what_makes_administrators_of_roles_is_listed() {
        let listed = "account administrators: role ops";
        check("role ops", "inline x", &Value::of(ALL), &[listed, "role ops list: inline x"]);
        check("role ops", "inline x", &Value::of("{}"), &["role ops list: inline x"]);
        check("user lee", "inline x", &Value::of(ALL), &["user lee list: inline x"]);
        check("policy app", "version v2", &Value::of(ALL), &["account administrators: policy app"]);
        let of_aws = "attached arn:aws:iam::aws:policy/administratoraccess";
        let there = Value::Present(String::new());
        check("role ops", of_aws, &there, &[listed, &format!("role ops list: {of_aws}")]);
    }
}
