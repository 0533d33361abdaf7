//! The answer of a calendar.

/// The place of a moment: inside, outside, or unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presence {
    /// Inside the calendar.
    Inside,
    /// Outside.
    Outside,
    /// It is unknown: the stricter side counts.
    Unknown,
}

impl Presence {
    /// Where it is known.
    pub(super) fn of(inside: bool) -> Self {
        if inside { Self::Inside } else { Self::Outside }
    }

    /// Inside of either.
    pub(super) fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Inside, _) | (_, Self::Inside) => Self::Inside,
            (Self::Unknown, _) | (_, Self::Unknown) => Self::Unknown,
            (Self::Outside, Self::Outside) => Self::Outside,
        }
    }

    /// The other way round.
    pub(super) fn not(self) -> Self {
        match self {
            Self::Inside => Self::Outside,
            Self::Outside => Self::Inside,
            Self::Unknown => Self::Unknown,
        }
    }
}
