//! The daily message about silence: each copy of the function looks once a day whether it was published.

use std::time::Duration;

use iam_responder::effects::State;
use iam_responder::respond::own_alert::Unpublished;
use iam_responder::respond::suppressed::{is_anything_silenced, send_silences};
use jiff::Timestamp;

use super::function::Function;

/// Least time for it: with less the next invocation does it.
const LEFT_MIN: Duration = Duration::from_secs(8);

/// Publishes how many alerts suppressions and overrides silenced, unless this copy looked today. After a failure the
/// next invocation tries again: what was silenced stays counted.
pub(crate) async fn send_silences_of_day(
    function: &Function,
    state: &impl State,
    now: Timestamp,
    left: Duration,
) {
    if left < LEFT_MIN {
        return;
    }
    if !is_anything_silenced(&function.engine) || !function.silence_daily.is_due(now) {
        return;
    }
    let until = function.until(left);
    let ways = (&function.publish, &function.topics);
    let message = send_silences(&function.engine, state, ways, now, until).await;
    for error in &message.state_failures {
        tracing::warn!(%error, "not known how much was silenced");
    }
    match message.failure {
        None => return,
        Some(Unpublished::Failed(error)) => {
            tracing::error!(%error, "nobody knows how much was silenced");
        }
        Some(Unpublished::Late) => {
            tracing::error!("no time was left to publish what was silenced");
        }
    }
    function.silence_daily.again();
}
