//! The kinds of all that calls are about.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::call::calls;
use super::wearers::wearing_kinds;
use crate::iam::entity::EntityKind;

/// Those of IAM, of the calls and of what wears a role.
pub fn entity_kinds() -> impl Iterator<Item = EntityKind> {
    static ALL: LazyLock<Vec<EntityKind>> = LazyLock::new(|| {
        let of_calls = calls().map(|call| call.kind);
        let of_wearers = wearing_kinds().map(EntityKind::of_wearer);
        let mut seen = HashSet::new();
        let all = EntityKind::OF_IAM.into_iter().chain(of_calls).chain(of_wearers);
        all.filter(|kind| seen.insert(*kind)).collect()
    });
    ALL.iter().copied()
}
