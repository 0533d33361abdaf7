//! How many of a rule's events are delivered.

use std::collections::HashMap;
use std::sync::Arc;

use super::clause::Clause;
use super::delivery::EventScope;
use super::demand::{Demand, Demands, Share};
use super::fit::Prepared;
use super::pack::BusRules;
use crate::rule::Rule;

/// Answers for one set of bus rules. Many rules match the same things: each is judged once.
#[derive(Debug)]
pub struct Shares<'b> {
    bus_rules: &'b BusRules,
    /// Whether a clause is delivered, counting bus rules for changes, and counting those for reads.
    known: HashMap<(Arc<Clause>, bool, bool), bool>,
    projected: Demands,
    /// Prepared clauses beyond those of the bus rules.
    prepared: Prepared,
}

impl<'b> Shares<'b> {
    /// Answers for these bus rules.
    #[must_use]
    pub fn new(bus_rules: &'b BusRules) -> Self {
        Self {
            bus_rules,
            known: HashMap::new(),
            projected: Demands::default(),
            prepared: Prepared::default(),
        }
    }

    /// How many of a rule's events the bus rules deliver, with or without those for reads.
    pub fn of(&mut self, rule: &Rule, reads: bool) -> Share {
        let demands = self.projected.of_rule(rule);
        self.of_demands(&demands, reads)
    }

    /// The share without the bus rules for reads, and with them.
    pub fn both(&mut self, rule: &Rule) -> (Share, Share) {
        let demands = self.projected.of_rule(rule);
        (self.of_demands(&demands, false), self.of_demands(&demands, true))
    }

    fn of_demands(&mut self, demands: &[Demand], reads: bool) -> Share {
        let (mut missed, mut in_part) = (0, 0);
        let mut all_explained = true;
        for demand in demands {
            if self.delivered(demand, demand.delivery == EventScope::Changes, reads) {
                continue;
            }
            missed += 1;
            // Changes and reads were asked for; the changes alone may come.
            let names = demand.clause.0.contains_key("detail.eventName");
            let part =
                demand.delivery == EventScope::All && !names && self.delivered(demand, true, reads);
            in_part += usize::from(part);
            all_explained &= part || demand.delivery == EventScope::Reads;
        }
        if demands.is_empty() || (missed == demands.len() && in_part == 0) {
            Share::Nothing
        } else if missed == 0 {
            Share::All
        } else if all_explained {
            Share::WithoutReads
        } else {
            Share::Part
        }
    }

    fn delivered(&mut self, demand: &Demand, changes: bool, reads: bool) -> bool {
        let key = (Arc::clone(&demand.clause), changes, reads);
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        let parts = self.bus_rules.prepared().known(&demand.clause);
        let parts = parts.unwrap_or_else(|| self.prepared.of(&demand.clause));
        let all_covered =
            |parts: &Vec<Clause>| parts.iter().all(|part| self.covered(part, changes, reads));
        let found = parts.as_ref().as_ref().is_ok_and(all_covered);
        self.known.insert(key, found);
        found
    }

    fn covered(&self, clause: &Clause, changes: bool, reads: bool) -> bool {
        let may = |delivery: EventScope| match delivery {
            EventScope::Changes => changes,
            EventScope::All => true,
            EventScope::Reads => reads,
        };
        let mut rules = self.bus_rules.bus_rules().filter(|(delivery, _)| may(*delivery));
        rules.any(|(_, clauses)| clauses.iter().any(|all| all.covers(clause)))
            || (changes && self.bus_rules.together().iter().any(|all| all.covers(clause)))
    }
}
