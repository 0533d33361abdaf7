//! Kinds of callers.

use crate::text::words::words;

words! {
    /// Kind of a caller, by `userIdentity.type`.
    ///
    /// Source: <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-user-identity.html>
    pub enum PrincipalKind {
        /// The root user of an account.
        Root = "Root",
        /// A user.
        IamUser = "IAMUser",
        /// The session of a role.
        AssumedRole = "AssumedRole",
        /// A role.
        Role = "Role",
        /// A session that a user gave away.
        FederatedUser = "FederatedUser",
        /// A user of a directory.
        Directory = "Directory",
        /// Another account.
        AwsAccount = "AWSAccount",
        /// A service.
        AwsService = "AWSService",
        /// A user of Identity Center.
        IdentityCenterUser = "IdentityCenterUser",
        /// Somebody with an assertion.
        SamlUser = "SAMLUser",
        /// Somebody with a token.
        WebIdentityUser = "WebIdentityUser",
        /// Nobody says who, or by a word that no documentation has.
        Unknown = "Unknown",
    }
}
