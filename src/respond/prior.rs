//! Prior state: asked before an event is judged, recorded after it.

use jiff::Timestamp;

use super::Responder;
use crate::derive::{self, CallOutcome, Facts};
use crate::effects::{Lookups, Publish, State};
use crate::event::Event;
use crate::prior::{self, Ask, Moment, Prior, Registers, Why};

/// Most registers read for one answer: a policy's versions, or an identity renamed again and again.
const REGISTERS_PER_ANSWER_MAX: usize = 40;

impl<P: Publish, S: State, L: Lookups> Responder<'_, P, S, L> {
    /// What was before an event, as far as the events before it tell. An event without a time of its own
    /// has no before.
    pub(super) async fn prior(
        &self,
        event: &Event,
        ask: Option<&Ask>,
        registers: &mut Registers,
    ) -> Prior {
        let (Some(ask), Some(at)) = (ask, event.time()) else { return Prior::default() };
        let id = event.identity();
        let moment = Moment { at, event_id: &id };
        for _ in 0..=REGISTERS_PER_ANSWER_MAX {
            let address = match prior::answer(ask, moment, registers) {
                Ok(prior) => return prior,
                Err(address) => address,
            };
            match self.state.register(&address.text()).await {
                Ok(register) => registers.insert(address, register),
                Err(error) => {
                    tracing::warn!(%error, "what was before is not known");
                    return Prior::unknown(Why::NoAnswer);
                }
            };
        }
        Prior::unknown(Why::Unseen)
    }

    /// The names that the user or group bore before, where the owner guards any by its name. What the store
    /// does not tell is only missing: the renaming itself was loud.
    pub(super) async fn former_names(
        &self,
        event: &Event,
        registers: &mut Registers,
    ) -> Vec<String> {
        let entity = derive::renamable(event).filter(|_| self.engine.site().guards_the_renamable());
        let Some(entity) = entity else { return Vec::new() };
        let (Some(account), Some(name), Some(at)) = (entity.account, entity.name, event.time())
        else {
            return Vec::new();
        };
        let id = event.identity();
        let moment = Moment { at, event_id: &id };
        for _ in 0..=REGISTERS_PER_ANSWER_MAX {
            let found = prior::former_names(&account, &entity.kind, &name, moment, registers);
            let address = match found {
                Ok(names) => return names,
                Err(address) => address,
            };
            match self.state.register(&address.text()).await {
                Ok(register) => registers.insert(address, register),
                Err(error) => {
                    tracing::warn!(%error, "former names are not known");
                    return Vec::new();
                }
            };
        }
        Vec::new()
    }

    /// Records what an event wrote. A store that is down costs later comparisons, not this event's
    /// alert.
    pub(super) async fn record_writes(&self, event: &Event, facts: &Facts, now: Timestamp) {
        if facts.outcome != CallOutcome::Success || facts.read_only {
            return;
        }
        let entity = facts.entity.as_ref().and_then(|entity| entity.name.as_deref());
        let (event_id, at) = (event.identity(), event.time().unwrap_or(now));
        for (address, value) in prior::writes(event, entity, facts.omitted) {
            let write = prior::Write { at, event_id: event_id.clone(), value, seed: false };
            let recorded = self.state.record_write(&address.text(), &write).await;
            recorded.unwrap_or_else(|error| tracing::warn!(%error, "a change is not recorded"));
        }
    }
}
