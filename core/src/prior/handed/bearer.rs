//! Holders of rights.

use super::super::address::Address;
use crate::iam::kind::EntityKind;

/// One that holds rights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::prior) enum Bearer {
    /// A role or group.
    Identity(Address),
    /// The role in an instance profile, which mostly bears the profile's name.
    Profile(Address),
}

impl Bearer {
    pub(in crate::prior) fn text(&self) -> String {
        let (Self::Identity(at) | Self::Profile(at)) = self;
        format!("{} {}", at.account, at.entity())
    }

    pub(crate) fn account(&self) -> &str {
        let (Self::Identity(at) | Self::Profile(at)) = self;
        &at.account
    }

    /// The one that a text is of, and its name.
    pub(crate) fn of(text: &str) -> Option<(String, Self)> {
        let (account, entity) = text.split_once(' ')?;
        let at = Address::kept(account, entity);
        at.kind()?;
        Some((at.name().to_owned(), Self::at(at)))
    }

    pub(in crate::prior) fn at(address: Address) -> Self {
        match address.is(EntityKind::InstanceProfile) {
            true => Self::Profile(address),
            false => Self::Identity(address),
        }
    }
}
