//! Tells again, a step louder and once, what nobody acknowledged.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::alert::Alert;
use crate::effects::{EffectError, Publish};
use crate::ledger::{Ledger, Record};
use crate::respond::tell::{PublishFailed, tell};
use crate::severity::Severity;
use crate::site::TopicSpec;

/// Most alerts told again in one run; the next run takes the rest.
pub const REMINDERS_MAX: usize = 20;
/// Time after which a run that took an alert and did not finish counts as dead.
pub const TAKEN_MINUTES: i64 = 5;

/// What a run did.
#[derive(Debug, Default)]
pub struct Reminded {
    /// Alerts that were due.
    pub due: usize,
    /// Of those, told again.
    pub repeated: usize,
    /// What could not be told; it stays due.
    pub failures: Vec<PublishFailed>,
}

/// Tells again what is due.
///
/// # Errors
/// What is due cannot be found out.
pub async fn remind<L: Ledger, P: Publish>(
    ledger: &L,
    publish: &P,
    topics: &BTreeMap<Severity, Vec<TopicSpec>>,
    now: Timestamp,
) -> Result<Reminded, EffectError> {
    let due = ledger.due(now).await?;
    let mut reminded = Reminded { due: due.len(), ..Reminded::default() };
    let until = now.checked_add(SignedDuration::from_mins(TAKEN_MINUTES)).unwrap_or(now);
    for record in due.iter().take(REMINDERS_MAX) {
        if !ledger.take_due(record, until).await? {
            continue;
        }
        if let Some(alert) = again(record, now) {
            match tell(publish, topics, &alert).await {
                Ok(()) => reminded.repeated += 1,
                Err(failure) => {
                    reminded.failures.push(failure);
                    continue;
                }
            }
        } else {
            tracing::error!(event_id = record.told.event_id, "kept alert cannot be read");
        }
        ledger.repeated(&record.told.event_id, now).await?;
    }
    Ok(reminded)
}

/// The alert as it was, a step louder, and why it comes again.
fn again(record: &Record, now: Timestamp) -> Option<Alert> {
    let mut alert: Alert = serde_json::from_str(record.told.alert.as_deref()?).ok()?;
    alert.severity = alert.severity.raised(1);
    alert.title = format!("Not acknowledged: {}", alert.title);
    alert.event.delay = alert.event.time.map(|time| now.duration_since(time));
    let minutes = now.duration_since(record.told_at).as_mins();
    alert.reasons.push(format!("nobody acknowledged it within {minutes} minutes: a step louder"));
    alert.notes.clear();
    alert.notes.push("This is the second and last time that it is told.".to_owned());
    Some(alert)
}
