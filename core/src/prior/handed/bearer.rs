//! Who holds rights.

use super::super::address::Address;

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
        format!("{} {}", at.account, at.entity)
    }

    pub(crate) fn account(&self) -> &str {
        let (Self::Identity(at) | Self::Profile(at)) = self;
        &at.account
    }

    /// The one that a text is of, and its name.
    pub(crate) fn of(text: &str) -> Option<(String, Self)> {
        let (account, entity) = text.split_once(' ')?;
        let (kind, name) = entity.split_once(' ')?;
        let address = Address::new(account, entity, "");
        let profile = kind == "instance-profile";
        let bearer = if profile { Self::Profile(address) } else { Self::Identity(address) };
        Some((name.to_owned(), bearer))
    }
}
