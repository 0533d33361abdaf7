//! The part of `derived` that is unknown before the world is asked.

use super::intrinsic::Facts;
use crate::pattern::is_below;
use crate::site::Site;
use crate::vocabulary::{FACTS, Fact, Late};

/// The facts about one event that an answer may still change. Where a pattern asks for one of them, it may match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    prefixes: Vec<&'static str>,
}

impl Pending {
    /// What answers may change, given the questions that the event has.
    #[must_use]
    pub fn of(facts: &Facts, site: &Site) -> Self {
        let questions = &facts.questions;
        let of_stack = facts.principal.via_service.is_some() && !facts.own.is_empty();
        let by_name = site.guards_the_renamable() && facts.renamable().is_some();
        let is_pending = |late: Late| match late {
            Late::Account | Late::Time => true,
            Late::Tags => facts.tagged.is_some(),
            Late::Burst => facts.changes() && facts.call.is_some(),
            Late::Own => facts.change_set().is_some() || questions.handed.is_some(),
            Late::OwnStack => of_stack,
            // Documents are judged with what stood there before.
            Late::Rights => facts.call.is_some() || !facts.read_only,
            Late::Decided => questions.tagged.is_some(),
            Late::Feeds => questions.fed.is_some(),
            Late::Before => questions.former.is_some(),
            Late::Handed => questions.handed.is_some(),
            Late::Guarded => by_name,
            Late::Bearers => questions.shared.is_some(),
        };
        let pending = FACTS.iter().filter(|fact: &&Fact| fact.late.is_some_and(is_pending));
        Self { prefixes: pending.map(|fact| fact.path).collect() }
    }

    /// May an answer change the value at this path?
    #[must_use]
    pub(crate) fn is_pending(&self, path: &str) -> bool {
        self.prefixes.iter().any(|prefix| is_below(path, prefix))
    }
}
