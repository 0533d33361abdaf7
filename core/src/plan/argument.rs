//! What the arguments of steps can be: each type holds only what AWS can take there and people can check.
//!
//! The forms are those of AWS's service models, as botocore holds them: pattern, least and greatest length of each shape,
//! <https://github.com/boto/botocore/tree/develop/botocore/data>. If a model says less than the documentation, the type
//! names its source; if neither says anything, only the length is checked. A value of another form leaves the step to
//! people.

mod form;
mod value;

mod cluster;
mod directory;
mod iam;
mod organization;
mod resource;
mod sharing;
mod watch;

pub use cluster::{
    ActivationId, ClusterMember, ClusterName, ClusterPolicyArn, PodIdentityId, RoleAlias,
};
pub use directory::{
    AssigneeId, AssigneeKind, AssignmentTarget, AwsPolicyArn, GroupId, IdentityCenterArn,
    IdentityStoreId, MembershipId, PermissionSetArn, TrustedTokenIssuerArn, UserId,
};
pub(super) use iam::names_the_impossible;
pub use iam::{
    AccessKeyId, AccountAlias, CertificateId, ClientId, CredentialStatus, DelegationRequestId,
    DocumentText, GroupName, InstanceProfileName, OidcProviderArn, PolicyArn, PolicyName,
    PolicyVersion, RoleName, SamlProviderArn, SerialNumber, ServerCertificateName,
    ServiceCredentialId, SshPublicKeyId, UserName,
};
pub use organization::{OrganizationPolicyId, ParentId, PolicyTargetId, ServicePrincipal};
pub use resource::{
    CrlId, FunctionName, FunctionQualifier, FunctionStatementId, GrantId, KeyId, ProfileId,
    QueueLabel, QueueUrl, TopicArn, TopicLabel, TrustAnchorId,
};
pub use sharing::{
    AssociationId, DatabaseSharingAttribute, DatabaseSnapshotName, DocumentName,
    DocumentPermission, DocumentSharedWith, Everyone, FpgaImageId, ImageId, OrganizationArn,
    OrganizationalUnitArn, ParameterName, ResourceShareArn, ShareMember, SharedWith,
    SharingAttribute, SharingChange, SnapshotId,
};
pub(super) use value::{Argument, Value};
pub use watch::{
    AnalyzerName, ArchiveRuleName, DetectorId, EventBusName, EventDataStoreId, EventRuleName,
    FilterName, ListId, RecorderName, StackName, TrailName,
};
