//! What the responder asks of the world: a trait for each, and what they answer.

use std::fmt;
use std::future::Future;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};

use crate::alert::{Message, SentAlert};
use crate::iam::account::Account;
use crate::prior::{Register, Write};
use crate::text::severity::Severity;

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

    /// What an alert of this severity must say about where it goes, asked once before it is published.
    fn note(&self, _severity: Severity) -> Option<String> {
        None
    }
}

/// Who owns a window of deduplication.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// This event: the first of the window, or the same event delivered again.
    Ours {
        /// Repetitions held back since the one before it, at most [`crate::alert::HELD_MAX`].
        held: u32,
    },
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

    /// Marks an event as told, with what was told, or takes its mark away where telling failed. What is
    /// kept of an event that was told before stays.
    fn end(
        &self,
        event_id: &str,
        now: Timestamp,
        told: Option<&SentAlert>,
    ) -> impl Future<Output = Result<(), EffectError>>;

    /// Claims a fingerprint for an event.
    fn claim(
        &self,
        fingerprint: &str,
        event_id: &str,
        at: Timestamp,
        window: SignedDuration,
    ) -> impl Future<Output = Result<Claim, EffectError>>;

    /// Counts an event as held back by somebody else's claim, once however often it is delivered: how many the
    /// claim holds back with it. Nothing where there is no claim, or where it holds back [`crate::alert::HELD_MAX`] already.
    fn hold(
        &self,
        fingerprint: &str,
        event_id: &str,
    ) -> impl Future<Output = Result<Option<u32>, EffectError>>;

    /// Gives a claim back whose event could not be told; what it held back stays counted.
    fn release(
        &self,
        fingerprint: &str,
        event_id: &str,
    ) -> impl Future<Output = Result<(), EffectError>>;

    /// Counts an event, once however often it is delivered, and tells how many distinct IDs lie
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

    /// A register of prior state; one that nothing was written to is empty.
    fn register(&self, address: &str) -> impl Future<Output = Result<Register, EffectError>>;

    /// Adds a write to a register, at the place of its own time. Adding it twice is adding it once, and
    /// no write takes the place of a younger one, whoever else writes meanwhile.
    fn record_write(
        &self,
        address: &str,
        write: &Write,
    ) -> impl Future<Output = Result<(), EffectError>>;

    /// A text kept under a key, and when it was.
    fn note(
        &self,
        key: &str,
    ) -> impl Future<Output = Result<Option<(String, Timestamp)>, EffectError>>;

    /// Keeps a text under a key, unless a younger one is kept.
    fn keep_note(
        &self,
        key: &str,
        text: &str,
        at: Timestamp,
    ) -> impl Future<Output = Result<(), EffectError>>;
}

/// Whose calls are looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whose {
    /// User name, or the name of a role session: what CloudTrail calls user name.
    User(String),
    /// Calls signed with this access key.
    AccessKey(String),
}

/// Calls of the past, as CloudTrail records: JSON texts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Calls {
    /// The records, the newest first.
    pub records: Vec<String>,
    /// There are more than were fetched.
    pub more: bool,
}

/// What a change calendar says of a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CalendarState {
    /// Changes are allowed.
    pub open: bool,
    /// Until when that stays so, where it tells.
    pub until: Option<Timestamp>,
}

/// Asks AWS what the event does not tell. `Ok(None)` means that there is nobody to ask.
pub trait Lookups {
    /// Is there somebody to ask about accounts?
    fn asks_about_accounts(&self) -> bool;

    /// Name, alias and tags of an account.
    fn account(&self, account: &str) -> impl Future<Output = Result<Option<Account>, EffectError>>;

    /// What a change calendar says of a moment.
    fn change_calendar(
        &self,
        name: &str,
        at: Timestamp,
    ) -> impl Future<Output = Result<Option<CalendarState>, EffectError>>;

    /// The calls of somebody, found by any of these, in an account, in this Region, between two moments.
    fn calls(
        &self,
        account: &str,
        whose: &[Whose],
        from: Timestamp,
        to: Timestamp,
    ) -> impl Future<Output = Result<Option<Calls>, EffectError>>;
}

/// A lock is only poisoned where a thread panicked; what it guards is whole all the same.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
