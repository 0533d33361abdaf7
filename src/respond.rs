//! The one path from event to alert: derive, match, count, decide, claim, publish.
//!
//! The command line and the function differ only in the effects they hand in. Order matters: a
//! claim is made before publishing and knows its event, so that a retry after a failed publish is
//! not taken for a repetition.

use std::collections::BTreeMap;

use jiff::Timestamp;
use thiserror::Error;

use crate::alert::{Alert, Message};
use crate::derive::{CallOutcome, Facts};
use crate::effects::{Claim, Delivery, EffectError, Publish, State};
use crate::engine::Engine;
use crate::event::{Event, Unreadable};
use crate::outcome::{Outcome, Verdict};
use crate::rights;
use crate::rule::{GroupBy, Rule, RuleSet};
use crate::severity::Severity;
use crate::site::TopicSpec;

/// Attempts to publish one message, beyond the SDK's own.
pub const PUBLISH_ATTEMPTS_MAX: u32 = 2;

/// An alert that could not be delivered. The invocation must fail, so that Lambda retries and the
/// event ends in the on-failure queue rather than nowhere.
#[derive(Debug, Error)]
#[error("alert {severity} `{title}` for event {event_id} was not published: {cause}")]
pub struct PublishFailed {
    /// How loud it would have been.
    pub severity: Severity,
    /// Its title.
    pub title: String,
    /// Event it is about.
    pub event_id: String,
    /// What failed.
    pub cause: EffectError,
}

/// Why an event could not be handled. The invocation must fail, so that Lambda tries again.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RespondError {
    /// An alert could not be delivered.
    #[error(transparent)]
    Publish(#[from] PublishFailed),
    /// Another environment is at the same event; should it die, this one must take over later.
    #[error("event {0} is under way elsewhere")]
    UnderWay(String),
}

/// What the responder needs beside the event.
#[derive(Debug)]
pub struct Responder<'a, P, S> {
    /// Rules and site.
    pub engine: &'a Engine,
    /// Topics by severity.
    pub topics: &'a BTreeMap<Severity, Vec<TopicSpec>>,
    /// Tells people.
    pub publish: &'a P,
    /// Remembers.
    pub state: &'a S,
    /// Refuse what AWS did not send.
    pub origin: Origin,
}

/// How far an event's origin is trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// From a bus: only what AWS itself sent is taken.
    Checked,
    /// From a file that the caller chose.
    Trusted,
}

/// An outcome with the alert that was sent, where one was.
#[derive(Debug)]
pub struct Response {
    /// What became of the event.
    pub outcome: Outcome,
    /// What was told.
    pub alert: Option<Alert>,
}

impl<P: Publish, S: State> Responder<'_, P, S> {
    /// Handles one event. `now` is the time of deciding; `told_at` adds the delay to the alert.
    ///
    /// # Errors
    /// [`RespondError`] where an alert could not be delivered, or is being delivered elsewhere.
    pub async fn respond(
        &self,
        input: Result<Event, Unreadable>,
        now: Timestamp,
        told_at: Option<Timestamp>,
    ) -> Result<Response, RespondError> {
        let mut event = match input {
            Ok(event) => event,
            Err(reason) => return self.unreadable(&reason, None, told_at).await,
        };
        if self.origin == Origin::Checked
            && let Err(reason) = event.check_origin()
        {
            return self.unreadable(&reason, Some(&event), told_at).await;
        }
        let before = self.document_before(&event).await;
        let facts = self.engine.derive(&mut event, before.as_deref());
        let matching = self.engine.matching(&event);
        let firing = self.firing(&event, &facts, &matching, now).await;
        self.record(&event, &facts, now).await;
        if matching.is_empty() {
            if event.shape() == crate::event::Shape::Unknown {
                return self.unreadable(&Unreadable::UnknownShape, Some(&event), told_at).await;
            }
            return Ok(Response { outcome: outcome(&event, Verdict::Quiet), alert: None });
        }
        if firing.is_empty() {
            // The last event of a sequence that never began is nothing by itself.
            let counts = |rule: &&&Rule| rule.spec.signal || rule.spec.threshold.is_some();
            let rules: Vec<String> =
                matching.iter().filter(counts).map(|rule| rule.spec.id.clone()).collect();
            let verdict = if rules.is_empty() { Verdict::Quiet } else { Verdict::Counted };
            return Ok(Response {
                outcome: Outcome { rules, ..outcome(&event, verdict) },
                alert: None,
            });
        }
        self.alert(&event, &facts, &firing, now, told_at).await
    }

    /// The rules that fire: no signals, of those with a threshold the ones that reached it, of
    /// those with a sequence the ones whose beginning was seen.
    async fn firing<'r>(
        &self,
        event: &Event,
        facts: &Facts,
        matching: &[&'r Rule],
        now: Timestamp,
    ) -> Vec<&'r Rule> {
        let mut firing = Vec::with_capacity(matching.len());
        for rule in matching.iter().filter(|rule| !rule.spec.signal) {
            if self.reached(rule, event, facts, now).await
                && self.followed(rule, event, facts, now).await
            {
                firing.push(*rule);
            }
        }
        RuleSet::settled(firing, facts.outcome)
    }

    async fn reached(&self, rule: &Rule, event: &Event, facts: &Facts, now: Timestamp) -> bool {
        let Some(threshold) = &rule.spec.threshold else { return true };
        let key = counter_key(rule, &threshold.by, event, facts);
        let (id, at) = (event.identity(), event.time().unwrap_or(now));
        let counted = self.state.count(&key, &id, at, threshold.within.duration()).await;
        // A store that is down must not silence: the rule fires as if it had no threshold.
        counted.map_or(true, |count| count >= threshold.count)
    }

    /// Was each step of the sequence seen, in order, each as an event of its own, within the time
    /// before this event?
    async fn followed(&self, rule: &Rule, event: &Event, facts: &Facts, now: Timestamp) -> bool {
        let Some(sequence) = &rule.spec.sequence else { return true };
        let at = event.time().unwrap_or(now);
        let mut from = at.checked_sub(sequence.within.duration()).unwrap_or(at);
        let mut taken = vec![event.identity()];
        for step in 0..sequence.before.len() {
            let key = step_key(rule, step, &sequence.by, event, facts);
            // A store that is down must not silence, but a sequence is only ever an addition to
            // what its last event tells by itself.
            match self.state.first_between(&key, from, at, &taken).await {
                Ok(Some((id, seen))) => {
                    from = seen;
                    taken.push(id);
                }
                Ok(None) => return false,
                Err(error) => {
                    tracing::warn!(%error, rule = rule.spec.id, "sequence not known, not told");
                    return false;
                }
            }
        }
        true
    }

    /// Notes what later events are compared with: steps of sequences, policy documents. A store
    /// that is down costs those comparisons, not this event's alert.
    async fn record(&self, event: &Event, facts: &Facts, now: Timestamp) {
        let (id, at) = (event.identity(), event.time().unwrap_or(now));
        for (rule, step) in self.engine.rules().steps(event.raw()) {
            let Some(sequence) = &rule.spec.sequence else { continue };
            let key = step_key(rule, step, &sequence.by, event, facts);
            let noted = self.state.count(&key, &id, at, sequence.within.duration()).await;
            noted.map_or_else(
                |error| tracing::warn!(%error, "step of a sequence not noted"),
                |_| (),
            );
        }
        let changes = facts.outcome == CallOutcome::Success && !facts.omitted;
        let (Some(key), true) = (rights::ledger_key(event), changes) else { return };
        let document = rights::document(event);
        let gone = event.name().is_some_and(|name| name.starts_with("Delete"));
        if document.is_some() || gone {
            let noted = self.state.remember_document(&key, &id, at, document.as_deref()).await;
            noted.unwrap_or_else(|error| tracing::warn!(%error, "policy document not noted"));
        }
    }

    async fn document_before(&self, event: &Event) -> Option<String> {
        let key = rights::ledger_key(event)?;
        self.state.document_before(&key, &event.identity()).await.ok()?
    }

    async fn alert(
        &self,
        event: &Event,
        facts: &Facts,
        rules: &[&Rule],
        now: Timestamp,
        told_at: Option<Timestamp>,
    ) -> Result<Response, RespondError> {
        let decision = self.engine.decide(event, facts, rules, now);
        let mut outcome = Outcome {
            severity: Some(decision.severity),
            rules: rules.iter().map(|rule| rule.spec.id.clone()).collect(),
            reasons: decision.reasons.clone(),
            plan: decision.plan.clone(),
            ..outcome(event, Verdict::Alerted)
        };
        if let Some(suppression) = &decision.suppressed {
            outcome.outcome = Verdict::Suppressed;
            outcome.reasons.push(format!("suppression {suppression} is in force"));
            return Ok(Response { outcome, alert: None });
        }
        let (told, claimed) = self.claim(event, facts, rules, decision.severity, now).await;
        if told {
            outcome.outcome = Verdict::Deduplicated;
            return Ok(Response { outcome, alert: None });
        }
        let alert = Alert::new(event, facts, rules, &decision, self.engine.site(), told_at);
        match self.begin(event, now).await {
            Delivery::First => {}
            Delivery::UnderWay => return Err(RespondError::UnderWay(event.identity())),
            Delivery::Told => {
                outcome.outcome = Verdict::Deduplicated;
                return Ok(Response { outcome, alert: None });
            }
        }
        let published = self.publish(&alert).await;
        self.end(event, now, published.is_ok()).await;
        if published.is_err() {
            self.release(event, &claimed).await;
        }
        published?;
        outcome.topics.push(alert.severity);
        Ok(Response { outcome, alert: Some(alert) })
    }

    /// Was this very event told before? Only asked on a bus: what is read from files is read on
    /// purpose. A store that is down must not silence.
    async fn begin(&self, event: &Event, now: Timestamp) -> Delivery {
        if self.origin == Origin::Trusted {
            return Delivery::First;
        }
        match self.state.begin(&event.identity(), now).await {
            Ok(delivery) => delivery,
            Err(error) => {
                tracing::warn!(%error, "not known whether the event was told before");
                Delivery::First
            }
        }
    }

    async fn end(&self, event: &Event, now: Timestamp, told: bool) {
        if self.origin == Origin::Checked
            && let Err(error) = self.state.end(&event.identity(), now, told).await
        {
            tracing::warn!(%error, "a second delivery of the event would be told again");
        }
    }

    /// Claims the windows of the rules, and tells whether all of it was told within them: one rule
    /// that has no window, or none running, makes it news. Gives the claims made.
    async fn claim(
        &self,
        event: &Event,
        facts: &Facts,
        rules: &[&Rule],
        severity: Severity,
        now: Timestamp,
    ) -> (bool, Vec<String>) {
        let (id, at) = (event.identity(), event.time().unwrap_or(now));
        let (mut all_told, mut claimed) = (true, Vec::new());
        let specific = rules.iter().any(|rule| !rule.spec.general);
        // A rule about many events has told of them all; quieter ones about each would undo that.
        let many = rules.iter().filter(|rule| rule.spec.threshold.is_some());
        let floor = many.map(|rule| rule.severity_of(facts.outcome)).max();
        let speaks = |rule: &&&Rule| {
            !(specific && rule.spec.general)
                && floor.is_none_or(|floor| rule.severity_of(facts.outcome) >= floor)
        };
        for rule in rules.iter().filter(speaks) {
            let Some(window) = &rule.spec.dedupe else {
                all_told = false;
                continue;
            };
            let fingerprint = fingerprint(rule, event, facts, severity);
            match self.state.claim(&fingerprint, &id, at, window.duration()).await {
                Ok(Claim::Theirs) => {}
                Ok(Claim::Ours) => {
                    all_told = false;
                    claimed.push(fingerprint);
                }
                // A store that is down must not silence.
                Err(error) => {
                    tracing::warn!(%error, "not known whether it is a repetition");
                    all_told = false;
                }
            }
        }
        (all_told, claimed)
    }

    /// What was not told must not hold back what comes after it.
    async fn release(&self, event: &Event, claimed: &[String]) {
        for fingerprint in claimed {
            if let Err(error) = self.state.release(fingerprint, &event.identity()).await {
                tracing::warn!(%error, "a claim outlives the failure of its alert");
            }
        }
    }

    async fn unreadable(
        &self,
        reason: &Unreadable,
        event: Option<&Event>,
        told_at: Option<Timestamp>,
    ) -> Result<Response, RespondError> {
        let alert = Alert::unreadable(reason, event, told_at);
        self.publish(&alert).await?;
        let outcome = Outcome {
            event_id: alert.event.id.clone(),
            event_time: alert.event.time,
            account: alert.place.account.clone(),
            event_name: alert.event.name.clone(),
            outcome: Verdict::Unreadable,
            severity: Some(alert.severity),
            rules: Vec::new(),
            reasons: vec![reason.to_string()],
            topics: vec![alert.severity],
            plan: Vec::new(),
        };
        Ok(Response { outcome, alert: Some(alert) })
    }

    /// Sends to every topic of the severity, each once before any is tried again; one that stays
    /// failed does not keep the others from getting it, but it fails the whole.
    async fn publish(&self, alert: &Alert) -> Result<(), PublishFailed> {
        let topics = self.topics.get(&alert.severity).into_iter().flatten();
        let mut owing: Vec<(&TopicSpec, Message)> =
            topics.map(|topic| (topic, Message::new(alert, topic.format))).collect();
        let mut failure = None;
        for _ in 0..PUBLISH_ATTEMPTS_MAX {
            let mut failed = Vec::new();
            for (topic, message) in owing {
                if let Err(cause) = self.publish.publish(&topic.arn, &message).await {
                    failure = Some(cause);
                    failed.push((topic, message));
                }
            }
            owing = failed;
        }
        match failure.filter(|_| !owing.is_empty()) {
            None => Ok(()),
            Some(cause) => Err(PublishFailed {
                severity: alert.severity,
                title: alert.title.clone(),
                event_id: alert.event.id.clone().unwrap_or_else(|| "without ID".to_owned()),
                cause,
            }),
        }
    }
}

fn outcome(event: &Event, verdict: Verdict) -> Outcome {
    let owned = |text: Option<&str>| text.map(str::to_owned);
    Outcome {
        event_id: owned(event.id()),
        event_time: event.time(),
        account: owned(event.account()),
        event_name: owned(event.name()),
        outcome: verdict,
        severity: None,
        rules: Vec::new(),
        reasons: Vec::new(),
        topics: Vec::new(),
        plan: Vec::new(),
    }
}

/// What makes two alerts of a rule the same: what it says itself, else what it counts by, else the
/// same call by the same principal on the same entity. A louder one is always news.
fn fingerprint(rule: &Rule, event: &Event, facts: &Facts, severity: Severity) -> String {
    let spec = &rule.spec;
    if let Some(by) =
        spec.dedupe_by.as_ref().or(spec.threshold.as_ref().map(|threshold| &threshold.by))
    {
        return format!("{}\n{severity}", counter_key(rule, by, event, facts));
    }
    let by = [GroupBy::Account, GroupBy::Principal, GroupBy::Entity];
    let (key, name) = (counter_key(rule, &by, event, facts), event.name().unwrap_or_default());
    // Where we cannot tell what was acted upon, the parameters can.
    let known = facts.entity.as_ref().is_some_and(|entity| entity.name.is_some());
    let parameters = event.value("detail.requestParameters").filter(|_| !known);
    let parameters = parameters.map(ToString::to_string).unwrap_or_default();
    format!("{key}\n{name}\n{}\n{severity}\n{parameters}", facts.outcome.word())
}

fn step_key(rule: &Rule, step: usize, by: &[GroupBy], event: &Event, facts: &Facts) -> String {
    format!("step {step} of {}", counter_key(rule, by, event, facts))
}

/// What events are counted by. Line breaks part the fields, as no value can hold one unescaped.
fn counter_key(rule: &Rule, by: &[GroupBy], event: &Event, facts: &Facts) -> String {
    let mut key = rule.spec.id.clone();
    let principal = facts.principal.key();
    for group in by {
        let value = match group {
            GroupBy::Account => event.account().unwrap_or_default(),
            GroupBy::Principal => &principal,
            GroupBy::Entity => {
                facts.entity.as_ref().and_then(|entity| entity.name.as_deref()).unwrap_or_default()
            }
            GroupBy::AccessKey => facts.principal.access_key_id.as_deref().unwrap_or_default(),
            GroupBy::SourceIp => event.text("detail.sourceIPAddress").unwrap_or_default(),
        };
        key.push('\n');
        // IAM does not tell names apart by case.
        key.push_str(&value.to_lowercase().escape_debug().to_string());
    }
    key
}
