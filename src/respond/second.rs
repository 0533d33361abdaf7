//! Second records of one call: those of an endpoint's network activity, addenda, and, in files, the same record again.
//!
//! A record is only taken for a second one by what AWS itself writes into it, and only after the first was published. It
//! is published all the same where it says more than the first: a louder severity, or a rule that did not match.

use futures_util::future::join;
use jiff::Timestamp;

use super::responder::{Mode, Responder};
use crate::effects::{Lookups, Precondition, Publish, State};
use crate::event::{Event, SecondRecord};
use crate::rule::Rule;
use crate::text::severity::Severity;

/// The part of a published call that a note stores.
struct Published {
    severity: Severity,
    rules: Vec<String>,
}

impl Published {
    fn of(rules: &[&Rule], severity: Severity) -> Self {
        Self { severity, rules: rules.iter().map(|rule| rule.spec.id.clone()).collect() }
    }

    fn text(&self) -> String {
        format!("{} {}", self.severity.word(), self.rules.join(" "))
    }

    /// `None` for what another release wrote otherwise.
    fn parse(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        let severity = words.next()?.parse().ok()?;
        Some(Self { severity, rules: words.map(str::to_owned).collect() })
    }

    /// Does it say all that the other says?
    fn says(&self, other: &Self) -> bool {
        self.severity >= other.severity && other.rules.iter().all(|rule| self.rules.contains(rule))
    }
}

impl<P: Publish, S: State, L: Lookups> Responder<'_, P, S, L> {
    /// Was an alert published about another record of the same call that says as much? A state that does not answer
    /// silences nothing.
    pub(super) async fn is_second(
        &self,
        event: &Event,
        rules: &[&Rule],
        severity: Severity,
    ) -> bool {
        // Live, a record delivered again is known by its mark.
        if self.mode == Mode::Reading && self.published(&again(event)).await.is_some() {
            return true;
        }
        // The record of the call itself says more than that of the network: what was named, and how to undo it.
        let Some(second) = event.second_record() else { return false };
        let Some(first) = self.published(&event.call_key()).await else { return false };
        match second {
            SecondRecord::Network => true,
            SecondRecord::Addendum => first.says(&Published::of(rules, severity)),
        }
    }

    /// Notes what was published of an event, for other records of its call.
    pub(super) async fn note_published(
        &self,
        event: &Event,
        rules: &[&Rule],
        severity: Severity,
        now: Timestamp,
    ) {
        let text = Published::of(rules, severity).text();
        let (key, at) = (event.call_key(), event.time().unwrap_or(now));
        join(self.write_published(&key, &text, at), async {
            if self.mode == Mode::Reading {
                self.write_published(&again(event), &text, at).await;
            }
        })
        .await;
    }

    async fn write_published(&self, key: &str, text: &str, at: Timestamp) {
        if let Err(error) = self.state.write_note(key, text, at, Precondition::NotLater).await {
            tracing::warn!(%error, "a second record of the call would be published too");
        }
    }

    async fn published(&self, key: &str) -> Option<Published> {
        match self.state.note(key).await {
            Ok(note) => note.as_ref().and_then(|note| Published::parse(&note.text)),
            Err(error) => {
                tracing::warn!(%error, "not known whether it is a second record of a call");
                None
            }
        }
    }
}

/// Two records of files are the same if all of their text is equal. In a file anybody may choose the ID.
fn again(event: &Event) -> String {
    format!("record\n{}\n{}", event.identity(), event.content_hash())
}
