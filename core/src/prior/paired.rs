//! Pairs of calls: one puts something there and the other takes it away again; both name it. Who takes something
//! rightful away and puts it back makes it look new.

use super::Value;
use super::address::{Address, Thing, fold};
use crate::event::Event;
use crate::iam::catalogue::IAM;
use crate::iam::kind::EntityKind;

/// The kind of thing that a pair of calls adds and removes.
#[derive(Clone, Copy)]
enum Kind {
    Of(EntityKind),
    /// An account that a service takes for the organization's administrator.
    DelegatedAdministrator,
    /// A place in a group of the identity store.
    IdentityStoreMember,
    /// Tokens of the account for others.
    OutboundFederation,
    /// A statement of a queue's policy.
    QueuePermission,
    /// A role in an instance profile.
    RoleInProfile,
    /// Power over the credentials of the members' root users.
    RootCredentialsManagement,
    /// Sessions of the members' root users.
    RootSessions,
    /// A service's access to the organization.
    ServiceAccess,
    /// A statement of a topic's policy.
    TopicPermission,
}

impl Kind {
    /// As registers are named with it.
    const fn word(self) -> &'static str {
        match self {
            Self::Of(kind) => kind.word(),
            Self::DelegatedAdministrator => "delegated-administrator",
            Self::IdentityStoreMember => "identity-store-member",
            Self::OutboundFederation => "outbound-federation",
            Self::QueuePermission => "queue-permission",
            Self::RoleInProfile => "role-in-profile",
            Self::RootCredentialsManagement => "root-credentials-management",
            Self::RootSessions => "root-sessions",
            Self::ServiceAccess => "service-access",
            Self::TopicPermission => "topic-permission",
        }
    }
}

/// Two calls of a service, the kind of thing that they put and take, and the paths below `detail` of its name,
/// separated by a bar: the first present counts. Without paths an account has one such thing.
struct Pair {
    source: &'static str,
    puts: &'static str,
    takes: &'static str,
    kind: Kind,
    names: &'static [&'static str],
}

const fn pair(
    source: &'static str,
    [puts, takes]: [&'static str; 2],
    kind: Kind,
    names: &'static [&'static str],
) -> Pair {
    Pair { source, puts, takes, kind, names }
}

const ORGANIZATIONS: &str = "organizations.amazonaws.com";
const ROLES_ANYWHERE: &str = "rolesanywhere.amazonaws.com";
const PROFILE: &[&str] = &["requestParameters.profileId|responseElements.profile.profileId"];
const ANCHOR: &[&str] =
    &["requestParameters.trustAnchorId|responseElements.trustAnchor.trustAnchorId"];

/// Left out: a membership of Identity Center, whose ID is new each time, and a trusted token issuer, for the same
/// reason.
const PAIRS: &[Pair] = &[
    pair(
        IAM,
        ["CreateOpenIDConnectProvider", "DeleteOpenIDConnectProvider"],
        Kind::Of(EntityKind::OidcProvider),
        &["requestParameters.openIDConnectProviderArn|responseElements.openIDConnectProviderArn"],
    ),
    pair(
        IAM,
        ["CreateSAMLProvider", "DeleteSAMLProvider"],
        Kind::Of(EntityKind::SamlProvider),
        &["requestParameters.sAMLProviderArn|responseElements.sAMLProviderArn"],
    ),
    pair(
        IAM,
        ["UploadServerCertificate", "DeleteServerCertificate"],
        Kind::Of(EntityKind::ServerCertificate),
        &["requestParameters.serverCertificateName"],
    ),
    pair(
        IAM,
        ["CreateVirtualMFADevice", "DeleteVirtualMFADevice"],
        Kind::Of(EntityKind::MfaDevice),
        &["requestParameters.serialNumber|responseElements.virtualMFADevice.serialNumber"],
    ),
    pair(
        IAM,
        ["CreateInstanceProfile", "DeleteInstanceProfile"],
        Kind::Of(EntityKind::InstanceProfile),
        &["requestParameters.instanceProfileName"],
    ),
    // A profile has one role at most. Only the call that took it out says which.
    pair(
        IAM,
        ["AddRoleToInstanceProfile", "RemoveRoleFromInstanceProfile"],
        Kind::RoleInProfile,
        &["requestParameters.instanceProfileName", "requestParameters.roleName"],
    ),
    pair(
        IAM,
        [
            "EnableOrganizationsRootCredentialsManagement",
            "DisableOrganizationsRootCredentialsManagement",
        ],
        Kind::RootCredentialsManagement,
        &[],
    ),
    pair(
        IAM,
        ["EnableOrganizationsRootSessions", "DisableOrganizationsRootSessions"],
        Kind::RootSessions,
        &[],
    ),
    pair(
        IAM,
        ["EnableOutboundWebIdentityFederation", "DisableOutboundWebIdentityFederation"],
        Kind::OutboundFederation,
        &[],
    ),
    pair(
        ORGANIZATIONS,
        ["EnableAWSServiceAccess", "DisableAWSServiceAccess"],
        Kind::ServiceAccess,
        &["requestParameters.servicePrincipal"],
    ),
    pair(
        ORGANIZATIONS,
        ["RegisterDelegatedAdministrator", "DeregisterDelegatedAdministrator"],
        Kind::DelegatedAdministrator,
        &["requestParameters.servicePrincipal", "requestParameters.accountId"],
    ),
    pair(
        ROLES_ANYWHERE,
        ["CreateProfile", "DeleteProfile"],
        Kind::Of(EntityKind::Profile),
        PROFILE,
    ),
    pair(
        ROLES_ANYWHERE,
        ["EnableProfile", "DisableProfile"],
        Kind::Of(EntityKind::Profile),
        PROFILE,
    ),
    pair(
        ROLES_ANYWHERE,
        ["CreateTrustAnchor", "DeleteTrustAnchor"],
        Kind::Of(EntityKind::TrustAnchor),
        ANCHOR,
    ),
    pair(
        ROLES_ANYWHERE,
        ["EnableTrustAnchor", "DisableTrustAnchor"],
        Kind::Of(EntityKind::TrustAnchor),
        ANCHOR,
    ),
    pair(
        "sso.amazonaws.com",
        ["CreateAccountAssignment", "DeleteAccountAssignment"],
        Kind::Of(EntityKind::AccountAssignment),
        &[
            "requestParameters.permissionSetArn",
            "requestParameters.targetType",
            "requestParameters.targetId",
            "requestParameters.principalType",
            "requestParameters.principalId",
        ],
    ),
    pair(
        "sso-directory.amazonaws.com",
        ["AddMemberToGroup", "RemoveMemberFromGroup"],
        Kind::IdentityStoreMember,
        &["requestParameters.groupId", "requestParameters.member.memberId"],
    ),
    pair(
        "sns.amazonaws.com",
        ["AddPermission", "RemovePermission"],
        Kind::TopicPermission,
        &["requestParameters.topicArn", "requestParameters.label"],
    ),
    pair(
        "sqs.amazonaws.com",
        ["AddPermission", "RemovePermission"],
        Kind::QueuePermission,
        &["requestParameters.queueUrl", "requestParameters.label"],
    ),
];

/// The thing that an event adds or removes, if its call is one of a pair.
pub(super) fn write(event: &Event, account: &str) -> Option<(Address, Value)> {
    let (source, name) = (event.event_source()?, event.name()?);
    let found = PAIRS
        .iter()
        .find(|pair| pair.source == source && (pair.puts == name || pair.takes == name))?;
    let text = |path: &str| event.text(&format!("detail.{path}")).map(fold);
    let first = |paths: &&'static str| paths.split('|').find_map(text);
    let names: Vec<String> = found.names.iter().map(first).collect::<Option<_>>()?;
    let entity = format!("{} {}", found.kind.word(), names.join(" "));
    let value = if name == found.puts { Value::Present(String::new()) } else { Value::Absent };
    Some((Address::kept(account, entity.trim_end()).of(Thing::There), value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iam::catalogue::find;

    #[test]
    fn each_pair_is_of_calls_of_the_catalogue() {
        for pair in PAIRS {
            for name in [pair.puts, pair.takes] {
                assert!(find(pair.source, name).is_some(), "{} {name}", pair.source);
            }
        }
    }

    #[test]
    fn nothing_else_has_the_word_of_an_entity() {
        for kind in PAIRS.iter().map(|pair| pair.kind) {
            let entity = EntityKind::of(kind.word());
            assert_eq!(entity.is_some(), matches!(kind, Kind::Of(_)), "{}", kind.word());
        }
    }
}
