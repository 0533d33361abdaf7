//! Words of closed sets in an alert that a table may have kept.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::collections::BTreeSet;

/// A word of a closed set, or one that another release kept and this one does not know: it is shown and kept as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeptWord<T> {
    /// One of the set.
    Known(T),
    /// Any other.
    Other(String),
}

impl<T: Borrow<str>> KeptWord<T> {
    /// Reads a stored word; `of` knows the words of the set.
    pub(super) fn read(word: String, of: impl Fn(&str) -> Option<T>) -> Self {
        of(&word).map_or(Self::Other(word), Self::Known)
    }

    /// The word.
    #[must_use]
    pub fn word(&self) -> &str {
        match self {
            Self::Known(known) => known.borrow(),
            Self::Other(word) => word,
        }
    }
}

impl<T> From<T> for KeptWord<T> {
    fn from(known: T) -> Self {
        Self::Known(known)
    }
}

/// By their words, as a closed set is ordered.
impl<T: Borrow<str> + Eq> Ord for KeptWord<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.word().cmp(other.word())
    }
}

impl<T: Borrow<str> + Eq> PartialOrd for KeptWord<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The words of a set, in their order.
pub(super) fn words<T: Borrow<str>>(set: &BTreeSet<KeptWord<T>>) -> Vec<&str> {
    set.iter().map(KeptWord::word).collect()
}
