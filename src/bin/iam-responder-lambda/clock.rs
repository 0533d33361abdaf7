//! The clock: shows that the function could publish, and publishes again what nobody acknowledged.

use std::time::{Duration, Instant};

use iam_responder::effects::State;
use iam_responder::effects::alerts::OpenAlerts;
use iam_responder::respond::metrics;
use iam_responder::respond::remind::{Reminded, remind};
use jiff::Timestamp;

use super::function::Function;
use super::heartbeat;
use super::log::write;

/// The result of one ring of the clock.
#[derive(serde::Serialize)]
pub(crate) struct Rung {
    /// The function could publish.
    heartbeat: bool,
    /// Alerts that were not acknowledged in time.
    due: usize,
    /// Alerts published again.
    repeated: usize,
}

/// The clock rings: shows that the function could publish, and publishes again what nobody acknowledged.
pub(crate) async fn ring<S: State + OpenAlerts>(
    function: &Function,
    state: &S,
    deadline: Duration,
) -> Rung {
    function.budget.begin(Instant::now() + deadline);
    let heartbeat = async {
        let beats = heartbeat::beats(function, state).await;
        if beats {
            write(function, &metrics::heartbeat(Timestamp::now(), &function.source));
        }
        beats
    };
    let (heartbeat, (due, repeated)) =
        tokio::join!(heartbeat, reminders(function, state, deadline));
    Rung { heartbeat, due, repeated }
}

/// Publishes again what nobody acknowledged in time. Gives the number of those alerts, and of those published again.
/// A failed one is tried at the next ring; each of these alerts was published before.
async fn reminders(
    function: &Function,
    alerts: &impl OpenAlerts,
    deadline: Duration,
) -> (usize, usize) {
    if function.reminders.is_none() {
        return (0, 0);
    }
    let now = Timestamp::now();
    let work = remind(alerts, &function.publish, &function.topics, now);
    let Ok(reminded) = tokio::time::timeout(deadline, work).await else {
        tracing::error!("looking for what nobody acknowledged took too long");
        return (0, 0);
    };
    write(function, &metrics::reminded(&reminded, now, &function.source));
    let Reminded { due, published: repeated, failures, state_failures } = reminded;
    for failure in failures {
        tracing::error!(error = %failure, "an alert that nobody acknowledged was not published again");
    }
    for error in state_failures {
        tracing::error!(%error, "the table failed while looking for what nobody acknowledged");
    }
    tracing::info!(due, repeated, "looked for what nobody acknowledged");
    (due, repeated)
}
