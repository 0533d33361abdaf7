//! Publish once: the mark of an event under way, the claims of its rules, and what is stored of it.

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};

use super::responder::{Mode, RespondError, Responder};
use super::send::{PublishFailed, send};
use crate::alert::{Alert, SentAlert};
use crate::assess::fingerprint::{fingerprint, is_attempt};
use crate::effects::{Claim, Delivery, EffectError, Lookups, Publish, State};
use crate::event::Event;
use crate::facts::Context;
use crate::respond::outcome::Outcome;
use crate::rule::{Rule, Span};
use crate::text::severity::Severity;

/// Time within which failed attempts of one caller are published once by a rule without a window of its own.
const ATTEMPT_WINDOW: SignedDuration = SignedDuration::from_mins(10);

/// Numbers of attempts held back at which they are published once more within their window, so that people on call
/// learn that it goes on, and how much it is.
const ATTEMPTS_PUBLISHED_AGAIN: [u32; 2] = [100, 1_000];

/// What an alert says of itself where it is not known whether it was published before.
const NOT_DEDUPLICATED: &str =
    "Not deduplicated, as the state table did not answer: it may come twice.";

/// What is known of an event when its alert is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Begun {
    /// It is new, or its environment died: this delivery publishes it.
    Here,
    /// It was published.
    Published,
    /// The state does not answer, which must not silence.
    NotKnown,
}

/// What came of claiming the windows of all rules.
#[derive(Debug, Default)]
pub(super) struct Claims {
    /// All of it is repeated: none of its rules raises anything new.
    pub all_repeated: bool,
    /// Fingerprints that are this event's.
    ours: Vec<String>,
    /// Fingerprints of others, who published.
    theirs: Vec<String>,
    /// Rules by which it is published, and held back for days.
    pub(super) for_days: Vec<String>,
    /// Repetitions held back before it.
    held: u32,
    /// Somewhere it is not known.
    unknown: bool,
}

impl Claims {
    /// Adds what came of one rule. `None`: it has no window, which makes it news.
    fn add(&mut self, claimed: Option<(&&Rule, String, Result<Claim, EffectError>)>) {
        match claimed {
            None => self.all_repeated = false,
            Some((rule, fingerprint, Ok(Claim::Theirs))) => {
                self.theirs.push(fingerprint);
                let for_days = rule.held_for_days().map(|_| rule.spec.id.clone());
                self.for_days.extend(for_days);
            }
            Some((_, fingerprint, Ok(Claim::Ours { held }))) => {
                self.all_repeated = false;
                self.held = self.held.max(held);
                self.ours.push(fingerprint);
            }
            // A store that is down must not silence.
            Some((_, _, Err(error))) => {
                tracing::warn!(%error, "not known whether it is a repetition");
                self.all_repeated = false;
                self.unknown = true;
            }
        }
    }
}

impl<P: Publish, S: State, L: Lookups> Responder<'_, P, S, L> {
    /// Was this very event published before? Only asked on a bus: what is read from files is read on
    /// purpose.
    ///
    /// # Errors
    /// Another environment is at it.
    pub(super) async fn begin(&self, id: &str, now: Timestamp) -> Result<Begun, RespondError> {
        if self.mode == Mode::Reading {
            return Ok(Begun::Here);
        }
        match self.state.begin(id, now).await {
            Ok(Delivery::First) => Ok(Begun::Here),
            Ok(Delivery::UnderWay) => Err(RespondError::UnderWay(id.to_owned())),
            Ok(Delivery::Published) => Ok(Begun::Published),
            Err(error) => {
                tracing::warn!(%error, "not known whether the event was published before");
                Ok(Begun::NotKnown)
            }
        }
    }

    /// Also where it was not known whether the event was published before: now it is.
    pub(super) async fn end(
        &self,
        id: &str,
        now: Timestamp,
        begun: Begun,
        sent: Option<&SentAlert>,
    ) {
        if self.mode == Mode::Reading || (begun == Begun::NotKnown && sent.is_none()) {
            return;
        }
        if let Err(error) = self.state.end(id, now, sent).await {
            tracing::warn!(%error, "a second delivery of the event would be published again");
        }
    }

    /// Publishes, and marks the event as published, or lets it go with what it claimed.
    pub(super) async fn send_once(
        &self,
        id: &str,
        begun: Begun,
        claims: &Claims,
        alert: &mut Alert,
        outcome: &mut Outcome,
        now: Timestamp,
    ) -> Result<(), PublishFailed> {
        alert.held_back = claims.held;
        outcome.held_back = claims.held;
        if claims.unknown || begun == Begun::NotKnown {
            alert.notes.push(NOT_DEDUPLICATED.to_owned());
        }
        let repeat_at = self.repeat_at(id, alert, begun, now);
        outcome.notes.clone_from(&alert.notes);
        let published = send(self.publish, self.topics, alert).await;
        let sent = published.is_ok().then(|| SentAlert {
            event_id: id.to_owned(),
            severity: alert.severity,
            title: alert.title.shown(),
            rules: outcome.rules.clone(),
            account: outcome.account.clone(),
            event_time: outcome.event_time,
            repeat_at,
            alert: repeat_at.and_then(|_| alert.to_stored()),
        });
        self.end(id, now, begun, sent.as_ref()).await;
        if published.is_err() {
            self.release(id, &claims.ours).await;
        }
        published?;
        outcome.topics.push(alert.severity);
        Ok(())
    }

    /// When the alert is published again, which it says itself. Only where the state answers: it keeps what
    /// is to be published.
    fn repeat_at(
        &self,
        id: &str,
        alert: &mut Alert,
        begun: Begun,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let kept = begun == Begun::Here && self.mode == Mode::Live;
        let repeat = self.repeat.as_ref().filter(|_| kept && alert.severity >= Severity::High)?;
        let at = now.checked_add(repeat.after).ok()?;
        let louder = if alert.severity < Severity::Critical { ", a step louder," } else { "" };
        let time = at.strftime("%Y-%m-%d %H:%M UTC");
        alert.notes.push(format!("Told again at {time}{louder} unless somebody acknowledges it."));
        // People put this into a shell: only what is an ID and nothing more may stand in it.
        if id.len() <= 64 && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
            alert.acknowledge = Some(format!(
                "AWS_REGION={} iam-responder verdict {id} acknowledged --table {}",
                repeat.region, repeat.table
            ));
        }
        Some(at)
    }

    /// Claims the windows of the rules, and says whether all of it was published within them: one rule
    /// that has no window, or none running, makes it news.
    pub(super) async fn claim(
        &self,
        event: &Event,
        context: &Context,
        rules: &[&Rule],
        severity: Severity,
        now: Timestamp,
    ) -> Claims {
        let (id, at) = (event.identity(), event.time().unwrap_or(now));
        let mut claims = Claims { all_repeated: true, ..Claims::default() };
        let specific = rules.iter().any(|rule| !rule.spec.is_general());
        // A rule about many events has said of them all; quieter ones about each would undo that.
        let many = rules.iter().filter(|rule| rule.spec.threshold.is_some());
        let floor = many.map(|rule| rule.severity_of(context.facts.outcome)).max();
        let speaks = |rule: &&&Rule| {
            !(specific && rule.spec.is_general())
                && floor.is_none_or(|floor| rule.severity_of(context.facts.outcome) >= floor)
        };
        let claiming = rules.iter().filter(speaks).map(async |rule| {
            let own = rule.spec.dedupe.as_ref().map(Span::duration);
            let window = own.or_else(|| is_attempt(event, context).then_some(ATTEMPT_WINDOW))?;
            let mut fingerprint = fingerprint(rule, event, context, severity);
            let claimed = match self.again(rule, event, context, (at, window)).await {
                Ok(again) => {
                    fingerprint.extend(again.map(|again| format!("\n{}", again.escape_debug())));
                    self.state.claim(&fingerprint, &id, at, window).await
                }
                Err(error) => Err(error),
            };
            Some((rule, fingerprint, claimed))
        });
        for claimed in join_all(claiming).await {
            claims.add(claimed);
        }
        claims
    }

    /// Counts a repetition where the next alert will look. It is published after all where it is one attempt of very
    /// many.
    pub(super) async fn hold(&self, event: &Event, context: &Context, claims: &mut Claims) {
        let id = event.identity();
        let held =
            join_all(claims.theirs.iter().map(|fingerprint| self.state.hold(fingerprint, &id)))
                .await;
        for held in held {
            match held {
                Ok(Some(held)) if ATTEMPTS_PUBLISHED_AGAIN.contains(&held) => {
                    claims.all_repeated &= !is_attempt(event, context);
                    claims.held = claims.held.max(held);
                }
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(%error, "a repetition was held back and not counted");
                }
            }
        }
    }

    /// What was not published must not hold back what comes after it.
    async fn release(&self, id: &str, claimed: &[String]) {
        for fingerprint in claimed {
            if let Err(error) = self.state.release(fingerprint, id).await {
                tracing::warn!(%error, "a claim outlives the failure of its alert");
            }
        }
    }
}
