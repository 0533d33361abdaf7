//! A step of each kind, for tests.

use super::step::{OPERATIONS, Step};
use crate::iam::catalogue::Operation;

/// The steps that no call is undone by, by what sets them apart from the others of their operation.
pub(super) fn is_only_taking_back(operation: Operation, names: &[&str]) -> bool {
    use Operation as Of;
    let adds = ["values_to_add", "account_ids_to_add"].iter().any(|name| names.contains(name));
    let only = [
        Of::IamDeleteAccountAlias,
        Of::IamDeleteRolePermissionsBoundary,
        Of::IamDeleteUserPermissionsBoundary,
        Of::IamPutGroupPolicy,
        Of::IamPutRolePolicy,
        Of::IamPutUserPolicy,
        Of::CloudtrailDeregisterOrganizationDelegatedAdmin,
        Of::CloudtrailDeleteEventDataStore,
        Of::CloudtrailStopEventDataStoreIngestion,
        Of::CloudtrailStopLogging,
        Of::ConfigStopConfigurationRecorder,
        Of::Ec2EnableSerialConsoleAccess,
        Of::EventsDisableRule,
        Of::GuarddutyDisableOrganizationAdminAccount,
        Of::IdentitystoreCreateGroupMembership,
        Of::KmsScheduleKeyDeletion,
        Of::KmsDisableKey,
        Of::RolesanywhereEnableProfile,
        Of::RolesanywhereEnableTrustAnchor,
        Of::RolesanywhereDisableCrl,
        Of::SecurityhubDisableOrganizationAdminAccount,
        Of::RamAssociateResourceShare,
        Of::SsoPutInlinePolicyToPermissionSet,
    ];
    adds || only.contains(&operation)
}

/// A step of each kind, with arguments of the form that each takes.
pub(super) fn samples() -> Vec<Step> {
    let step = |(operation, names): &(Operation, &[&str])| {
        let read = Step::read(*operation, names, |name| Ok(sample(*operation, name)));
        read.map_err(|guard| format!("{operation:?}: {guard:?}")).unwrap()
    };
    OPERATIONS.iter().map(step).collect()
}

/// The steps that can be read where an event has this text for every value but Regions.
pub(super) fn samples_with(text: &str) -> Vec<Step> {
    let step = |(operation, names): &(Operation, &[&str])| {
        let value = |name: &str| if is_chosen(name) { text } else { sample(*operation, name) };
        Step::read(*operation, names, |name| Ok(value(name))).ok()
    };
    OPERATIONS.iter().filter_map(step).collect()
}

/// Can the author of a change choose this value freely?
fn is_chosen(name: &str) -> bool {
    const CHOSEN: [&str; 10] = [
        "policy_arn",
        "managed_policy_arn",
        "permissions_boundary",
        "client_id",
        "serial_number",
        "label",
        "queue_url",
        "role_alias",
        "policy_document",
        "inline_policy",
    ];
    name.ends_with("_name") || name == "name" || CHOSEN.contains(&name)
}

/// What an argument of this name can be.
fn sample(operation: Operation, name: &str) -> &'static str {
    let of_clusters = operation.parts().0 == "eks";
    match name {
        "policy_arn" if of_clusters => "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy",
        "association_id" if of_clusters => "a-1a2b3c4d5e6f7g8h9",
        "principal_arn" => "arn:aws:iam::111122223333:role/x",
        "policy_arn" | "managed_policy_arn" | "permissions_boundary" => {
            "arn:aws:iam::aws:policy/ReadOnlyAccess"
        }
        "status" => "Inactive",
        "activate" | "enable" | "enable_termination_protection" => "false",
        "open_id_connect_provider_arn" => "arn:aws:iam::111122223333:oidc-provider/x",
        "saml_provider_arn" => "arn:aws:iam::111122223333:saml-provider/x",
        "organization_arns" => "arn:aws:organizations::111122223333:organization/o-exampleorgid",
        "organizational_unit_arns" => {
            "arn:aws:organizations::111122223333:ou/o-exampleorgid/ou-ab12-11111111"
        }
        "resource_share_arn" => {
            "arn:aws:ram:eu-west-1:111122223333:resource-share/0a1b2c3d-0000-4000-8000-0123456789ab"
        }
        "permission_type" => "Share",
        "topic_arn" => "arn:aws:sns:eu-west-1:111122223333:x",
        "instance_arn" => "arn:aws:sso:::instance/ssoins-0123456789abcdef",
        "permission_set_arn" => {
            "arn:aws:sso:::permissionSet/ssoins-0123456789abcdef/ps-0123456789abcdef"
        }
        "trusted_token_issuer_arn" => {
            "arn:aws:sso::111122223333:trustedTokenIssuer/ssoins-0123456789abcdef/tti-0a1b2c3d-0000-4000-8000-0123456789ab"
        }
        "target_type" => "AWS_ACCOUNT",
        "principal_type" => "GROUP",
        "target_id"
        | "account_id"
        | "member_account_id"
        | "delegated_admin_account_id"
        | "admin_account_id" => "111122223333",
        "policy_document" | "inline_policy" => r#"{"Statement":[]}"#,
        "source_parent_id" => "r-ab12",
        "destination_parent_id" => "ou-ab12-0123abcd",
        "new_group_name" | "new_user_name" | "new_server_certificate_name" => "abcd",
        "policy_id" => "p-0123abcd",
        "version_id" => "v2",
        "access_key_id"
        | "ssh_public_key_id"
        | "service_specific_credential_id"
        | "certificate_id"
        | "delegation_request_id" => "ABCD0123456789ABCD0123456789",
        "event_data_store" | "identity_store_id" | "membership_id" | "group_id" | "user_id"
        | "principal_id" | "activation_id" | "key_id" | "profile_id" | "trust_anchor_id"
        | "crl_id" => "0a1b2c3d-0000-4000-8000-0123456789ab",
        "region" => "eu-west-1",
        "snapshot_id" => "snap-0123456789abcdef0",
        "image_id" => "ami-0123456789abcdef0",
        "fpga_image_id" => "afi-0123456789abcdef0",
        "association_id" => "iip-assoc-0123456789abcdef0",
        "attribute" => "launchPermission",
        "attribute_name" => "restore",
        "operation_type" => "remove",
        "group_names" | "user_groups" | "values_to_remove" | "values_to_add" => "all",
        "user_ids" | "principals" | "account_ids_to_remove" | "account_ids_to_add" => {
            "111122223333"
        }
        _ => "abc",
    }
}
