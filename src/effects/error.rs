//! Why something asked of the world did not happen.

use std::fmt;

/// Something asked of the world did not happen, or is not known to have happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EffectError {
    /// What was tried, as `publish to arn:aws:sns:…`.
    pub action: String,
    /// The kind of failure, which decides what follows.
    pub kind: ErrorKind,
    /// Why it failed, for people.
    pub cause: String,
}

/// What follows from a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Not allowed: it fails until somebody gives the right.
    Denied,
    /// Too many calls: it works later.
    Throttled,
    /// What it is about is not there.
    Gone,
    /// It is in another state than the call needs, or somebody else changes it at the same time.
    Conflict,
    /// Nobody answered in time, or the service broke down: it may have happened all the same.
    NoAnswer,
    /// The other side does not understand the request or its answer: our fault, or that of a gateway between.
    Broken,
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Denied => "denied",
            Self::Throttled => "throttled",
            Self::Gone => "gone",
            Self::Conflict => "conflict",
            Self::NoAnswer => "no answer",
            Self::Broken => "broken",
        })
    }
}

impl EffectError {
    /// A failure of this kind.
    #[must_use]
    pub fn new(action: impl Into<String>, kind: ErrorKind, cause: impl Into<String>) -> Self {
        Self { action: action.into(), kind, cause: cause.into() }
    }
}

impl fmt::Display for EffectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "failed to {} ({}): {}", self.action, self.kind, self.cause)
    }
}

impl std::error::Error for EffectError {}
