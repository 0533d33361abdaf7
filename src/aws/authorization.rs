//! Reads users, roles, groups and customer managed policies of an account, page by page.

use aws_config::SdkConfig;
use aws_sdk_iam::Client;
use aws_sdk_iam::types::{
    AttachedPolicy, EntityType, GroupDetail, ManagedPolicyDetail, PolicyDetail, RoleDetail,
    UserDetail,
};

use super::client::{Limits, MissedByStandard, limited};
use super::failure::failed;
use crate::effects::EffectError;
use crate::iam::kind::EntityKind;
use crate::prior::seed::{Identity, Policy};
use crate::prior::{Address, Value};

/// Entities on one page: the most that IAM gives.
const PER_PAGE: i32 = 1_000;

/// One page of the account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuthorizationPage {
    /// Users, roles and groups.
    pub identities: Vec<Identity>,
    /// The customer's own policies.
    pub policies: Vec<Policy>,
    /// Where the next page begins, where there is one.
    pub next: Option<String>,
}

impl AuthorizationPage {
    /// The values to write for it.
    #[must_use]
    pub fn writes(&self) -> Vec<(Address, Value)> {
        let identities = self.identities.iter().flat_map(Identity::writes);
        identities.chain(self.policies.iter().flat_map(Policy::writes)).collect()
    }
}

/// IAM's list of all that grants rights.
#[derive(Debug, Clone)]
pub struct Authorization {
    client: Client,
}

impl Authorization {
    /// Over a shared configuration.
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        let config = limited(config, Limits::LONG);
        let config = aws_sdk_iam::config::Builder::from(&config);
        Self { client: Client::from_conf(config.retry_classifier(MissedByStandard).build()) }
    }

    /// The page that begins at a marker, the first without one. Needs `iam:GetAccountAuthorizationDetails`.
    ///
    /// # Errors
    /// IAM does not answer, or refuses.
    pub async fn page(&self, marker: Option<&str>) -> Result<AuthorizationPage, EffectError> {
        let filter =
            [EntityType::User, EntityType::Role, EntityType::Group, EntityType::LocalManagedPolicy];
        let request = self
            .client
            .get_account_authorization_details()
            .set_filter(Some(filter.to_vec()))
            .max_items(PER_PAGE)
            .set_marker(marker.map(str::to_owned));
        let answer = request.send().await;
        let answer = answer.map_err(|error| failed("read what the account grants", &error))?;
        let users = answer.user_detail_list.unwrap_or_default().into_iter().map(user);
        let roles = answer.role_detail_list.unwrap_or_default().into_iter().map(role);
        let groups = answer.group_detail_list.unwrap_or_default().into_iter().map(group);
        Ok(AuthorizationPage {
            identities: users.chain(roles).chain(groups).collect(),
            policies: answer.policies.unwrap_or_default().into_iter().map(policy).collect(),
            next: answer.marker.filter(|_| answer.is_truncated),
        })
    }
}

fn user(user: UserDetail) -> Identity {
    Identity {
        inline: inline(user.user_policy_list),
        attached: attached(user.attached_managed_policies),
        groups: user.group_list.unwrap_or_default(),
        boundary: user.permissions_boundary.and_then(|one| one.permissions_boundary_arn),
        ..Identity::new(
            EntityKind::User,
            user.user_name.unwrap_or_default(),
            user.arn.unwrap_or_default(),
        )
    }
}

fn role(role: RoleDetail) -> Identity {
    let profiles = role.instance_profile_list.unwrap_or_default().into_iter();
    Identity {
        profiles: profiles.map(|profile| profile.instance_profile_name).collect(),
        inline: inline(role.role_policy_list),
        attached: attached(role.attached_managed_policies),
        trust: role.assume_role_policy_document,
        boundary: role.permissions_boundary.and_then(|one| one.permissions_boundary_arn),
        ..Identity::new(
            EntityKind::Role,
            role.role_name.unwrap_or_default(),
            role.arn.unwrap_or_default(),
        )
    }
}

fn group(group: GroupDetail) -> Identity {
    Identity {
        inline: inline(group.group_policy_list),
        attached: attached(group.attached_managed_policies),
        ..Identity::new(
            EntityKind::Group,
            group.group_name.unwrap_or_default(),
            group.arn.unwrap_or_default(),
        )
    }
}

fn policy(policy: ManagedPolicyDetail) -> Policy {
    let versions = policy.policy_version_list.unwrap_or_default().into_iter();
    Policy {
        arn: policy.arn.unwrap_or_default(),
        default: policy.default_version_id.unwrap_or_default(),
        versions: versions.filter_map(|one| one.version_id.zip(one.document)).collect(),
    }
}

fn inline(policies: Option<Vec<PolicyDetail>>) -> Vec<(String, String)> {
    let policies = policies.unwrap_or_default().into_iter();
    policies.filter_map(|one| one.policy_name.zip(one.policy_document)).collect()
}

fn attached(policies: Option<Vec<AttachedPolicy>>) -> Vec<String> {
    policies.unwrap_or_default().into_iter().filter_map(|one| one.policy_arn).collect()
}
