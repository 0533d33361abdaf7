//! Prior state: what an event wrote is recorded first, then what was before it is asked.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use jiff::Timestamp;

use super::responder::Responder;
use crate::effects::{Lookups, Publish, REGISTERS_PER_CALL_MAX, State};
use crate::event::{Entity, Event};
use crate::facts::{Bearer, Facts};
use crate::iam::entity::EntityId;
use crate::prior::{self, Address, Answers, Inquiry, Moment, Register, Registers, Why};

/// Most rounds of reading registers for one event: each answer may need further registers.
const ROUNDS_MAX: usize = 48;
/// Most registers read in one round.
const REGISTERS_PER_ROUND_MAX: usize = 160;

impl<P: Publish, S: State, L: Lookups> Responder<'_, P, S, L> {
    /// The state before an event, as far as earlier events show it. An event without its own time has no state before
    /// it.
    pub(super) async fn before(&self, event: &Event, facts: &Facts) -> Answers {
        let renamed = facts.renamable().and_then(Entity::id);
        let mut inquiry = Inquiry::new(&facts.questions, renamed);
        let Some(at) = event.time() else { return inquiry.end(Why::NotAsked) };
        let id = event.identity();
        let moment = Moment { at, event_id: &id };
        let (site, own) = (self.engine.site(), self.engine.own());
        let caller = facts.principal.entity();
        let wanted =
            |id: &EntityId| Some(id) == caller.as_ref() || Bearer::of(id, site, own).is_some();
        let (mut registers, mut unread) = (Registers::new(), BTreeSet::new());
        for _ in 0..ROUNDS_MAX {
            let missing = inquiry.ask(moment, &registers, &unread, wanted);
            if missing.is_empty() {
                break;
            }
            let missing: Vec<Address> = missing.into_iter().take(REGISTERS_PER_ROUND_MAX).collect();
            let read = join_all(missing.chunks(REGISTERS_PER_CALL_MAX).map(|some| self.read(some)));
            for (address, register) in missing.iter().zip(read.await.into_iter().flatten()) {
                match register {
                    Some(register) => _ = registers.insert(address.clone(), register),
                    None => _ = unread.insert(address.clone()),
                }
            }
        }
        inquiry.end(Why::Unseen)
    }

    /// The registers at these addresses; `None` where one could not be read.
    async fn read(&self, addresses: &[Address]) -> Vec<Option<Register>> {
        let texts: Vec<String> = addresses.iter().map(Address::text).collect();
        self.state.registers(&texts).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "what was before is not known");
            vec![None; addresses.len()]
        })
    }

    /// Records what an event wrote. A store that is down costs later comparisons, not this event's
    /// alert.
    pub(super) async fn record_writes(&self, event: &Event, facts: &Facts, now: Timestamp) {
        if !facts.changes() && !prior::opens_session(event, facts.outcome) {
            return;
        }
        let (event_id, at) = (event.identity(), event.time().unwrap_or(now));
        let writer = prior::Writer {
            entity: facts.acted_upon(),
            omitted: facts.omitted,
            handed: facts.questions.handed.as_ref(),
            caller: &facts.principal,
            outcome: facts.outcome,
        };
        let writes = prior::writes(event, writer);
        join_all(writes.into_iter().map(async |(address, value)| {
            let write = prior::Write::new(at, event_id.clone(), value, false);
            let recorded = self.state.record_write(&address.text(), &write).await;
            recorded.unwrap_or_else(|error| tracing::warn!(%error, "a change is not recorded"));
        }))
        .await;
    }
}
