//! Rules and a site file of the owner that are broken: the function runs on what is compiled into it, and people
//! hear of it, once a day.

use std::time::{Duration, Instant};

use iam_responder::alert::Alert;
use iam_responder::effects::{Claim, Windows};
use iam_responder::respond::send::send;
use jiff::{SignedDuration, Timestamp};

use super::function::Function;

/// Under which key the day's alert is claimed.
const CLAIM: &str = "files refused";
/// Time within which one alert is enough. A little less than a day, so that it comes every day.
const WINDOW: SignedDuration = SignedDuration::from_hours(23);

/// Publishes the alert, if files are refused and it was not published today. A state that does not answer costs a
/// second alert, not the first; a failed alert is tried again at the next invocation.
pub(crate) async fn send_refused_files(
    function: &Function,
    windows: &impl Windows,
    now: Timestamp,
    left: Duration,
) {
    let faults = &function.refused_files;
    if faults.is_empty() || !function.refused_files_daily.is_due(now) {
        return;
    }
    function.budget.begin(Instant::now() + left);
    let id = now.to_string();
    let claimed = windows.claim(CLAIM, &id, now, WINDOW).await;
    if matches!(claimed, Ok(Claim::Theirs)) {
        return;
    }
    let alert = Alert::files_refused(faults);
    if let Err(error) = send(&function.publish, &function.topics, &alert).await {
        tracing::error!(%error, "nobody knows that the owner's files are not in force");
        function.refused_files_daily.again();
        let released = windows.release(CLAIM, &id).await;
        released.unwrap_or_else(|error| tracing::warn!(%error, "published again tomorrow only"));
    }
}
