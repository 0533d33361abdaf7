//! Pairs of calls: one puts something there and the other takes it away again; both name it. Who takes something
//! rightful away and puts it back makes it look new.

use super::Value;
use super::address::{Address, Thing, fold};
use crate::event::Event;
use crate::iam::catalogue::IAM;

/// Two calls of a service, the kind of thing that they put and take, and the paths below `detail` of its name,
/// separated by a bar: the first present counts. Without paths an account has one such thing.
struct Pair {
    source: &'static str,
    puts: &'static str,
    takes: &'static str,
    kind: &'static str,
    names: &'static [&'static str],
}

const fn pair(
    source: &'static str,
    [puts, takes]: [&'static str; 2],
    kind: &'static str,
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
        "oidc-provider",
        &["requestParameters.openIDConnectProviderArn|responseElements.openIDConnectProviderArn"],
    ),
    pair(
        IAM,
        ["CreateSAMLProvider", "DeleteSAMLProvider"],
        "saml-provider",
        &["requestParameters.sAMLProviderArn|responseElements.sAMLProviderArn"],
    ),
    pair(
        IAM,
        ["UploadServerCertificate", "DeleteServerCertificate"],
        "server-certificate",
        &["requestParameters.serverCertificateName"],
    ),
    pair(
        IAM,
        ["CreateVirtualMFADevice", "DeleteVirtualMFADevice"],
        "mfa-device",
        &["requestParameters.serialNumber|responseElements.virtualMFADevice.serialNumber"],
    ),
    pair(
        IAM,
        ["CreateInstanceProfile", "DeleteInstanceProfile"],
        "instance-profile",
        &["requestParameters.instanceProfileName"],
    ),
    // A profile has one role at most. Only the call that took it out says which.
    pair(
        IAM,
        ["AddRoleToInstanceProfile", "RemoveRoleFromInstanceProfile"],
        "role-in-profile",
        &["requestParameters.instanceProfileName", "requestParameters.roleName"],
    ),
    pair(
        IAM,
        [
            "EnableOrganizationsRootCredentialsManagement",
            "DisableOrganizationsRootCredentialsManagement",
        ],
        "root-credentials-management",
        &[],
    ),
    pair(
        IAM,
        ["EnableOrganizationsRootSessions", "DisableOrganizationsRootSessions"],
        "root-sessions",
        &[],
    ),
    pair(
        IAM,
        ["EnableOutboundWebIdentityFederation", "DisableOutboundWebIdentityFederation"],
        "outbound-federation",
        &[],
    ),
    pair(
        ORGANIZATIONS,
        ["EnableAWSServiceAccess", "DisableAWSServiceAccess"],
        "service-access",
        &["requestParameters.servicePrincipal"],
    ),
    pair(
        ORGANIZATIONS,
        ["RegisterDelegatedAdministrator", "DeregisterDelegatedAdministrator"],
        "delegated-administrator",
        &["requestParameters.servicePrincipal", "requestParameters.accountId"],
    ),
    pair(ROLES_ANYWHERE, ["CreateProfile", "DeleteProfile"], "profile", PROFILE),
    pair(ROLES_ANYWHERE, ["EnableProfile", "DisableProfile"], "profile", PROFILE),
    pair(ROLES_ANYWHERE, ["CreateTrustAnchor", "DeleteTrustAnchor"], "trust-anchor", ANCHOR),
    pair(ROLES_ANYWHERE, ["EnableTrustAnchor", "DisableTrustAnchor"], "trust-anchor", ANCHOR),
    pair(
        "sso.amazonaws.com",
        ["CreateAccountAssignment", "DeleteAccountAssignment"],
        "account-assignment",
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
        "identity-store-member",
        &["requestParameters.groupId", "requestParameters.member.memberId"],
    ),
    pair(
        "sns.amazonaws.com",
        ["AddPermission", "RemovePermission"],
        "topic-permission",
        &["requestParameters.topicArn", "requestParameters.label"],
    ),
    pair(
        "sqs.amazonaws.com",
        ["AddPermission", "RemovePermission"],
        "queue-permission",
        &["requestParameters.queueUrl", "requestParameters.label"],
    ),
];

/// What an event puts there or takes away, if it is one of a pair.
pub(super) fn write(event: &Event, account: &str) -> Option<(Address, Value)> {
    let (source, name) = (event.event_source()?, event.name()?);
    let found = PAIRS
        .iter()
        .find(|pair| pair.source == source && (pair.puts == name || pair.takes == name))?;
    let text = |path: &str| event.text(&format!("detail.{path}")).map(fold);
    let first = |paths: &&'static str| paths.split('|').find_map(text);
    let names: Vec<String> = found.names.iter().map(first).collect::<Option<_>>()?;
    let entity = format!("{} {}", found.kind, names.join(" "));
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
}
