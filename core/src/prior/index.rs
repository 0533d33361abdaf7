//! Lists, to find registers whose names are not known: what an identity was ever given; and the reverse: who bears a
//! policy, who is in a group, and which roles of an account are administrators'.
//!
//! A list holds everything that ever was; the registers of each thing say whether it is still so.

use std::collections::BTreeSet;

use super::Value;
use super::address::{Address, Thing, policy};
use crate::iam::arn::Arn;
use crate::iam::catalogue;
use crate::iam::kind::EntityKind;
use crate::iam::policy::{Grants, PolicyDocument, managed};

/// Most roles that a trust names for which each role gets a list entry. With more the account does.
const TRUSTED_MAX: usize = 12;

/// The list of the roles of an account whose trust lets in many others, or names that are like patterns.
pub(super) fn trusting(account: &str) -> Address {
    Address::of_account(account, Thing::Trusting)
}

/// In place of a service: any.
pub(super) const ANY_SERVICE: &str = "any";

/// The list of the roles of an account that trust a service, as `ec2`, to let its things wear them.
pub(super) fn worn_by(account: &str, service: &str) -> Address {
    Address::kept(account, "account").named(Thing::WornBy, service)
}

/// The list of all accounts that have any of these.
pub(super) fn accounts() -> Address {
    Address::kept("", "accounts").of(Thing::Administrators)
}

/// Additions to the lists that go with writes. Only this function defines the content of lists.
pub(super) fn listings(writes: &[(Address, Value)]) -> Vec<(Address, Value)> {
    let mut found = Vec::new();
    for (address, value) in writes.iter().filter(|(_, value)| *value != Value::Absent) {
        let powers = powers(address, value);
        for power in &powers {
            found.push(listed(power.list(&address.account), address.entity()));
        }
        if !powers.is_empty() {
            found.push(listed(accounts(), &address.account));
        }
        let of_identity = address.is_of_identity();
        if !of_identity && !address.is(EntityKind::PermissionSet) {
            continue;
        }
        // A list is complete from its birth or a seed on.
        let begun = address.is_life() && *value == Value::Present(String::new());
        if begun || address.is_holding() {
            found.push(listed(address.of(Thing::List), address.thing_text()));
        }
        // The other lists are of who has what within an account.
        if !of_identity {
            continue;
        }
        found.extend(trusts(address, value));
        if let Some(other) = other_side(address, value) {
            found.push(listed(other, address.entity()));
        }
    }
    found
}

/// The document that a write puts there, of an identity, a policy or an organization.
pub(super) fn document_in<'v>(address: &Address, value: &'v Value) -> Option<&'v str> {
    let Value::Present(text) = value else { return None };
    let (thing, _) = address.thing()?;
    let is_document =
        matches!(thing, Thing::Inline | Thing::Version | Thing::Trust | Thing::Content);
    (is_document && !address.is(EntityKind::PermissionSet)).then_some(text.as_str())
}

/// An addition to a list.
pub(super) fn listed(list: Address, of: &str) -> (Address, Value) {
    (list, Value::Listed(of.to_owned()))
}

/// The group of this name, in the account of its member.
pub(super) fn group_of(member: &Address, name: &str) -> Address {
    Address::of_entity(&member.account, EntityKind::Group, name)
}

/// The list of the policy or group that an identity is given.
fn other_side(address: &Address, value: &Value) -> Option<Address> {
    let bearers = |arn: &str| policy(&address.account, arn).map(|policy| policy.of(Thing::Bearers));
    match (address.thing()?, value) {
        ((Thing::Attached, arn), _) => bearers(arn),
        ((Thing::Member, group), _) => Some(group_of(address, group).of(Thing::Members)),
        ((Thing::Boundary, _), Value::Present(arn)) => bearers(arn),
        _ => None,
    }
}

/// Additions to the lists of those whom a trust names. They may wear another role, like those whose policies say so.
fn trusts(address: &Address, value: &Value) -> Vec<(Address, Value)> {
    let Value::Present(text) = value else { return Vec::new() };
    let Some((Thing::Trust, _)) = address.thing() else { return Vec::new() };
    let account = &address.account;
    let Some(document) = PolicyDocument::parse(text) else { return Vec::new() };
    let (roles, like) = (document.roles_trusted(account), document.roles_trusted_like(account));
    let too_many = roles.len() > TRUSTED_MAX;
    let mut found = Vec::new();
    for name in roles.iter().filter(|_| !too_many) {
        let role = Address::of_entity(account, EntityKind::Role, name);
        found.push(listed(role.of(Thing::TrustedBy), address.entity()));
        found.push(listed(Those::Wear.list(account), role.entity()));
    }
    if !found.is_empty() {
        found.push(listed(accounts(), account));
    }
    if too_many || !like.is_empty() {
        found.push(listed(trusting(account), address.entity()));
    }
    // Services without things that keep a role are left out.
    let services: BTreeSet<&str> =
        document.worn_by().into_iter().flat_map(catalogue::wearing_services).collect();
    // One that lets in many lets in any.
    let worn = if services.len() > TRUSTED_MAX { BTreeSet::from([ANY_SERVICE]) } else { services };
    found.extend(worn.into_iter().map(|one| listed(worn_by(account, one), address.entity())));
    found
}

/// The powers that a write gives a role, or the roles that may bear the policy.
fn powers(address: &Address, value: &Value) -> Vec<Those> {
    let role = address.is(EntityKind::Role);
    match (address.thing(), value) {
        (Some((Thing::Inline, _)), Value::Present(text)) if role => of_text(text, &address.account),
        (Some((Thing::Version, _)), Value::Present(text)) => of_text(text, &address.account),
        (Some((Thing::Attached, arn)), _) if role => {
            let administers = managed(arn).is_some_and(|policy| policy.grants.administer());
            let host = is_host_policy(arn).then_some(Those::Host);
            administers.then_some(Those::Administrate).into_iter().chain(host).collect()
        }
        _ => Vec::new(),
    }
}

fn of_text(text: &str, account: &str) -> Vec<Those> {
    let Some(document) = PolicyDocument::parse(text) else { return Vec::new() };
    if Grants::administer_by(&document, Some(account)) {
        return vec![Those::Administrate];
    }
    let wears = document.about_roles(false).next().is_some().then_some(Those::Wear);
    let passes = document.hands_on().then_some(Those::Pass);
    let host = document.registers_hosts().then_some(Those::Host);
    wears.into_iter().chain(passes).chain(host).collect()
}

/// Is the policy of AWS the one that machines bear on which ECS or EKS runs containers?
/// Sources: <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/instance_IAM_role.html> and
/// <https://docs.aws.amazon.com/eks/latest/userguide/create-node-role.html>
pub(super) fn is_host_policy(arn: &str) -> bool {
    const NAMES: [&str; 4] = [
        "amazonec2containerserviceforec2role",
        "amazonecsinstancerolepolicyformanagedinstances",
        "amazoneksworkernodeminimalpolicy",
        "amazoneksworkernodepolicy",
    ];
    let of_aws = Arn::parse(arn).filter(|arn| arn.account == "aws");
    let name = of_aws.map(|arn| arn.name());
    name.is_some_and(|name| NAMES.iter().any(|one| name.eq_ignore_ascii_case(one)))
}

/// Which roles are looked for, by their use to an attacker. A register of the account lists every role that was ever
/// one of them, and the policies that make a role one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Those {
    /// Roles that were ever an administrator's.
    Administrate,
    /// Roles that may wear others, whose rights at that time are unknown.
    Wear,
    /// Roles that may hand others to services.
    Pass,
    /// Roles of machines on which containers run, each container with its own role.
    Host,
}

impl Those {
    /// The list for an account.
    pub(super) fn list(self, account: &str) -> Address {
        let thing = match self {
            Self::Administrate => Thing::Administrators,
            Self::Wear => Thing::Wearers,
            Self::Pass => Thing::Passers,
            Self::Host => Thing::Hosts,
        };
        Address::of_account(account, thing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: &str = r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;

    /// The lists that a write of a thing joins, and as what.
    #[track_caller]
    fn check(entity: &str, thing: &str, value: &Value, want: &[&str]) {
        let write = (Address::kept("111122223333", entity).of_kept(thing), value.clone());
        let line = |(address, value): (Address, Value)| {
            let Value::Listed(what) = value else { panic!("{value:?}") };
            format!("{} {}: {what}", address.entity(), address.thing_text())
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
        let account = "accounts administrators: 111122223333";
        check(
            "role ops",
            "inline x",
            &Value::of(ALL),
            &[listed, account, "role ops list: inline x"],
        );
        check("role ops", "inline x", &Value::of("{}"), &["role ops list: inline x"]);
        check("user lee", "inline x", &Value::of(ALL), &["user lee list: inline x"]);
        check(
            "policy app",
            "version v2",
            &Value::of(ALL),
            &["account administrators: policy app", account],
        );
        let of_aws = "attached arn:aws:iam::aws:policy/administratoraccess";
        let there = Value::Present(String::new());
        check("role ops", of_aws, &there, &[listed, account, &format!("role ops list: {of_aws}")]);
        let wears = r#"{"Statement":{"Effect":"Allow","Action":"sts:*","Resource":"arn:aws:iam::1:role/x"}}"#;
        let listed = "account wearers: policy app";
        check("policy app", "version v2", &Value::of(wears), &[listed, account]);
        let passes = wears.replace("sts:*", "iam:Pass*");
        let listed = "account passers: policy app";
        check("policy app", "version v2", &Value::of(&passes), &[listed, account]);
    }
}
