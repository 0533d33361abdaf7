//! Condition keys that AWS fills in about a caller, and whom a value of them names.
//!
//! A key counts only if a stranger cannot choose its value. Strangers choose tags, names of users,
//! roles and sessions, and addresses within their own network, so those are in no list here.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::Home;
use crate::iam::account;
use crate::iam::arn::ArnPattern;
use crate::iam::policy::Condition;
use crate::iam::policy::operator::{Comparison, Operator};

/// The kind of a key's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ValueKind {
    Organization,
    Account,
    Arn,
    UniqueId,
    ExternalId,
    Address,
    Network,
}

/// A key that binds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) value: ValueKind,
    /// It says on whose behalf a service calls.
    pub(super) of_service: bool,
    /// It says from which network a call comes, for any caller.
    pub(super) of_network: bool,
    /// Every request that an AWS identity makes bears it.
    pub(super) always: bool,
}

/// Whom one value names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NamedCaller<'v> {
    /// A stranger can match.
    Anybody,
    /// The own organization alone.
    Organization,
    /// Identities or resources of this account.
    Account(&'v str),
    /// Somebody whom no stranger can become, but whose account is unknown.
    Somebody,
}

const fn key(value: ValueKind) -> Key {
    Key { value, of_service: false, of_network: false, always: false }
}

const fn of_service(value: ValueKind) -> Key {
    Key { of_service: true, ..key(value) }
}

const fn of_network(value: ValueKind) -> Key {
    Key { of_network: true, ..key(value) }
}

const fn always(value: ValueKind) -> Key {
    Key { always: true, ..key(value) }
}

impl Key {
    /// The key that a condition tests. `None` if it does not bind. No such key has a part after `/`.
    pub(super) fn of(condition: &Condition) -> Option<Self> {
        Some(match condition.key.to_lowercase().as_str() {
            "aws:principalorgid" | "aws:principalorgpaths" => key(ValueKind::Organization),
            "aws:principalaccount" | "kms:calleraccount" => always(ValueKind::Account),
            "aws:principalarn" => always(ValueKind::Arn),
            "aws:userid" => always(ValueKind::UniqueId),
            "sts:externalid" => key(ValueKind::ExternalId),
            // Absent if the call comes by a VPC endpoint.
            "aws:sourceip" => of_network(ValueKind::Address),
            "aws:sourcevpc" | "aws:sourcevpce" | "aws:ec2instancesourcevpc" => {
                of_network(ValueKind::Network)
            }
            "aws:sourcevpcarn" => of_network(ValueKind::Arn),
            "aws:vpceaccount" => of_network(ValueKind::Account),
            "aws:vpceorgid" | "aws:vpceorgpaths" => of_network(ValueKind::Organization),
            // A topic's own policy names its owner so, and a bucket's policy the account that lets in by access
            // points.
            "aws:sourceowner" | "s3:dataaccesspointaccount" => key(ValueKind::Account),
            "s3:dataaccesspointarn" => key(ValueKind::Arn),
            "aws:sourceaccount" => of_service(ValueKind::Account),
            "aws:sourcearn" => of_service(ValueKind::Arn),
            "aws:sourceorgid" | "aws:sourceorgpaths" => of_service(ValueKind::Organization),
            _ => return None,
        })
    }

    /// Whom a value of this key names, by this operator.
    pub(super) fn named<'v>(
        self,
        operator: Operator,
        value: &'v str,
        home: &Home<'v>,
    ) -> NamedCaller<'v> {
        let fits = match self.value {
            ValueKind::Address => operator.comparison == Comparison::Address,
            ValueKind::Arn => {
                matches!(
                    operator.comparison,
                    Comparison::Equals | Comparison::Like | Comparison::Arn
                )
            }
            _ => matches!(operator.comparison, Comparison::Equals | Comparison::Like),
        };
        if !fits {
            return NamedCaller::Anybody;
        }
        match self.among_its_values(operator, value, home) {
            // Strangers may call from a network of ours, with credentials of their own.
            NamedCaller::Organization | NamedCaller::Account(_) if self.of_network => {
                NamedCaller::Somebody
            }
            named => named,
        }
    }

    fn among_its_values<'v>(
        self,
        operator: Operator,
        value: &'v str,
        home: &Home<'v>,
    ) -> NamedCaller<'v> {
        let (literal, whole) = literal(value, operator.has_wildcards());
        match self.value {
            ValueKind::Organization => organization(value, literal, whole, home),
            ValueKind::Account if value.eq_ignore_ascii_case("${aws:ResourceAccount}") => {
                home.account.map_or(NamedCaller::Somebody, NamedCaller::Account)
            }
            ValueKind::Account if whole && account::is_id(literal) => NamedCaller::Account(literal),
            ValueKind::Arn => arn(value, operator.comparison, self.of_service),
            ValueKind::UniqueId => unique_id(literal, whole),
            ValueKind::ExternalId | ValueKind::Network if whole && !literal.is_empty() => {
                NamedCaller::Somebody
            }
            ValueKind::Address if public_addresses(value).is_some() => NamedCaller::Somebody,
            _ => NamedCaller::Anybody,
        }
    }
}

/// The text before the first wildcard or policy variable, and whether that is all. The caller chooses the value of a
/// variable; `${*}` and the like are letters, but nobody needs them here.
pub(super) fn literal(value: &str, wildcards: bool) -> (&str, bool) {
    let variable = value.find("${");
    let wildcard = if wildcards { value.find(['*', '?']) } else { None };
    match variable.into_iter().chain(wildcard).min() {
        Some(end) => (value.get(..end).unwrap_or_default(), false),
        None => (value, true),
    }
}

/// An ID counts where it is whole, or a path goes on behind it: IDs are of several lengths, so before a wildcard that of
/// somebody else may begin so.
fn organization<'v>(value: &str, literal: &str, whole: bool, home: &Home<'_>) -> NamedCaller<'v> {
    let variable = value.get(.."${aws:ResourceOrgID}".len()).unwrap_or_default();
    if variable.eq_ignore_ascii_case("${aws:ResourceOrgID}") {
        let rest = value.get(variable.len()..).unwrap_or_default();
        let ends = rest.is_empty() || rest.starts_with('/');
        return if ends { NamedCaller::Organization } else { NamedCaller::Anybody };
    }
    // A path begins with the organization: o-ID/r-ID/ou-ID/.
    let (id, complete) = literal.split_once('/').map_or((literal, whole), |(id, _)| (id, true));
    let is_id = id.starts_with("o-") && id.len() > 2;
    match home.organization {
        _ if !is_id || !complete => NamedCaller::Anybody,
        Some(own) if own == id => NamedCaller::Organization,
        // The own organization is known: this one belongs to somebody else.
        Some(_) => NamedCaller::Anybody,
        None => NamedCaller::Somebody,
    }
}

/// Names by the account of an ARN. A star of `StringLike` runs over colons, and a path may hold some, so nothing
/// before the account's end may be a wildcard there.
fn arn(value: &str, comparison: Comparison, of_service: bool) -> NamedCaller<'_> {
    let (literal, whole) = match comparison {
        Comparison::Arn => literal(value, false),
        other => literal(value, other == Comparison::Like),
    };
    if of_service && comparison == Comparison::Arn && is_bucket(value) {
        return NamedCaller::Somebody;
    }
    let pattern = ArnPattern::split(literal);
    match (pattern.account().filter(|_| pattern.is_arn()), pattern.resource()) {
        (Some(account), _) if account::is_id(account) => NamedCaller::Account(account),
        // Buckets bear no account, but their names are unique.
        (Some(""), Some(resource))
            if of_service && whole && !resource.is_empty() && !resource.contains(['*', '?']) =>
        {
            NamedCaller::Somebody
        }
        _ => NamedCaller::Anybody,
    }
}

/// The name is enough for a bucket, with anything before it: `arn:aws:s3:*:*:catalog`, where each part is matched by
/// itself.
fn is_bucket(value: &str) -> bool {
    let pattern = ArnPattern::split(value);
    let is_name = |name: &str| !name.is_empty() && !name.contains(['*', '?', '$', '/', ':']);
    pattern.service() == Some("s3") && pattern.resource().is_some_and(is_name)
}

/// Unique IDs have 16 letters at least.
const UNIQUE_ID_CHARS_MIN: usize = 16;

/// `aws:userid` is the unique ID. For a role the session's name follows, which its caller chooses; for the root user
/// it is the account.
fn unique_id(literal: &str, whole: bool) -> NamedCaller<'_> {
    let (id, complete) = literal.split_once(':').map_or((literal, whole), |(id, _)| (id, true));
    let is_unique = id.len() >= UNIQUE_ID_CHARS_MIN
        && id.starts_with('A')
        && id.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    match complete {
        true if account::is_id(id) => NamedCaller::Account(id),
        true if is_unique => NamedCaller::Somebody,
        _ => NamedCaller::Anybody,
    }
}

/// Widest blocks that can belong to one owner. In larger ones anybody can rent an address: clouds announce theirs so.
const NETWORK_V4_BITS_MIN: u8 = 16;
const NETWORK_V6_BITS_MIN: u8 = 32;
/// Most that one owner has: four of the widest blocks.
const ADDRESSES_MAX: u64 = 4 << (32 - NETWORK_V4_BITS_MIN);

/// Are the blocks public, and together few enough for one owner?
pub(super) fn are_one_owners(blocks: &[String]) -> bool {
    let sizes: Option<Vec<u64>> = blocks.iter().map(|block| public_addresses(block)).collect();
    sizes.is_some_and(|sizes| sizes.iter().sum::<u64>() <= ADDRESSES_MAX)
}

/// Addresses of a public block that one owner can have, in IPv6 of its sites. Private addresses are
/// in everybody's network, so they name nobody.
fn public_addresses(block: &str) -> Option<u64> {
    let (address, bits) =
        block.split_once('/').map_or((block, None), |(address, bits)| (address, Some(bits)));
    let address = address.parse::<IpAddr>().ok()?;
    let all = if address.is_ipv4() { 32 } else { 128 };
    let bits = bits.map_or(Some(all), |bits| bits.parse().ok())?;
    let of_v4 = |address: Ipv4Addr, bits: u8| {
        let fine = (NETWORK_V4_BITS_MIN..=32).contains(&bits) && is_public_v4(address);
        fine.then(|| 1 << (32 - bits))
    };
    match address {
        IpAddr::V4(address) => of_v4(address, bits),
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(mapped) => of_v4(mapped, bits.checked_sub(96)?),
            None => {
                let fine = (NETWORK_V6_BITS_MIN..=128).contains(&bits) && is_public_v6(address);
                fine.then(|| 1 << 48_u8.saturating_sub(bits))
            }
        },
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    // 100.64.0.0/10 is shared by providers and their customers.
    let shared = matches!(address.octets(), [100, second, _, _] if second & 0xc0 == 0x40);
    let unusable = address.is_unspecified() || address.is_multicast() || address.octets()[0] == 0;
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || shared
        || unusable)
}

/// 2000::/3 is all that is given out.
fn is_public_v6(address: Ipv6Addr) -> bool {
    address.segments()[0] & 0xe000 == 0x2000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_of_addresses_that_one_owner_can_have() {
        for (blocks, want) in [
            (vec!["198.51.100.7"], true),
            (vec!["198.51.100.0/24", "203.0.113.0/24"], true),
            (vec!["8.8.0.0/16"], true),
            (vec!["8.0.0.0/15"], false),
            (vec!["8.1.0.0/16", "8.2.0.0/16", "8.3.0.0/16", "8.4.0.0/16", "8.5.0.0/16"], false),
            (vec!["198.51.100.0/24", "10.1.2.0/24"], false),
            (vec!["172.20.0.0/16"], false),
            (vec!["100.64.1.0/24"], false),
            (vec!["127.0.0.1/32"], false),
            (vec!["2001:db8::/32"], true),
            (vec!["2600::/12"], false),
            (vec!["fd00::/48"], false),
            (vec!["::/0"], false),
            (vec!["::ffff:0:0/96"], false),
            (vec!["::ffff:198.51.100.0/120"], true),
            (vec!["198.51.100.0/40"], false),
            (vec!["everywhere"], false),
            (vec![""], false),
        ] {
            let owned: Vec<String> = blocks.iter().map(|block| (*block).to_owned()).collect();
            assert_eq!(are_one_owners(&owned), want, "{blocks:?}");
        }
    }

    #[test]
    fn an_arn_is_whose_its_account_is() {
        for (value, comparison, want) in [
            ("arn:aws:iam::111122223333:role/x", Comparison::Equals, true),
            ("arn:aws:iam::111122223333:*", Comparison::Like, true),
            ("arn:aws:iam::111122223333*", Comparison::Like, true),
            ("arn:aws:iam::1111*:role/x", Comparison::Like, false),
            ("arn:*:iam::111122223333:role/x", Comparison::Arn, true),
            // A role's path may have a colon.
            ("arn:*:iam::111122223333:role/x", Comparison::Like, false),
            ("arn:aws:iam::*:role/x", Comparison::Arn, false),
            ("*", Comparison::Arn, false),
            ("", Comparison::Equals, false),
        ] {
            let named =
                matches!(arn(value, comparison, false), NamedCaller::Account("111122223333"));
            assert_eq!(named, want, "{value} {comparison:?}");
        }
        assert_eq!(arn("arn:aws:s3:::catalog", Comparison::Like, true), NamedCaller::Somebody);
        assert_eq!(arn("arn:aws:s3:::catalog*", Comparison::Like, true), NamedCaller::Anybody);
        assert_eq!(arn("arn:aws:s3:::*", Comparison::Arn, true), NamedCaller::Anybody);
    }
}
