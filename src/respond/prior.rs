//! Prior state: what an event wrote is recorded first, then what was before it is asked.

use std::collections::BTreeSet;

use futures_util::future::{join, join_all};
use jiff::Timestamp;

use super::responder::Responder;
use crate::effects::{Lookups, Publish, REGISTERS_PER_CALL_MAX, State};
use crate::event::{Entity, Event};
use crate::facts::{Facts, Protected};
use crate::iam::entity::EntityId;
use crate::prior::{self, Address, Answers, Inquiry, Moment, Register, Registers, Why};

/// Most rounds of reading registers for one event: each answer may need further registers.
const ROUNDS_MAX: usize = 48;
/// Most registers read in one round.
const REGISTERS_PER_ROUND_MAX: usize = 160;

/// What an event wrote, to be recorded.
pub(super) type Writes = Vec<(Address, prior::Write)>;

/// What an event wrote, as far as it is compared with later.
pub(super) fn writes(event: &Event, facts: &Facts, now: Timestamp) -> Writes {
    if !facts.changes() && !prior::opens_session(event, facts.outcome) {
        return Vec::new();
    }
    let (event_id, at) = (event.identity(), event.time().unwrap_or(now));
    let writer = prior::Writer {
        entity: facts.acted_upon(),
        omitted: facts.omitted,
        handed: facts.questions.handed.as_ref(),
        caller: &facts.principal,
        outcome: facts.outcome,
    };
    let write = |value| prior::Write::new(at, event_id.clone(), value, false);
    let writes = prior::writes(event, writer).into_iter();
    writes.map(|(address, value)| (address, write(value))).collect()
}

impl<P: Publish, S: State, L: Lookups> Responder<'_, P, S, L> {
    /// Records what an event wrote, then gives the state before it, as far as earlier events show it. Recording comes
    /// first, so that one of two simultaneous events sees the other; an event's own write does not answer it. An event
    /// without its own time has no state before it.
    pub(super) async fn before(&self, event: &Event, facts: &Facts, writes: &Writes) -> Answers {
        let renamed = || facts.renamable().and_then(Entity::id);
        let mut inquiry = Inquiry::new(&facts.questions, renamed());
        let Some(at) = event.time() else {
            self.add_writes(writes).await;
            return inquiry.end(Why::NotAsked);
        };
        let id = event.identity();
        let moment = Moment { at, event_id: &id };
        let (site, own) = (self.engine.site(), self.engine.own());
        let caller = facts.principal.entity();
        let wanted =
            |id: &EntityId| Some(id) == caller.as_ref() || Protected::of(id, site, own).is_some();
        let mut found = Found::default();
        let mut missing = inquiry.ask(moment, &found.registers, &found.unread, wanted);
        let glance = async {
            // What the first registers name is seen while the writes are recorded. The answer itself is read after
            // them, so this costs no call in a row.
            if writes.is_empty() || !facts.questions.go_deep() {
                return BTreeSet::new();
            }
            let first = self.read_all(missing.clone()).await;
            let mut glance = Inquiry::new(&facts.questions, renamed());
            glance.ask(moment, &first.registers, &first.unread, wanted)
        };
        let (further, ()) = join(glance, self.add_writes(writes)).await;
        missing.extend(further);
        for _ in 0..ROUNDS_MAX {
            if missing.is_empty() {
                break;
            }
            found.extend(self.read_all(missing).await);
            missing = inquiry.ask(moment, &found.registers, &found.unread, wanted);
        }
        inquiry.end(Why::Unseen)
    }

    /// The registers at these addresses, as many as are read in one round.
    async fn read_all(&self, addresses: BTreeSet<Address>) -> Found {
        let addresses: Vec<Address> = addresses.into_iter().take(REGISTERS_PER_ROUND_MAX).collect();
        let read = join_all(addresses.chunks(REGISTERS_PER_CALL_MAX).map(|some| self.read(some)));
        let read = read.await.into_iter().flatten();
        let mut found = Found::default();
        for (address, register) in addresses.into_iter().zip(read) {
            match register {
                Some(register) => _ = found.registers.insert(address, register),
                None => _ = found.unread.insert(address),
            }
        }
        found
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
    pub(super) async fn add_writes(&self, writes: &Writes) {
        join_all(writes.iter().map(async |(address, write)| {
            let recorded = self.state.add_write(&address.text(), write).await;
            recorded.unwrap_or_else(|error| tracing::warn!(%error, "a change is not recorded"));
        }))
        .await;
    }
}

/// Registers that were read, and those that could not be.
#[derive(Debug, Default)]
struct Found {
    registers: Registers,
    unread: BTreeSet<Address>,
}

impl Found {
    fn extend(&mut self, other: Self) {
        self.registers.extend(other.registers);
        self.unread.extend(other.unread);
    }
}
