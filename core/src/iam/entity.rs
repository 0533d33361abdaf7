//! What calls are about: which one.

use super::arn::Arn;
use super::kind::EntityKind;

/// One user, role, group or policy of IAM. Names are compared without case, and stand once in an account, whatever the
/// path.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EntityId {
    account: String,
    kind: EntityKind,
    name: String,
}

impl EntityId {
    /// The one of this name.
    #[must_use]
    pub fn new(account: &str, kind: EntityKind, name: &str) -> Self {
        Self { account: account.to_owned(), kind, name: name.to_lowercase() }
    }

    /// The one of this ARN, if it is one and its name is no pattern.
    #[must_use]
    pub(crate) fn of_arn(arn: &str) -> Option<Self> {
        let arn = Arn::parse(arn).filter(|arn| super::account::is_id(arn.account))?;
        let (kind, _) = arn.iam_entity()?;
        let name = Some(arn.name()).filter(|name| !name.contains(['*', '?']))?;
        Some(Self::new(arn.account, kind, name))
    }

    /// Its account.
    #[must_use]
    pub fn account(&self) -> &str {
        &self.account
    }

    /// Its name, in small letters.
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
