//! Why a step alone does not say what takes it back: it loses something for good, or it depends on what stood there just
//! before it was done.

use super::argument::{
    Argument, GroupName, IdentityCenterArn, PermissionSetArn, PolicyArn, PolicyName, RoleName,
    UserName,
};
use super::guard::Guard;
use super::step::Step;
use crate::iam::region::Region;

/// Why a step alone does not say what takes it back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoReverse {
    /// Nothing does.
    Irreversible(Irreversible),
    /// It depends on what stood there just before the step was done.
    Lacks(Lacking),
}

/// What a step loses for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Irreversible {
    /// A password.
    Password,
    /// A private key.
    PrivateKey,
    /// The secret of a device.
    Device,
    /// A thing with its settings and its identity.
    Thing,
    /// A version of a policy.
    Version,
    /// The request of a partner.
    Request,
    /// The address of a function.
    Address,
    /// The value and the history of a parameter.
    Value,
}

/// What must be known of the moment just before a step to take it back. Prior state or a look at the account has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lacking {
    /// The document of an inline policy of a group, if it had one.
    GroupPolicy(GroupName, PolicyName),
    /// The document of an inline policy of a role, if it had one.
    RolePolicy(RoleName, PolicyName),
    /// The document of an inline policy of a user, if it had one.
    UserPolicy(UserName, PolicyName),
    /// The inline policy of a permission set, if it had one.
    PermissionSetPolicy(IdentityCenterArn, PermissionSetArn, Region),
    /// The permissions boundary of a role, if it had one.
    RoleBoundary(RoleName),
    /// The permissions boundary of a user, if it had one.
    UserBoundary(UserName),
    /// The version of a policy that was in force.
    DefaultVersion(PolicyArn),
    /// Settings of what the step removes, which are more than one value.
    Settings,
}

impl NoReverse {
    /// The reason, as a sentence goes on behind a colon.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Irreversible(lost) => lost.reason(),
            Self::Lacks(lacking) => lacking.reason(),
        }
    }
}

impl NoReverse {
    /// What keeps a machine from the step, as long as nobody looks at what stands there.
    #[must_use]
    pub fn guard(&self) -> Guard {
        match self {
            Self::Irreversible(_) => Guard::Irreversible,
            Self::Lacks(_) => Guard::PriorStateUnknown,
        }
    }
}

impl Irreversible {
    fn reason(self) -> &'static str {
        match self {
            Self::Password => "nothing takes it back: the password cannot be read",
            Self::PrivateKey => "nothing takes it back: the private key cannot be read",
            Self::Device => {
                "nothing takes it back: the secret of the device cannot be read, and its user has to enrol again"
            }
            Self::Thing => "nothing takes it back: what is made anew is another thing",
            Self::Version => {
                "nothing takes it back: the same document would get another version number"
            }
            Self::Request => "nothing takes it back: the partner has to ask again",
            Self::Address => "nothing takes it back: the function would get another address",
            Self::Value => "nothing takes it back: the value cannot be read",
        }
    }
}

impl Lacking {
    fn reason(&self) -> &'static str {
        match self {
            Self::GroupPolicy(..)
            | Self::RolePolicy(..)
            | Self::UserPolicy(..)
            | Self::PermissionSetPolicy(..) => {
                "to take it back, keep the document that is in force before it"
            }
            Self::RoleBoundary(_) | Self::UserBoundary(_) => {
                "to take it back, keep the boundary that is in force before it"
            }
            Self::DefaultVersion(_) => {
                "to take it back, keep the version that is in force before it"
            }
            Self::Settings => "to take it back, keep the settings of what it removes",
        }
    }

    /// What takes the step back if this stood there just before it, or nothing did.
    ///
    /// # Errors
    /// [`Guard::PriorStateUnknown`] if one value does not suffice, [`Guard::ValueMissing`] if something must have been
    /// there, or what is wrong with the value.
    pub fn with(self, before: Option<&str>) -> Result<Step, Guard> {
        let there = before.ok_or(Guard::ValueMissing);
        Ok(match (self, before.is_some()) {
            (Self::GroupPolicy(group_name, policy_name), true) => {
                let policy_document = Argument::read(there)?;
                Step::PutGroupPolicy { group_name, policy_name, policy_document }
            }
            (Self::GroupPolicy(group_name, policy_name), false) => {
                Step::DeleteGroupPolicy { group_name, policy_name }
            }
            (Self::RolePolicy(role_name, policy_name), true) => {
                let policy_document = Argument::read(there)?;
                Step::PutRolePolicy { role_name, policy_name, policy_document }
            }
            (Self::RolePolicy(role_name, policy_name), false) => {
                Step::DeleteRolePolicy { role_name, policy_name }
            }
            (Self::UserPolicy(user_name, policy_name), true) => {
                let policy_document = Argument::read(there)?;
                Step::PutUserPolicy { user_name, policy_name, policy_document }
            }
            (Self::UserPolicy(user_name, policy_name), false) => {
                Step::DeleteUserPolicy { user_name, policy_name }
            }
            (Self::PermissionSetPolicy(instance_arn, permission_set_arn, region), true) => {
                let inline_policy = Argument::read(there)?;
                Step::PutInlinePolicyToPermissionSet {
                    instance_arn,
                    permission_set_arn,
                    inline_policy,
                    region,
                }
            }
            (Self::PermissionSetPolicy(instance_arn, permission_set_arn, region), false) => {
                Step::DeleteInlinePolicyFromPermissionSet {
                    instance_arn,
                    permission_set_arn,
                    region,
                }
            }
            (Self::RoleBoundary(role_name), true) => {
                let permissions_boundary = Argument::read(there)?;
                Step::PutRolePermissionsBoundary { role_name, permissions_boundary }
            }
            (Self::RoleBoundary(role_name), false) => {
                Step::DeleteRolePermissionsBoundary { role_name }
            }
            (Self::UserBoundary(user_name), true) => {
                let permissions_boundary = Argument::read(there)?;
                Step::PutUserPermissionsBoundary { user_name, permissions_boundary }
            }
            (Self::UserBoundary(user_name), false) => {
                Step::DeleteUserPermissionsBoundary { user_name }
            }
            (Self::DefaultVersion(policy_arn), _) => {
                let version_id = Argument::read(there)?;
                Step::SetDefaultPolicyVersion { policy_arn, version_id }
            }
            (Self::Settings, _) => return Err(Guard::PriorStateUnknown),
        })
    }
}
