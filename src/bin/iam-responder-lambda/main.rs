//! The function: settings, rules and clients once, then one event at a time.

#![expect(clippy::disallowed_methods, reason = "the binaries read clock and environment")]

mod detour;
mod dry_run;
mod heartbeat;
mod publisher;
mod refused_files;
mod silence;
mod start;
mod watchdog;

use std::collections::BTreeMap;
use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use iam_responder::assess::engine::Engine;
use iam_responder::aws::budget::{Budget, Invocation};
use iam_responder::aws::lookups::Aws;
use iam_responder::effects::alerts::StoredAlerts;
use iam_responder::effects::memory::Memory;
use iam_responder::effects::{Delivery, State};
use iam_responder::event::{Event, Unreadable};
use iam_responder::respond::lookup::Cache;
use iam_responder::respond::metrics::{self, Phases, Source};
use iam_responder::respond::outcome::Outcome;
use iam_responder::respond::remind::{Reminded, remind};
use iam_responder::respond::{Mode, Origin, Repeat, RespondError, Responder, Response};
use iam_responder::site::TopicSpec;
use iam_responder::text::severity::Severity;
use jiff::Timestamp;
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use publisher::Publisher;
use refused_files::{RefusedFiles, tell_refused_files};
use serde_json::value::RawValue;

/// Time kept back before Lambda's own deadline, to report the failure ourselves.
const RESERVE: Duration = Duration::from_millis(500);
/// Longest time for one event, also where the runtime tells no sensible deadline.
const EVENT_SECS_MAX: u64 = 28;

/// How long another copy of the function may be at an event before its second delivery fails, to be
/// tried again by Lambda: longer than it takes unless AWS is broken, as two bus rules may take one event, and
/// shorter than the function may run.
const PATIENCE: Duration = Duration::from_secs(20);
/// Pause before the second look at it; each further one is twice as long, as every look costs the table.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
/// The longest pause between two looks.
const PAUSE_MAX: Duration = Duration::from_secs(2);

/// Everything that outlives one event, beside the state: a table, or memory.
struct Function {
    source: Source,
    engine: Engine,
    topics: BTreeMap<Severity, Vec<TopicSpec>>,
    /// ARNs of all topics that it may publish to, in a dry run none.
    publishable: Vec<String>,
    publish: Publisher,
    lookups: Aws,
    /// Time of the clients of state, topics and lookups.
    budget: Budget,
    cache: Cache,
    repeat: Option<Repeat>,
    refused_files: RefusedFiles,
    looked: silence::Looked,
}

/// A function with its state, or why it could not start.
type Started<S> = Result<(Function, S), String>;

/// Why an invocation fails. Lambda retries it twice and then hands the event to the on-failure
/// queue; the error types are stable, for alarms and people to match.
#[derive(Debug)]
enum Failed {
    /// Settings, rules or topics are faulty: all of it, for people.
    Start(String),
    Respond(RespondError),
    Deadline(String),
}

impl From<Failed> for Diagnostic {
    fn from(failed: Failed) -> Self {
        let (error_type, error_message) = match failed {
            Failed::Start(faults) => ("StartFailed", faults),
            Failed::Respond(error @ RespondError::UnderWay(_)) => ("UnderWay", error.to_string()),
            Failed::Respond(error) => ("PublishFailed", error.to_string()),
            Failed::Deadline(event) => {
                let message = format!("event {event} took longer than the function may run");
                ("DeadlineReached", message)
            }
        };
        Self { error_type: error_type.to_owned(), error_message }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match start::start().await {
        Ok((function, Some(table))) => serve(Ok((function, table))).await,
        Ok((function, None)) => serve(Ok((function, Memory::default()))).await,
        Err(faults) => {
            tracing::error!(faults, "could not start: every event fails until this is mended");
            serve::<Memory>(Err(faults)).await
        }
    }
}

async fn serve<S>(function: Started<S>) -> ExitCode
where
    S: State + StoredAlerts + Send + Sync + 'static,
{
    let function = Arc::new(function);
    match lambda_runtime::run(service_fn(|event| handle(Arc::clone(&function), event))).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "the runtime stopped");
            ExitCode::FAILURE
        }
    }
}

/// What an invocation answers.
#[derive(serde::Serialize)]
struct Answer {
    /// Says that nobody got anything, where that is so.
    #[serde(skip_serializing_if = "Option::is_none")]
    dry_run: Option<&'static str>,
    #[serde(flatten)]
    done: Done,
}

#[derive(serde::Serialize)]
#[serde(untagged)]
enum Done {
    Event(Box<Outcome>),
    Clock { heartbeat: bool, due: usize, repeated: usize },
}

/// The payload comes unparsed: what the runtime could not read would never reach us, and nobody
/// would be told. A function that could not start fails each event with the reason. Were it to end
/// instead, Lambda would start it again and again, and say only that it ended.
async fn handle<S>(
    function: Arc<Started<S>>,
    event: LambdaEvent<Box<RawValue>>,
) -> Result<Answer, Failed>
where
    S: State + StoredAlerts + Send + Sync + 'static,
{
    let started = tokio::time::Instant::now();
    let text: Arc<str> = event.payload.get().into();
    let deadline = remaining(event.context.deadline);
    let whole = Arc::clone(&function);
    let (function, state) = match function.as_ref() {
        Ok((function, state)) => (function, state),
        Err(faults) => {
            let error = Failed::Start(faults.clone());
            tell_failure(&error, &text, Phases::default(), 0);
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
        match Event::parse(&given) {
            Ok(event) if event.is_clock() && event.check_origin().is_ok() => {
                Ok(clock(function, state, deadline).await)
            }
            input => respond(function, state, input, &given, deadline).await.map(Done::Event),
        }
    };
    let watched = watchdog::watched(watchdog::last_look(started, deadline), work).await;
    let done = match watched {
        Ok(done) => done,
        Err(watchdog::Late) => {
            Err(not_judged(function, state, &text, started.elapsed(), deadline).await)
        }
    };
    // Behind the event's own alert, in what time is left.
    let left = remaining(event.context.deadline);
    let refused = tell_refused_files(function, state, Timestamp::now(), left);
    if tokio::time::timeout(left, refused).await.is_err() {
        tracing::error!("no time was left to tell that the owner's files are not in force");
    }
    let left = deadline.saturating_sub(started.elapsed());
    silence::tell_silence(function, state, Timestamp::now(), left).await;
    Ok(Answer { dry_run, done: done? })
}

/// What computes is not to be ended, so it is told that nobody knows yet.
async fn not_judged(
    function: &Function,
    state: &impl State,
    text: &str,
    elapsed: Duration,
    deadline: Duration,
) -> Failed {
    let milliseconds = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
    let failed = Err(metrics::Failure::Alert);
    let phases = Phases::default();
    write(
        function,
        &metrics::line(failed, phases, Timestamp::now(), milliseconds, &function.source),
    );
    watchdog::tell_not_judged(function, state, text, deadline.saturating_sub(elapsed)).await;
    let error = Failed::Deadline(event_id(text));
    tell_failure(&error, text, phases, milliseconds);
    error
}

async fn respond<S: State>(
    function: &Function,
    state: &S,
    input: Result<Event, Unreadable>,
    text: &str,
    deadline: Duration,
) -> Result<Box<Outcome>, Failed> {
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
        repeat: function.repeat.clone(),
    };
    let work = patiently(&responder, input, text, now);
    let result = match tokio::time::timeout(deadline, work).await {
        Ok(Ok(response)) => Ok(response.outcome),
        Ok(Err(error)) => Err(Failed::Respond(error)),
        Err(_) => Err(Failed::Deadline(event_id(text))),
    };
    let milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let phases = phases(&invocation);
    let under_way = matches!(result, Err(Failed::Respond(RespondError::UnderWay(_))));
    let failure = if under_way { metrics::Failure::UnderWay } else { metrics::Failure::Alert };
    let handled = result.as_ref().map_err(|_| failure);
    let line = metrics::line(handled, phases, Timestamp::now(), milliseconds, &function.source);
    write(function, &line);
    match &result {
        Ok(outcome) => tell(outcome, phases, milliseconds),
        Err(error) => tell_failure(error, text, phases, milliseconds),
    }
    result.map(Box::new)
}

/// An event that another copy of the function is at: waits for what comes of it, as failing would ring
/// an alarm for nothing. Only its mark is looked at; where that cannot be, Lambda tries again later.
async fn patiently<S: State>(
    responder: &Responder<'_, Publisher, S, Aws>,
    input: Result<Event, Unreadable>,
    text: &str,
    now: Timestamp,
) -> Result<Response, RespondError> {
    let (began, mut pause) = (Instant::now(), FIRST_PAUSE);
    let mut result = responder.respond(input, now, Some(now)).await;
    while let Err(RespondError::UnderWay(id)) = &result
        && began.elapsed() < PATIENCE
    {
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(PAUSE_MAX);
        match responder.state.begin(id, Timestamp::now()).await {
            Ok(Delivery::UnderWay) => continue,
            Ok(Delivery::Told) => {}
            // The other one gave up: its mark is ours now, and given back for the next look.
            Ok(Delivery::First) => {
                let given = responder.state.end(id, now, None).await;
                given.unwrap_or_else(|error| tracing::warn!(%error, "a mark stays for a while"));
            }
            Err(error) => {
                tracing::warn!(%error, "not known what became of the event elsewhere");
                break;
            }
        }
        result = responder.respond(Event::parse(text), now, Some(now)).await;
    }
    result
}

/// The clock rings: shows that the function could tell people, and tells again what nobody
/// acknowledged.
async fn clock<S: State + StoredAlerts>(
    function: &Function,
    state: &S,
    deadline: Duration,
) -> Done {
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
    Done::Clock { heartbeat, due, repeated }
}

/// Publishes again what nobody acknowledged in time: how many alerts those are, and how many were
/// published again. What fails is tried at the next ring; each of these alerts was published before.
async fn reminders(
    function: &Function,
    alerts: &impl StoredAlerts,
    deadline: Duration,
) -> (usize, usize) {
    if function.repeat.is_none() {
        return (0, 0);
    }
    let now = Timestamp::now();
    let work = remind(alerts, &function.publish, &function.topics, now);
    let Ok(reminded) = tokio::time::timeout(deadline, work).await else {
        tracing::error!("looking for what nobody acknowledged took too long");
        return (0, 0);
    };
    write(function, &metrics::reminded(&reminded, now, &function.source));
    let Reminded { due, repeated, failures, state_failures } = reminded;
    for failure in failures {
        tracing::error!(error = %failure, "not told again");
    }
    for error in state_failures {
        tracing::error!(%error, "the table failed while looking for what nobody acknowledged");
    }
    tracing::info!(due, repeated, "looked for what nobody acknowledged");
    (due, repeated)
}

/// Writes a metric line, at every log level. A dry run writes none, so a deployed function that runs
/// dry has no heartbeat. A log that cannot be written must not fail an event whose alert was sent.
fn write(function: &Function, line: &serde_json::Value) {
    if !matches!(function.publish, Publisher::Log) {
        let _ = writeln!(std::io::stdout(), "{line}");
    }
}

/// One line tells the whole story of an event, without its content.
fn tell(outcome: &Outcome, phases: Phases, milliseconds: u64) {
    tracing::info!(
        event_id = outcome.event_id,
        event_name = outcome.event_name,
        event_time = outcome.event_time.map(tracing::field::display),
        account = outcome.account,
        outcome = outcome.outcome.word(),
        severity = outcome.severity.map(Severity::word),
        rules = outcome.rules.join(","),
        reasons = outcome.reasons.join("; "),
        held_back = outcome.held_back,
        notes = outcome.notes.join(" "),
        state_failures = phases.state_failures,
        lookup_failures = phases.lookup_failures,
        milliseconds,
        "event handled"
    );
}

/// What the clients used, as metrics and log lines tell it.
fn phases(invocation: &Invocation) -> Phases {
    let used = invocation.usage();
    Phases {
        state: used.state,
        lookup: used.lookup,
        publish: used.publish,
        state_failures: used.state_failures,
        lookup_failures: used.lookup_failures,
    }
}

fn event_id(text: &str) -> String {
    Event::parse(text).ok().and_then(|event| event.id().map(str::to_owned)).unwrap_or_default()
}

/// The line about an event that failed. Read a second time only here: the first reading is used up.
fn tell_failure(error: &Failed, text: &str, phases: Phases, milliseconds: u64) {
    let event = Event::parse(text).ok();
    let event = event.as_ref();
    tracing::error!(
        ?error,
        event_id = event.and_then(Event::id),
        event_name = event.and_then(Event::name),
        account = event.and_then(Event::account),
        milliseconds,
        state_failures = phases.state_failures,
        lookup_failures = phases.lookup_failures,
        "event failed"
    );
}

/// `deadline` is in milliseconds since 1970; emulators give odd ones.
fn remaining(deadline: u64) -> Duration {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let left = Duration::from_millis(deadline).saturating_sub(now).saturating_sub(RESERVE);
    let most = Duration::from_secs(EVENT_SECS_MAX);
    if left.is_zero() { most } else { left.min(most) }
}
