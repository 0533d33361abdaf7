//! The handler of events, with its ports and settings.

use std::sync::LazyLock;

use jiff::SignedDuration;
use thiserror::Error;

use super::send::PublishFailed;
use super::topics::Topics;
use crate::alert::Alert;
use crate::assess::engine::Engine;
use crate::effects::offline::Offline;
use crate::iam::region::Region;
use crate::iam::table::TableName;
use crate::respond::handled::Handled;
use crate::respond::lookup::Cache;

/// Why an event could not be handled. The invocation must fail, so that Lambda tries again.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RespondError {
    /// An alert could not be delivered.
    #[error(transparent)]
    Publish(#[from] PublishFailed),
    /// Another environment is at the same event; should it die, this one must take over later.
    #[error("event {0} is under way elsewhere")]
    UnderWay(String),
}

/// Publishing again what nobody acknowledged, and how people acknowledge.
#[derive(Debug, Clone)]
pub struct Reminders {
    /// An alert of high or above is published again after this time.
    pub after: SignedDuration,
    /// Region and name of the table, for the command that acknowledges. `None` if either has another form.
    pub table: Option<(Region, TableName)>,
}

/// Everything the responder needs beside the event.
#[derive(Debug)]
pub struct Responder<'a, P, S, L> {
    /// Rules and site.
    pub engine: &'a Engine,
    /// Topics by severity.
    pub topics: &'a Topics,
    /// Publishes.
    pub publish: &'a P,
    /// Remembers.
    pub state: &'a S,
    /// Answers what the event does not hold.
    pub lookups: &'a L,
    /// Answers of before.
    pub cache: &'a Cache,
    /// How far the origin of events is trusted.
    pub origin: Origin,
    /// What is remembered of an event.
    pub mode: Mode,
    /// Whether and when unacknowledged alerts are published again.
    pub reminders: Option<Reminders>,
}

/// How far an event's origin is trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// From a bus: only what AWS itself sent is taken.
    Checked,
    /// From a file that the caller chose: records without an envelope are taken, too.
    Trusted,
}

/// What is remembered of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Events arrive as they happen: each is published once, and again unless somebody acknowledges it. The caller's
    /// last hour is looked up, and the tags of an account count if AWS is queried for them.
    Live,
    /// It is read on purpose: each reading publishes it.
    Reading,
}

/// An outcome with the alert that was sent, where one was.
#[derive(Debug)]
pub struct Response {
    /// What became of the event.
    pub outcome: Handled,
    /// What was published.
    pub alert: Option<Alert>,
}

impl<'a, P, S> Responder<'a, P, S, Offline> {
    /// A responder without lookups.
    pub fn offline(
        engine: &'a Engine,
        topics: &'a Topics,
        publish: &'a P,
        state: &'a S,
        (origin, mode): (Origin, Mode),
    ) -> Self {
        // It stays empty, as nobody answers.
        static CACHE: LazyLock<Cache> = LazyLock::new(Cache::default);
        Self {
            engine,
            topics,
            publish,
            state,
            lookups: &Offline,
            cache: &CACHE,
            origin,
            mode,
            reminders: None,
        }
    }
}
