//! Rules and a site file of the owner that are broken: the function runs on what is compiled into it, and people
//! hear of it, once a day.

use std::time::Duration;

use iam_responder::alert::Alert;
use iam_responder::effects::Windows;
use iam_responder::respond::own_alert::{OncePer, Unpublished};
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
    let once = OncePer { key: CLAIM, now, window: WINDOW };
    match function.publish_once(windows, once, Alert::files_refused(faults), left).await {
        Ok(()) => return,
        Err(Unpublished::Failed(error)) => {
            tracing::error!(%error, "nobody knows that the owner's files are not in force");
        }
        Err(Unpublished::Late) => {
            tracing::error!("no time was left to publish that the owner's files are not in force");
        }
    }
    function.refused_files_daily.again();
}
