//! Of Identity Center and its identity store: ARNs, IDs and whom an assignment is for.
//!
//! Source: the models `sso-admin` and `identitystore` of botocore.

use super::form::{Place, arn, below, is_name_char, is_of, is_small_hex, is_uuid, is_uuid_of};
use super::value::{choices, texts};
use crate::plan::guard::Guard;

/// Characters of the IDs of instances and permission sets behind their prefix.
const ID_CHARS: usize = 16;
/// Hexadecimal digits of the IDs of directories behind `d-`, and of what may stand before a UUID.
const HEX_CHARS: usize = 10;

texts! {
    /// ARN of an instance of Identity Center.
    /// Source: `InstanceArn`
    IdentityCenterArn: is_instance, UnsafeValue;
    /// ARN of a permission set.
    /// Source: `PermissionSetArn`
    PermissionSetArn: is_permission_set, UnsafeValue;
    /// ARN of a trusted token issuer.
    /// Source: `TrustedTokenIssuerArn`
    TrustedTokenIssuerArn: is_token_issuer, UnsafeValue;
    /// ARN of one of AWS's own managed policies. A permission set takes no others by their ARNs.
    /// Source: `ManagedPolicyArn`
    AwsPolicyArn: is_aws_policy, UnsafeValue;
    /// Identity Center's ID of a person or a group who is assigned.
    /// Source: `PrincipalId`
    AssigneeId: is_id, UnsafeValue;
    /// ID of an identity store, or its ARN.
    /// Source: `IdentityStoreId`
    IdentityStoreId: is_store, UnsafeValue;
    /// Identity Center's ID of a group, or its ARN.
    /// Source: `ResourceId`
    GroupId: |text| is_id_or_arn(text, "group"), UnsafeValue;
    /// Identity Center's ID of a person, or its ARN.
    /// Source: `ResourceId`
    UserId: |text| is_id_or_arn(text, "user"), UnsafeValue;
    /// Identity Center's ID of a membership, or its ARN.
    /// Source: `ResourceId`
    MembershipId: |text| is_id_or_arn(text, "membership"), UnsafeValue;
}

choices! {
    /// Where an assignment gives rights.
    /// Source: `TargetType`
    AssignmentTarget {
        /// In an account.
        Account = "AWS_ACCOUNT",
    }
    /// Whom an assignment is for.
    /// Source: `PrincipalType`
    AssigneeKind {
        /// A person.
        User = "USER",
        /// A group.
        Group = "GROUP",
    }
}

fn is_instance(text: &str) -> bool {
    below(text, ("sso", Place::Nowhere), "instance").is_some_and(is_instance_id)
}

/// `ssoins-` or `ins-`, and 16 characters.
fn is_instance_id(id: &str) -> bool {
    let rest = id.strip_prefix("sso").unwrap_or(id).strip_prefix("ins-");
    rest.is_some_and(|rest| is_of(rest, ID_CHARS..=ID_CHARS, |c| is_name_char(c) && c != '_'))
}

fn is_permission_set(text: &str) -> bool {
    let ids = below(text, ("sso", Place::Nowhere), "permissionSet");
    let Some((instance, set)) = ids.and_then(|ids| ids.split_once('/')) else { return false };
    let good = |c| (is_name_char(c) && c != '_') || c == '/';
    let rest = set.strip_prefix("ps-");
    is_instance_id(instance) && rest.is_some_and(|rest| is_of(rest, ID_CHARS..=ID_CHARS, good))
}

fn is_token_issuer(text: &str) -> bool {
    let ids = below(text, ("sso", Place::Account), "trustedTokenIssuer");
    let Some((instance, issuer)) = ids.and_then(|ids| ids.split_once('/')) else { return false };
    let uuid = issuer.strip_prefix("tti-");
    is_instance_id(instance) && uuid.is_some_and(|uuid| is_uuid_of(uuid, is_small_hex))
}

fn is_aws_policy(text: &str) -> bool {
    let Some(name) = below(text, ("iam", Place::Aws), "policy") else { return false };
    let good = |c: char| is_name_char(c) || ",+@=".contains(c);
    name.split('/').all(|part| !part.is_empty() && part.chars().all(good)) && text.len() <= 2_048
}

/// A UUID. In older identity stores ten hexadecimal digits and a dash stand before it.
fn is_id(text: &str) -> bool {
    let is_old = |(first, uuid): (&str, &str)| is_hex_of_ten(first) && is_uuid(uuid);
    is_uuid(text) || text.split_once('-').is_some_and(is_old)
}

fn is_hex_of_ten(text: &str) -> bool {
    is_of(text, HEX_CHARS..=HEX_CHARS, is_small_hex)
}

fn is_id_or_arn(text: &str, kind: &str) -> bool {
    is_id(below(text, ("identitystore", Place::Nowhere), kind).unwrap_or(text))
}

/// `d-` and ten hexadecimal digits, or a UUID.
fn is_store(text: &str) -> bool {
    let arn = arn(text, "identitystore", Place::Account);
    let id = arn.and_then(|arn| arn.below("identitystore")).unwrap_or(text);
    id.strip_prefix("d-").is_some_and(is_hex_of_ten) || is_uuid_of(id, is_small_hex)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::argument::value::{Argument, check};

    const GUARD: Guard = Guard::UnsafeValue;
    const UUID: &str = "0a1b2c3d-0000-4000-8000-0123456789ab";

    #[test]
    fn arns_of_identity_center_are_of_their_kinds() {
        let instance = "arn:aws:sso:::instance/ssoins-0123456789abcdef";
        let set = "arn:aws:sso:::permissionSet/ssoins-0123456789abcdef/ps-0123456789abcdef";
        let china = "arn:aws-cn:sso:::permissionSet/ins-0123456789abcdef/ps-0123456789abcdef";
        check::<IdentityCenterArn>(&[instance], &[set, "ssoins-0123456789abcdef", "i"], GUARD);
        let short = "arn:aws:sso:::permissionSet/ssoins-0123456789abcdef/ps-1";
        check::<PermissionSetArn>(&[set, china], &[instance, short, "p"], GUARD);
        let issuer = |id: &str| {
            format!("arn:aws:sso::111122223333:trustedTokenIssuer/ssoins-0123456789abcdef/tti-{id}")
        };
        check::<TrustedTokenIssuerArn>(&[&issuer(UUID)], &[&issuer("x"), instance], GUARD);
        let own = "arn:aws:iam::111122223333:policy/Mine";
        let policies = [
            "arn:aws:iam::aws:policy/ReadOnlyAccess",
            "arn:aws-us-gov:iam::aws:policy/job-function/Billing",
        ];
        check::<AwsPolicyArn>(
            &policies,
            &[own, "arn:aws:iam::aws:policy/a b", "arn:aws:iam::aws:policy/"],
            GUARD,
        );
    }

    #[test]
    fn ids_of_the_identity_store_are_uuids() {
        let old = format!("9067642ac7-{UUID}");
        let no_ids =
            ["", "u-1", "u$(id)", "9067642ac7", "9067642acz-0a1b2c3d-0000-4000-8000-0123456789ab"];
        check::<AssigneeId>(&[UUID, &old], &no_ids, GUARD);
        let arn = |kind: &str| format!("arn:aws:identitystore:::{kind}/{UUID}");
        let (user, group, membership) = (arn("user"), arn("group"), arn("membership"));
        check::<UserId>(&[UUID, &old, &user], &[&group, "u-1", "u,GroupId=x"], GUARD);
        check::<GroupId>(&[UUID, &old, &group], &[&user, "g-1"], GUARD);
        check::<MembershipId>(&[UUID, &old, &membership], &[&user, "m-1"], GUARD);
        check::<AssigneeId>(&[UUID], &[&user], GUARD);
        let store = "arn:aws:identitystore::111122223333:identitystore/d-9067642ac7";
        check::<IdentityStoreId>(
            &["d-9067642ac7", UUID, store],
            &["d-1", "d-9067642ac7x", "x"],
            GUARD,
        );
    }

    #[test]
    fn an_assignment_is_for_a_person_or_a_group_in_an_account() {
        assert_eq!(AssignmentTarget::read(Ok("AWS_ACCOUNT")), Ok(AssignmentTarget::Account));
        assert_eq!(AssignmentTarget::read(Ok("account")), Err(GUARD));
        assert_eq!(AssigneeKind::read(Ok("GROUP")), Ok(AssigneeKind::Group));
        assert_eq!(AssigneeKind::read(Ok("group")), Err(GUARD));
    }
}
