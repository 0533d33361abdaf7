//! The function: settings, rules and clients once, then one event at a time.

#![expect(clippy::disallowed_methods, reason = "the binaries read clock and environment")]

mod start;
mod store;

use std::collections::BTreeMap;
use std::io::Write;
use std::process::ExitCode;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use iam_responder::aws::sns::Sns;
use iam_responder::engine::Engine;
use iam_responder::event::Event;
use iam_responder::metrics;
use iam_responder::outcome::Outcome;
use iam_responder::respond::{Origin, RespondError, Responder};
use iam_responder::severity::Severity;
use iam_responder::site::TopicSpec;
use jiff::Timestamp;
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde_json::value::RawValue;
use store::Store;

/// Time kept back before Lambda's own deadline, to report the failure ourselves.
const RESERVE: Duration = Duration::from_millis(500);
/// Longest time for one event, also where the runtime tells no sensible deadline.
const EVENT_SECS_MAX: u64 = 28;

/// Everything that outlives one event.
struct Function {
    name: String,
    engine: Engine,
    topics: BTreeMap<Severity, Vec<TopicSpec>>,
    publish: Sns,
    state: Store,
}

/// Why an invocation fails. Lambda retries it twice and then hands the event to the on-failure
/// queue; the error types are stable, for alarms and people to match.
#[derive(Debug)]
enum Failed {
    Respond(RespondError),
    Deadline,
}

impl From<Failed> for Diagnostic {
    fn from(failed: Failed) -> Self {
        let (error_type, error_message) = match failed {
            Failed::Respond(error @ RespondError::UnderWay(_)) => ("UnderWay", error.to_string()),
            Failed::Respond(error) => ("PublishFailed", error.to_string()),
            Failed::Deadline => {
                ("DeadlineReached", "the event took longer than the function may run".to_owned())
            }
        };
        Self { error_type: error_type.to_owned(), error_message }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let function = match start::start().await {
        Ok(function) => function,
        Err(fault) => {
            tracing::error!(fault, "could not start");
            return ExitCode::FAILURE;
        }
    };
    let function = &function;
    match lambda_runtime::run(service_fn(|event| handle(function, event))).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "the runtime stopped");
            ExitCode::FAILURE
        }
    }
}

/// The payload comes unparsed: what the runtime could not read would never reach us, and nobody
/// would be told.
async fn handle(function: &Function, event: LambdaEvent<Box<RawValue>>) -> Result<Outcome, Failed> {
    let started = Instant::now();
    let now = Timestamp::now();
    let responder = Responder {
        engine: &function.engine,
        topics: &function.topics,
        publish: &function.publish,
        state: &function.state,
        origin: Origin::Checked,
    };
    let input = Event::parse(event.payload.get());
    let work = responder.respond(input, now, Some(now));
    let result = match tokio::time::timeout(remaining(event.context.deadline), work).await {
        Ok(Ok(response)) => Ok(response.outcome),
        Ok(Err(error)) => Err(Failed::Respond(error)),
        Err(_) => Err(Failed::Deadline),
    };
    let milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let line = metrics::line(
        result.as_ref().map_err(|_| ()),
        Timestamp::now(),
        milliseconds,
        &function.name,
    );
    // A log that cannot be written is no reason to lose an alert that was sent.
    let _ = writeln!(std::io::stdout(), "{line}");
    match &result {
        Ok(outcome) => tell(outcome, milliseconds),
        Err(error) => tracing::error!(?error, milliseconds, "event failed"),
    }
    result
}

/// One line tells the whole story of an event, without its content.
fn tell(outcome: &Outcome, milliseconds: u64) {
    tracing::info!(
        event_id = outcome.event_id,
        event_name = outcome.event_name,
        event_time = outcome.event_time.map(tracing::field::display),
        account = outcome.account,
        outcome = outcome.outcome.word(),
        severity = outcome.severity.map(Severity::word),
        rules = outcome.rules.join(","),
        reasons = outcome.reasons.join("; "),
        milliseconds,
        "event handled"
    );
}

/// `deadline` is in milliseconds since 1970; emulators give odd ones.
fn remaining(deadline: u64) -> Duration {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let left = Duration::from_millis(deadline).saturating_sub(now).saturating_sub(RESERVE);
    let most = Duration::from_secs(EVENT_SECS_MAX);
    if left.is_zero() { most } else { left.min(most) }
}
