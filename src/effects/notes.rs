//! Small texts under keys: notes, of which the youngest counts, and records, each version of which follows the one
//! before it.

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

/// One version of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// 1 for the first.
    pub version: u64,
    /// What it says.
    pub text: String,
}

/// Records. Of several writers of one version, the first wins. There is no list of all: keys are stored as hashes, so a
/// list is a record of its own.
pub trait Records {
    /// The latest version of a record.
    fn record(&self, key: &str) -> impl Future<Output = Result<Option<Record>, EffectError>>;

    /// Keeps a version in place of the one before it, at least until a moment: version 1 where there is none. `false`
    /// where the version that is kept is neither this record nor the one before it. Keeping a record twice is keeping it
    /// once; so where two may write the same version, the text says who wrote it, or both believe that they did.
    fn keep_record(
        &self,
        key: &str,
        record: &Record,
        until: Timestamp,
    ) -> impl Future<Output = Result<bool, EffectError>>;
}
