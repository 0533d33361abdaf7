//! An event: somebody changed something.

use std::time::{Duration, Instant};

use iam_responder::effects::{State, Usage};
use iam_responder::event::{Event, Unreadable};
use iam_responder::respond::handled::Handled;
use iam_responder::respond::metrics;
use iam_responder::respond::{Mode, Origin, RespondError, Responder};
use jiff::Timestamp;

use super::function::{Failed, Function};
use super::log::{event_id, log_failure, log_outcome, write};
use super::watchdog;

pub(crate) async fn respond<S: State>(
    function: &Function,
    state: &S,
    input: Result<Event, Unreadable>,
    text: &str,
    deadline: Duration,
) -> Result<Box<Handled>, Failed> {
    let started = Instant::now();
    let now = Timestamp::now();
    let invocation = function.budget.begin(started + deadline);
    let responder = Responder {
        engine: &function.engine,
        topics: &function.topics,
        publish: &function.publish,
        state,
        lookups: &function.lookups,
        cache: &function.cache,
        origin: Origin::Checked,
        mode: Mode::Live,
        reminders: function.reminders.clone(),
    };
    let again = || Event::parse(text);
    let work = responder.respond_patiently(input, again, now, tokio::time::sleep);
    let result = match tokio::time::timeout(deadline, work).await {
        Ok(Ok(response)) => Ok(response.outcome),
        Ok(Err(error)) => Err(Failed::Respond(error)),
        Err(_) => Err(Failed::Deadline(event_id(text))),
    };
    let milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let used = invocation.usage();
    let under_way = matches!(result, Err(Failed::Respond(RespondError::UnderWay(_))));
    let failure = if under_way { metrics::Failure::UnderWay } else { metrics::Failure::Alert };
    let handled = result.as_ref().map_err(|_| failure);
    let line = metrics::line(handled, used, Timestamp::now(), milliseconds, &function.source);
    write(function, &line);
    match &result {
        Ok(outcome) => log_outcome(outcome, used, milliseconds),
        Err(error) => log_failure(error, text, used, milliseconds),
    }
    result.map(Box::new)
}

/// A computation cannot be stopped from outside, so an alert says that the event is not judged yet.
pub(crate) async fn not_judged(
    function: &Function,
    state: &impl State,
    text: &str,
    elapsed: Duration,
    deadline: Duration,
) -> Failed {
    let milliseconds = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
    let failed = Err(metrics::Failure::Alert);
    let used = Usage::default();
    write(function, &metrics::line(failed, used, Timestamp::now(), milliseconds, &function.source));
    watchdog::send_not_judged(function, state, text, deadline.saturating_sub(elapsed)).await;
    let error = Failed::Deadline(event_id(text));
    log_failure(&error, text, used, milliseconds);
    error
}
