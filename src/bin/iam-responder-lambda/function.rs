//! State that outlives one event, and the errors of an invocation.

use std::time::{Duration, Instant};

use iam_responder::alert::Alert;
use iam_responder::assess::engine::Engine;
use iam_responder::aws::budget::Budget;
use iam_responder::aws::lookups::Aws;
use iam_responder::effects::Windows;
use iam_responder::respond::lookup::Cache;
use iam_responder::respond::metrics::MetricSource;
use iam_responder::respond::own_alert::{OncePer, Unpublished, publish_once};
use iam_responder::respond::{Reminders, RespondError, Topics};
use lambda_runtime::Diagnostic;

use super::daily::Daily;
use super::publisher::Publisher;

/// Everything that outlives one event, beside the state: a table, or memory.
pub(crate) struct Function {
    pub source: MetricSource,
    pub engine: Engine,
    pub topics: Topics,
    /// ARNs of all topics that it may publish to. Empty in a dry run.
    pub publishable: Vec<String>,
    pub publish: Publisher,
    pub lookups: Aws,
    /// Time of the clients of state, topics and lookups.
    pub budget: Budget,
    pub cache: Cache,
    pub reminders: Option<Reminders>,
    /// Faults of the owner's files. With any, the files are not in force.
    pub refused_files: Vec<String>,
    pub refused_files_daily: Daily,
    pub silence_daily: Daily,
}

/// Time kept for giving back what was claimed and not published.
const GIVING_BACK: Duration = Duration::from_millis(1_500);

impl Function {
    /// Begins what may take this much time, and waits until it must come to its end.
    pub(crate) fn until(&self, left: Duration) -> impl Future<Output = ()> + use<> {
        self.budget.begin(Instant::now() + left);
        tokio::time::sleep(left.saturating_sub(GIVING_BACK.min(left / 4)))
    }

    /// Publishes an alert of the function about itself, once within a window.
    pub(crate) async fn publish_once(
        &self,
        windows: &impl Windows,
        once: OncePer<'_>,
        alert: Alert,
        left: Duration,
    ) -> Result<(), Unpublished> {
        let ways = (&self.publish, &self.topics);
        publish_once(ways, windows, once, alert, self.until(left)).await
    }
}

/// A function with its state, or why it could not start.
pub(crate) type Started<S> = Result<(Function, S), String>;

/// Why an invocation fails. Lambda retries it twice and then hands the event to the on-failure
/// queue; the error types are stable, for alarms and people to match.
#[derive(Debug)]
pub enum Failed {
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
