//! What takes a step back, and what a step does to rights, for any event.
//!
//! A step that is done by a machine must have a way back, so this list is closed: a new step does not compile before it
//! stands here. Most steps have a twin with the same arguments.

use super::argument::{CredentialStatus, SharingChange};
use super::irreversible::{Irreversible, Lacking, NoReverse};
use super::step::Step;
use crate::iam::catalogue::Effect;

macro_rules! reversals {
    (
        twins { $($one:ident: $does:ident <> $other:ident: $undoes:ident { $($field:ident),* })* }
        lost { $($why:ident: $($lost:ident),+;)* }
        others { $($pattern:pat => $effect:expr, $reverse:expr;)* }
    ) => {
        impl Step {
            /// What takes it back.
            ///
            /// # Errors
            /// Why the step alone does not say it.
            pub fn reverse(&self) -> Result<Self, NoReverse> {
                match self {
                    $(
                        Self::$one { $($field),* } => Ok(Self::$other { $($field: $field.to_owned()),* }),
                        Self::$other { $($field),* } => Ok(Self::$one { $($field: $field.to_owned()),* }),
                    )*
                    $($(Self::$lost { .. } => Err(NoReverse::Irreversible(Irreversible::$why)),)+)*
                    $($pattern => $reverse,)*
                }
            }

            /// What it does to rights by itself. In the case of an event it may do less or other things, which the
            /// catalogue says: a user who loses a policy that only denies gets rights by that.
            #[must_use]
            pub fn effect(&self) -> Effect {
                #[expect(unused_variables, reason = "the same patterns serve both")]
                match self {
                    $(
                        Self::$one { .. } => Effect::$does,
                        Self::$other { .. } => Effect::$undoes,
                    )*
                    $($(Self::$lost { .. } => Effect::Destroys,)+)*
                    $($pattern => $effect,)*
                }
            }
        }
    };
}

/// The same step with another value in it.
macro_rules! again {
    ($step:ident { $($field:ident),* } $changed:ident: $value:expr) => {
        Ok(Step::$step { $($field: $field.to_owned(),)* $changed: $value })
    };
}

fn lacks(lacking: Lacking) -> Result<Step, NoReverse> {
    Err(NoReverse::Lacks(lacking))
}

/// The effect of a switch of a credential.
fn switching(status: CredentialStatus) -> Effect {
    match status {
        CredentialStatus::Active => Effect::Gives,
        CredentialStatus::Inactive => Effect::Narrows,
    }
}

fn switched(status: CredentialStatus) -> CredentialStatus {
    match status {
        CredentialStatus::Active => CredentialStatus::Inactive,
        CredentialStatus::Inactive => CredentialStatus::Active,
    }
}

/// The effect of a change of who may use what is shared.
fn sharing(change: SharingChange) -> Effect {
    match change {
        SharingChange::Add => Effect::Gives,
        SharingChange::Remove => Effect::Narrows,
    }
}

fn shared(change: SharingChange) -> SharingChange {
    match change {
        SharingChange::Add => SharingChange::Remove,
        SharingChange::Remove => SharingChange::Add,
    }
}

/// The effect of a switch of what guards.
fn guarding(on: bool) -> Effect {
    if on { Effect::Guards } else { Effect::Gives }
}

reversals! {
    twins {
        AddClientIDToOpenIDConnectProvider: Gives <> RemoveClientIDFromOpenIDConnectProvider: Narrows {
            open_id_connect_provider_arn, client_id
        }
        AddRoleToInstanceProfile: Gives <> RemoveRoleFromInstanceProfile: Narrows {
            instance_profile_name, role_name
        }
        AddUserToGroup: Gives <> RemoveUserFromGroup: Narrows { group_name, user_name }
        AttachGroupPolicy: Gives <> DetachGroupPolicy: Narrows { group_name, policy_arn }
        AttachRolePolicy: Gives <> DetachRolePolicy: Narrows { role_name, policy_arn }
        AttachUserPolicy: Gives <> DetachUserPolicy: Narrows { user_name, policy_arn }
        CreateAccountAlias: Moves <> DeleteAccountAlias: Moves { account_alias }
        EnableOrganizationsRootCredentialsManagement: Guards <> DisableOrganizationsRootCredentialsManagement: Gives {}
        EnableOrganizationsRootSessions: Gives <> DisableOrganizationsRootSessions: Narrows {}
        EnableOutboundWebIdentityFederation: Gives <> DisableOutboundWebIdentityFederation: Narrows {}
        RestoreEventDataStore: Guards <> DeleteEventDataStore: Gives { event_data_store, region }
        StartEventDataStoreIngestion: Guards <> StopEventDataStoreIngestion: Gives { event_data_store, region }
        StartLogging: Guards <> StopLogging: Gives { name, region }
        StartConfigurationRecorder: Guards <> StopConfigurationRecorder: Gives {
            configuration_recorder_name, region
        }
        EnableSerialConsole: Gives <> DisableSerialConsole: Narrows { region }
        EnableRule: Guards <> DisableRule: Gives { name, event_bus_name, region }
        EnableGuardDutyAdminAccount: Guards <> DisableGuardDutyAdminAccount: Gives { admin_account_id, region }
        CreateGroupMembership: Gives <> DeleteGroupMembershipOf: Narrows {
            identity_store_id, group_id, user_id, region
        }
        CancelKeyDeletion: Guards <> ScheduleKeyDeletion: Gives { key_id, region }
        EnableKey: Guards <> DisableKey: Gives { key_id, region }
        AttachOrganizationPolicy: Guards <> DetachOrganizationPolicy: Gives { policy_id, target_id }
        RegisterDelegatedAdministrator: Gives <> DeregisterDelegatedAdministrator: Narrows {
            account_id, service_principal
        }
        EnableAWSServiceAccess: Guards <> DisableAWSServiceAccess: Gives { service_principal }
        EnableProfile: Gives <> DisableProfile: Narrows { profile_id, region }
        EnableTrustAnchor: Gives <> DisableTrustAnchor: Narrows { trust_anchor_id, region }
        EnableCrl: Guards <> DisableCrl: Gives { crl_id, region }
        EnableSecurityHubAdminAccount: Guards <> DisableSecurityHubAdminAccount: Gives { admin_account_id, region }
        AssociateResourceShare: Gives <> DisassociateResourceShare: Narrows {
            resource_share_arn, principals, region
        }
        AttachManagedPolicyToPermissionSet: Gives <> DetachManagedPolicyFromPermissionSet: Narrows {
            instance_arn, permission_set_arn, managed_policy_arn, region
        }
        CreateAccountAssignment: Gives <> DeleteAccountAssignment: Narrows {
            instance_arn, target_id, target_type, permission_set_arn, principal_type, principal_id, region
        }
    }
    lost {
        Password: DeleteLoginProfile;
        PrivateKey: DeleteServerCertificate;
        Device: DeleteVirtualMFADevice;
        Thing: DeleteInstanceProfile, DeleteOpenIDConnectProvider, DeletePolicy, DeleteSAMLProvider,
            DeleteTrustedTokenIssuer, RevokeGrant;
        Version: DeletePolicyVersion;
        Request: RejectDelegationRequest;
        Address: DeleteFunctionUrl;
        Value: DeleteParameter;
    }
    others {
        Step::DeleteGroupPolicy { group_name, policy_name } => Effect::Narrows,
            lacks(Lacking::GroupPolicy(group_name.clone(), policy_name.clone()));
        Step::PutGroupPolicy { group_name, policy_name, .. } => Effect::Gives,
            lacks(Lacking::GroupPolicy(group_name.clone(), policy_name.clone()));
        Step::DeleteRolePolicy { role_name, policy_name } => Effect::Narrows,
            lacks(Lacking::RolePolicy(role_name.clone(), policy_name.clone()));
        Step::PutRolePolicy { role_name, policy_name, .. } => Effect::Gives,
            lacks(Lacking::RolePolicy(role_name.clone(), policy_name.clone()));
        Step::DeleteUserPolicy { user_name, policy_name } => Effect::Narrows,
            lacks(Lacking::UserPolicy(user_name.clone(), policy_name.clone()));
        Step::PutUserPolicy { user_name, policy_name, .. } => Effect::Gives,
            lacks(Lacking::UserPolicy(user_name.clone(), policy_name.clone()));
        Step::DeleteInlinePolicyFromPermissionSet { instance_arn, permission_set_arn, region } => Effect::Narrows,
            lacks(Lacking::PermissionSetPolicy(instance_arn.clone(), permission_set_arn.clone(), region.clone()));
        Step::PutInlinePolicyToPermissionSet { instance_arn, permission_set_arn, region, .. } => Effect::Gives,
            lacks(Lacking::PermissionSetPolicy(instance_arn.clone(), permission_set_arn.clone(), region.clone()));
        Step::PutRolePermissionsBoundary { role_name, .. } => Effect::Guards,
            lacks(Lacking::RoleBoundary(role_name.clone()));
        Step::DeleteRolePermissionsBoundary { role_name } => Effect::Gives,
            lacks(Lacking::RoleBoundary(role_name.clone()));
        Step::PutUserPermissionsBoundary { user_name, .. } => Effect::Guards,
            lacks(Lacking::UserBoundary(user_name.clone()));
        Step::DeleteUserPermissionsBoundary { user_name } => Effect::Gives,
            lacks(Lacking::UserBoundary(user_name.clone()));
        Step::SetDefaultPolicyVersion { policy_arn, .. } => Effect::Restores,
            lacks(Lacking::DefaultVersion(policy_arn.clone()));
        Step::UpdateAccessKey { user_name, access_key_id, status } => switching(*status),
            again!(UpdateAccessKey { user_name, access_key_id } status: switched(*status));
        Step::UpdateSSHPublicKey { user_name, ssh_public_key_id, status } => switching(*status),
            again!(UpdateSSHPublicKey { user_name, ssh_public_key_id } status: switched(*status));
        Step::UpdateServiceSpecificCredential { user_name, service_specific_credential_id, status } => switching(*status),
            again!(UpdateServiceSpecificCredential { user_name, service_specific_credential_id } status: switched(*status));
        Step::UpdateSigningCertificate { user_name, certificate_id, status } => switching(*status),
            again!(UpdateSigningCertificate { user_name, certificate_id } status: switched(*status));
        Step::UpdateGroup { group_name, new_group_name } => Effect::Moves,
            Ok(Step::UpdateGroup { group_name: new_group_name.clone(), new_group_name: group_name.clone() });
        Step::UpdateUser { user_name, new_user_name } => Effect::Moves,
            Ok(Step::UpdateUser { user_name: new_user_name.clone(), new_user_name: user_name.clone() });
        Step::UpdateServerCertificate { server_certificate_name, new_server_certificate_name } => Effect::Moves,
            Ok(Step::UpdateServerCertificate {
                server_certificate_name: new_server_certificate_name.clone(),
                new_server_certificate_name: server_certificate_name.clone(),
            });
        Step::MoveAccount { account_id, source_parent_id, destination_parent_id } => Effect::Moves,
            Ok(Step::MoveAccount {
                account_id: *account_id,
                source_parent_id: destination_parent_id.clone(),
                destination_parent_id: source_parent_id.clone(),
            });
        Step::UpdateTerminationProtection { stack_name, enable_termination_protection, region } =>
            guarding(*enable_termination_protection),
            again!(UpdateTerminationProtection { stack_name, region }
                enable_termination_protection: !enable_termination_protection);
        Step::UpdateDetector { detector_id, enable, region } => guarding(*enable),
            again!(UpdateDetector { detector_id, region } enable: !enable);
        // A list of addresses whose findings are not shown; one of threats adds findings.
        Step::UpdateIPSet { detector_id, ip_set_id, activate, region } => guarding(!activate),
            again!(UpdateIPSet { detector_id, ip_set_id, region } activate: !activate);
        Step::UpdateThreatIntelSet { detector_id, threat_intel_set_id, activate, region } => guarding(!activate),
            again!(UpdateThreatIntelSet { detector_id, threat_intel_set_id, region } activate: !activate);
        Step::CloseFpgaImage { fpga_image_id, attribute, operation_type, user_groups, region } => sharing(*operation_type),
            again!(CloseFpgaImage { fpga_image_id, attribute, user_groups, region } operation_type: shared(*operation_type));
        Step::UnshareFpgaImage { fpga_image_id, attribute, operation_type, user_ids, region } => sharing(*operation_type),
            again!(UnshareFpgaImage { fpga_image_id, attribute, user_ids, region } operation_type: shared(*operation_type));
        Step::CloseImage { image_id, attribute, operation_type, user_groups, region } => sharing(*operation_type),
            again!(CloseImage { image_id, attribute, user_groups, region } operation_type: shared(*operation_type));
        Step::UnshareImage { image_id, attribute, operation_type, user_ids, region } => sharing(*operation_type),
            again!(UnshareImage { image_id, attribute, user_ids, region } operation_type: shared(*operation_type));
        Step::UnshareImageWithOrganization { image_id, attribute, operation_type, organization_arns, region } =>
            sharing(*operation_type),
            again!(UnshareImageWithOrganization { image_id, attribute, organization_arns, region }
                operation_type: shared(*operation_type));
        Step::UnshareImageWithUnit { image_id, attribute, operation_type, organizational_unit_arns, region } =>
            sharing(*operation_type),
            again!(UnshareImageWithUnit { image_id, attribute, organizational_unit_arns, region }
                operation_type: shared(*operation_type));
        Step::CloseSnapshot { snapshot_id, attribute, operation_type, group_names, region } => sharing(*operation_type),
            again!(CloseSnapshot { snapshot_id, attribute, group_names, region } operation_type: shared(*operation_type));
        Step::UnshareSnapshot { snapshot_id, attribute, operation_type, user_ids, region } => sharing(*operation_type),
            again!(UnshareSnapshot { snapshot_id, attribute, user_ids, region } operation_type: shared(*operation_type));
        Step::CloseDBClusterSnapshot { db_cluster_snapshot_identifier, attribute_name, values_to_remove, region } =>
            Effect::Narrows,
            again!(OpenDBClusterSnapshot { db_cluster_snapshot_identifier, attribute_name, region }
                values_to_add: values_to_remove.clone());
        Step::OpenDBClusterSnapshot { db_cluster_snapshot_identifier, attribute_name, values_to_add, region } =>
            Effect::Gives,
            again!(CloseDBClusterSnapshot { db_cluster_snapshot_identifier, attribute_name, region }
                values_to_remove: values_to_add.clone());
        Step::CloseDBSnapshot { db_snapshot_identifier, attribute_name, values_to_remove, region } => Effect::Narrows,
            again!(OpenDBSnapshot { db_snapshot_identifier, attribute_name, region }
                values_to_add: values_to_remove.clone());
        Step::OpenDBSnapshot { db_snapshot_identifier, attribute_name, values_to_add, region } => Effect::Gives,
            again!(CloseDBSnapshot { db_snapshot_identifier, attribute_name, region }
                values_to_remove: values_to_add.clone());
        Step::UnshareDocument { name, permission_type, account_ids_to_remove, region } => Effect::Narrows,
            again!(ShareDocument { name, permission_type, region } account_ids_to_add: account_ids_to_remove.clone());
        Step::ShareDocument { name, permission_type, account_ids_to_add, region } => Effect::Gives,
            again!(UnshareDocument { name, permission_type, region } account_ids_to_remove: account_ids_to_add.clone());
        Step::RegisterOrganizationDelegatedAdmin { member_account_id, region } => Effect::Guards,
            again!(DeregisterOrganizationDelegatedAdmin { region } delegated_admin_account_id: *member_account_id);
        Step::DeregisterOrganizationDelegatedAdmin { delegated_admin_account_id, region } => Effect::Gives,
            again!(RegisterOrganizationDelegatedAdmin { region } member_account_id: *delegated_admin_account_id);
        Step::DisassociateInstanceProfile { .. } | Step::DeleteGroupMembership { .. }
            | Step::RemoveFunctionPermission { .. } | Step::RemoveTopicPermission { .. }
            | Step::RemoveQueuePermission { .. } | Step::DeleteAccessEntry { .. }
            | Step::DisassociateAccessPolicy { .. } | Step::DeletePodIdentityAssociation { .. } =>
            Effect::Narrows, lacks(Lacking::Settings);
        Step::DeleteResourceShare { .. } | Step::DeleteActivation { .. } | Step::DeleteRoleAlias { .. } => Effect::Narrows,
            Err(NoReverse::Irreversible(Irreversible::Thing));
        Step::DeleteArchiveRule { .. } | Step::DeleteFilter { .. } => Effect::Guards, lacks(Lacking::Settings);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::iam::account::AccountId;
    use crate::iam::catalogue::{calls, reversals, step_rows};
    use crate::plan::argument::{PolicyArn, PolicyName, RoleName};
    use crate::plan::command;
    use crate::plan::guard::Guard;
    use crate::plan::samples::samples;

    /// Can the one be what takes the other back?
    fn is_opposite(one: Effect, other: Effect) -> bool {
        match one {
            Effect::Narrows | Effect::Guards => other == Effect::Gives,
            Effect::Gives => matches!(other, Effect::Narrows | Effect::Guards),
            Effect::Moves | Effect::Restores => other == one,
            Effect::Destroys | Effect::Unfit => false,
        }
    }

    /// What stood there before, where one value suffices.
    fn before(lacking: &Lacking) -> Option<&'static str> {
        match lacking {
            Lacking::RoleBoundary(_) | Lacking::UserBoundary(_) => {
                Some("arn:aws:iam::aws:policy/PowerUserAccess")
            }
            Lacking::DefaultVersion(_) => Some("v7"),
            Lacking::Settings => None,
            _ => Some("{\n  \"Statement\": []\n}"),
        }
    }

    #[test]
    fn what_takes_a_step_back_is_taken_back_by_the_step() {
        let account = AccountId::parse("111122223333").unwrap();
        let (mut whole, mut lacking, mut lost) = (0, 0, 0);
        for step in samples() {
            assert!(command::of(&step, &account).is_some(), "{step:?}");
            let back = match step.reverse() {
                Ok(back) => {
                    whole += 1;
                    assert_eq!(back.reverse(), Ok(step.clone()));
                    back
                }
                Err(NoReverse::Lacks(what)) => {
                    lacking += 1;
                    let Some(before) = before(&what) else {
                        assert_eq!(what.with(Some("x")), Err(Guard::PriorStateUnknown));
                        continue;
                    };
                    let back = what.clone().with(Some(before)).unwrap();
                    // Both are about the same thing.
                    assert_eq!(back.reverse(), Err(NoReverse::Lacks(what)));
                    back
                }
                Err(NoReverse::Irreversible(_)) => {
                    lost += 1;
                    assert!(
                        matches!(step.effect(), Effect::Destroys | Effect::Narrows),
                        "{step:?}"
                    );
                    continue;
                }
            };
            assert_ne!(back, step);
            let replaces = back.operation() == step.operation();
            let opposite = is_opposite(step.effect(), back.effect());
            assert!(opposite || replaces && back.effect() == step.effect(), "{step:?} {back:?}");
            assert!(command::of(&back, &account).is_some(), "{back:?}");
        }
        assert!(whole > 70 && lacking > 15 && lost > 10, "{whole} {lacking} {lost}");
    }

    #[test]
    fn a_policy_that_replaced_nothing_is_taken_back_by_deleting_it() {
        let (role, policy) = (RoleName::parse("r").unwrap(), PolicyName::parse("p").unwrap());
        let lacking = Lacking::RolePolicy(role.clone(), policy.clone());
        let deleted = Step::DeleteRolePolicy { role_name: role.clone(), policy_name: policy };
        assert_eq!(lacking.clone().with(None), Ok(deleted));
        assert_eq!(lacking.with(Some("file://x")), Err(Guard::UnsafeValue));
        let bare = Step::DeleteRolePermissionsBoundary { role_name: role.clone() };
        assert_eq!(Lacking::RoleBoundary(role).with(None), Ok(bare));
        let policy = PolicyArn::parse("arn:aws:iam::111122223333:policy/p").unwrap();
        assert_eq!(Lacking::DefaultVersion(policy).with(None), Err(Guard::ValueMissing));
    }

    /// What the catalogue says of a step in some case of an event is what the step does by itself.
    #[test]
    fn a_step_does_what_the_catalogue_says_of_some_case() {
        let mut cases: BTreeMap<_, Vec<Effect>> = BTreeMap::new();
        let inverses = calls().flat_map(|call| &call.inverses).chain(reversals());
        for inverse in inverses.filter(|inverse| inverse.arguments().is_some()) {
            let names: Vec<&str> = inverse.arguments().unwrap().map(|(name, _)| name).collect();
            let rows = step_rows(inverse.word).iter().map(|row| row.effect);
            cases.entry((inverse.action, names)).or_default().extend(rows);
        }
        let mut seen = BTreeSet::new();
        for step in samples() {
            let names = step.arguments().into_iter().map(|(name, _)| name).collect::<Vec<_>>();
            let Some(effects) = cases.get(&(step.operation(), names)) else { continue };
            // The sample of these is the step that takes an undo back.
            let off = ["enable", "activate", "enable_termination_protection"];
            if step.arguments().iter().any(|(name, _)| off.contains(name)) {
                continue;
            }
            assert!(effects.contains(&step.effect()), "{step:?}: {effects:?}");
            seen.insert(step.operation());
        }
        assert!(seen.len() > 60, "{}", seen.len());
    }
}
