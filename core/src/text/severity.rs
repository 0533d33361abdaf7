//! How loud an alert is, and the steps between.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Five steps, as in AWS Security Hub and OCSF.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth a record, not a look.
    Informational,
    /// Worth a look within the week.
    Low,
    /// Worth a look within the day.
    Medium,
    /// Somebody should look now.
    High,
    /// Wake somebody up.
    Critical,
}

impl Severity {
    /// All severities, the quietest first.
    pub const ALL: [Self; 5] =
        [Self::Informational, Self::Low, Self::Medium, Self::High, Self::Critical];

    /// So many steps louder, at most critical.
    #[must_use]
    pub fn raised(self, steps: u8) -> Self {
        Self::at(self.position().saturating_add(usize::from(steps)))
    }

    /// So many steps quieter, at least informational.
    #[must_use]
    pub(crate) fn lowered(self, steps: u8) -> Self {
        Self::at(self.position().saturating_sub(usize::from(steps)))
    }

    /// The word used in files, messages and topic names.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Informational => "informational",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    fn position(self) -> usize {
        Self::ALL.iter().position(|one| *one == self).unwrap_or_default()
    }

    fn at(position: usize) -> Self {
        Self::ALL.get(position).copied().unwrap_or(Self::Critical)
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl FromStr for Severity {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|severity| severity.word() == text);
        found.ok_or_else(|| format!("unknown severity `{text}`"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_stop_at_both_ends() {
        assert_eq!(Severity::High.raised(1), Severity::Critical);
        assert_eq!(Severity::High.raised(9), Severity::Critical);
        assert_eq!(Severity::Low.lowered(9), Severity::Informational);
        assert!(Severity::ALL.is_sorted());
    }
}
