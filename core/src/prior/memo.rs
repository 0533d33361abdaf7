//! Which roles documents reach, each judged once for one event.

use std::cell::RefCell;

use crate::iam::policy::PolicyDocument;

/// Most documents judged for one event, each once for the roles that are known.
const JUDGED_MAX: usize = 64;

/// Cache of judgements: an answer is computed repeatedly, each time with more registers.
#[derive(Debug, Default)]
pub struct ReachMemo(RefCell<Vec<Judged>>);

#[derive(Debug)]
struct Judged {
    document: PolicyDocument,
    roles: Vec<String>,
    how: How,
    found: Option<Vec<String>>,
}

/// What a document lets somebody do with roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    /// Wear them.
    Wear,
    /// Wear them, or hand them on.
    WearOrHandOn,
    /// Handing them to a service by a call that takes one.
    Pass,
}

impl How {
    pub(super) fn wear_or(hand_on: bool) -> Self {
        if hand_on { Self::WearOrHandOn } else { Self::Wear }
    }
}

impl ReachMemo {
    /// The roles among these that the document lets its holder assume or pass on. `None` if there are too many
    /// documents, or one is too large to judge.
    pub(super) fn of(
        &self,
        document: &PolicyDocument,
        roles: Vec<String>,
        how: How,
        own: &str,
    ) -> Option<Vec<String>> {
        let same = |judged: &&Judged| {
            judged.how == how && judged.roles == roles && judged.document == *document
        };
        if let Some(known) = self.0.borrow().iter().find(same) {
            return known.found.clone();
        }
        if self.0.borrow().len() >= JUDGED_MAX {
            return None;
        }
        let found = match how {
            How::Wear => document.roles_reached(&roles, false, Some(own)),
            How::WearOrHandOn => document.roles_reached(&roles, true, Some(own)),
            How::Pass => document.roles_passed(&roles, Some(own)),
        };
        let found: Option<Vec<String>> =
            found.map(|found| found.into_iter().map(str::to_owned).collect());
        let document = document.clone();
        self.0.borrow_mut().push(Judged { document, roles, how, found: found.clone() });
        found
    }
}
