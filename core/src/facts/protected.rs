//! Entities that must not be weakened, and bear what a call changes.

use crate::iam::entity::EntityId;
use crate::iam::kind::EntityKind;
use crate::own::Own;
use crate::prior::Bearers;
use crate::site::Site;

/// An entity that must not be weakened, and bears the policy or is in the group that a call changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Protected {
    /// The owner guards it. Its kind and name.
    Guarded(String),
    /// A role of this tool. Its name.
    Own(String),
    /// More bear it than are kept, and the owner guards some entity.
    Uncounted,
}

impl Protected {
    /// A user, role or group that must not be weakened. `None` if it may be.
    #[must_use]
    pub fn of(id: &EntityId, site: &Site, own: &Own) -> Option<Self> {
        let (kind, name) = (id.kind(), id.name());
        if site.guarded(id).is_some() {
            return Some(Self::Guarded(format!("{kind} {name}")));
        }
        (kind == EntityKind::Role && own.has_role(name)).then(|| Self::Own(name.to_owned()))
    }

    /// The first of those that were found, the guarded ones first.
    pub(super) fn first(bearers: &Bearers, site: &Site, own: &Own) -> Option<Self> {
        let found: Vec<Self> =
            bearers.found.iter().filter_map(|id| Self::of(id, site, own)).collect();
        let guarded = found.iter().find(|one| matches!(one, Self::Guarded(_)));
        let uncounted = || (bearers.cut && site.guards()).then_some(Self::Uncounted);
        guarded.cloned().or_else(uncounted).or_else(|| found.first().cloned())
    }
}
