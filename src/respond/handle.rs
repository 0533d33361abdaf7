//! Handles one event, from what came in to what was published.

use futures_util::future::{join, join3};
use jiff::Timestamp;

use super::ask::Asked;
use super::caller;
use super::handled::{Disposition, Handled};
use super::lookup::FoundAccount;
use super::once::{Begun, TakenWindows};
use super::responder::{Mode, Origin, RespondError, Responder, Response};
use super::send::send;
use super::sequence::Noted;
use crate::alert::{Alert, StepLine, shown_name};
use crate::assess::decide::Decision;
use crate::assess::{Recognised, Repetition};
use crate::effects::{Lookups, Publish, State};
use crate::event::{Event, Shape, Unreadable};
use crate::facts::{Context, Facts, Known};
use crate::iam::account::AccountId;
use crate::rule::Rule;
use crate::text::line::Line;
use crate::text::severity::Severity;

impl<P: Publish, S: State, L: Lookups> Responder<'_, P, S, L> {
    /// Handles one event. `now` is the time of deciding; `delay_until` adds the delay to the alert.
    ///
    /// # Errors
    /// [`RespondError`] where an alert could not be delivered, or is being delivered elsewhere.
    pub async fn respond(
        &self,
        input: Result<Event, Unreadable>,
        now: Timestamp,
        delay_until: Option<Timestamp>,
    ) -> Result<Response, RespondError> {
        let mut event = match input {
            Ok(event) => event,
            Err(reason) => return self.unreadable(&reason, None, now, delay_until).await,
        };
        let origin = match self.origin {
            Origin::Checked => event.check_origin(),
            Origin::Trusted => event.check_envelope(),
        };
        if let Err(reason) = origin {
            return self.unreadable(&reason, Some(&event), now, delay_until).await;
        }
        let screened = self.engine.screen(&mut event);
        let asked = self.ask(&event, &screened, now).await?;
        if screened.is_nothing() {
            self.keep_for_later(&event, screened.facts(), (&asked.known, asked.found), now).await;
            return match event.shape() {
                Shape::Unknown => self.unknown_shape(&event, now, delay_until).await,
                _ => Ok(Response { outcome: outcome(&event, Disposition::Quiet), alert: None }),
            };
        }
        let Asked { known, found, begun, noted, steps } = asked;
        let recognised = self.engine.recognise(&mut event, screened, &known);
        let later = recognised.steps.iter().filter(|step| !steps.contains(step));
        // The alert does not wait for what only later events are compared with.
        let (response, (), ()) = join3(
            self.decide_and_publish(&event, (&recognised, &noted), begun, (now, delay_until)),
            self.note_steps(&event, later, now),
            self.keep_for_later(&event, &recognised.context.facts, (&known, found), now),
        )
        .await;
        let response = response?;
        self.count_overridden(&event, &recognised, &response.outcome, now).await;
        Ok(response)
    }

    /// Answers what the rules still ask, judges, and publishes.
    async fn decide_and_publish(
        &self,
        event: &Event,
        (recognised, noted): (&Recognised<'_>, &Noted),
        begun: Option<Begun>,
        (now, delay_until): (Timestamp, Option<Timestamp>),
    ) -> Result<Response, RespondError> {
        let yes = self.answered(&recognised.questions, event, noted, now).await;
        if recognised.matching.rules.is_empty() && event.shape() == Shape::Unknown {
            self.let_go(event, begun, now).await;
            return self.unknown_shape(event, now, delay_until).await;
        }
        let assessment = self.engine.assess(event, recognised, &yes, now);
        let Some(decision) = &assessment.decision else {
            self.let_go(event, begun, now).await;
            return Ok(Response { outcome: unheard(event, &recognised.counted()), alert: None });
        };
        let begun = begun.unwrap_or(Begun::Here);
        let firing = (assessment.firing.as_slice(), decision);
        self.alert(event, &recognised.context, firing, begun, (now, delay_until)).await
    }

    /// Keeps updates of this tool and tags of accounts, which later events are compared with.
    async fn keep_for_later(
        &self,
        event: &Event,
        facts: &Facts,
        (known, found): (&Known, Option<FoundAccount>),
        now: Timestamp,
    ) {
        let before = known.tagged.known();
        join(self.note_updates(event, facts, known.own_change_set, now), async {
            let cached = self.cached();
            if let Some(found) = found {
                cached.keep_found(&found, now).await;
            }
            join(
                cached.keep_before_tagged(event, facts, before, now),
                cached.forget_tagged(event, facts, before, now),
            )
            .await;
        })
        .await;
    }

    /// Takes away the mark of an event that was not published.
    async fn let_go(&self, event: &Event, begun: Option<Begun>, now: Timestamp) {
        if let Some(begun @ Begun::Here) = begun {
            self.end(&event.identity(), now, begun, None).await;
        }
    }

    async fn unknown_shape(
        &self,
        event: &Event,
        now: Timestamp,
        delay_until: Option<Timestamp>,
    ) -> Result<Response, RespondError> {
        self.unreadable(&Unreadable::UnknownShape, Some(event), now, delay_until).await
    }

    async fn alert(
        &self,
        event: &Event,
        context: &Context,
        (rules, decision): (&[&Rule], &Decision),
        begun: Begun,
        (now, delay_until): (Timestamp, Option<Timestamp>),
    ) -> Result<Response, RespondError> {
        let became = |disposition| Handled {
            severity: Some(decision.severity),
            rules: rules.iter().map(|rule| rule.spec.id.clone()).collect(),
            reasons: decision.reasons.iter().map(|reason| reason.line().as_it_is()).collect(),
            plan: StepLine::in_alert(&decision.plan, decision.plan_id.as_ref()),
            ..outcome(event, disposition)
        };
        let unpublished = |outcome| Ok(Response { outcome, alert: None });
        if let Some(suppression) = &decision.suppressed {
            join(self.count_silenced(event, suppression), self.let_go(event, Some(begun), now))
                .await;
            return unpublished(became(Disposition::Suppressed));
        }
        let adjusted = self.count_adjusted(event, &decision.quietened_by);
        if begun == Begun::Published {
            adjusted.await;
            return unpublished(became(Disposition::Deduplicated));
        }
        let id = event.identity();
        if self.is_second(event, rules, decision.severity).await {
            join(adjusted, self.end(&id, now, begun, None)).await;
            return unpublished(became(Disposition::Deduplicated));
        }
        let noted = self.note_published(event, rules, decision.severity, now);
        let repetition = Repetition::of(event, context, rules, decision.severity);
        let (claimed, ()) = join(self.claim(event, &repetition, now), adjusted).await;
        let claims = match claimed.all_repeated {
            true => self.hold_back(event, &repetition, claimed).await,
            false => claimed,
        };
        if claims.all_repeated {
            let held = self.count_held_for_days(event, &claims.for_days);
            join3(held, self.end(&id, now, begun, None), noted).await;
            return unpublished(became(Disposition::Deduplicated));
        }
        let alert = Alert::new(event, context, rules, decision, delay_until);
        let history = self.history(event, context, decision, now).await;
        let outcome = became(Disposition::Alerted);
        let sent = self.send_once((&id, begun, &claims), (alert, history), outcome, now).await?;
        noted.await;
        Ok(sent)
    }

    /// The last hour of the caller, for loud alerts; only on a bus, and only of this account.
    async fn history(
        &self,
        event: &Event,
        context: &Context,
        decision: &Decision,
        now: Timestamp,
    ) -> Vec<Line> {
        if decision.severity < Severity::High || self.mode == Mode::Reading {
            return Vec::new();
        }
        let Some(account) = event.account().and_then(AccountId::parse) else { return Vec::new() };
        let principal = &context.facts.principal;
        let to = event.time().unwrap_or(now);
        let from = to.checked_sub(caller::LOOK_BACK).unwrap_or(to);
        let whose = caller::whose(principal);
        if whose.is_empty() {
            return Vec::new();
        }
        let asked = caller::calls(self.lookups, (account, &whose), (from, to));
        match asked.await {
            Ok(Some(calls)) => caller::lines(&calls, event, principal, now),
            Ok(None) => Vec::new(),
            Err(error) => {
                tracing::warn!(%error, "the caller's last hour is not known");
                vec!["not known: CloudTrail did not answer".into()]
            }
        }
    }

    /// Publishes one alert for each event ID. Events that cannot be read have IDs of their own, so that a forged one
    /// cannot silence one that can be read.
    async fn unreadable(
        &self,
        reason: &Unreadable,
        event: Option<&Event>,
        now: Timestamp,
        delay_until: Option<Timestamp>,
    ) -> Result<Response, RespondError> {
        let alert = Alert::unreadable(reason, event, delay_until);
        let outcome = Handled {
            event_id: shown_name(alert.event.id.as_ref()),
            event_time: alert.event.time,
            account: shown_name(alert.place.account.as_ref()),
            event_name: shown_name(alert.event.name.as_ref()),
            disposition: Disposition::Unreadable,
            severity: Some(alert.severity),
            rules: Vec::new(),
            reasons: vec![reason.to_string()],
            topics: Vec::new(),
            plan: Vec::new(),
            held_back: 0,
            notes: Vec::new(),
        };
        let Some(event) = event else {
            send(self.publish, self.topics, &alert, now).await?;
            let outcome = Handled { topics: vec![alert.severity], ..outcome };
            return Ok(Response { outcome, alert: Some(alert) });
        };
        let id = format!("unreadable-{}", event.identity());
        let begun = self.begin(&id, now).await?;
        if begun == Begun::Published {
            let outcome = Handled { disposition: Disposition::Deduplicated, ..outcome };
            return Ok(Response { outcome, alert: None });
        }
        let claims = TakenWindows::default();
        Ok(self.send_once((&id, begun, &claims), (alert, Vec::new()), outcome, now).await?)
    }
}

/// No rule fires: none matches, or they only count.
fn unheard(event: &Event, counted: &[&Rule]) -> Handled {
    let rules: Vec<String> = counted.iter().map(|rule| rule.spec.id.clone()).collect();
    let disposition = if rules.is_empty() { Disposition::Quiet } else { Disposition::Counted };
    Handled { rules, ..outcome(event, disposition) }
}

fn outcome(event: &Event, disposition: Disposition) -> Handled {
    let owned = |text: Option<&str>| text.map(str::to_owned);
    Handled {
        event_id: owned(event.id()),
        event_time: event.time(),
        account: owned(event.account()),
        event_name: owned(event.name()),
        disposition,
        severity: None,
        rules: Vec::new(),
        reasons: Vec::new(),
        topics: Vec::new(),
        plan: Vec::new(),
        held_back: 0,
        notes: Vec::new(),
    }
}
