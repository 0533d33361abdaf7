//! Small texts under keys, of which the youngest counts.

use std::future::Future;

use jiff::Timestamp;

use super::error::EffectError;

/// Notes.
pub trait Notes {
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
