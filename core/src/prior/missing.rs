//! Registers that must be read first.

use std::collections::BTreeSet;

use super::address::Address;

/// Registers that an answer needs and does not have.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Missing {
    /// Without these there is no answer.
    pub(super) needed: BTreeSet<Address>,
    /// These will probably be needed next: they are read at the same time, and one that cannot be read is let go.
    pub(super) ahead: BTreeSet<Address>,
}

impl Missing {
    /// All that is worth reading, where it could be read.
    pub(super) fn worth_reading(self, unread: &BTreeSet<Address>) -> impl Iterator<Item = Address> {
        let Self { needed, mut ahead } = self;
        ahead.retain(|one| !unread.contains(one));
        needed.into_iter().chain(ahead)
    }
}

impl From<Address> for Missing {
    fn from(needed: Address) -> Self {
        Self { needed: BTreeSet::from([needed]), ahead: BTreeSet::new() }
    }
}
