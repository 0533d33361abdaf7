//! A compiled rule.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde_json::Value;

use super::spec::{Attempts, RuleSpec, Span, ThresholdSpec};
use crate::event::CallOutcome;
use crate::pattern::Pattern;
use crate::text::severity::Severity;

/// Longest window of deduplication that silences nothing: what goes on raises an alert again within a day.
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// A rule ready to be matched, with the site's overrides applied.
#[derive(Debug, Clone)]
pub struct Rule {
    /// What the rule says.
    pub spec: RuleSpec,
    /// The rule as written, if the site overrides any of it.
    pub by_itself: Option<Box<RuleSpec>>,
    /// The compiled pattern.
    pub pattern: Pattern,
    /// The compiled patterns of the sequence before it.
    pub before: Vec<Pattern>,
    /// File it came from.
    pub file: String,
}

impl Rule {
    /// Its severity for what came of the call: an attempt is a step quieter, where it says so.
    #[must_use]
    pub(crate) fn severity_of(&self, outcome: CallOutcome) -> Severity {
        match self.spec.attempts {
            Attempts::Lower if outcome != CallOutcome::Success => self.spec.severity.lowered(1),
            _ => self.spec.severity,
        }
    }

    /// The severity that the site's adjustments cannot lower. A grave event is never below medium: an attacker may
    /// change an account's tags or a calendar, or wait for a window.
    #[must_use]
    pub fn floor(&self, outcome: CallOutcome) -> Severity {
        let severity = self.severity_of(outcome);
        let grave =
            if severity >= Severity::High { Severity::Medium } else { Severity::Informational };
        severity.min(self.spec.floor.unwrap_or(grave))
    }

    /// The rule's own severity, if the site overrides it.
    #[must_use]
    pub(crate) fn pack_severity(&self) -> Option<Severity> {
        let severity = self.by_itself.as_ref()?.severity;
        Some(severity).filter(|severity| *severity != self.spec.severity)
    }

    /// Does only the site's override switch it off?
    #[must_use]
    pub fn is_switched_off(&self) -> bool {
        !self.spec.enabled && self.by_itself.as_ref().is_some_and(|spec| spec.enabled)
    }

    /// How the site's override makes it quieter: it is switched off, says less, or counts otherwise. `None` if it
    /// does not.
    #[must_use]
    pub fn quietened(&self) -> Option<String> {
        let by_itself = self.by_itself.as_ref().filter(|spec| spec.enabled)?;
        let severity = self.spec.severity;
        if self.is_switched_off() {
            return Some("switched off".to_owned());
        }
        let counts = self.counts_less();
        let lower = (severity < by_itself.severity)
            .then(|| format!("{severity} instead of {}", by_itself.severity));
        let how: Vec<String> = lower.into_iter().chain(counts).collect();
        (!how.is_empty()).then(|| how.join(", "))
    }

    /// How the site's override counts otherwise than the rule itself: `alerts from 50 events on`.
    #[must_use]
    pub fn counts_less(&self) -> Option<String> {
        let by_itself = self.by_itself.as_ref()?.threshold.as_ref();
        let threshold = self.spec.threshold.as_ref()?;
        let is_rarer = |own: &ThresholdSpec| {
            threshold.count > own.count
                || threshold.within.duration() < own.within.duration()
                || threshold.by.iter().any(|group| !own.by.contains(group))
                || threshold.environments != own.environments
        };
        if !by_itself.is_none_or(is_rarer) {
            return None;
        }
        Some(format!("alerts from {} events on", threshold.count))
    }

    /// The window within which it holds back repetitions, if that is longer than a day and the rule, with or without
    /// its override, says medium or more: for days nobody hears that the attack continues.
    #[must_use]
    pub fn held_for_days(&self) -> Option<&Span> {
        let by_itself = self.by_itself.as_ref().map_or(self.spec.severity, |spec| spec.severity);
        let window = self.spec.dedupe.as_ref().filter(|window| window.duration() > DAY)?;
        (self.spec.enabled && self.spec.severity.max(by_itself) >= Severity::Medium)
            .then_some(window)
    }

    /// Its patterns, those of the sequence first.
    pub(super) fn patterns(&self) -> impl Iterator<Item = &Pattern> {
        self.before.iter().chain(std::iter::once(&self.pattern))
    }

    /// Are its words true for a call that did not succeed? They are if the rule says so, or if its pattern matches such
    /// calls.
    #[must_use]
    pub fn speaks_of_attempts(&self) -> bool {
        let asks = |path: &str, wanted: fn(&str) -> bool| {
            let texts = self.pattern.texts(path);
            !texts.is_empty() && texts.into_iter().all(wanted)
        };
        let absent = serde_json::json!({"exists": false});
        let error = |branch: &BTreeMap<String, Vec<Value>>| {
            let codes = ["detail.errorCode", "detail.errorMessage"];
            let wanted = codes.iter().filter_map(|path| branch.get(*path)).flatten();
            wanted.into_iter().any(|value| *value != absent)
        };
        self.spec.attempts == Attempts::Same
            || asks("derived.outcome", |outcome| outcome != CallOutcome::Success.word())
            || asks("detail.responseElements.ConsoleLogin", |outcome| outcome == "Failure")
            || self.pattern.to_branches().iter().any(error)
    }
}
