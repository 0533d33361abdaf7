//! What a step needs: the action of IAM and the resources that it is about, and no more.
//!
//! Source: the Service Authorization Reference,
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html>

use super::argument::{
    ClusterMember, ClusterName, GroupId, IdentityStoreId, MembershipId, PolicyTargetId, QueueUrl,
    UserId,
};
use super::step::Step;
use crate::iam::account::AccountId;
use crate::iam::arn::{Arn, function_name};
use crate::iam::region::Region;

/// Where a step is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<'p> {
    /// `aws`, `aws-cn` …
    pub partition: &'p str,
    /// The account.
    pub account: AccountId,
}

/// One statement of a policy that allows a call of a step, and nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permission {
    /// `iam:DetachRolePolicy`
    pub action: &'static str,
    /// ARNs. A star stands in one where the event does not say that part, and alone where the action knows no
    /// resources.
    pub resources: Vec<String>,
    /// What the call must hold, where the action has a key for it.
    pub pin: Option<Pin>,
}

/// A condition of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pin {
    /// `ArnEquals` or `StringEquals`
    pub operator: &'static str,
    /// `iam:PolicyARN`
    pub key: &'static str,
    /// The only value.
    pub value: String,
}

/// What a step is about.
enum On {
    /// Names of IAM: their paths are not in the event.
    Names(&'static str, Vec<String>),
    /// ARNs.
    Arns(Vec<String>),
    /// The action knows no resources.
    Any,
}

/// A text that stands for itself in a policy: stars and the like are no wildcards, a dollar begins no variable.
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-specialchars>
fn literal(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c {
            '*' | '?' | '$' => escaped.extend(['$', '{', c, '}']),
            c => escaped.push(c),
        }
    }
    escaped
}

fn name(kind: &'static str, name: &str) -> On {
    On::Names(kind, vec![literal(name)])
}

fn names(kind: &'static str, old: &str, new: &str) -> On {
    On::Names(kind, vec![literal(old), literal(new)])
}

fn itself(arn: &str) -> On {
    On::Arns(vec![literal(arn)])
}

impl Place<'_> {
    /// A thing of a service in this account.
    fn of(self, service: &str, region: &str, resource: &str) -> On {
        let Self { partition, account } = self;
        On::Arns(vec![format!("arn:{partition}:{service}:{region}:{account}:{resource}")])
    }

    /// A thing that a call names by its ID, or by its ARN.
    fn named(self, service: &str, region: &Region, kind: &str, id: &str) -> On {
        match Arn::parse(id) {
            Some(_) => itself(id),
            None => self.of(service, region.as_str(), &format!("{kind}{}", literal(id))),
        }
    }

    /// A thing whose account no ARN of its service names, or which the event does not say.
    fn bare(self, service: &str, account: &str, resource: &str) -> String {
        match Arn::parse(resource) {
            Some(_) => literal(resource),
            None => format!("arn:{}:{service}::{account}:{resource}", self.partition),
        }
    }

    fn rule(self, rule: &str, bus: Option<&str>, region: &Region) -> On {
        let bus =
            bus.map(|bus| Arn::parse(bus).and_then(|arn| arn.below("event-bus")).unwrap_or(bus));
        match bus.filter(|bus| *bus != "default") {
            Some(bus) => {
                self.of("events", region.as_str(), &format!("rule/{}/{rule}", literal(bus)))
            }
            None => self.of("events", region.as_str(), &format!("rule/{rule}")),
        }
    }

    fn function(self, named: &str, qualifier: Option<&str>, region: &Region) -> On {
        let function = literal(function_name(named));
        // An ARN says its own place.
        let arn = Arn::parse(named);
        let region = arn.map_or(region.as_str(), |arn| arn.region);
        let account = arn.and_then(|arn| AccountId::parse(arn.account)).unwrap_or(self.account);
        let place = Self { account, ..self };
        let of = |name: &str| match place.of("lambda", region, &format!("function:{name}")) {
            On::Arns(arns) => arns,
            On::Names(..) | On::Any => Vec::new(),
        };
        let qualified = qualifier.map(|qualifier| format!("{function}:{}", literal(qualifier)));
        On::Arns(
            of(&function).into_iter().chain(qualified.iter().flat_map(|one| of(one))).collect(),
        )
    }

    /// The entry of a principal in a cluster. An ID that no event of it shows ends its ARN, and whether a path stands before
    /// the name is not documented.
    fn entry(self, cluster: &ClusterName, member: &ClusterMember, region: &Region) -> On {
        let arn = Arn::parse(member.as_str());
        let named = arn.and_then(|arn| {
            let of = |kind: &'static str| Some((kind, arn.account, arn.below(kind)?));
            of("role").or_else(|| of("user"))
        });
        let (kind, account, name) = named.unwrap_or(("*", "*", "*"));
        let short = name.rsplit('/').next().unwrap_or(name);
        let names = if short == name { vec![name] } else { vec![name, short] };
        let Self { partition, account: own } = self;
        let (region, cluster) = (region.as_str(), cluster.as_str());
        let one = |name: &str| {
            let name = literal(name);
            let entry = format!("access-entry/{cluster}/{kind}/{account}/{name}/*");
            format!("arn:{partition}:eks:{region}:{own}:{entry}")
        };
        On::Arns(names.into_iter().map(one).collect())
    }

    /// A queue by its address, `https://sqs.REGION.amazonaws.com/ACCOUNT/NAME`.
    fn queue(self, url: &QueueUrl, region: &Region) -> On {
        let mut parts = url.as_str().rsplit('/');
        let name = parts.next().filter(|name| !name.is_empty() && !name.contains(':'));
        let owner = parts.next().and_then(AccountId::parse).unwrap_or(self.account);
        let name = name.map_or_else(|| "*".to_owned(), literal);
        Self { account: owner, ..self }.of("sqs", region.as_str(), &name)
    }

    fn membership(self, store: &IdentityStoreId, about: &[(&str, &str)]) -> On {
        let of_store = format!("identitystore/{}", literal(store.as_str()));
        let store = match Arn::parse(store.as_str()) {
            Some(_) => literal(store.as_str()),
            None => self.bare("identitystore", self.account.as_str(), &of_store),
        };
        let about = about.iter().map(|(kind, id)| match Arn::parse(id) {
            Some(_) => literal(id),
            None => self.bare("identitystore", "", &format!("{kind}/{id}")),
        });
        On::Arns([store].into_iter().chain(about).collect())
    }

    fn members(self, store: &IdentityStoreId, group: &GroupId, user: &UserId) -> On {
        let about = [("group", group.as_str()), ("user", user.as_str()), ("membership", "*")];
        self.membership(store, &about)
    }

    fn one_membership(self, store: &IdentityStoreId, membership: &MembershipId) -> On {
        let about = [("group", "*"), ("user", "*"), ("membership", membership.as_str())];
        self.membership(store, &about)
    }

    /// A part of an organization: an account, a unit or a root. Its organization is not in the event, and neither is
    /// the account that manages it.
    fn part(self, id: &str) -> String {
        let kind = match id.split_once('-') {
            Some(("r", _)) => "root",
            Some(("ou", _)) => "ou",
            _ => "account",
        };
        self.bare("organizations", "*", &format!("{kind}/*/{id}"))
    }

    fn attachment(self, policy: &str, target: &PolicyTargetId) -> On {
        let policy = self.bare("organizations", "*", &format!("policy/*/{policy}"));
        On::Arns(vec![policy, self.part(target.as_str())])
    }
}

macro_rules! resources {
    ($place:ident: $($pattern:pat => $on:expr;)*) => {
        fn on(step: &Step, $place: Place<'_>) -> On {
            match step {
                $($pattern => $on,)*
            }
        }
    };
}

resources! { place:
    // IAM.
    Step::AttachGroupPolicy { group_name, .. } | Step::DetachGroupPolicy { group_name, .. }
        | Step::DeleteGroupPolicy { group_name, .. } | Step::PutGroupPolicy { group_name, .. }
        | Step::AddUserToGroup { group_name, .. } | Step::RemoveUserFromGroup { group_name, .. } =>
        name("group", group_name.as_str());
    Step::AttachRolePolicy { role_name, .. } | Step::DetachRolePolicy { role_name, .. }
        | Step::DeleteRolePolicy { role_name, .. } | Step::PutRolePolicy { role_name, .. }
        | Step::PutRolePermissionsBoundary { role_name, .. } | Step::DeleteRolePermissionsBoundary { role_name } =>
        name("role", role_name.as_str());
    Step::AttachUserPolicy { user_name, .. } | Step::DetachUserPolicy { user_name, .. }
        | Step::DeleteUserPolicy { user_name, .. } | Step::PutUserPolicy { user_name, .. }
        | Step::PutUserPermissionsBoundary { user_name, .. } | Step::DeleteUserPermissionsBoundary { user_name }
        | Step::DeleteLoginProfile { user_name } | Step::UpdateAccessKey { user_name, .. }
        | Step::UpdateSSHPublicKey { user_name, .. } | Step::UpdateServiceSpecificCredential { user_name, .. }
        | Step::UpdateSigningCertificate { user_name, .. } =>
        name("user", user_name.as_str());
    // A new name is a resource as well.
    Step::UpdateGroup { group_name, new_group_name } => names("group", group_name.as_str(), new_group_name.as_str());
    Step::UpdateUser { user_name, new_user_name } => names("user", user_name.as_str(), new_user_name.as_str());
    Step::UpdateServerCertificate { server_certificate_name, new_server_certificate_name } =>
        names("server-certificate", server_certificate_name.as_str(), new_server_certificate_name.as_str());
    Step::DeleteServerCertificate { server_certificate_name } =>
        name("server-certificate", server_certificate_name.as_str());
    Step::AddRoleToInstanceProfile { instance_profile_name, .. }
        | Step::RemoveRoleFromInstanceProfile { instance_profile_name, .. }
        | Step::DeleteInstanceProfile { instance_profile_name } =>
        name("instance-profile", instance_profile_name.as_str());
    Step::AddClientIDToOpenIDConnectProvider { open_id_connect_provider_arn, .. }
        | Step::RemoveClientIDFromOpenIDConnectProvider { open_id_connect_provider_arn, .. }
        | Step::DeleteOpenIDConnectProvider { open_id_connect_provider_arn } =>
        itself(open_id_connect_provider_arn.as_str());
    Step::DeletePolicy { policy_arn } | Step::DeletePolicyVersion { policy_arn, .. }
        | Step::SetDefaultPolicyVersion { policy_arn, .. } => itself(policy_arn.as_str());
    Step::DeleteSAMLProvider { saml_provider_arn } => itself(saml_provider_arn.as_str());
    Step::DeleteVirtualMFADevice { serial_number } => match Arn::parse(serial_number.as_str()) {
        Some(arn) if arn.service == "iam" => itself(serial_number.as_str()),
        _ => place.of("iam", "", "mfa/*"),
    };
    Step::RejectDelegationRequest { delegation_request_id } =>
        place.of("iam", "", &format!("delegation-request/{}", literal(delegation_request_id.as_str())));
    Step::CreateAccountAlias { .. } | Step::DeleteAccountAlias { .. }
        | Step::EnableOrganizationsRootCredentialsManagement {} | Step::DisableOrganizationsRootCredentialsManagement {}
        | Step::EnableOrganizationsRootSessions {} | Step::DisableOrganizationsRootSessions {}
        | Step::EnableOutboundWebIdentityFederation {} | Step::DisableOutboundWebIdentityFederation {} => On::Any;
    // What watches and guards.
    Step::DeleteArchiveRule { analyzer_name, rule_name, region } => {
        let rule = format!("analyzer/{}/archive-rule/{}", analyzer_name.as_str(), rule_name.as_str());
        place.of("access-analyzer", region.as_str(), &rule)
    };
    Step::UpdateTerminationProtection { stack_name, region, .. } => match Arn::parse(stack_name.as_str()) {
        Some(_) => itself(stack_name.as_str()),
        None => place.of("cloudformation", region.as_str(), &format!("stack/{}/*", stack_name.as_str())),
    };
    Step::RestoreEventDataStore { event_data_store, region } | Step::DeleteEventDataStore { event_data_store, region }
        | Step::StartEventDataStoreIngestion { event_data_store, region }
        | Step::StopEventDataStoreIngestion { event_data_store, region } =>
        place.named("cloudtrail", region, "eventdatastore/", event_data_store.as_str());
    Step::StartLogging { name, region } | Step::StopLogging { name, region } =>
        place.named("cloudtrail", region, "trail/", name.as_str());
    Step::StartConfigurationRecorder { configuration_recorder_name, region }
        | Step::StopConfigurationRecorder { configuration_recorder_name, region } => {
        let recorder = format!("configuration-recorder/{}/*", literal(configuration_recorder_name.as_str()));
        place.of("config", region.as_str(), &recorder)
    };
    Step::EnableRule { name, event_bus_name, region } | Step::DisableRule { name, event_bus_name, region } =>
        place.rule(name.as_str(), event_bus_name.as_ref().map(|bus| bus.as_str()), region);
    Step::DeleteFilter { detector_id, filter_name, region } => {
        let filter = format!("detector/{}/filter/{}", detector_id.as_str(), filter_name.as_str());
        place.of("guardduty", region.as_str(), &filter)
    };
    Step::UpdateDetector { detector_id, region, .. } =>
        place.of("guardduty", region.as_str(), &format!("detector/{}", detector_id.as_str()));
    Step::UpdateIPSet { detector_id, ip_set_id, region, .. } => {
        let list = format!("detector/{}/ipset/{}", detector_id.as_str(), ip_set_id.as_str());
        place.of("guardduty", region.as_str(), &list)
    };
    Step::UpdateThreatIntelSet { detector_id, threat_intel_set_id, region, .. } => {
        let list = format!("detector/{}/threatintelset/{}", detector_id.as_str(), threat_intel_set_id.as_str());
        place.of("guardduty", region.as_str(), &list)
    };
    Step::EnableCrl { crl_id, region } | Step::DisableCrl { crl_id, region } =>
        place.named("rolesanywhere", region, "crl/", crl_id.as_str());
    Step::RegisterOrganizationDelegatedAdmin { .. } | Step::DeregisterOrganizationDelegatedAdmin { .. }
        | Step::EnableGuardDutyAdminAccount { .. } | Step::DisableGuardDutyAdminAccount { .. }
        | Step::EnableSecurityHubAdminAccount { .. } | Step::DisableSecurityHubAdminAccount { .. }
        | Step::EnableSerialConsole { .. } | Step::DisableSerialConsole { .. } => On::Any;
    // What lets others in.
    Step::EnableProfile { profile_id, region } | Step::DisableProfile { profile_id, region } =>
        place.named("rolesanywhere", region, "profile/", profile_id.as_str());
    Step::EnableTrustAnchor { trust_anchor_id, region } | Step::DisableTrustAnchor { trust_anchor_id, region } =>
        place.named("rolesanywhere", region, "trust-anchor/", trust_anchor_id.as_str());
    // The instance is not in the event.
    Step::DisassociateInstanceProfile { region, .. } => place.of("ec2", region.as_str(), "instance/*");
    Step::CloseFpgaImage { fpga_image_id, region, .. } | Step::UnshareFpgaImage { fpga_image_id, region, .. } =>
        place.of("ec2", region.as_str(), &format!("fpga-image/{}", fpga_image_id.as_str()));
    Step::CloseImage { image_id, region, .. } | Step::UnshareImage { image_id, region, .. }
        | Step::UnshareImageWithOrganization { image_id, region, .. }
        | Step::UnshareImageWithUnit { image_id, region, .. } =>
        itself(&format!("arn:{}:ec2:{}::image/{}", place.partition, region.as_str(), image_id.as_str()));
    Step::CloseSnapshot { snapshot_id, region, .. } | Step::UnshareSnapshot { snapshot_id, region, .. } =>
        itself(&format!("arn:{}:ec2:{}::snapshot/{}", place.partition, region.as_str(), snapshot_id.as_str()));
    Step::CloseDBSnapshot { db_snapshot_identifier, region, .. }
        | Step::OpenDBSnapshot { db_snapshot_identifier, region, .. } =>
        place.of("rds", region.as_str(), &format!("snapshot:{}", db_snapshot_identifier.as_str()));
    Step::CloseDBClusterSnapshot { db_cluster_snapshot_identifier, region, .. }
        | Step::OpenDBClusterSnapshot { db_cluster_snapshot_identifier, region, .. } =>
        place.of("rds", region.as_str(), &format!("cluster-snapshot:{}", db_cluster_snapshot_identifier.as_str()));
    Step::CancelKeyDeletion { key_id, region } | Step::ScheduleKeyDeletion { key_id, region }
        | Step::EnableKey { key_id, region } | Step::DisableKey { key_id, region }
        | Step::RevokeGrant { key_id, region, .. } =>
        place.named("kms", region, "key/", key_id.as_str());
    Step::DeleteFunctionUrl { function_name, qualifier, region }
        | Step::RemoveFunctionPermission { function_name, qualifier, region, .. } =>
        place.function(function_name.as_str(), qualifier.as_ref().map(|one| one.as_str()), region);
    Step::RemoveTopicPermission { topic_arn, .. } => itself(topic_arn.as_str());
    Step::RemoveQueuePermission { queue_url, region, .. } => place.queue(queue_url, region);
    Step::DeleteResourceShare { resource_share_arn, .. } | Step::AssociateResourceShare { resource_share_arn, .. }
        | Step::DisassociateResourceShare { resource_share_arn, .. } => itself(resource_share_arn.as_str());
    Step::DeleteParameter { name, region } =>
        place.of("ssm", region.as_str(), &format!("parameter/{}", name.as_str().trim_start_matches('/')));
    Step::DeleteActivation { .. } => On::Any;
    Step::DeleteRoleAlias { role_alias, region } => place.named("iot", region, "rolealias/", role_alias.as_str());
    Step::DeleteAccessEntry { cluster_name, principal_arn, region }
        | Step::DisassociateAccessPolicy { cluster_name, principal_arn, region, .. } =>
        place.entry(cluster_name, principal_arn, region);
    Step::DeletePodIdentityAssociation { cluster_name, association_id, region } => place.of(
        "eks",
        region.as_str(),
        &format!("podidentityassociation/{}/{}", cluster_name.as_str(), association_id.as_str()),
    );
    Step::ShareDocument { name, region, .. } | Step::UnshareDocument { name, region, .. } =>
        place.named("ssm", region, "document/", name.as_str());
    // Organization, and Identity Center.
    Step::AttachOrganizationPolicy { policy_id, target_id } | Step::DetachOrganizationPolicy { policy_id, target_id } =>
        place.attachment(policy_id.as_str(), target_id);
    Step::RegisterDelegatedAdministrator { account_id, .. } | Step::DeregisterDelegatedAdministrator { account_id, .. } =>
        On::Arns(vec![place.part(account_id.as_str())]);
    Step::EnableAWSServiceAccess { .. } | Step::DisableAWSServiceAccess { .. } => On::Any;
    Step::MoveAccount { account_id, source_parent_id, destination_parent_id } => On::Arns(
        [account_id.as_str(), source_parent_id.as_str(), destination_parent_id.as_str()].map(|id| place.part(id)).into(),
    );
    Step::DeleteGroupMembership { identity_store_id, membership_id, .. } =>
        place.one_membership(identity_store_id, membership_id);
    Step::DeleteGroupMembershipOf { identity_store_id, group_id, user_id, .. }
        | Step::CreateGroupMembership { identity_store_id, group_id, user_id, .. } =>
        place.members(identity_store_id, group_id, user_id);
    Step::AttachManagedPolicyToPermissionSet { instance_arn, permission_set_arn, .. }
        | Step::DetachManagedPolicyFromPermissionSet { instance_arn, permission_set_arn, .. }
        | Step::PutInlinePolicyToPermissionSet { instance_arn, permission_set_arn, .. }
        | Step::DeleteInlinePolicyFromPermissionSet { instance_arn, permission_set_arn, .. } =>
        On::Arns(vec![instance_arn.as_str().to_owned(), permission_set_arn.as_str().to_owned()]);
    Step::CreateAccountAssignment { instance_arn, permission_set_arn, target_id, .. }
        | Step::DeleteAccountAssignment { instance_arn, permission_set_arn, target_id, .. } => On::Arns(vec![
        instance_arn.as_str().to_owned(),
        permission_set_arn.as_str().to_owned(),
        place.bare("sso", "", &format!("account/{target_id}")),
    ]);
    Step::DeleteTrustedTokenIssuer { trusted_token_issuer_arn, .. } => itself(trusted_token_issuer_arn.as_str());
}

impl On {
    /// Under its path, which is not known, or under none.
    fn arns(self, place: Place<'_>) -> Vec<String> {
        match self {
            Self::Arns(arns) => arns,
            Self::Any => vec!["*".to_owned()],
            Self::Names(kind, names) => {
                let begin = format!("arn:{}:iam::{}:{kind}", place.partition, place.account);
                let both = |name: String| [format!("{begin}/{name}"), format!("{begin}/*/{name}")];
                names.into_iter().flat_map(both).collect()
            }
        }
    }
}

impl Step {
    /// ARNs of what it is about, as [`Permission::resources`] has them.
    #[must_use]
    pub fn resources(&self, place: Place<'_>) -> Vec<String> {
        on(self, place).arns(place)
    }

    /// What its command needs: the permission to do it comes first.
    #[must_use]
    pub fn permissions(&self, place: Place<'_>) -> Vec<Permission> {
        let resources = self.resources(place);
        let of = |action, resources| Permission { action, resources, pin: None };
        let own = Permission { pin: self.pin(), ..of(self.operation().word(), resources.clone()) };
        let further = match self {
            Self::AddRoleToInstanceProfile { role_name, .. } => {
                Some(of("iam:PassRole", name("role", role_name.as_str()).arns(place)))
            }
            // The command looks for the ID of the membership.
            Self::DeleteGroupMembershipOf { .. } => {
                Some(of("identitystore:GetGroupMembershipId", resources))
            }
            _ => None,
        };
        [own].into_iter().chain(further).collect()
    }

    fn pin(&self) -> Option<Pin> {
        let pin = |operator, key, value| Some(Pin { operator, key, value: literal(value) });
        match self {
            Self::AttachGroupPolicy { policy_arn, .. }
            | Self::DetachGroupPolicy { policy_arn, .. }
            | Self::AttachRolePolicy { policy_arn, .. }
            | Self::DetachRolePolicy { policy_arn, .. }
            | Self::AttachUserPolicy { policy_arn, .. }
            | Self::DetachUserPolicy { policy_arn, .. } => {
                pin("ArnEquals", "iam:PolicyARN", policy_arn.as_str())
            }
            Self::PutRolePermissionsBoundary { permissions_boundary, .. }
            | Self::PutUserPermissionsBoundary { permissions_boundary, .. } => {
                pin("StringEquals", "iam:PermissionsBoundary", permissions_boundary.as_str())
            }
            Self::RegisterDelegatedAdministrator { service_principal, .. }
            | Self::DeregisterDelegatedAdministrator { service_principal, .. }
            | Self::EnableAWSServiceAccess { service_principal }
            | Self::DisableAWSServiceAccess { service_principal } => {
                pin("StringEquals", "organizations:ServicePrincipal", service_principal.as_str())
            }
            Self::AssociateResourceShare { principals, .. }
            | Self::DisassociateResourceShare { principals, .. } => {
                pin("StringEquals", "ram:Principal", principals.as_str())
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::argument::{Argument, PolicyArn, RoleName};
    use crate::plan::samples::samples;

    fn place() -> Place<'static> {
        Place { partition: "aws-cn", account: AccountId::parse("111122223333").unwrap() }
    }

    #[test]
    fn every_step_needs_its_own_action_on_something_named() {
        for step in samples() {
            let permissions = step.permissions(place());
            assert_eq!(permissions[0].action, step.operation().word());
            for permission in &permissions {
                assert!(!permission.resources.is_empty(), "{step:?}");
                for resource in &permission.resources {
                    let arn = Arn::parse(resource);
                    let (service, _) = permission.action.split_once(':').unwrap();
                    assert!(
                        arn.is_some_and(|arn| arn.service == service) || resource == "*",
                        "{resource}"
                    );
                    assert!(!resource.contains("//"), "{resource}");
                }
            }
        }
        // The actions without resources, as the Service Authorization Reference has them.
        let any = samples().into_iter().filter(|step| step.resources(place()) == ["*"]);
        assert_eq!(any.count(), 19);
    }

    #[track_caller]
    fn check(step: &Step, resources: &[&str], pin: Option<&str>) {
        let permission = step.permissions(place()).remove(0);
        assert_eq!(permission.resources, resources);
        assert_eq!(permission.pin.map(|pin| pin.value).as_deref(), pin);
    }

    #[test]
    fn a_role_is_meant_at_any_path_and_no_other_role() {
        let role_name: RoleName = Argument::read(Ok("deploy")).unwrap();
        let policy_arn = "arn:aws-cn:iam::111122223333:policy/a*/$b?/p";
        let policy_arn: PolicyArn = Argument::read(Ok(policy_arn)).unwrap();
        check(
            &Step::DetachRolePolicy { role_name, policy_arn: policy_arn.clone() },
            &[
                "arn:aws-cn:iam::111122223333:role/deploy",
                "arn:aws-cn:iam::111122223333:role/*/deploy",
            ],
            Some("arn:aws-cn:iam::111122223333:policy/a${*}/${$}b${?}/p"),
        );
        check(
            &Step::DeletePolicy { policy_arn },
            &["arn:aws-cn:iam::111122223333:policy/a${*}/${$}b${?}/p"],
            None,
        );
    }

    #[test]
    fn what_is_named_in_several_ways_is_the_same_resource() {
        let region = Region::parse("cn-north-1").unwrap();
        let queue = |url: &str| Step::RemoveQueuePermission {
            queue_url: Argument::read(Ok(url)).unwrap(),
            label: Argument::read(Ok("x")).unwrap(),
            region: region.clone(),
        };
        let url = "https://sqs.cn-north-1.amazonaws.com.cn/444455556666/orders";
        check(&queue(url), &["arn:aws-cn:sqs:cn-north-1:444455556666:orders"], None);
        check(&queue("http://x/a*"), &["arn:aws-cn:sqs:cn-north-1:111122223333:a${*}"], None);
        let rule = |bus: Option<&str>| Step::EnableRule {
            name: Argument::read(Ok("r")).unwrap(),
            event_bus_name: bus.map(|bus| Argument::read(Ok(bus)).unwrap()),
            region: region.clone(),
        };
        check(&rule(None), &["arn:aws-cn:events:cn-north-1:111122223333:rule/r"], None);
        check(&rule(Some("default")), &["arn:aws-cn:events:cn-north-1:111122223333:rule/r"], None);
        for bus in ["b", "arn:aws-cn:events:cn-north-1:111122223333:event-bus/b"] {
            check(&rule(Some(bus)), &["arn:aws-cn:events:cn-north-1:111122223333:rule/b/r"], None);
        }
        let function = |named: &str, qualifier: Option<&str>| Step::DeleteFunctionUrl {
            function_name: Argument::read(Ok(named)).unwrap(),
            qualifier: qualifier.map(|one| Argument::read(Ok(one)).unwrap()),
            region: region.clone(),
        };
        let arn = "arn:aws-cn:lambda:cn-north-1:111122223333:function:f";
        check(&function("f", None), &[arn], None);
        check(&function(arn, Some("live")), &[arn, &format!("{arn}:live")], None);
        let elsewhere = "arn:aws-cn:lambda:cn-northwest-1:999988887777:function:f";
        check(&function(elsewhere, None), &[elsewhere], None);
        let entry = |member: &str| Step::DeleteAccessEntry {
            cluster_name: Argument::read(Ok("prod")).unwrap(),
            principal_arn: Argument::read(Ok(member)).unwrap(),
            region: region.clone(),
        };
        let of = "arn:aws-cn:eks:cn-north-1:111122223333:access-entry/prod";
        let role = "arn:aws-cn:iam::444455556666:role/team/x";
        let both = ["team/x", "x"].map(|name| format!("{of}/role/444455556666/{name}/*"));
        check(&entry(role), &both.each_ref().map(String::as_str), None);
        let user = format!("{of}/user/111122223333/bob/*");
        check(&entry("arn:aws-cn:iam::111122223333:user/bob"), &[&user], None);
        let key = "0a1b2c3d-0000-4000-8000-0123456789ab";
        let arn = format!("arn:aws-cn:kms:cn-north-1:111122223333:key/{key}");
        for key in [key, &arn] {
            let key_id = Argument::read(Ok(key)).unwrap();
            check(&Step::EnableKey { key_id, region: region.clone() }, &[&arn], None);
        }
    }
}
