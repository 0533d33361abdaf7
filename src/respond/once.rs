//! Publish once: the mark of an event under way, the claims of its rules, and what is stored of it.

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};

use super::responder::{Mode, RespondError, Responder, Response};
use super::send::{PublishFailed, send};
use crate::alert::{Alert, Circumstances, SentAlert, shown_lines};
use crate::assess::{Again, Claiming, Repetition};
use crate::effects::{Claim, Delivery, EffectError, Lookups, Publish, State};
use crate::event::{Event, EventId};
use crate::plan::acknowledge;
use crate::respond::handled::Handled;
use crate::text::line::Line;
use crate::text::severity::Severity;

/// The note in an alert if it is unknown whether it was published before.
const NOT_DEDUPLICATED: &str =
    "Not deduplicated, as the state table did not answer: it may come twice.";

/// What is known about the publication of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Begun {
    /// It is new, or its environment died: this delivery publishes it.
    Here,
    /// It was published.
    Published,
    /// The state does not answer, which must not silence.
    NotKnown,
}

/// The result of claiming the windows of all rules.
#[derive(Debug, Default)]
pub(super) struct TakenWindows {
    /// Every rule of it is repeated: none raises anything new.
    pub all_repeated: bool,
    /// Fingerprints that are this event's.
    ours: Vec<String>,
    /// Fingerprints of others, who published.
    theirs: Vec<String>,
    /// Rules by which it is published, and held back for days.
    pub(super) for_days: Vec<String>,
    /// Repetitions held back before it.
    held: u32,
    /// How long repetitions are only counted, where the alert says so.
    counts_for: Option<SignedDuration>,
    /// Somewhere it is not known.
    unknown: bool,
}

impl TakenWindows {
    /// Adds what came of claiming one window, under the fingerprint that it has now.
    fn add(&mut self, claiming: &Claiming, claimed: Result<(String, Claim), EffectError>) {
        match claimed {
            Ok((fingerprint, Claim::Theirs)) => {
                self.theirs.push(fingerprint);
                self.for_days.extend(claiming.for_days.clone());
            }
            Ok((fingerprint, Claim::Ours { held })) => {
                self.all_repeated = false;
                self.held = self.held.max(held);
                self.ours.push(fingerprint);
            }
            // A store that is down must not silence.
            Err(error) => {
                tracing::warn!(%error, "not known whether it is a repetition");
                self.all_repeated = false;
                self.unknown = true;
            }
        }
    }
}

impl<P: Publish, S: State, L: Lookups> Responder<'_, P, S, L> {
    /// Was this very event published before? Only asked on a bus: files are read on purpose.
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

    /// Also if it was unknown whether the event was published before: now it is known.
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

    /// Publishes, and marks the event as published, or lets it go with what it claimed. `outcome` is what came of the
    /// event so far.
    ///
    /// # Errors
    /// A topic did not get it.
    pub(super) async fn send_once(
        &self,
        (id, begun, claims): (&str, Begun, &TakenWindows),
        (alert, history): (Alert, Vec<Line>),
        outcome: Handled,
        now: Timestamp,
    ) -> Result<Response, PublishFailed> {
        let remind_at = self.remind_at(alert.severity, begun, now);
        let unsure = claims.unknown || begun == Begun::NotKnown;
        let again = remind_at.map(|at| published_again(alert.severity, at));
        let alert = alert.under(Circumstances {
            history,
            held_back: claims.held,
            notes: unsure
                .then(|| NOT_DEDUPLICATED.into())
                .into_iter()
                .chain(claims.counts_for.map(only_counted))
                .chain(again)
                .collect(),
            acknowledge: remind_at.and_then(|_| self.acknowledge(id)),
        });
        let published = send(self.publish, self.topics, &alert, now).await;
        let sent = published.is_ok().then(|| SentAlert {
            event_id: id.to_owned(),
            severity: alert.severity,
            title: alert.title.shown(),
            rules: outcome.rules.clone(),
            account: outcome.account.clone(),
            event_time: outcome.event_time,
            remind_at,
            alert: remind_at.and_then(|_| alert.to_stored()),
        });
        self.end(id, now, begun, sent.as_ref()).await;
        if published.is_err() {
            self.release(id, &claims.ours).await;
        }
        published?;
        let outcome = Handled {
            topics: vec![alert.severity],
            held_back: alert.held_back,
            notes: shown_lines(&alert.notes),
            ..outcome
        };
        Ok(Response { outcome, alert: Some(alert) })
    }

    /// When the alert is published again, unless somebody acknowledges it. `None` if the state does not answer: a
    /// reminder needs a stored alert.
    fn remind_at(&self, severity: Severity, begun: Begun, now: Timestamp) -> Option<Timestamp> {
        let kept = begun == Begun::Here && self.mode == Mode::Live;
        let reminders = self.reminders.as_ref().filter(|_| kept && severity >= Severity::High)?;
        now.checked_add(reminders.after).ok()
    }

    /// The command that acknowledges the alert about this event.
    fn acknowledge(&self, id: &str) -> Option<String> {
        let (region, table) = self.reminders.as_ref()?.table.as_ref()?;
        acknowledge(&EventId::parse(id)?, region, table)
    }

    /// Claims the windows of the rules, and says whether all of it was published within them.
    pub(super) async fn claim(
        &self,
        event: &Event,
        repetition: &Repetition,
        now: Timestamp,
    ) -> TakenWindows {
        let (id, at) = (event.identity(), event.time().unwrap_or(now));
        let mut claims = TakenWindows {
            all_repeated: !repetition.is_news,
            counts_for: repetition.counts_for(),
            ..TakenWindows::default()
        };
        let claimed = repetition.claiming.iter().map(|claiming| self.claim_one(claiming, &id, at));
        for (claiming, claimed) in repetition.claiming.iter().zip(join_all(claimed).await) {
            claims.add(claiming, claimed);
        }
        claims
    }

    async fn claim_one(
        &self,
        claiming: &Claiming,
        id: &str,
        at: Timestamp,
    ) -> Result<(String, Claim), EffectError> {
        let fingerprint = match &claiming.again {
            None => claiming.fingerprint.clone(),
            Some(Again { thing, content }) => {
                // It belongs to what was set first, as another claim belongs to an event.
                match self.state.claim(thing, content, at, claiming.window).await? {
                    Claim::Theirs => claiming.of_content(content),
                    Claim::Ours { .. } => claiming.fingerprint.clone(),
                }
            }
        };
        let claim = self.state.claim(&fingerprint, id, at, claiming.window).await?;
        Ok((fingerprint, claim))
    }

    /// Counts a repetition where the next alert will look. It is published after all where it is one attempt of very
    /// many.
    pub(super) async fn hold_back(
        &self,
        event: &Event,
        repetition: &Repetition,
        mut claims: TakenWindows,
    ) -> TakenWindows {
        let id = event.identity();
        let held = join_all(
            claims.theirs.iter().map(|fingerprint| self.state.hold_back(fingerprint, &id)),
        )
        .await;
        for held in held {
            match held {
                Ok(Some(held)) if repetition.is_published_again(held) => {
                    claims.all_repeated = false;
                    claims.held = claims.held.max(held);
                }
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(%error, "a repetition was held back and not counted");
                }
            }
        }
        claims
    }

    /// An unpublished event must not hold back later ones.
    async fn release(&self, id: &str, claimed: &[String]) {
        join_all(claimed.iter().map(async |fingerprint| {
            if let Err(error) = self.state.release(fingerprint, id).await {
                tracing::warn!(%error, "a claim outlives the failure of its alert");
            }
        }))
        .await;
    }
}

/// The line in an alert about its reminder.
fn only_counted(within: SignedDuration) -> Line {
    let hours = within.as_hours();
    let time = match (hours, hours % 24) {
        (1, _) => "an hour".to_owned(),
        (24, _) => "a day".to_owned(),
        (_, 0) => format!("{} days", hours / 24),
        _ => format!("{hours} hours"),
    };
    Line::text(&format!("Repetitions within {time} are counted, and not sent."))
}

fn published_again(severity: Severity, at: Timestamp) -> Line {
    let louder = if severity < Severity::Critical { ", a step louder," } else { "" };
    let time = at.strftime("%Y-%m-%d %H:%M UTC");
    Line::text(&format!("Sent again at {time}{louder} unless somebody acknowledges it."))
}
