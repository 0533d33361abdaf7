//! Prior state: asked before an event is judged, recorded after it.

use std::collections::BTreeSet;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

use jiff::Timestamp;

use super::responder::Responder;
use crate::effects::{Lookups, Publish, State};
use crate::event::{CallOutcome, Event, is_read_only, omitted, outcome_of};
use crate::facts::{self, Bearer};
use crate::prior::{
    self, Address, Ask, Bearers, Beside, Handed, Held, Moment, Prior, Questions, ReachMemo,
    Registers, Shared, Why,
};

/// Most registers read for one answer: a policy's versions, or an identity renamed again and again.
const REGISTERS_PER_ANSWER_MAX: usize = 40;
/// Most times that registers are read, all together, of what somebody holds: each answer may ask for more.
const ROUNDS_MAX: usize = 48;
/// Most registers read of it in one round.
const REGISTERS_PER_ROUND_MAX: usize = 160;

impl<P: Publish, S: State, L: Lookups> Responder<'_, P, S, L> {
    /// What was before an event, as far as the events before it tell. An event without a time of its own
    /// has no before.
    pub(super) async fn prior(
        &self,
        event: &Event,
        ask: Option<&Ask>,
        registers: &mut Registers,
    ) -> Prior {
        let Some(ask) = ask else { return Prior::default() };
        let of = |moment: Moment<'_>, known: &Registers| prior::answer(ask, moment, known);
        self.in_turn(event, registers, of).await.unwrap_or_else(Prior::unknown)
    }

    /// The names that the user or group bore before, where the owner guards any by its name. What the store
    /// does not tell is only missing: the renaming itself was loud.
    pub(super) async fn former_names(
        &self,
        event: &Event,
        registers: &mut Registers,
    ) -> Vec<String> {
        match self.engine.site().guards_the_renamable() {
            true => self.names_before(event, registers).await,
            false => Vec::new(),
        }
    }

    /// The names that the user or group bore before, the latest first, in small letters.
    pub(super) async fn names_before(
        &self,
        event: &Event,
        registers: &mut Registers,
    ) -> Vec<String> {
        let Some(entity) = facts::renamable(event) else { return Vec::new() };
        let (Some(account), Some(name)) = (entity.account, entity.name) else { return Vec::new() };
        let of = |moment: Moment<'_>, known: &Registers| {
            prior::former_names(&account, &entity.kind, &name, moment, known)
        };
        self.in_turn(event, registers, of).await.unwrap_or_default()
    }

    /// What those hold that an event hands over.
    pub(super) async fn held(
        &self,
        event: &Event,
        handed: Option<&Handed>,
        registers: &mut Registers,
    ) -> Option<Held> {
        let handed = handed?;
        let memo = ReachMemo::default();
        let of = |moment: Moment<'_>, known: &Registers| Held::of(handed, moment, known, &memo);
        let held = self.in_rounds(event, registers, of).await;
        Some(held.unwrap_or_else(|why| Held::unknown(handed, why)))
    }

    /// What those hold beside that an event gives something. What nobody knows adds nothing.
    pub(super) async fn beside(
        &self,
        event: &Event,
        questions: &Questions,
        registers: &mut Registers,
    ) -> Vec<Beside> {
        let (given, shared) = (questions.given.as_ref(), questions.shared.as_ref());
        if given.is_none() && shared.is_none() {
            return Vec::new();
        }
        let of = |moment: Moment<'_>, known: &Registers| Beside::of(given, shared, moment, known);
        self.in_rounds(event, registers, of).await.unwrap_or_default()
    }

    /// Which of those that the owner guards, or that are ours, bear what an event changes.
    pub(super) async fn bearers(
        &self,
        event: &Event,
        shared: Option<&Shared>,
        registers: &mut Registers,
    ) -> Option<Bearers> {
        let (site, own) = (self.engine.site(), self.engine.own());
        let shared = shared?;
        let wanted =
            |kind: &str, name: &str| Bearer::of(kind, name, shared.account(), site, own).is_some();
        let of = |moment: Moment<'_>, known: &Registers| Bearers::of(shared, wanted, moment, known);
        self.in_rounds(event, registers, of).await.ok()
    }

    /// Asks again and again, each time with the one register that was missing.
    async fn in_turn<T>(
        &self,
        event: &Event,
        registers: &mut Registers,
        ask: impl Fn(Moment<'_>, &Registers) -> Result<T, Address>,
    ) -> Result<T, Why> {
        let at = event.time().ok_or(Why::NotAsked)?;
        let id = event.identity();
        let moment = Moment { at, event_id: &id };
        for _ in 0..=REGISTERS_PER_ANSWER_MAX {
            let address = match ask(moment, registers) {
                Ok(answer) => return Ok(answer),
                Err(address) => address,
            };
            match self.state.register(&address.text()).await {
                Ok(register) => registers.insert(address, register),
                Err(error) => {
                    tracing::warn!(%error, "what was before is not known");
                    return Err(Why::NoAnswer);
                }
            };
        }
        Err(Why::Unseen)
    }

    /// Asks again and again, with the registers that were missing.
    async fn in_rounds<T>(
        &self,
        event: &Event,
        registers: &mut Registers,
        ask: impl Fn(Moment<'_>, &Registers) -> Result<T, BTreeSet<Address>>,
    ) -> Result<T, Why> {
        let at = event.time().ok_or(Why::NotAsked)?;
        let id = event.identity();
        let moment = Moment { at, event_id: &id };
        for _ in 0..ROUNDS_MAX {
            let missing = match ask(moment, registers) {
                Ok(answer) => return Ok(answer),
                Err(missing) => missing,
            };
            let read = missing.into_iter().take(REGISTERS_PER_ROUND_MAX).map(async |address| {
                let register = self.state.register(&address.text()).await;
                (address, register)
            });
            for (address, register) in together(read).await {
                match register {
                    Ok(register) => registers.insert(address, register),
                    Err(error) => {
                        tracing::warn!(%error, "what somebody holds is not known");
                        return Err(Why::NoAnswer);
                    }
                };
            }
        }
        Err(Why::Unseen)
    }

    /// Records what an event wrote. A store that is down costs later comparisons, not this event's
    /// alert.
    pub(super) async fn record_writes(&self, event: &Event, now: Timestamp) {
        if outcome_of(event) != CallOutcome::Success || is_read_only(event) {
            return;
        }
        let entity = facts::acted_upon(event).and_then(|entity| entity.name);
        let (event_id, at) = (event.identity(), event.time().unwrap_or(now));
        for (address, value) in prior::writes(event, entity.as_deref(), omitted(event)) {
            let write = prior::Write::new(at, event_id.clone(), value, false);
            let recorded = self.state.record_write(&address.text(), &write).await;
            recorded.unwrap_or_else(|error| tracing::warn!(%error, "a change is not recorded"));
        }
    }
}

/// Waits for all of them at once; what they give, in their order.
async fn together<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut waiting: Vec<Pin<Box<F>>> = futures.map(Box::pin).collect();
    let mut done: Vec<Option<F::Output>> = waiting.iter().map(|_| None).collect();
    poll_fn(|context| {
        let open = waiting.iter_mut().zip(&mut done).filter(|(_, done)| done.is_none());
        for (future, done) in open {
            if let Poll::Ready(output) = future.as_mut().poll(context) {
                *done = Some(output);
            }
        }
        if done.iter().any(Option::is_none) { Poll::Pending } else { Poll::Ready(()) }
    })
    .await;
    done.into_iter().flatten().collect()
}
