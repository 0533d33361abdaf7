//! The operations of AWS that undo something.

use crate::iam::action;
use crate::text::words::words;

/// Declares them by a name of service and operation each.
macro_rules! operations {
    ($($name:ident = $word:literal,)+) => {
        words! {
            /// An operation of AWS, by its name in the Service Authorization Reference.
            pub enum Operation { $(#[doc = concat!("`", $word, "`")] $name = $word,)+ }
        }
    };
}

impl Operation {
    /// Its service and its own name, as `iam` and `DetachRolePolicy`.
    #[must_use]
    pub(crate) fn parts(self) -> (&'static str, &'static str) {
        action::parts(self.word())
    }
}

operations! {
    AccessAnalyzerCreateAnalyzer = "access-analyzer:CreateAnalyzer",
    AccessAnalyzerDeleteArchiveRule = "access-analyzer:DeleteArchiveRule",
    AccessAnalyzerUpdateArchiveRule = "access-analyzer:UpdateArchiveRule",
    CloudformationSetStackPolicy = "cloudformation:SetStackPolicy",
    CloudformationUpdateStack = "cloudformation:UpdateStack",
    CloudformationUpdateTerminationProtection = "cloudformation:UpdateTerminationProtection",
    CloudtrailCreateTrail = "cloudtrail:CreateTrail",
    CloudtrailPutEventSelectors = "cloudtrail:PutEventSelectors",
    CloudtrailPutInsightSelectors = "cloudtrail:PutInsightSelectors",
    CloudtrailRegisterOrganizationDelegatedAdmin = "cloudtrail:RegisterOrganizationDelegatedAdmin",
    CloudtrailRestoreEventDataStore = "cloudtrail:RestoreEventDataStore",
    CloudtrailStartEventDataStoreIngestion = "cloudtrail:StartEventDataStoreIngestion",
    CloudtrailStartLogging = "cloudtrail:StartLogging",
    CloudtrailUpdateEventDataStore = "cloudtrail:UpdateEventDataStore",
    CloudtrailUpdateTrail = "cloudtrail:UpdateTrail",
    ConfigPutConfigRule = "config:PutConfigRule",
    ConfigPutConfigurationRecorder = "config:PutConfigurationRecorder",
    ConfigPutDeliveryChannel = "config:PutDeliveryChannel",
    ConfigStartConfigurationRecorder = "config:StartConfigurationRecorder",
    Ec2DisassociateIamInstanceProfile = "ec2:DisassociateIamInstanceProfile",
    Ec2ModifyFpgaImageAttribute = "ec2:ModifyFpgaImageAttribute",
    Ec2ModifyImageAttribute = "ec2:ModifyImageAttribute",
    Ec2ModifySnapshotAttribute = "ec2:ModifySnapshotAttribute",
    EventsEnableRule = "events:EnableRule",
    EventsPutPermission = "events:PutPermission",
    EventsPutRule = "events:PutRule",
    EventsPutTargets = "events:PutTargets",
    EventsUpdateEventBus = "events:UpdateEventBus",
    GuarddutyDeleteFilter = "guardduty:DeleteFilter",
    GuarddutyEnableOrganizationAdminAccount = "guardduty:EnableOrganizationAdminAccount",
    GuarddutyUpdateDetector = "guardduty:UpdateDetector",
    GuarddutyUpdateFilter = "guardduty:UpdateFilter",
    GuarddutyUpdateIPSet = "guardduty:UpdateIPSet",
    GuarddutyUpdateMemberDetectors = "guardduty:UpdateMemberDetectors",
    GuarddutyUpdateOrganizationConfiguration = "guardduty:UpdateOrganizationConfiguration",
    GuarddutyUpdateThreatIntelSet = "guardduty:UpdateThreatIntelSet",
    IamAddClientIDToOpenIDConnectProvider = "iam:AddClientIDToOpenIDConnectProvider",
    IamAddRoleToInstanceProfile = "iam:AddRoleToInstanceProfile",
    IamAddUserToGroup = "iam:AddUserToGroup",
    IamAttachGroupPolicy = "iam:AttachGroupPolicy",
    IamAttachRolePolicy = "iam:AttachRolePolicy",
    IamAttachUserPolicy = "iam:AttachUserPolicy",
    IamCreateAccountAlias = "iam:CreateAccountAlias",
    IamCreateOpenIDConnectProvider = "iam:CreateOpenIDConnectProvider",
    IamCreatePolicy = "iam:CreatePolicy",
    IamCreatePolicyVersion = "iam:CreatePolicyVersion",
    IamCreateSAMLProvider = "iam:CreateSAMLProvider",
    IamDeleteGroupPolicy = "iam:DeleteGroupPolicy",
    IamDeleteInstanceProfile = "iam:DeleteInstanceProfile",
    IamDeleteLoginProfile = "iam:DeleteLoginProfile",
    IamDeleteOpenIDConnectProvider = "iam:DeleteOpenIDConnectProvider",
    IamDeletePolicy = "iam:DeletePolicy",
    IamDeletePolicyVersion = "iam:DeletePolicyVersion",
    IamDeleteRolePolicy = "iam:DeleteRolePolicy",
    IamDeleteSAMLProvider = "iam:DeleteSAMLProvider",
    IamDeleteServerCertificate = "iam:DeleteServerCertificate",
    IamDeleteUserPolicy = "iam:DeleteUserPolicy",
    IamDeleteVirtualMFADevice = "iam:DeleteVirtualMFADevice",
    IamDetachGroupPolicy = "iam:DetachGroupPolicy",
    IamDetachRolePolicy = "iam:DetachRolePolicy",
    IamDetachUserPolicy = "iam:DetachUserPolicy",
    IamDisableOrganizationsRootCredentialsManagement = "iam:DisableOrganizationsRootCredentialsManagement",
    IamDisableOrganizationsRootSessions = "iam:DisableOrganizationsRootSessions",
    IamDisableOutboundWebIdentityFederation = "iam:DisableOutboundWebIdentityFederation",
    IamEnableOrganizationsRootCredentialsManagement = "iam:EnableOrganizationsRootCredentialsManagement",
    IamEnableOrganizationsRootSessions = "iam:EnableOrganizationsRootSessions",
    IamEnableOutboundWebIdentityFederation = "iam:EnableOutboundWebIdentityFederation",
    IamPutGroupPolicy = "iam:PutGroupPolicy",
    IamPutRolePermissionsBoundary = "iam:PutRolePermissionsBoundary",
    IamPutRolePolicy = "iam:PutRolePolicy",
    IamPutUserPermissionsBoundary = "iam:PutUserPermissionsBoundary",
    IamPutUserPolicy = "iam:PutUserPolicy",
    IamRejectDelegationRequest = "iam:RejectDelegationRequest",
    IamRemoveClientIDFromOpenIDConnectProvider = "iam:RemoveClientIDFromOpenIDConnectProvider",
    IamRemoveRoleFromInstanceProfile = "iam:RemoveRoleFromInstanceProfile",
    IamRemoveUserFromGroup = "iam:RemoveUserFromGroup",
    IamSetDefaultPolicyVersion = "iam:SetDefaultPolicyVersion",
    IamSetSecurityTokenServicePreferences = "iam:SetSecurityTokenServicePreferences",
    IamTagInstanceProfile = "iam:TagInstanceProfile",
    IamTagMFADevice = "iam:TagMFADevice",
    IamTagOpenIDConnectProvider = "iam:TagOpenIDConnectProvider",
    IamTagPolicy = "iam:TagPolicy",
    IamTagRole = "iam:TagRole",
    IamTagSAMLProvider = "iam:TagSAMLProvider",
    IamTagServerCertificate = "iam:TagServerCertificate",
    IamTagUser = "iam:TagUser",
    IamUpdateAccessKey = "iam:UpdateAccessKey",
    IamUpdateAccountPasswordPolicy = "iam:UpdateAccountPasswordPolicy",
    IamUpdateAssumeRolePolicy = "iam:UpdateAssumeRolePolicy",
    IamUpdateGroup = "iam:UpdateGroup",
    IamUpdateOpenIDConnectProviderThumbprint = "iam:UpdateOpenIDConnectProviderThumbprint",
    IamUpdateRole = "iam:UpdateRole",
    IamUpdateRoleDescription = "iam:UpdateRoleDescription",
    IamUpdateSAMLProvider = "iam:UpdateSAMLProvider",
    IamUpdateSSHPublicKey = "iam:UpdateSSHPublicKey",
    IamUpdateServerCertificate = "iam:UpdateServerCertificate",
    IamUpdateServiceSpecificCredential = "iam:UpdateServiceSpecificCredential",
    IamUpdateSigningCertificate = "iam:UpdateSigningCertificate",
    IamUpdateUser = "iam:UpdateUser",
    IdentitystoreCreateGroupMembership = "identitystore:CreateGroupMembership",
    IdentitystoreDeleteGroupMembership = "identitystore:DeleteGroupMembership",
    KmsCancelKeyDeletion = "kms:CancelKeyDeletion",
    KmsCreateGrant = "kms:CreateGrant",
    KmsEnableKey = "kms:EnableKey",
    KmsEnableKeyRotation = "kms:EnableKeyRotation",
    KmsPutKeyPolicy = "kms:PutKeyPolicy",
    KmsRevokeGrant = "kms:RevokeGrant",
    KmsUpdateAlias = "kms:UpdateAlias",
    LambdaAddPermission = "lambda:AddPermission",
    LambdaPutFunctionConcurrency = "lambda:PutFunctionConcurrency",
    LambdaPutFunctionEventInvokeConfig = "lambda:PutFunctionEventInvokeConfig",
    LambdaRemovePermission = "lambda:RemovePermission",
    LambdaUpdateEventSourceMapping = "lambda:UpdateEventSourceMapping",
    LambdaUpdateFunctionCode = "lambda:UpdateFunctionCode",
    LambdaUpdateFunctionConfiguration = "lambda:UpdateFunctionConfiguration",
    LogsPutMetricFilter = "logs:PutMetricFilter",
    LogsPutRetentionPolicy = "logs:PutRetentionPolicy",
    LogsPutSubscriptionFilter = "logs:PutSubscriptionFilter",
    OrganizationsAttachPolicy = "organizations:AttachPolicy",
    OrganizationsCreatePolicy = "organizations:CreatePolicy",
    OrganizationsDeregisterDelegatedAdministrator = "organizations:DeregisterDelegatedAdministrator",
    OrganizationsDetachPolicy = "organizations:DetachPolicy",
    OrganizationsDisableAWSServiceAccess = "organizations:DisableAWSServiceAccess",
    OrganizationsEnableAWSServiceAccess = "organizations:EnableAWSServiceAccess",
    OrganizationsEnablePolicyType = "organizations:EnablePolicyType",
    OrganizationsMoveAccount = "organizations:MoveAccount",
    OrganizationsPutResourcePolicy = "organizations:PutResourcePolicy",
    OrganizationsRegisterDelegatedAdministrator = "organizations:RegisterDelegatedAdministrator",
    OrganizationsUpdatePolicy = "organizations:UpdatePolicy",
    RdsModifyDBClusterSnapshotAttribute = "rds:ModifyDBClusterSnapshotAttribute",
    RdsModifyDBSnapshotAttribute = "rds:ModifyDBSnapshotAttribute",
    RolesanywhereDisableProfile = "rolesanywhere:DisableProfile",
    RolesanywhereDisableTrustAnchor = "rolesanywhere:DisableTrustAnchor",
    RolesanywhereEnableCrl = "rolesanywhere:EnableCrl",
    RolesanywhereImportCrl = "rolesanywhere:ImportCrl",
    RolesanywherePutAttributeMapping = "rolesanywhere:PutAttributeMapping",
    RolesanywhereUpdateCrl = "rolesanywhere:UpdateCrl",
    RolesanywhereUpdateProfile = "rolesanywhere:UpdateProfile",
    RolesanywhereUpdateTrustAnchor = "rolesanywhere:UpdateTrustAnchor",
    SecurityhubEnableOrganizationAdminAccount = "securityhub:EnableOrganizationAdminAccount",
    SecurityhubEnableSecurityHub = "securityhub:EnableSecurityHub",
    SecurityhubEnableSecurityHubV2 = "securityhub:EnableSecurityHubV2",
    SnsAddPermission = "sns:AddPermission",
    SnsRemovePermission = "sns:RemovePermission",
    SnsSetSubscriptionAttributes = "sns:SetSubscriptionAttributes",
    SnsSetTopicAttributes = "sns:SetTopicAttributes",
    SnsSubscribe = "sns:Subscribe",
    SqsAddPermission = "sqs:AddPermission",
    SqsRemovePermission = "sqs:RemovePermission",
    SqsSetQueueAttributes = "sqs:SetQueueAttributes",
    SsmPutParameter = "ssm:PutParameter",
    SsmUpdateDocument = "ssm:UpdateDocument",
    SsmUpdateDocumentDefaultVersion = "ssm:UpdateDocumentDefaultVersion",
    SsoAttachManagedPolicyToPermissionSet = "sso:AttachManagedPolicyToPermissionSet",
    SsoCreateAccountAssignment = "sso:CreateAccountAssignment",
    SsoDeleteAccountAssignment = "sso:DeleteAccountAssignment",
    SsoDeleteInlinePolicyFromPermissionSet = "sso:DeleteInlinePolicyFromPermissionSet",
    SsoDeleteTrustedTokenIssuer = "sso:DeleteTrustedTokenIssuer",
    SsoDetachManagedPolicyFromPermissionSet = "sso:DetachManagedPolicyFromPermissionSet",
    SsoPutInlinePolicyToPermissionSet = "sso:PutInlinePolicyToPermissionSet",
    SsoPutPermissionsBoundaryToPermissionSet = "sso:PutPermissionsBoundaryToPermissionSet",
    SsoUpdatePermissionSet = "sso:UpdatePermissionSet",
    SsoUpdateTrustedTokenIssuer = "sso:UpdateTrustedTokenIssuer",
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::iam::catalogue::calls;

    #[test]
    fn each_operation_undoes_a_call_of_the_table() {
        let inverses = calls().flat_map(|call| &call.inverses);
        let used: BTreeSet<Operation> = inverses.map(|inverse| inverse.action).collect();
        assert_eq!(used, Operation::ALL.iter().copied().collect());
    }

    #[test]
    fn each_operation_has_a_service_and_a_name() {
        for operation in Operation::ALL {
            let (service, name) = operation.parts();
            assert!(!service.is_empty() && name.starts_with(char::is_uppercase), "{operation}");
        }
    }
}
