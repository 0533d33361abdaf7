//! The questions of rules about earlier events: how many there were, and which came before.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use jiff::Timestamp;

use super::responder::Responder;
use crate::assess::{Count, Follow, Question, SequenceStep};
use crate::effects::{Lookups, Publish, State};
use crate::event::Event;

/// Events noted as steps of sequences, by key: ID and time. `None` where the state did not answer.
pub(super) type Noted = BTreeMap<String, Option<Vec<(String, Timestamp)>>>;

impl<P: Publish, S: State, L: Lookups> Responder<'_, P, S, L> {
    /// Which of the rules with a threshold or a sequence may fire: those whose question is answered with yes. `noted`
    /// was read before.
    pub(super) async fn answered(
        &self,
        questions: &[Question],
        event: &Event,
        noted: &Noted,
        now: Timestamp,
    ) -> BTreeSet<String> {
        let asked = questions.iter().map(async |question| {
            let yes = self.is_yes(question, event, noted, now).await;
            yes.then(|| question.rule.clone())
        });
        join_all(asked).await.into_iter().flatten().collect()
    }

    async fn is_yes(
        &self,
        question: &Question,
        event: &Event,
        noted: &Noted,
        now: Timestamp,
    ) -> bool {
        let counted = match &question.count {
            Some(count) => self.reached(count, event, now).await,
            None => true,
        };
        match &question.follow {
            Some(follow) if counted => self.followed(follow, event, noted, now).await,
            _ => counted,
        }
    }

    async fn reached(&self, count: &Count, event: &Event, now: Timestamp) -> bool {
        let (id, at) = (event.identity(), event.time().unwrap_or(now));
        let counted = self.state.count(&count.key, &id, at, count.within).await;
        // A store that is down must not silence: the rule fires as if it had no threshold.
        counted.map_or(true, |counted| counted >= count.least)
    }

    /// Was each step of the sequence seen before this event? A store that is down must not silence, but a sequence only
    /// adds to the alert of its last event.
    async fn followed(
        &self,
        follow: &Follow,
        event: &Event,
        noted: &Noted,
        now: Timestamp,
    ) -> bool {
        let (id, at) = (event.identity(), event.time().unwrap_or(now));
        // Former names of an entity are known only after the answers.
        let further = self.noted([follow], noted, at).await;
        let under = |key: &str| noted.get(key).or_else(|| further.get(key))?.as_deref();
        follow.keys().all(|key| under(key).is_some())
            && follow.is_met((&id, at), |key| under(key).unwrap_or_default())
    }

    /// The events noted under the keys of sequences, in the time before this moment. Keys in `known` are not read again.
    pub(super) async fn noted(
        &self,
        follows: impl IntoIterator<Item = &Follow>,
        known: &Noted,
        at: Timestamp,
    ) -> Noted {
        let keys = follows.into_iter().flat_map(|follow| {
            let from = at.checked_sub(follow.within).unwrap_or(at);
            follow.keys().map(move |key| (key, from))
        });
        let keys: BTreeMap<&str, Timestamp> =
            keys.filter(|(key, _)| !known.contains_key(*key)).collect();
        let read = join_all(keys.into_iter().map(async |(key, from)| {
            let noted = self.state.counted_between(key, from, at).await;
            let noted = noted.inspect_err(|error| tracing::warn!(%error, "sequence not known"));
            (key.to_owned(), noted.ok())
        }));
        read.await.into_iter().collect()
    }

    /// Notes what later events are compared with: the steps of sequences. A store that is down
    /// costs those comparisons, not this event's alert.
    pub(super) async fn note_steps(
        &self,
        event: &Event,
        steps: impl IntoIterator<Item = &SequenceStep>,
        now: Timestamp,
    ) {
        let (id, at) = (event.identity(), event.time().unwrap_or(now));
        join_all(steps.into_iter().map(async |step| {
            let noted = self.state.count(&step.key, &id, at, step.within).await;
            noted.map_or_else(
                |error| tracing::warn!(%error, "step of a sequence not noted"),
                |_| (),
            );
        }))
        .await;
    }
}
