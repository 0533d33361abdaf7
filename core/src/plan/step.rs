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
use crate::iam::catalogue::Operation;

macro_rules! steps {
    ($($step:ident = $operation:ident { $($name:ident: $type:ty),* $(,)? })*) => {
        /// One call of AWS that undoes something, with all that it needs: each argument is of a type that only a plan
        /// makes, of what AWS can take there.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Step {
            $(
                #[doc = concat!("[`Operation::", stringify!($operation), "`]")]
                $step { $(#[doc = concat!("`", stringify!($name), "`")] $name: $type),* },
            )*
        }

        impl Step {
            /// Reads the step of an operation that takes arguments of these names.
            ///
            /// # Errors
            /// What is wrong with the first argument that cannot be taken.
            pub(super) fn read<'e>(
                operation: Operation,
                names: &[&str],
                value: impl Fn(&str) -> Result<&'e str, Guard>,
            ) -> Result<Self, Guard> {
                match operation {
                    $(
                        Operation::$operation if names == [$(stringify!($name)),*] as [&str; _] => {
                            Ok(Self::$step { $($name: Argument::read(value(stringify!($name)))?),* })
                        }
                    )*
                    // No row of the catalogue is like that, as a test tells.
                    _ => Err(Guard::ValueMissing),
                }
            }

            /// What it calls.
            #[must_use]
            pub fn operation(&self) -> Operation {
                match self {
                    $(Self::$step { .. } => Operation::$operation,)*
                }
            }

            /// What it takes, by name.
            pub(super) fn arguments(&self) -> Vec<(&'static str, Shown<'_>)> {
                match self {
                    $(Self::$step { $($name),* } => vec![$((stringify!($name), $name.shown())),*],)*
                }
            }
        }

        /// All operations, each with the names of its arguments.
        #[cfg(test)]
        const OPERATIONS: &[(Operation, &[&str])] = &[$((Operation::$operation, &[$(stringify!($name)),*])),*];
    };
}

steps! {
    // IAM: what a machine can do too.
    AddClientIDToOpenIDConnectProvider = IamAddClientIDToOpenIDConnectProvider {
        open_id_connect_provider_arn: Text, client_id: ClientId,
    }
    AddRoleToInstanceProfile = IamAddRoleToInstanceProfile {
        instance_profile_name: InstanceProfileName, role_name: RoleName,
    }
    AddUserToGroup = IamAddUserToGroup { group_name: GroupName, user_name: UserName }
    AttachGroupPolicy = IamAttachGroupPolicy { group_name: GroupName, policy_arn: PolicyArn }
    AttachRolePolicy = IamAttachRolePolicy { role_name: RoleName, policy_arn: PolicyArn }
    AttachUserPolicy = IamAttachUserPolicy { user_name: UserName, policy_arn: PolicyArn }
    CreateAccountAlias = IamCreateAccountAlias { account_alias: Text }
    DeleteGroupPolicy = IamDeleteGroupPolicy { group_name: GroupName, policy_name: PolicyName }
    DeleteInstanceProfile = IamDeleteInstanceProfile { instance_profile_name: InstanceProfileName }
    DeleteLoginProfile = IamDeleteLoginProfile { user_name: UserName }
    DeleteOpenIDConnectProvider = IamDeleteOpenIDConnectProvider { open_id_connect_provider_arn: Text }
    DeletePolicy = IamDeletePolicy { policy_arn: PolicyArn }
    DeletePolicyVersion = IamDeletePolicyVersion { policy_arn: PolicyArn, version_id: Text }
    DeleteRolePolicy = IamDeleteRolePolicy { role_name: RoleName, policy_name: PolicyName }
    DeleteSAMLProvider = IamDeleteSAMLProvider { saml_provider_arn: Text }
    DeleteServerCertificate = IamDeleteServerCertificate { server_certificate_name: ServerCertificateName }
    DeleteUserPolicy = IamDeleteUserPolicy { user_name: UserName, policy_name: PolicyName }
    DeleteVirtualMFADevice = IamDeleteVirtualMFADevice { serial_number: SerialNumber }
    DetachGroupPolicy = IamDetachGroupPolicy { group_name: GroupName, policy_arn: PolicyArn }
    DetachRolePolicy = IamDetachRolePolicy { role_name: RoleName, policy_arn: PolicyArn }
    DetachUserPolicy = IamDetachUserPolicy { user_name: UserName, policy_arn: PolicyArn }
    DisableOrganizationsRootCredentialsManagement = IamDisableOrganizationsRootCredentialsManagement {}
    DisableOrganizationsRootSessions = IamDisableOrganizationsRootSessions {}
    DisableOutboundWebIdentityFederation = IamDisableOutboundWebIdentityFederation {}
    EnableOrganizationsRootCredentialsManagement = IamEnableOrganizationsRootCredentialsManagement {}
    EnableOrganizationsRootSessions = IamEnableOrganizationsRootSessions {}
    EnableOutboundWebIdentityFederation = IamEnableOutboundWebIdentityFederation {}
    RejectDelegationRequest = IamRejectDelegationRequest { delegation_request_id: Text }
    RemoveClientIDFromOpenIDConnectProvider = IamRemoveClientIDFromOpenIDConnectProvider {
        open_id_connect_provider_arn: Text, client_id: ClientId,
    }
    RemoveRoleFromInstanceProfile = IamRemoveRoleFromInstanceProfile {
        instance_profile_name: InstanceProfileName, role_name: RoleName,
    }
    RemoveUserFromGroup = IamRemoveUserFromGroup { group_name: GroupName, user_name: UserName }
    UpdateAccessKey = IamUpdateAccessKey { user_name: UserName, access_key_id: Text, status: CredentialStatus }
    UpdateGroup = IamUpdateGroup { group_name: GroupName, new_group_name: GroupName }
    UpdateSSHPublicKey = IamUpdateSSHPublicKey {
        user_name: UserName, ssh_public_key_id: Text, status: CredentialStatus,
    }
    UpdateServerCertificate = IamUpdateServerCertificate {
        server_certificate_name: ServerCertificateName,
        new_server_certificate_name: ServerCertificateName,
    }
    UpdateServiceSpecificCredential = IamUpdateServiceSpecificCredential {
        user_name: UserName, service_specific_credential_id: Text, status: CredentialStatus,
    }
    UpdateSigningCertificate = IamUpdateSigningCertificate {
        user_name: UserName, certificate_id: Text, status: CredentialStatus,
    }
    UpdateUser = IamUpdateUser { user_name: UserName, new_user_name: UserName }
    // Other services.
    DeleteArchiveRule = AccessAnalyzerDeleteArchiveRule { analyzer_name: Text, rule_name: Text, region: Region }
    UpdateTerminationProtection = CloudformationUpdateTerminationProtection {
        stack_name: Text, enable_termination_protection: bool, region: Region,
    }
    RegisterOrganizationDelegatedAdmin = CloudtrailRegisterOrganizationDelegatedAdmin {
        member_account_id: Text, region: Region,
    }
    RestoreEventDataStore = CloudtrailRestoreEventDataStore { event_data_store: Text, region: Region }
    StartEventDataStoreIngestion = CloudtrailStartEventDataStoreIngestion {
        event_data_store: Text, region: Region,
    }
    StartLogging = CloudtrailStartLogging { name: Text, region: Region }
    StartConfigurationRecorder = ConfigStartConfigurationRecorder {
        configuration_recorder_name: Text, region: Region,
    }
    EnableRule = EventsEnableRule { name: Text, event_bus_name: Option<Text>, region: Region }
    DeleteFilter = GuarddutyDeleteFilter { detector_id: Text, filter_name: Text, region: Region }
    EnableGuardDutyAdminAccount = GuarddutyEnableOrganizationAdminAccount {
        admin_account_id: Text, region: Region,
    }
    UpdateDetector = GuarddutyUpdateDetector { detector_id: Text, enable: bool, region: Region }
    UpdateIPSet = GuarddutyUpdateIPSet { detector_id: Text, ip_set_id: Text, activate: bool, region: Region }
    UpdateThreatIntelSet = GuarddutyUpdateThreatIntelSet {
        detector_id: Text, threat_intel_set_id: Text, activate: bool, region: Region,
    }
    DeleteGroupMembership = IdentitystoreDeleteGroupMembership {
        identity_store_id: Text, membership_id: Text, region: Region,
    }
    DeleteGroupMembershipOf = IdentitystoreDeleteGroupMembership {
        identity_store_id: Text, group_id: Text, user_id: UserId, region: Region,
    }
    CancelKeyDeletion = KmsCancelKeyDeletion { key_id: Text, region: Region }
    EnableKey = KmsEnableKey { key_id: Text, region: Region }
    RevokeGrant = KmsRevokeGrant { key_id: Text, grant_id: Text, region: Region }
    AttachOrganizationPolicy = OrganizationsAttachPolicy { policy_id: Text, target_id: Text }
    DeregisterDelegatedAdministrator = OrganizationsDeregisterDelegatedAdministrator {
        account_id: Text, service_principal: Text,
    }
    DetachOrganizationPolicy = OrganizationsDetachPolicy { policy_id: Text, target_id: Text }
    DisableAWSServiceAccess = OrganizationsDisableAWSServiceAccess { service_principal: Text }
    EnableAWSServiceAccess = OrganizationsEnableAWSServiceAccess { service_principal: Text }
    MoveAccount = OrganizationsMoveAccount {
        account_id: Text, source_parent_id: Text, destination_parent_id: Text,
    }
    RegisterDelegatedAdministrator = OrganizationsRegisterDelegatedAdministrator {
        account_id: Text, service_principal: Text,
    }
    DisableProfile = RolesanywhereDisableProfile { profile_id: Text, region: Region }
    DisableTrustAnchor = RolesanywhereDisableTrustAnchor { trust_anchor_id: Text, region: Region }
    EnableCrl = RolesanywhereEnableCrl { crl_id: Text, region: Region }
    EnableSecurityHubAdminAccount = SecurityhubEnableOrganizationAdminAccount {
        admin_account_id: Text, region: Region,
    }
    RemoveTopicPermission = SnsRemovePermission { topic_arn: Text, label: Text, region: Region }
    RemoveQueuePermission = SqsRemovePermission { queue_url: QueueUrl, label: Text, region: Region }
    AttachManagedPolicyToPermissionSet = SsoAttachManagedPolicyToPermissionSet {
        instance_arn: Text, permission_set_arn: Text, managed_policy_arn: Text, region: Region,
    }
    CreateAccountAssignment = SsoCreateAccountAssignment {
        instance_arn: Text, target_id: Text, target_type: Text, permission_set_arn: Text,
        principal_type: Text, principal_id: Text, region: Region,
    }
    DeleteAccountAssignment = SsoDeleteAccountAssignment {
        instance_arn: Text, target_id: Text, target_type: Text, permission_set_arn: Text,
        principal_type: Text, principal_id: Text, region: Region,
    }
    DeleteInlinePolicyFromPermissionSet = SsoDeleteInlinePolicyFromPermissionSet {
        instance_arn: Text, permission_set_arn: Text, region: Region,
    }
    DeleteTrustedTokenIssuer = SsoDeleteTrustedTokenIssuer { trusted_token_issuer_arn: Text, region: Region }
    DetachManagedPolicyFromPermissionSet = SsoDetachManagedPolicyFromPermissionSet {
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
        let inverses = calls().flat_map(|call| &call.inverses);
        let named: BTreeSet<(Operation, Vec<&str>)> = inverses
            .filter_map(|inverse| {
                let names = inverse.arguments()?.map(|(name, _)| name).collect();
                Some((inverse.action, names))
            })
            .collect();
        let known =
            OPERATIONS.iter().map(|(operation, names)| (*operation, names.to_vec())).collect();
        assert_eq!(named, known);
    }

    #[test]
    fn a_step_knows_its_operation() {
        for (operation, names) in OPERATIONS {
            let value = |name: &str| match name {
                "policy_arn" => Ok("arn:aws:iam::aws:policy/ReadOnlyAccess"),
                "status" => Ok("Inactive"),
                "activate" | "enable" | "enable_termination_protection" => Ok("false"),
                _ => Ok("x"),
            };
            let step = Step::read(*operation, names, value).unwrap();
            assert_eq!(step.operation(), *operation);
            assert_eq!(step.arguments().len(), names.len());
        }
    }
}
