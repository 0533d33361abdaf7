//! Publishes again, a step louder and once, what nobody acknowledged.

use jiff::{SignedDuration, Timestamp};

use super::topics::Topics;
use crate::alert::{Alert, REASONS_MAX};
use crate::effects::alerts::{OpenAlerts, StoredAlert};
use crate::effects::{EffectError, Publish};
use crate::respond::send::{PublishFailed, send};

/// Most alerts published again one by one in one run. When more are due, one message names all: an incident must not
/// ring a telephone fifty times more.
const APART_MAX: usize = 5;
/// Time after which a run that took an alert and did not finish counts as dead.
const TAKEN_MINUTES: i64 = 5;
/// Attempts to mark an alert as published again, so that it is not published a third time.
const MARK_ATTEMPTS_MAX: u32 = 3;

/// What a run did.
#[derive(Debug, Default)]
pub struct Reminded {
    /// Alerts that were due.
    pub due: usize,
    /// Due alerts that were published again.
    pub published: usize,
    /// Alerts that could not be published; they stay due.
    pub failures: Vec<PublishFailed>,
    /// Failed calls of the state.
    pub state_failures: Vec<EffectError>,
}

/// Publishes again what is due, at most [`REASONS_MAX`] alerts. A failure does not stop the rest: what was not
/// published stays due.
pub async fn remind<S: OpenAlerts, P: Publish>(
    alerts: &S,
    publish: &P,
    topics: &Topics,
    now: Timestamp,
) -> Reminded {
    let mut reminded = Reminded::default();
    let mut due = match alerts.due(now).await {
        Ok(due) => due,
        Err(error) => {
            reminded.state_failures.push(error);
            return reminded;
        }
    };
    reminded.due = due.len();
    let until = now.checked_add(SignedDuration::from_mins(TAKEN_MINUTES)).unwrap_or(now);
    let mut taken = Vec::new();
    // The loudest first: what no message names is not marked, and comes with the next run.
    due.sort_by_key(|record| std::cmp::Reverse(record.sent.severity));
    for record in due.into_iter().take(REASONS_MAX) {
        match alerts.take_due(&record, until).await {
            Ok(true) => taken.push(record),
            // Somebody else has it, or it was acknowledged meanwhile.
            Ok(false) => {}
            Err(error) => reminded.state_failures.push(error),
        }
    }
    let together = taken.len() > APART_MAX;
    let groups: Vec<&[StoredAlert]> =
        if together { vec![&taken] } else { taken.chunks(1).collect() };
    for group in groups {
        let alert = match group {
            [record] => again(record, now),
            records => Alert::many(records.iter().map(|record| &record.sent)),
        };
        match send(publish, topics, &alert, now).await {
            Ok(()) => {
                reminded.published += group.len();
                mark(alerts, group, now, &mut reminded).await;
            }
            Err(failure) => reminded.failures.push(failure),
        }
    }
    reminded
}

async fn mark<S: OpenAlerts>(
    alerts: &S,
    group: &[StoredAlert],
    now: Timestamp,
    reminded: &mut Reminded,
) {
    for record in group {
        let mut failure = None;
        for _ in 0..MARK_ATTEMPTS_MAX {
            failure = alerts.reminded(&record.sent.event_id, now).await.err();
            if failure.is_none() {
                break;
            }
        }
        reminded.state_failures.extend(failure);
    }
}

/// The alert as it was, a step louder, and why it comes again. If a former version stored it in another form, it
/// holds what the table has.
fn again(record: &StoredAlert, now: Timestamp) -> Alert {
    let StoredAlert { sent, sent_at, .. } = record;
    let stored = sent.alert.as_deref().and_then(Alert::from_stored);
    let alert = stored.unwrap_or_else(|| Alert::of_sent(sent));
    alert.again(sent.severity, *sent_at, now)
}
