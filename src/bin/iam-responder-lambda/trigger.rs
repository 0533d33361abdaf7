//! What invoked the function, and what it does then.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use iam_responder::effects::alerts::OpenAlerts;
use iam_responder::effects::{State, Usage};
use iam_responder::event::{Event, Unreadable};
use iam_responder::respond::handled::Handled;
use jiff::Timestamp;
use lambda_runtime::LambdaEvent;
use serde_json::value::RawValue;

use super::clock::Rung;
use super::function::{Failed, Started};
use super::log::log_failure;
use super::publisher::Publisher;
use super::refused_files::send_refused_files;
use super::{change, clock, dry_run, silence, watchdog};

/// Time kept back before Lambda's own deadline, to report the failure ourselves.
const RESERVE: Duration = Duration::from_millis(500);
/// Longest time for one event, also where the runtime gives no sensible deadline.
const EVENT_SECS_MAX: u64 = 28;

/// What invoked the function.
enum Trigger {
    /// An event, which may not be readable.
    Change(Box<Result<Event, Unreadable>>),
    /// The clock.
    Clock,
}

impl Trigger {
    fn of(text: &str) -> Self {
        match Event::parse(text) {
            Ok(event) if event.is_clock() && event.check_origin().is_ok() => Self::Clock,
            input => Self::Change(Box::new(input)),
        }
    }
}

/// The answer of an invocation.
#[derive(serde::Serialize)]
pub(crate) struct Answer {
    /// Says that nobody was alerted, if so.
    #[serde(skip_serializing_if = "Option::is_none")]
    dry_run: Option<&'static str>,
    #[serde(flatten)]
    done: Done,
}

#[derive(serde::Serialize)]
#[serde(untagged)]
enum Done {
    Event(Box<Handled>),
    Clock(Rung),
}

/// The payload comes unparsed: what the runtime could not read would never reach us, and there
/// would be no alert. A function that could not start fails each event with the reason. Were it to end
/// instead, Lambda would start it again and again, and say only that it ended.
pub(crate) async fn handle<S>(
    function: Arc<Started<S>>,
    event: LambdaEvent<Box<RawValue>>,
) -> Result<Answer, Failed>
where
    S: State + OpenAlerts + Send + Sync + 'static,
{
    let started = tokio::time::Instant::now();
    let text: Arc<str> = event.payload.get().into();
    let deadline = remaining(event.context.deadline);
    let whole = Arc::clone(&function);
    let (function, state) = match function.as_ref() {
        Ok((function, state)) => (function, state),
        Err(faults) => {
            let error = Failed::Start(faults.clone());
            log_failure(&error, &text, Usage::default(), 0);
            return Err(error);
        }
    };
    function.lookups.runs_as(&event.context.invoked_function_arn);
    let dry_run = matches!(function.publish, Publisher::Log).then_some(dry_run::WARNING);
    let given = Arc::clone(&text);
    let work = move || async move {
        // It was there a moment ago.
        let Ok((function, state)) = whole.as_ref() else {
            return Err(Failed::Start(String::new()));
        };
        match Trigger::of(&given) {
            Trigger::Clock => Ok(Done::Clock(clock::ring(function, state, deadline).await)),
            Trigger::Change(input) => {
                let done = change::respond(function, state, *input, &given, deadline).await;
                done.map(Done::Event)
            }
        }
    };
    let watched = watchdog::watched(watchdog::last_look(started, deadline), work).await;
    let done = match watched {
        Ok(done) => done,
        Err(watchdog::Overrun) => {
            Err(change::not_judged(function, state, &text, started.elapsed(), deadline).await)
        }
    };
    // After the event's own alert, in the time that is left.
    let left = remaining(event.context.deadline);
    send_refused_files(function, state, Timestamp::now(), left).await;
    let left = deadline.saturating_sub(started.elapsed());
    silence::send_silences_of_day(function, state, Timestamp::now(), left).await;
    Ok(Answer { dry_run, done: done? })
}

/// `deadline` is in milliseconds since 1970; emulators give odd ones.
fn remaining(deadline: u64) -> Duration {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let left = Duration::from_millis(deadline).saturating_sub(now).saturating_sub(RESERVE);
    let most = Duration::from_secs(EVENT_SECS_MAX);
    if left.is_zero() { most } else { left.min(most) }
}
