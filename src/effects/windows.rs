//! Windows of deduplication: the first event of a window is published, those after it are held back and counted.

use std::future::Future;

use jiff::{SignedDuration, Timestamp};

use super::error::EffectError;

/// Who owns a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// This event: the first of the window, or the same event delivered again.
    Ours {
        /// Repetitions held back since the one before it, at most [`crate::alert::HELD_BACK_MAX`].
        held: u32,
    },
    /// Another event, whose alert is published or about to be.
    Theirs,
}

/// Windows, each under a fingerprint. They run by the events' own clock, so that a replay of history counts as
/// the present did.
pub trait Windows {
    /// Claims the window of a fingerprint for an event.
    fn claim(
        &self,
        fingerprint: &str,
        event_id: &str,
        at: Timestamp,
        window: SignedDuration,
    ) -> impl Future<Output = Result<Claim, EffectError>>;

    /// Counts an event as held back by another event's claim, once however often it is delivered. Returns how many the
    /// claim holds back now. `None` if there is no claim, or if it holds back [`crate::alert::HELD_BACK_MAX`] already.
    fn hold_back(
        &self,
        fingerprint: &str,
        event_id: &str,
    ) -> impl Future<Output = Result<Option<u32>, EffectError>>;

    /// Gives a claim back if the alert could not be published; the events held back stay counted.
    fn release(
        &self,
        fingerprint: &str,
        event_id: &str,
    ) -> impl Future<Output = Result<(), EffectError>>;
}
