//! Small texts under keys, each with the number of its writing.

use std::future::Future;

use jiff::Timestamp;

use super::error::EffectError;

/// The value under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The text.
    pub text: String,
    /// The time that its writer gave it.
    pub at: Timestamp,
    /// Number of its writing: each one is higher than the one before, and a call made again may count twice. 0 for a
    /// note that a former release wrote.
    pub version: u64,
}

/// Condition on the present note under a key: only then is the new one written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precondition {
    /// No note, or one whose time is not later.
    NotLater,
    /// No note.
    Absent,
    /// The note of this version.
    Version(u64),
}

impl Precondition {
    /// The note that was read before, or none.
    #[must_use]
    pub fn of(read: Option<&Note>) -> Self {
        read.map_or(Self::Absent, |note| Self::Version(note.version))
    }

    /// The version after this one; `None` where the one before does not matter.
    #[must_use]
    pub fn next(self) -> Option<u64> {
        match self {
            Self::NotLater => None,
            Self::Absent => Some(1),
            Self::Version(version) => Some(version.saturating_add(1)),
        }
    }
}

/// Notes.
pub trait Notes {
    /// The note under a key.
    fn note(&self, key: &str) -> impl Future<Output = Result<Option<Note>, EffectError>>;

    /// Writes a note if `standing` holds; false if it does not. A call whose answer was lost is made again: it answers
    /// the same, unless another note was written in between.
    fn write_note(
        &self,
        key: &str,
        text: &str,
        at: Timestamp,
        standing: Precondition,
    ) -> impl Future<Output = Result<bool, EffectError>>;
}
