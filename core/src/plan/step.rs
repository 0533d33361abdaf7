//! The steps that exist: one variant an operation of AWS, with the arguments that it takes.
//!
//! An operation is named as in the Service Authorization Reference, its arguments as the AWS SDK for Rust and, with
//! dashes, the AWS CLI name them, in the order in which a command shows them:
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html>,
//! <https://docs.aws.amazon.com/cli/latest/reference/>. The catalogue says from where in an event each comes.

use super::argument::{
    AccessKeyId, AccountAlias, ActivationId, AnalyzerName, ArchiveRuleName, Argument, AssigneeId,
    AssigneeKind, AssignmentTarget, AssociationId, AwsPolicyArn, CertificateId, ClientId,
    ClusterMember, ClusterName, ClusterPolicyArn, CredentialStatus, CrlId,
    DatabaseSharingAttribute, DatabaseSnapshotName, DelegationRequestId, DetectorId, DocumentName,
    DocumentPermission, DocumentSharedWith, DocumentText, EventBusName, EventDataStoreId,
    EventRuleName, Everyone, FilterName, FpgaImageId, FunctionName, FunctionQualifier,
    FunctionStatementId, GrantId, GroupId, GroupName, IdentityCenterArn, IdentityStoreId, ImageId,
    InstanceProfileName, KeyId, ListId, MembershipId, OidcProviderArn, OrganizationArn,
    OrganizationPolicyId, OrganizationalUnitArn, ParameterName, ParentId, PermissionSetArn,
    PodIdentityId, PolicyArn, PolicyName, PolicyTargetId, PolicyVersion, ProfileId, QueueLabel,
    QueueUrl, RecorderName, ResourceShareArn, RoleAlias, RoleName, SamlProviderArn, SerialNumber,
    ServerCertificateName, ServiceCredentialId, ServicePrincipal, ShareMember, SharedWith,
    SharingAttribute, SharingChange, SnapshotId, SshPublicKeyId, StackName, TopicArn, TopicLabel,
    TrailName, TrustAnchorId, TrustedTokenIssuerArn, UserId, UserName, Value,
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

        /// All steps: their operations, each with the names of its arguments.
        #[cfg(test)]
        pub(super) const OPERATIONS: &[(Operation, &[&str])] = &[$((Operation::$operation, &[$(stringify!($name)),*])),*];
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
    DeleteAccessEntry = EksDeleteAccessEntry {
        cluster_name: ClusterName, principal_arn: ClusterMember, region: Region,
    }
    DeletePodIdentityAssociation = EksDeletePodIdentityAssociation {
        cluster_name: ClusterName, association_id: PodIdentityId, region: Region,
    }
    DisassociateAccessPolicy = EksDisassociateAccessPolicy {
        cluster_name: ClusterName, principal_arn: ClusterMember, policy_arn: ClusterPolicyArn, region: Region,
    }
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
    DeleteRoleAlias = IotDeleteRoleAlias { role_alias: RoleAlias, region: Region }
    DeleteActivation = SsmDeleteActivation { activation_id: ActivationId, region: Region }
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
    // What no call is undone by: these take steps back.
    DeleteAccountAlias = IamDeleteAccountAlias { account_alias: AccountAlias }
    DeleteRolePermissionsBoundary = IamDeleteRolePermissionsBoundary { role_name: RoleName }
    DeleteUserPermissionsBoundary = IamDeleteUserPermissionsBoundary { user_name: UserName }
    PutGroupPolicy = IamPutGroupPolicy {
        group_name: GroupName, policy_name: PolicyName, policy_document: DocumentText,
    }
    PutRolePolicy = IamPutRolePolicy {
        role_name: RoleName, policy_name: PolicyName, policy_document: DocumentText,
    }
    PutUserPolicy = IamPutUserPolicy {
        user_name: UserName, policy_name: PolicyName, policy_document: DocumentText,
    }
    DeregisterOrganizationDelegatedAdmin = CloudtrailDeregisterOrganizationDelegatedAdmin {
        delegated_admin_account_id: AccountId, region: Region,
    }
    DeleteEventDataStore = CloudtrailDeleteEventDataStore {
        event_data_store: EventDataStoreId, region: Region,
    }
    StopEventDataStoreIngestion = CloudtrailStopEventDataStoreIngestion {
        event_data_store: EventDataStoreId, region: Region,
    }
    StopLogging = CloudtrailStopLogging { name: TrailName, region: Region }
    StopConfigurationRecorder = ConfigStopConfigurationRecorder {
        configuration_recorder_name: RecorderName, region: Region,
    }
    EnableSerialConsole = Ec2EnableSerialConsoleAccess { region: Region }
    DisableRule = EventsDisableRule { name: EventRuleName, event_bus_name: Option<EventBusName>, region: Region }
    DisableGuardDutyAdminAccount = GuarddutyDisableOrganizationAdminAccount {
        admin_account_id: AccountId, region: Region,
    }
    CreateGroupMembership = IdentitystoreCreateGroupMembership {
        identity_store_id: IdentityStoreId, group_id: GroupId, user_id: UserId, region: Region,
    }
    ScheduleKeyDeletion = KmsScheduleKeyDeletion { key_id: KeyId, region: Region }
    DisableKey = KmsDisableKey { key_id: KeyId, region: Region }
    OpenDBClusterSnapshot = RdsModifyDBClusterSnapshotAttribute {
        db_cluster_snapshot_identifier: DatabaseSnapshotName, attribute_name: DatabaseSharingAttribute,
        values_to_add: SharedWith, region: Region,
    }
    OpenDBSnapshot = RdsModifyDBSnapshotAttribute {
        db_snapshot_identifier: DatabaseSnapshotName, attribute_name: DatabaseSharingAttribute,
        values_to_add: SharedWith, region: Region,
    }
    EnableProfile = RolesanywhereEnableProfile { profile_id: ProfileId, region: Region }
    EnableTrustAnchor = RolesanywhereEnableTrustAnchor { trust_anchor_id: TrustAnchorId, region: Region }
    DisableCrl = RolesanywhereDisableCrl { crl_id: CrlId, region: Region }
    DisableSecurityHubAdminAccount = SecurityhubDisableOrganizationAdminAccount {
        admin_account_id: AccountId, region: Region,
    }
    AssociateResourceShare = RamAssociateResourceShare {
        resource_share_arn: ResourceShareArn, principals: ShareMember, region: Region,
    }
    ShareDocument = SsmModifyDocumentPermission {
        name: DocumentName, permission_type: DocumentPermission,
        account_ids_to_add: DocumentSharedWith, region: Region,
    }
    PutInlinePolicyToPermissionSet = SsoPutInlinePolicyToPermissionSet {
        instance_arn: IdentityCenterArn, permission_set_arn: PermissionSetArn,
        inline_policy: DocumentText, region: Region,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::iam::catalogue::{calls, reversals};
    use crate::plan::samples::{is_only_taking_back, samples};

    #[test]
    fn each_step_undoes_a_call_of_the_catalogue_or_takes_such_a_step_back() {
        let inverses = || {
            let all = calls().flat_map(|call| &call.inverses).chain(reversals());
            all.filter(|inverse| !inverse.by_hand)
        };
        let named: BTreeSet<(Operation, Vec<&str>)> = inverses()
            .filter_map(|inverse| {
                let names = inverse.arguments()?.map(|(name, _)| name).collect();
                Some((inverse.action, names))
            })
            .collect();
        let all = OPERATIONS.iter().map(|(operation, names)| (*operation, names.to_vec()));
        let (back, known): (BTreeSet<_>, BTreeSet<_>) =
            all.partition(|(operation, names)| is_only_taking_back(*operation, names));
        assert_eq!(named, known);
        let inverses = inverses().map(|inverse| inverse.action);
        let used: BTreeSet<Operation> = inverses.chain(back.into_iter().map(|one| one.0)).collect();
        assert_eq!(used, Operation::ALL.iter().copied().collect());
    }

    #[test]
    fn a_step_knows_its_operation() {
        for (step, (operation, names)) in samples().iter().zip(OPERATIONS) {
            assert_eq!(step.operation(), *operation);
            assert_eq!(step.arguments().len(), names.len());
        }
    }
}
