//! Rules and a site file of the owner that are broken: the function runs on what is compiled into it, and people
//! hear of it, once a day.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use iam_responder::alert::Alert;
use iam_responder::effects::{Claim, Windows, lock};
use iam_responder::respond::tell::tell;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::Function;

/// Under which key the day's alert is claimed.
const CLAIM: &str = "files refused";
/// Time within which one alert is enough. A little less than a day, so that it comes every day.
const WINDOW: SignedDuration = SignedDuration::from_hours(23);

/// What is wrong, and when this copy of the function last looked whether it was told.
#[derive(Default)]
pub struct RefusedFiles {
    faults: Vec<String>,
    looked: Mutex<Option<Date>>,
}

impl RefusedFiles {
    pub fn new(faults: Vec<String>) -> Self {
        for fault in &faults {
            tracing::error!(fault, "rules and site file of the owner are not in force");
        }
        Self { faults, looked: Mutex::default() }
    }
}

/// Tells people, where there is something to tell and nobody told it today. A state that does not answer costs a
/// second alert, not the first; an alert that fails is tried again at the next invocation.
pub async fn tell_refused_files(
    function: &Function,
    windows: &impl Windows,
    now: Timestamp,
    left: Duration,
) {
    let refused = &function.refused_files;
    let today = now.to_zoned(TimeZone::UTC).date();
    if refused.faults.is_empty() || lock(&refused.looked).replace(today) == Some(today) {
        return;
    }
    function.budget.begin(Instant::now() + left);
    let id = now.to_string();
    let claimed = windows.claim(CLAIM, &id, now, WINDOW).await;
    if matches!(claimed, Ok(Claim::Theirs)) {
        return;
    }
    let alert = Alert::files_refused(&refused.faults);
    if let Err(error) = tell(&function.publish, &function.topics, &alert).await {
        tracing::error!(%error, "nobody knows that the owner's files are not in force");
        *lock(&refused.looked) = None;
        let released = windows.release(CLAIM, &id).await;
        released.unwrap_or_else(|error| tracing::warn!(%error, "told again tomorrow only"));
    }
}
