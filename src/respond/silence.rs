//! Counts what a suppression silences, and what an override holds back or makes quieter than medium. The daily
//! message reports it.

use futures_util::future::join_all;
use jiff::Timestamp;

use super::responder::Responder;
use super::sequence::Noted;
use crate::assess::Recognised;
use crate::effects::{Lookups, Publish, State};
use crate::event::Event;
use crate::respond::handled::{Disposition, Handled};
use crate::text::severity::Severity;

/// Most names under which one event is counted, those of the loudest rules first.
const RULES_MAX: usize = 10;

/// The name under which alerts that a suppression silences are counted.
#[must_use]
pub fn counted_as(suppression: &str) -> String {
    format!("suppressed by {suppression}")
}

/// The name under which alerts are counted that the override of a rule holds back or makes quieter than medium.
#[must_use]
pub fn counted_as_overridden(rule: &str) -> String {
    format!("overridden {rule}")
}

/// The name under which repetitions are counted that a rule holds back for days.
#[must_use]
pub fn counted_as_held(rule: &str) -> String {
    format!("held back by {rule}")
}

/// The name under which alerts are counted that an adjustment makes quieter than medium by more than a step.
#[must_use]
pub fn counted_as_adjusted(because: &str) -> String {
    format!("adjusted because {because}")
}

impl<P: Publish, S: State, L: Lookups> Responder<'_, P, S, L> {
    /// Counts an alert that a suppression silences, once however often it is delivered. A store that is down
    /// costs the count.
    pub(super) async fn count_silenced(&self, event: &Event, suppression: &str) {
        self.count_silence(&counted_as(suppression), event).await;
    }

    /// Counts a repetition that is not published, for each rule whose window is longer than a day.
    pub(super) async fn count_held_for_days(&self, event: &Event, rules: &[String]) {
        self.count_silences(rules.iter().map(|rule| counted_as_held(rule)), event).await;
    }

    /// Counts an alert for each adjustment that took it far below what its rules say.
    pub(super) async fn count_adjusted(&self, event: &Event, because: &[String]) {
        self.count_silences(because.iter().map(|because| counted_as_adjusted(because)), event)
            .await;
    }

    /// Counts alerts that the site's overrides held back: not published at all, or below medium although the rule
    /// itself says medium or more.
    pub(super) async fn count_overridden(
        &self,
        event: &Event,
        recognised: &Recognised<'_>,
        outcome: &Handled,
        now: Timestamp,
    ) {
        let published = match outcome.disposition {
            Disposition::Alerted | Disposition::Deduplicated => outcome.severity,
            Disposition::Quiet | Disposition::Counted => None,
            // Counted by the suppression; published loudly.
            Disposition::Suppressed | Disposition::Unreadable => return,
        };
        if published >= Some(Severity::Medium) {
            return;
        }
        let mut firing = Vec::new();
        for one in recognised.by_themselves(event, published) {
            let asked = one.question.as_slice();
            if asked.is_empty()
                || !self.answered(asked, event, &Noted::default(), now).await.is_empty()
            {
                firing.push(one);
            }
        }
        let rules = recognised.louder(&firing, published).into_iter();
        self.count_silences(rules.map(|rule| counted_as_overridden(&rule)), event).await;
    }

    /// Counts under several names at the same time.
    async fn count_silences(&self, counted_as: impl Iterator<Item = String>, event: &Event) {
        let counting = counted_as.take(RULES_MAX);
        join_all(counting.map(async |name| self.count_silence(&name, event).await)).await;
    }

    async fn count_silence(&self, counted_as: &str, event: &Event) {
        let counted = self.state.hold_back(counted_as, &event.identity()).await;
        if let Err(error) = counted {
            tracing::warn!(%error, "an alert that nobody hears is not counted");
        }
    }
}
