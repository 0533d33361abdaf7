//! Counts what a suppression silences, and what an override holds back or makes quieter than medium. The daily
//! message reports it.

use futures_util::future::join_all;
use jiff::Timestamp;

use super::responder::Responder;
use crate::assess::Question;
use crate::effects::{Lookups, Publish, State};
use crate::event::Event;
use crate::facts::Context;
use crate::respond::outcome::{Outcome, Verdict};
use crate::rule::{Matching, Rank, Rule, RuleSet};
use crate::text::severity::Severity;

/// Most names that one event is counted under, those of the loudest rules first.
const RULES_MAX: usize = 10;

/// Under which name the alerts are counted that a suppression silences.
#[must_use]
pub fn counted_as(suppression: &str) -> String {
    format!("suppressed by {suppression}")
}

/// Under which name the alerts are counted that the override of a rule holds back or makes quieter than medium.
#[must_use]
pub fn counted_as_overridden(rule: &str) -> String {
    format!("overridden {rule}")
}

/// Under which name the repetitions are counted that a rule holds back for days.
#[must_use]
pub fn counted_as_held(rule: &str) -> String {
    format!("held back by {rule}")
}

/// Under which name the alerts are counted that an adjustment makes quieter than medium by more than a step.
#[must_use]
pub fn counted_as_adjusted(because: &str) -> String {
    format!("adjusted because {because}")
}

impl<P: Publish, S: State, L: Lookups> Responder<'_, P, S, L> {
    /// Counts an alert that a suppression silences, once however often it is delivered. A store that is down
    /// costs the count.
    pub(super) async fn silenced(&self, event: &Event, suppression: &str) {
        self.count_silence(&counted_as(suppression), event).await;
    }

    /// Counts a repetition that is not published, for each rule whose window is longer than a day.
    pub(super) async fn held_for_days(&self, event: &Event, rules: &[String]) {
        self.count_silences(rules.iter().map(|rule| counted_as_held(rule)), event).await;
    }

    /// Counts an alert for each adjustment that took it far below what its rules say.
    pub(super) async fn adjusted(&self, event: &Event, because: &[String]) {
        self.count_silences(because.iter().map(|because| counted_as_adjusted(because)), event)
            .await;
    }

    /// Counts what the site's overrides keep people from hearing: an alert that is not published at all, or below medium
    /// where a rule by itself says medium or more.
    pub(super) async fn overridden(
        &self,
        (event, context): (&Event, &Context),
        matching: &Matching<'_>,
        outcome: &Outcome,
        now: Timestamp,
    ) {
        let alerted = match outcome.verdict {
            Verdict::Alerted | Verdict::Deduplicated => outcome.severity,
            Verdict::Quiet | Verdict::Counted => None,
            // Counted by the suppression; published loudly.
            Verdict::Suppressed | Verdict::Unreadable => return,
        };
        if alerted >= Some(Severity::Medium) {
            return;
        }
        let would = self.would_fire((event, context), matching, alerted, now).await;
        let rules = quieter(&would, context, alerted).into_iter();
        self.count_silences(rules.map(|rule| counted_as_overridden(&rule.spec.id)), event).await;
    }

    /// The overridden rules that would fire by themselves. Beside a rule about the call itself that fired, what
    /// is general would say nothing.
    async fn would_fire(
        &self,
        (event, context): (&Event, &Context),
        matching: &Matching<'_>,
        alerted: Option<Severity>,
        now: Timestamp,
    ) -> Vec<Rule> {
        let is_general = |rule: &Rule| rule.spec.rank() != Rank::Specific;
        let specific = alerted.is_some()
            && matching.rules.iter().any(|rule| {
                !is_general(rule) && !rule.spec.is_signal() && rule.quietened().is_none()
            });
        let counts = |rule: &&&Rule| {
            !rule.spec.is_signal() && rule.quietened().is_some() && !(specific && is_general(rule))
        };
        let mut would = Vec::new();
        for rule in matching.rules.iter().chain(&matching.switched_off).filter(counts) {
            let Some(by_itself) = &rule.by_itself else { continue };
            let mut alone = Rule { spec: (**by_itself).clone(), ..(*rule).clone() };
            // What it counts by itself is another counter than that of the override.
            alone.spec.id.push_str(" by itself");
            let fires = match Question::of(&alone, event, context) {
                Some(mut question) => {
                    // Steps are noted for the rule itself.
                    question.follow =
                        Question::of(rule, event, context).and_then(|question| question.follow);
                    !self.answered(&[question], event, now).await.is_empty()
                }
                None => true,
            };
            if fires {
                alone.spec.id.clone_from(&rule.spec.id);
                would.push(alone);
            }
        }
        would
    }

    /// Counts at the same time what stands under several names.
    async fn count_silences(&self, counted_as: impl Iterator<Item = String>, event: &Event) {
        let counting = counted_as.take(RULES_MAX);
        join_all(counting.map(async |name| self.count_silence(&name, event).await)).await;
    }

    async fn count_silence(&self, counted_as: &str, event: &Event) {
        let counted = self.state.hold(counted_as, &event.identity()).await;
        if let Err(error) = counted {
            tracing::warn!(%error, "an alert that nobody hears is not counted");
        }
    }
}

/// Those of the rules by themselves that would be heard, and louder than what was published.
fn quieter<'r>(would: &'r [Rule], context: &Context, alerted: Option<Severity>) -> Vec<&'r Rule> {
    let settled = RuleSet::settled(would.iter().collect(), context.facts.outcome);
    let only_general = settled.first().is_some_and(|rule| rule.spec.is_general());
    let heard = |rule: &&Rule| {
        let severity = rule.severity_of(context.facts.outcome);
        (only_general || !rule.spec.is_general())
            && alerted.is_none_or(|alerted| severity >= Severity::Medium && severity > alerted)
    };
    settled.into_iter().filter(heard).collect()
}
