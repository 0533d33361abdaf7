//! The steps that exist: one variant an operation of AWS, with the arguments that it takes.
//!
//! An operation is named as in the Service Authorization Reference, its arguments as the AWS SDK for Rust and, with
//! dashes, the AWS CLI name them, in the order in which a command shows them:
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html>,
//! <https://docs.aws.amazon.com/cli/latest/reference/>. The catalogue says from where in an event each comes.

use super::argument::{
    AccessKeyId, AccountAlias, AnalyzerName, ArchiveRuleName, Argument, AssigneeId, AssigneeKind,
    AssignmentTarget, AssociationId, AwsPolicyArn, CertificateId, ClientId, CredentialStatus,
    CrlId, DatabaseSharingAttribute, DatabaseSnapshotName, DelegationRequestId, DetectorId,
    DocumentName, DocumentPermission, DocumentSharedWith, EventBusName, EventDataStoreId,
    EventRuleName, Everyone, FilterName, FpgaImageId, FunctionName, FunctionQualifier,
    FunctionStatementId, GrantId, GroupId, GroupName, IdentityCenterArn, IdentityStoreId, ImageId,
    InstanceProfileName, KeyId, ListId, MembershipId, OidcProviderArn, OrganizationArn,
    OrganizationPolicyId, OrganizationalUnitArn, ParameterName, ParentId, PermissionSetArn,
    PolicyArn, PolicyName, PolicyTargetId, PolicyVersion, ProfileId, QueueLabel, QueueUrl,
    RecorderName, ResourceShareArn, RoleName, SamlProviderArn, SerialNumber, ServerCertificateName,
    ServiceCredentialId, ServicePrincipal, ShareMember, SharedWith, SharingAttribute,
    SharingChange, SnapshotId, SshPublicKeyId, StackName, TopicArn, TopicLabel, TrailName,
    TrustAnchorId, TrustedTokenIssuerArn, UserId, UserName, Value,
};
use super::guard::Guard;
use crate::iam::account::AccountId;
use crate::iam::catalogue::Operation;
use crate::iam::region::Region;

macro_rules! steps {
    ($($step:ident = $operation:ident { $($name:ident: $type:ty),* $(,)? })*) => {
        /// One call of AWS that undoes something, with all that it needs: each argument is of a type that holds
        /// only what AWS can take there.
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
                    // No row of the catalogue is like that: a test checks it.
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
            pub(super) fn arguments(&self) -> Vec<(&'static str, Value<'_>)> {
                match self {
                    $(Self::$step { $($name),* } => vec![$((stringify!($name), $name.value())),*],)*
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
        open_id_connect_provider_arn: OidcProviderArn, client_id: ClientId,
    }
    AddRoleToInstanceProfile = IamAddRoleToInstanceProfile {
        instance_profile_name: InstanceProfileName, role_name: RoleName,
    }
    AddUserToGroup = IamAddUserToGroup { group_name: GroupName, user_name: UserName }
    AttachGroupPolicy = IamAttachGroupPolicy { group_name: GroupName, policy_arn: PolicyArn }
    AttachRolePolicy = IamAttachRolePolicy { role_name: RoleName, policy_arn: PolicyArn }
    AttachUserPolicy = IamAttachUserPolicy { user_name: UserName, policy_arn: PolicyArn }
    CreateAccountAlias = IamCreateAccountAlias { account_alias: AccountAlias }
    DeleteGroupPolicy = IamDeleteGroupPolicy { group_name: GroupName, policy_name: PolicyName }
    DeleteInstanceProfile = IamDeleteInstanceProfile { instance_profile_name: InstanceProfileName }
    DeleteLoginProfile = IamDeleteLoginProfile { user_name: UserName }
    DeleteOpenIDConnectProvider = IamDeleteOpenIDConnectProvider {
        open_id_connect_provider_arn: OidcProviderArn,
    }
    DeletePolicy = IamDeletePolicy { policy_arn: PolicyArn }
    DeletePolicyVersion = IamDeletePolicyVersion { policy_arn: PolicyArn, version_id: PolicyVersion }
    DeleteRolePolicy = IamDeleteRolePolicy { role_name: RoleName, policy_name: PolicyName }
    DeleteSAMLProvider = IamDeleteSAMLProvider { saml_provider_arn: SamlProviderArn }
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
    PutRolePermissionsBoundary = IamPutRolePermissionsBoundary {
        role_name: RoleName, permissions_boundary: PolicyArn,
    }
    PutUserPermissionsBoundary = IamPutUserPermissionsBoundary {
        user_name: UserName, permissions_boundary: PolicyArn,
    }
    RejectDelegationRequest = IamRejectDelegationRequest { delegation_request_id: DelegationRequestId }
    RemoveClientIDFromOpenIDConnectProvider = IamRemoveClientIDFromOpenIDConnectProvider {
        open_id_connect_provider_arn: OidcProviderArn, client_id: ClientId,
    }
    RemoveRoleFromInstanceProfile = IamRemoveRoleFromInstanceProfile {
        instance_profile_name: InstanceProfileName, role_name: RoleName,
    }
    RemoveUserFromGroup = IamRemoveUserFromGroup { group_name: GroupName, user_name: UserName }
    SetDefaultPolicyVersion = IamSetDefaultPolicyVersion { policy_arn: PolicyArn, version_id: PolicyVersion }
    UpdateAccessKey = IamUpdateAccessKey {
        user_name: UserName, access_key_id: AccessKeyId, status: CredentialStatus,
    }
    UpdateGroup = IamUpdateGroup { group_name: GroupName, new_group_name: GroupName }
    UpdateSSHPublicKey = IamUpdateSSHPublicKey {
        user_name: UserName, ssh_public_key_id: SshPublicKeyId, status: CredentialStatus,
    }
    UpdateServerCertificate = IamUpdateServerCertificate {
        server_certificate_name: ServerCertificateName,
        new_server_certificate_name: ServerCertificateName,
    }
    UpdateServiceSpecificCredential = IamUpdateServiceSpecificCredential {
        user_name: UserName, service_specific_credential_id: ServiceCredentialId, status: CredentialStatus,
    }
    UpdateSigningCertificate = IamUpdateSigningCertificate {
        user_name: UserName, certificate_id: CertificateId, status: CredentialStatus,
    }
    UpdateUser = IamUpdateUser { user_name: UserName, new_user_name: UserName }
    // Other services.
    DeleteArchiveRule = AccessAnalyzerDeleteArchiveRule {
        analyzer_name: AnalyzerName, rule_name: ArchiveRuleName, region: Region,
    }
    UpdateTerminationProtection = CloudformationUpdateTerminationProtection {
        stack_name: StackName, enable_termination_protection: bool, region: Region,
    }
    RegisterOrganizationDelegatedAdmin = CloudtrailRegisterOrganizationDelegatedAdmin {
        member_account_id: AccountId, region: Region,
    }
    RestoreEventDataStore = CloudtrailRestoreEventDataStore {
        event_data_store: EventDataStoreId, region: Region,
    }
    StartEventDataStoreIngestion = CloudtrailStartEventDataStoreIngestion {
        event_data_store: EventDataStoreId, region: Region,
    }
    StartLogging = CloudtrailStartLogging { name: TrailName, region: Region }
    StartConfigurationRecorder = ConfigStartConfigurationRecorder {
        configuration_recorder_name: RecorderName, region: Region,
    }
    DisassociateInstanceProfile = Ec2DisassociateIamInstanceProfile {
        association_id: AssociationId, region: Region,
    }
    CloseFpgaImage = Ec2ModifyFpgaImageAttribute {
        fpga_image_id: FpgaImageId, attribute: SharingAttribute, operation_type: SharingChange,
        user_groups: Everyone, region: Region,
    }
    UnshareFpgaImage = Ec2ModifyFpgaImageAttribute {
        fpga_image_id: FpgaImageId, attribute: SharingAttribute, operation_type: SharingChange,
        user_ids: AccountId, region: Region,
    }
    CloseImage = Ec2ModifyImageAttribute {
        image_id: ImageId, attribute: SharingAttribute, operation_type: SharingChange,
        user_groups: Everyone, region: Region,
    }
    UnshareImage = Ec2ModifyImageAttribute {
        image_id: ImageId, attribute: SharingAttribute, operation_type: SharingChange,
        user_ids: AccountId, region: Region,
    }
    UnshareImageWithOrganization = Ec2ModifyImageAttribute {
        image_id: ImageId, attribute: SharingAttribute, operation_type: SharingChange,
        organization_arns: OrganizationArn, region: Region,
    }
    UnshareImageWithUnit = Ec2ModifyImageAttribute {
        image_id: ImageId, attribute: SharingAttribute, operation_type: SharingChange,
        organizational_unit_arns: OrganizationalUnitArn, region: Region,
    }
    CloseSnapshot = Ec2ModifySnapshotAttribute {
        snapshot_id: SnapshotId, attribute: SharingAttribute, operation_type: SharingChange,
        group_names: Everyone, region: Region,
    }
    UnshareSnapshot = Ec2ModifySnapshotAttribute {
        snapshot_id: SnapshotId, attribute: SharingAttribute, operation_type: SharingChange,
        user_ids: AccountId, region: Region,
    }
    DisableSerialConsole = Ec2DisableSerialConsoleAccess { region: Region }
    EnableRule = EventsEnableRule { name: EventRuleName, event_bus_name: Option<EventBusName>, region: Region }
    DeleteFilter = GuarddutyDeleteFilter { detector_id: DetectorId, filter_name: FilterName, region: Region }
    EnableGuardDutyAdminAccount = GuarddutyEnableOrganizationAdminAccount {
        admin_account_id: AccountId, region: Region,
    }
    UpdateDetector = GuarddutyUpdateDetector { detector_id: DetectorId, enable: bool, region: Region }
    UpdateIPSet = GuarddutyUpdateIPSet {
        detector_id: DetectorId, ip_set_id: ListId, activate: bool, region: Region,
    }
    UpdateThreatIntelSet = GuarddutyUpdateThreatIntelSet {
        detector_id: DetectorId, threat_intel_set_id: ListId, activate: bool, region: Region,
    }
    DeleteGroupMembership = IdentitystoreDeleteGroupMembership {
        identity_store_id: IdentityStoreId, membership_id: MembershipId, region: Region,
    }
    DeleteGroupMembershipOf = IdentitystoreDeleteGroupMembership {
        identity_store_id: IdentityStoreId, group_id: GroupId, user_id: UserId, region: Region,
    }
    CancelKeyDeletion = KmsCancelKeyDeletion { key_id: KeyId, region: Region }
    EnableKey = KmsEnableKey { key_id: KeyId, region: Region }
    RevokeGrant = KmsRevokeGrant { key_id: KeyId, grant_id: GrantId, region: Region }
    AttachOrganizationPolicy = OrganizationsAttachPolicy {
        policy_id: OrganizationPolicyId, target_id: PolicyTargetId,
    }
    DeregisterDelegatedAdministrator = OrganizationsDeregisterDelegatedAdministrator {
        account_id: AccountId, service_principal: ServicePrincipal,
    }
    DetachOrganizationPolicy = OrganizationsDetachPolicy {
        policy_id: OrganizationPolicyId, target_id: PolicyTargetId,
    }
    DisableAWSServiceAccess = OrganizationsDisableAWSServiceAccess { service_principal: ServicePrincipal }
    EnableAWSServiceAccess = OrganizationsEnableAWSServiceAccess { service_principal: ServicePrincipal }
    MoveAccount = OrganizationsMoveAccount {
        account_id: AccountId, source_parent_id: ParentId, destination_parent_id: ParentId,
    }
    RegisterDelegatedAdministrator = OrganizationsRegisterDelegatedAdministrator {
        account_id: AccountId, service_principal: ServicePrincipal,
    }
    CloseDBClusterSnapshot = RdsModifyDBClusterSnapshotAttribute {
        db_cluster_snapshot_identifier: DatabaseSnapshotName, attribute_name: DatabaseSharingAttribute,
        values_to_remove: SharedWith, region: Region,
    }
    CloseDBSnapshot = RdsModifyDBSnapshotAttribute {
        db_snapshot_identifier: DatabaseSnapshotName, attribute_name: DatabaseSharingAttribute,
        values_to_remove: SharedWith, region: Region,
    }
    DisableProfile = RolesanywhereDisableProfile { profile_id: ProfileId, region: Region }
    DisableTrustAnchor = RolesanywhereDisableTrustAnchor { trust_anchor_id: TrustAnchorId, region: Region }
    EnableCrl = RolesanywhereEnableCrl { crl_id: CrlId, region: Region }
    EnableSecurityHubAdminAccount = SecurityhubEnableOrganizationAdminAccount {
        admin_account_id: AccountId, region: Region,
    }
    DeleteFunctionUrl = LambdaDeleteFunctionUrlConfig {
        function_name: FunctionName, qualifier: Option<FunctionQualifier>, region: Region,
    }
    DeleteResourceShare = RamDeleteResourceShare { resource_share_arn: ResourceShareArn, region: Region }
    DisassociateResourceShare = RamDisassociateResourceShare {
        resource_share_arn: ResourceShareArn, principals: ShareMember, region: Region,
    }
    DeleteParameter = SsmDeleteParameter { name: ParameterName, region: Region }
    UnshareDocument = SsmModifyDocumentPermission {
        name: DocumentName, permission_type: DocumentPermission,
        account_ids_to_remove: DocumentSharedWith, region: Region,
    }
    RemoveFunctionPermission = LambdaRemovePermission { function_name: FunctionName, statement_id: FunctionStatementId, qualifier: Option<FunctionQualifier>, region: Region }
    RemoveTopicPermission = SnsRemovePermission { topic_arn: TopicArn, label: TopicLabel, region: Region }
    RemoveQueuePermission = SqsRemovePermission { queue_url: QueueUrl, label: QueueLabel, region: Region }
    AttachManagedPolicyToPermissionSet = SsoAttachManagedPolicyToPermissionSet {
        instance_arn: IdentityCenterArn, permission_set_arn: PermissionSetArn,
        managed_policy_arn: AwsPolicyArn, region: Region,
    }
    CreateAccountAssignment = SsoCreateAccountAssignment {
        instance_arn: IdentityCenterArn, target_id: AccountId, target_type: AssignmentTarget,
        permission_set_arn: PermissionSetArn,
        principal_type: AssigneeKind, principal_id: AssigneeId, region: Region,
    }
    DeleteAccountAssignment = SsoDeleteAccountAssignment {
        instance_arn: IdentityCenterArn, target_id: AccountId, target_type: AssignmentTarget,
        permission_set_arn: PermissionSetArn,
        principal_type: AssigneeKind, principal_id: AssigneeId, region: Region,
    }
    DeleteInlinePolicyFromPermissionSet = SsoDeleteInlinePolicyFromPermissionSet {
        instance_arn: IdentityCenterArn, permission_set_arn: PermissionSetArn, region: Region,
    }
    DeleteTrustedTokenIssuer = SsoDeleteTrustedTokenIssuer {
        trusted_token_issuer_arn: TrustedTokenIssuerArn, region: Region,
    }
    DetachManagedPolicyFromPermissionSet = SsoDetachManagedPolicyFromPermissionSet {
        instance_arn: IdentityCenterArn, permission_set_arn: PermissionSetArn,
        managed_policy_arn: AwsPolicyArn, region: Region,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::iam::catalogue::{calls, reversals};

    #[test]
    fn each_operation_of_the_catalogue_is_a_step_and_each_step_one_of_its_operations() {
        let inverses = calls().flat_map(|call| &call.inverses).chain(reversals());
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
            let step = Step::read(*operation, names, |name| Ok(sample(name)));
            let step = step.map_err(|guard| format!("{operation:?}: {guard:?}")).unwrap();
            assert_eq!(step.operation(), *operation);
            assert_eq!(step.arguments().len(), names.len());
        }
    }

    /// What an argument of this name can be.
    fn sample(name: &str) -> &'static str {
        match name {
            "policy_arn" | "managed_policy_arn" | "permissions_boundary" => {
                "arn:aws:iam::aws:policy/ReadOnlyAccess"
            }
            "status" => "Inactive",
            "activate" | "enable" | "enable_termination_protection" => "false",
            "open_id_connect_provider_arn" => "arn:aws:iam::111122223333:oidc-provider/x",
            "saml_provider_arn" => "arn:aws:iam::111122223333:saml-provider/x",
            "organization_arns" => {
                "arn:aws:organizations::111122223333:organization/o-exampleorgid"
            }
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
            "target_id" | "account_id" | "member_account_id" | "admin_account_id" => "111122223333",
            "source_parent_id" | "destination_parent_id" => "r-ab12",
            "policy_id" => "p-0123abcd",
            "version_id" => "v2",
            "access_key_id"
            | "ssh_public_key_id"
            | "service_specific_credential_id"
            | "certificate_id"
            | "delegation_request_id" => "ABCD0123456789ABCD0123456789",
            "event_data_store" | "identity_store_id" | "membership_id" | "group_id" | "user_id"
            | "principal_id" | "key_id" | "profile_id" | "trust_anchor_id" | "crl_id" => {
                "0a1b2c3d-0000-4000-8000-0123456789ab"
            }
            "region" => "eu-west-1",
            "snapshot_id" => "snap-0123456789abcdef0",
            "image_id" => "ami-0123456789abcdef0",
            "fpga_image_id" => "afi-0123456789abcdef0",
            "association_id" => "iip-assoc-0123456789abcdef0",
            "attribute" => "launchPermission",
            "attribute_name" => "restore",
            "operation_type" => "remove",
            "group_names" | "user_groups" | "values_to_remove" => "all",
            "user_ids" | "principals" | "account_ids_to_remove" => "111122223333",
            _ => "abc",
        }
    }
}
