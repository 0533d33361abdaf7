//! Handles one event, from what came in to what was told.

use jiff::Timestamp;

use super::caller;
use super::once::{Begun, Claims};
use super::responder::{Origin, RespondError, Responder, Response};
use super::tell::tell;
use crate::alert::{Alert, StepLine};
use crate::assess::decide::Decision;
use crate::effects::{Lookups, Publish, State};
use crate::event::{Event, Shape, Unreadable};
use crate::facts::{Facts, Known};
use crate::prior::{Questions, Registers};
use crate::respond::lookup::Finder;
use crate::respond::outcome::{Outcome, Verdict};
use crate::rule::{Rule, RuleSet};
use crate::text::severity::Severity;

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
            Err(reason) => return self.unreadable(&reason, None, now, told_at).await,
        };
        let origin = match self.origin {
            Origin::Checked => event.check_origin(),
            Origin::Trusted => event.check_envelope(),
        };
        if let Err(reason) = origin {
            return self.unreadable(&reason, Some(&event), now, told_at).await;
        }
        // First, so that of two events at once one sees the other: what an event wrote itself is no answer to it.
        self.record_writes(&event, now).await;
        let known = self.known(&event, now).await;
        let facts = self.engine.derive(&mut event, &known);
        let matching = self.engine.matching(&event);
        let firing = self.firing(&event, &facts, &matching.rules, now).await;
        self.record(&event, &facts, known.own_change_set, now).await;
        self.finder().forget_tagged(&event, known.tagged.as_ref(), now).await;
        if matching.rules.is_empty() && event.shape() == Shape::Unknown {
            return self.unreadable(&Unreadable::UnknownShape, Some(&event), now, told_at).await;
        }
        let response = match firing.is_empty() {
            true => Response { outcome: unheard(&event, &matching.rules), alert: None },
            false => self.alert(&event, &facts, (&firing, &matching.unsure), now, told_at).await?,
        };
        self.overridden((&event, &facts), &matching, &response.outcome, now).await;
        Ok(response)
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
        let (questions, mut registers) = (Questions::of(event), Registers::new());
        // First: looking the account up may tell how it is after.
        let tagged = finder.tagged(event, now).await;
        let account = match event.account() {
            Some(id) => finder.account(site, id, now).await,
            None => None,
        };
        Known {
            named: self.prior(event, questions.named.as_ref(), &mut registers).await,
            replaced: self.prior(event, questions.replaced.as_ref(), &mut registers).await,
            former: self.prior(event, questions.former.as_ref(), &mut registers).await,
            former_names: self.former_names(event, &mut registers).await,
            handed: self.held(event, questions.handed.as_ref(), &mut registers).await,
            bearers: self.bearers(event, questions.shared.as_ref(), &mut registers).await,
            beside: self.beside(event, &questions, &mut registers).await,
            account,
            tagged,
            calendars: finder.calendars(site, event.time(), now).await,
            burst: self.burst(event, now).await,
            own_stack: self.own_stack(event, now).await,
            own_change_set: self.own_change_set(event).await,
            tags_do_not_count: self.origin == Origin::Checked
                && !self.lookups.asks_about_accounts(),
        }
    }

    async fn alert(
        &self,
        event: &Event,
        facts: &Facts,
        (rules, unsure): (&[&Rule], &[&Rule]),
        now: Timestamp,
        told_at: Option<Timestamp>,
    ) -> Result<Response, RespondError> {
        let decision = self.engine.decide(event, facts, rules, unsure, now);
        let mut outcome = Outcome {
            severity: Some(decision.severity),
            rules: rules.iter().map(|rule| rule.spec.id.clone()).collect(),
            reasons: decision.reasons.clone(),
            plan: decision.plan.iter().map(StepLine::from).collect(),
            ..outcome(event, Verdict::Alerted)
        };
        if let Some(suppression) = &decision.suppressed {
            outcome.outcome = Verdict::Suppressed;
            outcome.reasons.push(format!("suppression {suppression} is in force"));
            self.silenced(event, suppression).await;
            return Ok(Response { outcome, alert: None });
        }
        self.adjusted(event, &decision.quietened_by).await;
        // Before any claim: a second delivery that sees more than the first must not claim what it will
        // not tell.
        let id = event.identity();
        let begun = self.begin(&id, now).await?;
        if begun == Begun::Told {
            outcome.outcome = Verdict::Deduplicated;
            return Ok(Response { outcome, alert: None });
        }
        let mut claims = self.claim(event, facts, rules, decision.severity, now).await;
        if claims.all_told {
            self.hold(event, facts, &mut claims).await;
        }
        if claims.all_told {
            self.held_for_days(event, &claims.for_days).await;
            outcome.outcome = Verdict::Deduplicated;
            self.end(&id, now, begun, None).await;
            return Ok(Response { outcome, alert: None });
        }
        let mut alert = Alert::new(event, facts, rules, &decision, told_at);
        alert.history = self.history(event, facts, &decision, now).await;
        self.tell_once(&id, begun, &claims, &mut alert, &mut outcome, now).await?;
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
        let from = to.checked_sub(caller::LOOK_BACK).unwrap_or(to);
        let whose = caller::whose(principal);
        if whose.is_empty() {
            return Vec::new();
        }
        match self.lookups.calls(account, &whose, from, to).await {
            Ok(Some(calls)) => caller::lines(&calls, event, principal, now),
            Ok(None) => Vec::new(),
            Err(error) => {
                tracing::warn!(%error, "the caller's last hour is not known");
                vec!["not known: CloudTrail did not answer".to_owned()]
            }
        }
    }

    /// Told once where it has an ID, which is not that of an event that can be read: whoever forges one
    /// must not silence the other.
    async fn unreadable(
        &self,
        reason: &Unreadable,
        event: Option<&Event>,
        now: Timestamp,
        told_at: Option<Timestamp>,
    ) -> Result<Response, RespondError> {
        let mut alert = Alert::unreadable(reason, event, told_at);
        let mut outcome = Outcome {
            event_id: alert.event.id.clone(),
            event_time: alert.event.time,
            account: alert.place.account.clone(),
            event_name: alert.event.name.clone(),
            outcome: Verdict::Unreadable,
            severity: Some(alert.severity),
            rules: Vec::new(),
            reasons: vec![reason.to_string()],
            topics: Vec::new(),
            plan: Vec::new(),
            held_back: 0,
            notes: Vec::new(),
        };
        let Some(event) = event else {
            tell(self.publish, self.topics, &alert).await?;
            outcome.topics.push(alert.severity);
            return Ok(Response { outcome, alert: Some(alert) });
        };
        let id = format!("unreadable-{}", event.identity());
        let begun = self.begin(&id, now).await?;
        if begun == Begun::Told {
            outcome.outcome = Verdict::Deduplicated;
            return Ok(Response { outcome, alert: None });
        }
        self.tell_once(&id, begun, &Claims::default(), &mut alert, &mut outcome, now).await?;
        Ok(Response { outcome, alert: Some(alert) })
    }
}

/// No rule fires: none matches, or they only count. The last event of a sequence that never began is nothing by
/// itself.
fn unheard(event: &Event, matching: &[&Rule]) -> Outcome {
    let counts = |rule: &&&Rule| rule.spec.signal || rule.spec.threshold.is_some();
    let rules: Vec<String> =
        matching.iter().filter(counts).map(|rule| rule.spec.id.clone()).collect();
    let verdict = if rules.is_empty() { Verdict::Quiet } else { Verdict::Counted };
    Outcome { rules, ..outcome(event, verdict) }
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
