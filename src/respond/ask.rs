//! The questions to the world about one event, all at once, unless one depends on another's answer.

use futures_util::future::{join, join3, join4};
use jiff::Timestamp;

use super::lookup::{CachedLookups, FoundAccount};
use super::once::Begun;
use super::prior::writes;
use super::responder::{Mode, RespondError, Responder};
use super::sequence::Noted;
use crate::assess::{Ahead, Screened, SequenceStep};
use crate::effects::{Lookups, Publish, State};
use crate::event::Event;
use crate::facts::{Context, Facts, Known, TagsBefore};
use crate::iam::account::{Account, AccountId};

/// What the world answered about one event.
#[derive(Debug, Default)]
pub(super) struct Asked {
    pub known: Known,
    /// The account of the event, to be stored.
    pub found: Option<FoundAccount>,
    /// Was it published before? `None` if no rule may fire.
    pub begun: Option<Begun>,
    /// The steps of the sequences of rules that may match.
    pub noted: Noted,
    /// The steps that were noted of the event itself.
    pub steps: Vec<SequenceStep>,
}

impl<P: Publish, S: State, L: Lookups> Responder<'_, P, S, L> {
    pub(super) fn cached(&self) -> CachedLookups<'_, S, L> {
        CachedLookups { state: self.state, lookups: self.lookups, cache: self.cache }
    }

    /// Looks up what the event does not contain, and, if a rule may match, whether the event was published before. Each
    /// piece is optional: one that is unknown falls to the stricter side.
    ///
    /// # Errors
    /// Another environment is at the event.
    pub(super) async fn ask(
        &self,
        event: &Event,
        screened: &Screened,
        now: Timestamp,
    ) -> Result<Asked, RespondError> {
        let facts = screened.facts();
        if !screened.wants_answers() {
            let later = self.known_for_later(event, facts, now);
            let known = match screened.is_counted() {
                true => join(later, self.burst(event, facts, now)).await.0,
                false => later.await,
            };
            return Ok(Asked { known, ..Asked::default() });
        }
        // Noted before the questions of simultaneous events are asked, as early as they are.
        let Ahead { steps, follows } = self.engine.ahead(event, screened);
        let (at, unread) = (event.time().unwrap_or(now), Noted::default());
        let begun = async {
            match screened.may_speak() {
                true => self.begin(&event.identity(), now).await.map(Some),
                false => Ok(None),
            }
        };
        let ((known, found), begun, noted, ()) = join4(
            self.known(event, facts, now),
            begun,
            self.noted(&follows, &unread, at),
            self.note_steps(event, &steps, now),
        )
        .await;
        Ok(Asked { known, found, begun: begun?, noted, steps })
    }

    /// What an event means, with all that the world answers about it, and with what it wrote kept for the events after it.
    /// Nothing is published.
    pub async fn meaning(&self, event: &mut Event, now: Timestamp) -> Context {
        let screened = self.engine.screen(event);
        let (known, _) = self.known(event, screened.facts(), now).await;
        self.engine.recognise(event, screened, &known).context
    }

    /// Reads only what later events are compared with. The event itself raises no alert, no matter what the world
    /// answers.
    async fn known_for_later(&self, event: &Event, facts: &Facts, now: Timestamp) -> Known {
        let asked = join(self.own_change_set(facts), self.tagged(event, facts, now));
        let writes = writes(event, facts, now);
        let (_, (own_change_set, tagged)) = join(self.add_writes(&writes), asked).await;
        Known { own_change_set, tagged, ..Known::default() }
    }

    async fn known(
        &self,
        event: &Event,
        facts: &Facts,
        now: Timestamp,
    ) -> (Known, Option<FoundAccount>) {
        let writes = writes(event, facts, now);
        let accounts = join(self.accounts(event, facts, now), self.affected(facts, now));
        let (before, ((account, tagged, found), affected), calendars, others) = join4(
            self.before(event, facts, &writes),
            accounts,
            self.cached().calendars(self.engine.site(), event.time(), now),
            join3(
                self.own_stack(event, facts, now),
                self.own_change_set(facts),
                self.burst(event, facts, now),
            ),
        )
        .await;
        let (own_stack, own_change_set, burst) = others;
        let known = Known {
            before,
            account,
            affected,
            tagged,
            calendars,
            burst,
            own_stack,
            own_change_set,
        };
        (known, found)
    }

    /// The account of the event, the former tags of an account that it tags, and what to store of the first.
    async fn accounts(
        &self,
        event: &Event,
        facts: &Facts,
        now: Timestamp,
    ) -> (Option<Account>, TagsBefore, Option<FoundAccount>) {
        // An answer about the account, which may already show its tags after the event, is kept later only.
        let (tagged, (account, found)) = join(self.tagged(event, facts, now), async {
            match event.account().and_then(AccountId::parse) {
                Some(id) => self.cached().account(self.engine.site(), id, now).await,
                None => (None, None),
            }
        })
        .await;
        (account, tagged, found)
    }

    /// The other account that the event affects.
    async fn affected(&self, facts: &Facts, now: Timestamp) -> Option<Account> {
        self.cached().account(self.engine.site(), facts.affected?, now).await.0
    }

    /// How the account was that the event tags.
    pub(super) async fn tagged(&self, event: &Event, facts: &Facts, now: Timestamp) -> TagsBefore {
        if !self.lookups.asks_about_accounts() {
            return match self.mode {
                Mode::Live => TagsBefore::Uncounted,
                Mode::Reading => TagsBefore::Unknown,
            };
        }
        match self.cached().tagged(event, facts, now).await {
            Some(account) => TagsBefore::Known(account),
            None => TagsBefore::Unknown,
        }
    }
}
