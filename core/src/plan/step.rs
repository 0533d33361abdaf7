//! The steps that exist: one variant an operation of AWS, with the arguments that it takes.
//!
//! An operation is named as in the Service Authorization Reference, its arguments as the AWS SDK for Rust and, with
//! dashes, the AWS CLI name them, in the order in which a command shows them:
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html>,
//! <https://docs.aws.amazon.com/cli/latest/reference/>. The catalogue says from where in an event each comes.

use super::argument::{
    Argument, ClientId, CredentialStatus, GroupName, InstanceProfileName, PolicyArn, PolicyName,
    QueueUrl, Region, RoleName, SerialNumber, ServerCertificateName, Shown, Text, UserId, UserName,
};
use super::guard::Guard;

macro_rules! steps {
    ($($step:ident = $action:literal { $($name:ident: $type:ty),* $(,)? })*) => {
        /// One call of AWS that undoes something, with all that it needs: each argument is of a type that only a plan
        /// makes, of what AWS can take there.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Step {
            $(
                #[doc = concat!("`", $action, "`")]
                $step { $(#[doc = concat!("`", stringify!($name), "`")] $name: $type),* },
            )*
        }

        impl Step {
            /// Reads the step of an action that takes arguments of these names.
            ///
            /// # Errors
            /// What is wrong with the first argument that cannot be taken.
            pub(super) fn read<'e>(
                action: &str,
                names: &[&str],
                value: impl Fn(&str) -> Result<&'e str, Guard>,
            ) -> Result<Self, Guard> {
                match action {
                    $(
                        $action if names == [$(stringify!($name)),*] as [&str; _] => {
                            Ok(Self::$step { $($name: Argument::read(value(stringify!($name)))?),* })
                        }
                    )*
                    // No row of the catalogue is like that, as a test tells.
                    _ => Err(Guard::ValueMissing),
                }
            }

            /// IAM action, as `iam:DetachRolePolicy`.
            #[must_use]
            pub fn action(&self) -> &'static str {
                match self {
                    $(Self::$step { .. } => $action,)*
                }
            }

            /// What it takes, by name.
            pub(super) fn arguments(&self) -> Vec<(&'static str, Shown<'_>)> {
                match self {
                    $(Self::$step { $($name),* } => vec![$((stringify!($name), $name.shown())),*],)*
                }
            }
        }

        /// All actions, each with the names of its arguments.
        #[cfg(test)]
        const OPERATIONS: &[(&str, &[&str])] = &[$(($action, &[$(stringify!($name)),*])),*];
    };
}

steps! {
    // IAM: what a machine can do too.
    AddClientIDToOpenIDConnectProvider = "iam:AddClientIDToOpenIDConnectProvider" {
        open_id_connect_provider_arn: Text, client_id: ClientId,
    }
    AddRoleToInstanceProfile = "iam:AddRoleToInstanceProfile" {
        instance_profile_name: InstanceProfileName, role_name: RoleName,
    }
    AddUserToGroup = "iam:AddUserToGroup" { group_name: GroupName, user_name: UserName }
    AttachGroupPolicy = "iam:AttachGroupPolicy" { group_name: GroupName, policy_arn: PolicyArn }
    AttachRolePolicy = "iam:AttachRolePolicy" { role_name: RoleName, policy_arn: PolicyArn }
    AttachUserPolicy = "iam:AttachUserPolicy" { user_name: UserName, policy_arn: PolicyArn }
    CreateAccountAlias = "iam:CreateAccountAlias" { account_alias: Text }
    DeleteGroupPolicy = "iam:DeleteGroupPolicy" { group_name: GroupName, policy_name: PolicyName }
    DeleteInstanceProfile = "iam:DeleteInstanceProfile" { instance_profile_name: InstanceProfileName }
    DeleteLoginProfile = "iam:DeleteLoginProfile" { user_name: UserName }
    DeleteOpenIDConnectProvider = "iam:DeleteOpenIDConnectProvider" { open_id_connect_provider_arn: Text }
    DeletePolicy = "iam:DeletePolicy" { policy_arn: PolicyArn }
    DeletePolicyVersion = "iam:DeletePolicyVersion" { policy_arn: PolicyArn, version_id: Text }
    DeleteRolePolicy = "iam:DeleteRolePolicy" { role_name: RoleName, policy_name: PolicyName }
    DeleteSAMLProvider = "iam:DeleteSAMLProvider" { saml_provider_arn: Text }
    DeleteServerCertificate = "iam:DeleteServerCertificate" { server_certificate_name: ServerCertificateName }
    DeleteUserPolicy = "iam:DeleteUserPolicy" { user_name: UserName, policy_name: PolicyName }
    DeleteVirtualMFADevice = "iam:DeleteVirtualMFADevice" { serial_number: SerialNumber }
    DetachGroupPolicy = "iam:DetachGroupPolicy" { group_name: GroupName, policy_arn: PolicyArn }
    DetachRolePolicy = "iam:DetachRolePolicy" { role_name: RoleName, policy_arn: PolicyArn }
    DetachUserPolicy = "iam:DetachUserPolicy" { user_name: UserName, policy_arn: PolicyArn }
    DisableOrganizationsRootCredentialsManagement = "iam:DisableOrganizationsRootCredentialsManagement" {}
    DisableOrganizationsRootSessions = "iam:DisableOrganizationsRootSessions" {}
    DisableOutboundWebIdentityFederation = "iam:DisableOutboundWebIdentityFederation" {}
    EnableOrganizationsRootCredentialsManagement = "iam:EnableOrganizationsRootCredentialsManagement" {}
    EnableOrganizationsRootSessions = "iam:EnableOrganizationsRootSessions" {}
    EnableOutboundWebIdentityFederation = "iam:EnableOutboundWebIdentityFederation" {}
    RejectDelegationRequest = "iam:RejectDelegationRequest" { delegation_request_id: Text }
    RemoveClientIDFromOpenIDConnectProvider = "iam:RemoveClientIDFromOpenIDConnectProvider" {
        open_id_connect_provider_arn: Text, client_id: ClientId,
    }
    RemoveRoleFromInstanceProfile = "iam:RemoveRoleFromInstanceProfile" {
        instance_profile_name: InstanceProfileName, role_name: RoleName,
    }
    RemoveUserFromGroup = "iam:RemoveUserFromGroup" { group_name: GroupName, user_name: UserName }
    UpdateAccessKey = "iam:UpdateAccessKey" { user_name: UserName, access_key_id: Text, status: CredentialStatus }
    UpdateGroup = "iam:UpdateGroup" { group_name: GroupName, new_group_name: GroupName }
    UpdateSSHPublicKey = "iam:UpdateSSHPublicKey" {
        user_name: UserName, ssh_public_key_id: Text, status: CredentialStatus,
    }
    UpdateServerCertificate = "iam:UpdateServerCertificate" {
        server_certificate_name: ServerCertificateName,
        new_server_certificate_name: ServerCertificateName,
    }
    UpdateServiceSpecificCredential = "iam:UpdateServiceSpecificCredential" {
        user_name: UserName, service_specific_credential_id: Text, status: CredentialStatus,
    }
    UpdateSigningCertificate = "iam:UpdateSigningCertificate" {
        user_name: UserName, certificate_id: Text, status: CredentialStatus,
    }
    UpdateUser = "iam:UpdateUser" { user_name: UserName, new_user_name: UserName }
    // Other services.
    DeleteArchiveRule = "access-analyzer:DeleteArchiveRule" { analyzer_name: Text, rule_name: Text, region: Region }
    UpdateTerminationProtection = "cloudformation:UpdateTerminationProtection" {
        stack_name: Text, enable_termination_protection: bool, region: Region,
    }
    RegisterOrganizationDelegatedAdmin = "cloudtrail:RegisterOrganizationDelegatedAdmin" {
        member_account_id: Text, region: Region,
    }
    RestoreEventDataStore = "cloudtrail:RestoreEventDataStore" { event_data_store: Text, region: Region }
    StartEventDataStoreIngestion = "cloudtrail:StartEventDataStoreIngestion" {
        event_data_store: Text, region: Region,
    }
    StartLogging = "cloudtrail:StartLogging" { name: Text, region: Region }
    StartConfigurationRecorder = "config:StartConfigurationRecorder" {
        configuration_recorder_name: Text, region: Region,
    }
    EnableRule = "events:EnableRule" { name: Text, event_bus_name: Option<Text>, region: Region }
    DeleteFilter = "guardduty:DeleteFilter" { detector_id: Text, filter_name: Text, region: Region }
    EnableGuardDutyAdminAccount = "guardduty:EnableOrganizationAdminAccount" {
        admin_account_id: Text, region: Region,
    }
    UpdateDetector = "guardduty:UpdateDetector" { detector_id: Text, enable: bool, region: Region }
    UpdateIPSet = "guardduty:UpdateIPSet" { detector_id: Text, ip_set_id: Text, activate: bool, region: Region }
    UpdateThreatIntelSet = "guardduty:UpdateThreatIntelSet" {
        detector_id: Text, threat_intel_set_id: Text, activate: bool, region: Region,
    }
    DeleteGroupMembership = "identitystore:DeleteGroupMembership" {
        identity_store_id: Text, membership_id: Text, region: Region,
    }
    DeleteGroupMembershipOf = "identitystore:DeleteGroupMembership" {
        identity_store_id: Text, group_id: Text, user_id: UserId, region: Region,
    }
    CancelKeyDeletion = "kms:CancelKeyDeletion" { key_id: Text, region: Region }
    EnableKey = "kms:EnableKey" { key_id: Text, region: Region }
    RevokeGrant = "kms:RevokeGrant" { key_id: Text, grant_id: Text, region: Region }
    AttachOrganizationPolicy = "organizations:AttachPolicy" { policy_id: Text, target_id: Text }
    DeregisterDelegatedAdministrator = "organizations:DeregisterDelegatedAdministrator" {
        account_id: Text, service_principal: Text,
    }
    DetachOrganizationPolicy = "organizations:DetachPolicy" { policy_id: Text, target_id: Text }
    DisableAWSServiceAccess = "organizations:DisableAWSServiceAccess" { service_principal: Text }
    EnableAWSServiceAccess = "organizations:EnableAWSServiceAccess" { service_principal: Text }
    MoveAccount = "organizations:MoveAccount" {
        account_id: Text, source_parent_id: Text, destination_parent_id: Text,
    }
    RegisterDelegatedAdministrator = "organizations:RegisterDelegatedAdministrator" {
        account_id: Text, service_principal: Text,
    }
    DisableProfile = "rolesanywhere:DisableProfile" { profile_id: Text, region: Region }
    DisableTrustAnchor = "rolesanywhere:DisableTrustAnchor" { trust_anchor_id: Text, region: Region }
    EnableCrl = "rolesanywhere:EnableCrl" { crl_id: Text, region: Region }
    EnableSecurityHubAdminAccount = "securityhub:EnableOrganizationAdminAccount" {
        admin_account_id: Text, region: Region,
    }
    RemoveTopicPermission = "sns:RemovePermission" { topic_arn: Text, label: Text, region: Region }
    RemoveQueuePermission = "sqs:RemovePermission" { queue_url: QueueUrl, label: Text, region: Region }
    AttachManagedPolicyToPermissionSet = "sso:AttachManagedPolicyToPermissionSet" {
        instance_arn: Text, permission_set_arn: Text, managed_policy_arn: Text, region: Region,
    }
    CreateAccountAssignment = "sso:CreateAccountAssignment" {
        instance_arn: Text, target_id: Text, target_type: Text, permission_set_arn: Text,
        principal_type: Text, principal_id: Text, region: Region,
    }
    DeleteAccountAssignment = "sso:DeleteAccountAssignment" {
        instance_arn: Text, target_id: Text, target_type: Text, permission_set_arn: Text,
        principal_type: Text, principal_id: Text, region: Region,
    }
    DeleteInlinePolicyFromPermissionSet = "sso:DeleteInlinePolicyFromPermissionSet" {
        instance_arn: Text, permission_set_arn: Text, region: Region,
    }
    DeleteTrustedTokenIssuer = "sso:DeleteTrustedTokenIssuer" { trusted_token_issuer_arn: Text, region: Region }
    DetachManagedPolicyFromPermissionSet = "sso:DetachManagedPolicyFromPermissionSet" {
        instance_arn: Text, permission_set_arn: Text, managed_policy_arn: Text, region: Region,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::iam::catalogue::calls;

    #[test]
    fn each_operation_of_the_catalogue_is_a_step_and_each_step_one_of_its_operations() {
        let inverses = calls().iter().flat_map(|call| &call.inverses);
        let named: BTreeSet<(&str, Vec<&str>)> = inverses
            .filter_map(|inverse| {
                let names = inverse.arguments()?.map(|(name, _)| name).collect();
                Some((inverse.action, names))
            })
            .collect();
        let known = OPERATIONS.iter().map(|(action, names)| (*action, names.to_vec())).collect();
        assert_eq!(named, known);
    }

    #[test]
    fn a_step_knows_its_action() {
        for (action, names) in OPERATIONS {
            let value = |name: &str| match name {
                "policy_arn" => Ok("arn:aws:iam::aws:policy/ReadOnlyAccess"),
                "status" => Ok("Inactive"),
                "activate" | "enable" | "enable_termination_protection" => Ok("false"),
                _ => Ok("x"),
            };
            let step = Step::read(action, names, value).unwrap();
            assert_eq!(step.action(), *action);
            assert_eq!(step.arguments().len(), names.len());
        }
    }
}
