//! Possible knowledge about a state before an event.

use jiff::Timestamp;

use crate::vocabulary::Before;

/// The former state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Prior {
    /// It is unknown.
    Unknown {
        /// Why.
        why: Why,
        /// Values that it may have had, among others.
        possible: Vec<String>,
    },
    /// Certainly nothing was there.
    Absent {
        /// The event that says so.
        source: Source,
        /// The value that it removed.
        taken: Taken,
    },
    /// For certain this.
    Present {
        /// A document, the ID of a version, a status. Empty if only existence matters.
        value: String,
        /// The event that wrote it.
        source: Source,
    },
}

/// The value before its removal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// It never existed.
    Nothing,
    /// Something, but it is unknown what.
    Something,
    /// This.
    This(String),
}

/// The event that an answer comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its ID.
    pub event_id: String,
    /// Its own time.
    pub at: Timestamp,
}

/// Why it is unknown what was before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// Nobody asked.
    NotAsked,
    /// No event showed it.
    Unseen,
    /// Two events within one second, or around the reading of a seed.
    SameMoment,
    /// The events contradict each other: made twice, or used after its deletion.
    Contradicted,
    /// The event that wrote it does not say what.
    Unsaid,
    /// CloudTrail dropped the parameters of a later event, which may have written it.
    Omitted,
    /// The value that the event wrote cannot be read.
    Unreadable,
    /// The store did not answer.
    NoAnswer,
}

impl Why {
    /// The reason, as an alert says it.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::NotAsked | Self::Unseen => "no event showed it",
            Self::SameMoment => "events of one moment contradict each other",
            Self::Contradicted => "the events about it contradict each other",
            Self::Unsaid => "the event that wrote it does not say what",
            Self::Omitted => {
                "CloudTrail dropped the parameters of an event that may have written it"
            }
            Self::Unreadable => "what was written cannot be read",
            Self::NoAnswer => "the table did not answer",
        }
    }
}

impl Default for Prior {
    fn default() -> Self {
        Self::unknown(Why::NotAsked)
    }
}

impl Prior {
    /// Unknown, and nothing is likely.
    #[must_use]
    pub fn unknown(why: Why) -> Self {
        Self::Unknown { why, possible: Vec::new() }
    }

    /// The value, where it is certain.
    #[must_use]
    pub(crate) fn present(&self) -> Option<&str> {
        match self {
            Self::Present { value, .. } => Some(value),
            Self::Unknown { .. } | Self::Absent { .. } => None,
        }
    }

    /// For certain not there?
    #[must_use]
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Absent { .. })
    }

    /// All values that it may have had, of those that events showed.
    #[must_use]
    pub(crate) fn possible(&self) -> &[String] {
        match self {
            Self::Present { value, .. } => std::slice::from_ref(value),
            Self::Unknown { possible, .. } => possible,
            Self::Absent { .. } => &[],
        }
    }

    /// Whether anything was there.
    #[must_use]
    pub fn before(&self) -> Before {
        match self {
            Self::Unknown { .. } => Before::Unknown,
            Self::Absent { .. } => Before::Absent,
            Self::Present { .. } => Before::Present,
        }
    }

    /// Why it is unknown, if it is.
    #[must_use]
    pub fn why(&self) -> Option<Why> {
        match self {
            Self::Unknown { why, .. } => Some(*why),
            Self::Present { .. } | Self::Absent { .. } => None,
        }
    }
}
