//! Entities that nothing may weaken unseen: break-glass roles and what else the owner protects.

use std::collections::HashMap;

use crate::iam::entity::EntityId;
use crate::iam::kind::EntityKind;
use crate::vocabulary::Guarded;

/// Most entities of both lists together.
pub const GUARDED_MAX: usize = 500;
/// Kinds of IAM entities that can be guarded.
const KINDS: [EntityKind; 4] =
    [EntityKind::Role, EntityKind::User, EntityKind::Group, EntityKind::Policy];

/// The guarded entities of a site.
#[derive(Debug, Clone, Default)]
pub(crate) struct GuardedEntities(HashMap<EntityId, Guarded>);

impl GuardedEntities {
    /// Adds an entity by its ARN.
    ///
    /// # Errors
    /// What the ARN should look like.
    pub(crate) fn add(&mut self, arn: &str, why: Guarded) -> Result<(), String> {
        let id = EntityId::of_arn(arn).filter(|id| KINDS.contains(&id.kind()));
        let key = id.ok_or_else(|| {
            format!("`{arn}` is not the ARN of an IAM role, user, group or policy; write it like arn:aws:iam::111122223333:role/break-glass")
        })?;
        // Break-glass is the stronger word.
        if why == Guarded::BreakGlass || !self.0.contains_key(&key) {
            self.0.insert(key, why);
        }
        Ok(())
    }

    /// How many there are.
    #[must_use]
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Is any of them of a kind that can be renamed?
    #[must_use]
    pub(crate) fn can_be_renamed(&self) -> bool {
        let renamable = [EntityKind::User, EntityKind::Group];
        self.0.keys().any(|id| renamable.contains(&id.kind()))
    }

    /// Is the list empty?
    #[must_use]
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Those of another list as well.
    pub(crate) fn extend(&mut self, other: Self) {
        for (key, why) in other.0 {
            if why == Guarded::BreakGlass || !self.0.contains_key(&key) {
                self.0.insert(key, why);
            }
        }
    }

    /// Why an entity is guarded, if it is.
    #[must_use]
    pub(crate) fn of(&self, entity: &EntityId) -> Option<Guarded> {
        self.0.get(entity).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entities_are_known_by_account_kind_and_name() {
        let mut guarded = GuardedEntities::default();
        guarded
            .add("arn:aws:iam::111122223333:role/emergency/Break-Glass", Guarded::BreakGlass)
            .unwrap();
        guarded.add("arn:aws:iam::111122223333:role/break-glass", Guarded::Protected).unwrap();
        let of = |account: &str, kind: EntityKind, name: &str| {
            guarded.of(&EntityId::of(account, kind, name).unwrap())
        };
        assert_eq!(of("111122223333", EntityKind::Role, "break-glass"), Some(Guarded::BreakGlass));
        assert_eq!(of("444455556666", EntityKind::Role, "break-glass"), None);
        assert_eq!(of("111122223333", EntityKind::User, "break-glass"), None);
        for arn in [
            "break-glass",
            "arn:aws:iam::111122223333:role/*",
            "arn:aws:sts::111122223333:assumed-role/a/b",
            "arn:aws:iam::1111:role/x",
            "arn:aws:iam::111122223333:root",
        ] {
            assert!(guarded.add(arn, Guarded::Protected).is_err(), "{arn}");
        }
    }
}
