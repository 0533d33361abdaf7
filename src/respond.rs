//! The one path from event to alert: derive, match, count, decide, claim, publish.
//!
//! The command line and the function differ only in the effects they hand in. Order matters: a
//! claim is made before publishing and knows its event, so that a retry after a failed publish is
//! not taken for a repetition.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::{SignedDuration, Timestamp};
use thiserror::Error;

mod counting;
pub mod tell;

use crate::account;
use crate::alert::Alert;
use crate::decide::Decision;
use crate::derive::{Facts, Known};
use crate::effects::offline::Offline;
use crate::effects::{Claim, Delivery, Lookups, Publish, State};
use crate::engine::Engine;
use crate::event::{Event, Unreadable};
use crate::history;
use crate::ledger::Told;
use crate::lookup::{Cache, Finder};
use crate::outcome::{Outcome, Verdict};
use crate::rights;
use crate::rule::{Rule, RuleSet};
use crate::severity::Severity;
use crate::site::TopicSpec;
pub use counting::BURST_WINDOW;
use counting::fingerprint;
use tell::tell;
pub use tell::{PUBLISH_ATTEMPTS_MAX, PublishFailed};

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
pub struct Responder<'a, P, S, L> {
    /// Rules and site.
    pub engine: &'a Engine,
    /// Topics by severity.
    pub topics: &'a BTreeMap<Severity, Vec<TopicSpec>>,
    /// Tells people.
    pub publish: &'a P,
    /// Remembers.
    pub state: &'a S,
    /// Answers what the event does not tell.
    pub lookups: &'a L,
    /// Answers of before.
    pub cache: &'a Cache,
    /// Refuse what AWS did not send.
    pub origin: Origin,
    /// An alert of high or above that nobody acknowledges in this time is told again.
    pub repeat_after: Option<SignedDuration>,
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

impl<'a, P, S> Responder<'a, P, S, Offline> {
    /// A responder that asks nobody anything.
    pub fn offline(
        engine: &'a Engine,
        topics: &'a BTreeMap<Severity, Vec<TopicSpec>>,
        publish: &'a P,
        state: &'a S,
        origin: Origin,
    ) -> Self {
        // Nothing is ever kept in it, as nobody ever answers.
        static CACHE: LazyLock<Cache> = LazyLock::new(Cache::default);
        Self {
            engine,
            topics,
            publish,
            state,
            lookups: &Offline,
            cache: &CACHE,
            origin,
            repeat_after: None,
        }
    }
}

impl<P: Publish, S: State, L: Lookups> Responder<'_, P, S, L> {
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
        let known = self.known(&event, now).await;
        let facts = self.engine.derive(&mut event, &known);
        let matching = self.engine.matching(&event);
        let firing = self.firing(&event, &facts, &matching, now).await;
        self.record(&event, &facts, now).await;
        self.finder().forget_tagged(&event, known.tagged.as_ref()).await;
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

    fn finder(&self) -> Finder<'_, S, L> {
        Finder { state: self.state, lookups: self.lookups, cache: self.cache }
    }

    /// What is known beside the event. Nothing of it is needed: each piece that cannot be had falls to
    /// the stricter side.
    async fn known(&self, event: &Event, now: Timestamp) -> Known {
        let (finder, site) = (self.finder(), self.engine.site());
        let account = match event.account() {
            Some(id) => finder.account(site, id, now).await,
            None => None,
        };
        let tagged = match account::tagged(event) {
            Some(_) => finder.tagged(event).await,
            None => None,
        };
        Known {
            document: self.document_before(event).await,
            account,
            tagged,
            calendars: finder.calendars(site, event.time(), now).await,
            burst: self.burst(event, now).await,
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
        let claims = self.claim(event, facts, rules, decision.severity, now).await;
        if claims.all_told {
            outcome.outcome = Verdict::Deduplicated;
            self.hold(event, &claims).await;
            return Ok(Response { outcome, alert: None });
        }
        let begun = self.begin(event, now).await;
        match begun {
            Some(Delivery::First) | None => {}
            Some(Delivery::UnderWay) => return Err(RespondError::UnderWay(event.identity())),
            Some(Delivery::Told) => {
                outcome.outcome = Verdict::Deduplicated;
                return Ok(Response { outcome, alert: None });
            }
        }
        let mut alert = Alert::new(event, facts, rules, &decision, self.engine.site(), told_at);
        alert.history = self.history(event, facts, &decision, now).await;
        alert.held_back = claims.held;
        if claims.unknown || begun.is_none() {
            alert.notes.push(
                "Not deduplicated, as the state table did not answer: it may come twice."
                    .to_owned(),
            );
        }
        let repeat_at = self.repeat_at(event, &mut alert, begun, now);
        outcome.held_back = alert.held_back;
        outcome.notes.clone_from(&alert.notes);
        let published = tell(self.publish, self.topics, &alert).await;
        let told = published.is_ok().then(|| told_of(event, &alert, &outcome, repeat_at));
        self.end(event, now, begun, told.as_ref()).await;
        if published.is_err() {
            self.release(event, &claims.ours).await;
        }
        published?;
        outcome.topics.push(alert.severity);
        Ok(Response { outcome, alert: Some(alert) })
    }

    /// The last hour of the caller, for what is loud; only on a bus, and only of this account.
    async fn history(
        &self,
        event: &Event,
        facts: &Facts,
        decision: &Decision,
        now: Timestamp,
    ) -> Vec<String> {
        if decision.severity < Severity::High || self.origin == Origin::Trusted {
            return Vec::new();
        }
        let (Some(account), principal) = (event.account(), &facts.principal) else {
            return Vec::new();
        };
        let to = event.time().unwrap_or(now);
        let from = to.checked_sub(history::LOOK_BACK).unwrap_or(to);
        let Some(whose) = history::whose(principal) else { return Vec::new() };
        match self.lookups.calls(account, &whose, from, to).await {
            Ok(Some(calls)) => history::lines(&calls, event, principal, now),
            Ok(None) => Vec::new(),
            Err(error) => {
                tracing::warn!(%error, "the caller's last hour is not known");
                vec!["not known: CloudTrail did not answer".to_owned()]
            }
        }
    }

    /// When the alert is told again, which it says itself. Only where it is known that this event is
    /// kept, by its ID.
    fn repeat_at(
        &self,
        event: &Event,
        alert: &mut Alert,
        begun: Option<Delivery>,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let loud = alert.severity >= Severity::High && begun == Some(Delivery::First);
        let after = self.repeat_after.filter(|_| loud && self.origin == Origin::Checked)?;
        let at = now.checked_add(after).ok()?;
        let (time, id) = (at.strftime("%H:%M UTC"), event.identity());
        let mut note =
            format!("Told again at {time}, a step louder, unless somebody acknowledges it");
        // People put this into a shell: only what is an ID and nothing more may stand in it.
        if id.len() <= 64 && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
            note.push_str(&format!(": iam-responder verdict {id} acknowledged"));
        }
        alert.notes.push(note);
        Some(at)
    }

    /// Was this very event told before? Only asked on a bus: what is read from files is read on
    /// purpose. Nothing where it is not known: a store that is down must not silence.
    async fn begin(&self, event: &Event, now: Timestamp) -> Option<Delivery> {
        if self.origin == Origin::Trusted {
            return Some(Delivery::First);
        }
        match self.state.begin(&event.identity(), now).await {
            Ok(delivery) => Some(delivery),
            Err(error) => {
                tracing::warn!(%error, "not known whether the event was told before");
                None
            }
        }
    }

    /// Also where it was not known whether the event was told before: now it is.
    async fn end(
        &self,
        event: &Event,
        now: Timestamp,
        begun: Option<Delivery>,
        told: Option<&Told>,
    ) {
        if self.origin == Origin::Trusted || (begun.is_none() && told.is_none()) {
            return;
        }
        if let Err(error) = self.state.end(&event.identity(), now, told).await {
            tracing::warn!(%error, "a second delivery of the event would be told again");
        }
    }

    /// Claims the windows of the rules, and tells whether all of it was told within them: one rule
    /// that has no window, or none running, makes it news.
    async fn claim(
        &self,
        event: &Event,
        facts: &Facts,
        rules: &[&Rule],
        severity: Severity,
        now: Timestamp,
    ) -> Claims {
        let (id, at) = (event.identity(), event.time().unwrap_or(now));
        let mut claims = Claims { all_told: true, ..Claims::default() };
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
                claims.all_told = false;
                continue;
            };
            let fingerprint = fingerprint(rule, event, facts, severity);
            match self.state.claim(&fingerprint, &id, at, window.duration()).await {
                Ok(Claim::Theirs) => claims.theirs.push(fingerprint),
                Ok(Claim::Ours { held }) => {
                    claims.all_told = false;
                    claims.held = claims.held.max(held);
                    claims.ours.push(fingerprint);
                }
                // A store that is down must not silence.
                Err(error) => {
                    tracing::warn!(%error, "not known whether it is a repetition");
                    claims.all_told = false;
                    claims.unknown = true;
                }
            }
        }
        claims
    }

    /// Counts a repetition where the next alert will look.
    async fn hold(&self, event: &Event, claims: &Claims) {
        for fingerprint in &claims.theirs {
            if let Err(error) = self.state.hold(fingerprint, &event.identity()).await {
                tracing::warn!(%error, "a repetition was held back and not counted");
            }
        }
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
        tell(self.publish, self.topics, &alert).await?;
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
            held_back: 0,
            notes: Vec::new(),
        };
        Ok(Response { outcome, alert: Some(alert) })
    }
}

/// What came of claiming the windows of all rules.
#[derive(Debug, Default)]
struct Claims {
    /// Nothing of it is news.
    all_told: bool,
    /// Fingerprints that are this event's.
    ours: Vec<String>,
    /// Fingerprints of others, who told.
    theirs: Vec<String>,
    /// Repetitions held back before it.
    held: u32,
    /// Somewhere it is not known.
    unknown: bool,
}

fn told_of(event: &Event, alert: &Alert, outcome: &Outcome, repeat_at: Option<Timestamp>) -> Told {
    Told {
        event_id: event.identity(),
        severity: alert.severity,
        title: alert.title.clone(),
        rules: outcome.rules.clone(),
        account: outcome.account.clone(),
        event_time: outcome.event_time,
        repeat_at,
        alert: repeat_at.and_then(|_| serde_json::to_string(alert).ok()),
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
        held_back: 0,
        notes: Vec::new(),
    }
}
