//! The narrow edge: what the responder asks of the world, in its own words.
//!
//! Each trait has an AWS adapter (`aws`) and an in-memory twin here: the recorder is the test fake,
//! the fault injector and the dry run of the command line at once.

use std::fmt;
use std::future::Future;

use jiff::{SignedDuration, Timestamp};

use crate::alert::Message;

pub mod memory;
pub mod recorder;

/// Something asked of the world did not happen.
#[derive(Debug)]
pub struct EffectError {
    /// What was tried, as `publish to arn:aws:sns:…`.
    pub action: String,
    /// Why it failed.
    pub cause: String,
}

impl fmt::Display for EffectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "failed to {}: {}", self.action, self.cause)
    }
}

impl std::error::Error for EffectError {}

/// Tells people.
pub trait Publish {
    /// Sends one message to one topic. At least once: a message may arrive twice, never zero times
    /// where this returns `Ok`.
    fn publish(
        &self,
        topic_arn: &str,
        message: &Message,
    ) -> impl Future<Output = Result<(), EffectError>>;
}

/// Who owns a window of deduplication.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// This event: the first of the window, or the same event delivered again.
    Ours,
    /// Another event, which has been told or is being told.
    Theirs,
}

/// Whether an event was delivered before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// It was not, as far as known: handle it.
    First,
    /// Another environment is at it.
    UnderWay,
    /// It was told.
    Told,
}

/// Time after which an event that was begun and neither told nor released counts as abandoned: its
/// environment died. Lambda delivers again after a minute.
pub const UNDER_WAY_SECS_MAX: i64 = 45;

/// Remembers across events. Windows run by the events' own clock, so that a replay of history
/// counts as the present did.
pub trait State {
    /// Marks an event as under way, unless it is or was told.
    fn begin(
        &self,
        event_id: &str,
        now: Timestamp,
    ) -> impl Future<Output = Result<Delivery, EffectError>>;

    /// Marks an event as told, or takes its mark away where telling failed.
    fn end(
        &self,
        event_id: &str,
        now: Timestamp,
        told: bool,
    ) -> impl Future<Output = Result<(), EffectError>>;

    /// Claims a fingerprint for an event.
    fn claim(
        &self,
        fingerprint: &str,
        event_id: &str,
        at: Timestamp,
        window: SignedDuration,
    ) -> impl Future<Output = Result<Claim, EffectError>>;

    /// Gives a claim back whose event could not be told.
    fn release(
        &self,
        fingerprint: &str,
        event_id: &str,
    ) -> impl Future<Output = Result<(), EffectError>>;

    /// Counts an event, once however often it is delivered, and tells how many distinct ones lie
    /// within the window around it.
    fn count(
        &self,
        key: &str,
        event_id: &str,
        at: Timestamp,
        window: SignedDuration,
    ) -> impl Future<Output = Result<u32, EffectError>>;

    /// The first event counted under a key between two moments, both included, that is none of
    /// these: its ID and when it happened.
    fn first_between(
        &self,
        key: &str,
        from: Timestamp,
        to: Timestamp,
        none_of: &[String],
    ) -> impl Future<Output = Result<Option<(String, Timestamp)>, EffectError>>;

    /// The policy document in force before an event, as far as events told. The event itself, when
    /// delivered again, does not count.
    fn document_before(
        &self,
        key: &str,
        event_id: &str,
    ) -> impl Future<Output = Result<Option<String>, EffectError>>;

    /// Keeps the policy document that an event put in force; `None` where it removed one.
    fn remember_document(
        &self,
        key: &str,
        event_id: &str,
        at: Timestamp,
        document: Option<&str>,
    ) -> impl Future<Output = Result<(), EffectError>>;
}
