//! Of clusters of Kubernetes, and of machines elsewhere.
//!
//! Source: the models `eks` and `ssm` of botocore, unless a type names another.

use super::form::{Place, arn, is_of, is_small, is_small_hex, is_uuid_of};
use super::value::texts;
use crate::plan::guard::Guard;

texts! {
    /// Name of a cluster.
    /// Source: `ClusterName`
    ClusterName: is_cluster_name, UnsafeValue;
    /// ARN of the role or user who may work in a cluster.
    /// Source: `CreateAccessEntryRequest`, in words
    ClusterMember: is_member, UnsafeValue;
    /// ARN of an access policy of EKS, all of which are AWS's.
    /// Source: <https://docs.aws.amazon.com/eks/latest/userguide/access-policy-permissions.html>
    ClusterPolicyArn: is_policy, UnsafeValue;
    /// ID of the association of a role with a service account of a cluster.
    /// Source: <https://docs.aws.amazon.com/eks/latest/APIReference/API_PodIdentityAssociation.html>, its example
    PodIdentityId: |text| text.strip_prefix("a-").is_some_and(|id| is_of(id, 1..=40, is_small)), UnsafeValue;
    /// ID of an activation by which machines register with Systems Manager.
    /// Source: `ActivationId`
    ActivationId: |text| is_uuid_of(text, is_small_hex), UnsafeValue;
    /// Name by which devices of IoT ask for the credentials of a role.
    /// Source: `RoleAlias` of the model `iot`
    RoleAlias: is_role_alias, UnsafeValue;
}

fn is_cluster_name(text: &str) -> bool {
    is_of(text, 1..=100, |c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
}

fn is_role_alias(text: &str) -> bool {
    is_of(text, 1..=128, |c| c.is_ascii_alphanumeric() || "_=,@-".contains(c))
}

fn is_member(text: &str) -> bool {
    arn(text, "iam", Place::Account)
        .is_some_and(|arn| arn.below("role").or(arn.below("user")).is_some())
}

fn is_policy(text: &str) -> bool {
    let name = arn(text, "eks", Place::Aws);
    let name = name.as_ref().and_then(|arn| arn.below("cluster-access-policy"));
    name.is_some_and(|name| is_of(name, 1..=128, |c| c.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::argument::value::check;

    const GUARD: Guard = Guard::UnsafeValue;

    #[test]
    fn members_and_policies_of_clusters_are_named_by_their_arns() {
        check::<ClusterName>(&["web-shop_1", "1"], &["", "-x", "a b", "a;b", "a.b"], GUARD);
        let role = "arn:aws:iam::111122223333:role/team/support";
        let encoded = "arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Fsupport";
        let refused =
            ["", "support", encoded, "arn:aws:iam::111122223333:group/x", "arn:aws:iam::1:role/x"];
        check::<ClusterMember>(&[role, "arn:aws:iam::111122223333:user/bob"], &refused, GUARD);
        let policy = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy";
        let refused = ["", "AmazonEKSViewPolicy", "arn:aws:iam::aws:policy/ReadOnlyAccess", role];
        check::<ClusterPolicyArn>(&[policy], &refused, GUARD);
    }

    #[test]
    fn associations_and_activations_are_named_by_their_ids() {
        check::<PodIdentityId>(&["a-1a2b3c4d5e6f7g8h9"], &["", "a-", "a b", "a-B", "b-1"], GUARD);
        let id = "0a1b2c3d-0000-4000-8000-0123456789ab";
        check::<RoleAlias>(&["fleet_1", "a=b,c@d-e"], &["", "a b", "a;b", "a/b", "a$b"], GUARD);
        check::<ActivationId>(&[id], &["", "mi-0123456789abcdef0", "x y"], GUARD);
    }
}
