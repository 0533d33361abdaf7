//! The identity of the target of a call.

use super::account::AccountId;
use super::arn::Arn;
use super::kind::EntityKind;

/// One user, role, group or policy of IAM. Names ignore case, and are unique in an account, across paths.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EntityId {
    account: AccountId,
    kind: EntityKind,
    name: String,
}

impl EntityId {
    /// The entity of this name. `None` if the account's ID is not valid.
    #[must_use]
    pub fn of(account: &str, kind: EntityKind, name: &str) -> Option<Self> {
        Some(Self { account: AccountId::parse(account)?, kind, name: name.to_lowercase() })
    }

    /// Is this its ARN, with any path?
    #[must_use]
    pub(crate) fn is_of(&self, arn: &str) -> bool {
        Self::of_arn(arn).as_ref() == Some(self)
    }

    /// Another of the same account and kind.
    #[must_use]
    pub(crate) fn renamed(&self, name: &str) -> Self {
        Self { name: name.to_lowercase(), ..*self }
    }

    /// The entity of this ARN. `None` if it is not an ARN of one, or its name is a pattern.
    #[must_use]
    pub(crate) fn of_arn(arn: &str) -> Option<Self> {
        let arn = Arn::parse(arn)?;
        let (kind, _) = arn.iam_entity()?;
        let name = Some(arn.name()).filter(|name| !name.contains(['*', '?']))?;
        Self::of(arn.account, kind, name)
    }

    /// Its account.
    #[must_use]
    pub fn account(&self) -> AccountId {
        self.account
    }

    /// Its name, in lower case.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> EntityKind {
        self.kind
    }
}
