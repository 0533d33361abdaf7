//! The cost of patterns: memory for their combinations, and steps for each event.

use super::Matcher;
use super::compiled::{Field, Pattern};
use super::leaves::Found;

/// Most branches one pattern may have after `$or` is multiplied out, as in EventBridge.
pub const BRANCHES_MAX: usize = 1_000;
/// Most branches of all rules and of the site file together: each takes memory.
pub const BRANCHES_OF_ALL_MAX: usize = 15_000;
/// Most values in all of them together, a value counted in each branch that has it.
pub const VALUES_OF_ALL_MAX: usize = 100_000;
/// Most steps spent on one pattern and one event, for all branches together: choices among the elements of arrays, and
/// comparisons of a value, of which ten count as one. Beyond it the pattern counts as matched: a false alert is better
/// than an event that escapes by its size.
pub const STEPS_MAX: usize = 100_000;
/// Most steps spent on one event by all patterns together. Beyond it each that could match counts as matched.
pub const STEPS_OF_EVENT_MAX: usize = 600_000;
/// Comparisons that count as a step, and elements of arrays that are passed by.
pub(super) const COMPARISONS: usize = 10;
/// Letters that one comparison with a wildcard reads at most to count as one.
const LETTERS: usize = 256;

/// The remaining steps of an event.
#[derive(Debug)]
pub(crate) struct Steps(usize);

impl Steps {
    pub(crate) fn new() -> Self {
        Self(STEPS_MAX)
    }

    /// The steps of one pattern, at most what the event has left.
    pub(crate) fn within(left: usize) -> Self {
        Self(left.min(STEPS_MAX))
    }

    pub(crate) fn left(&self) -> usize {
        self.0
    }

    /// Takes some; false where they run out.
    pub(super) fn take(&mut self, steps: usize) -> bool {
        self.0 = self.0.saturating_sub(steps);
        self.0 > 0
    }
}

impl Field {
    /// Steps to compare what was found with each alternative.
    pub(super) fn cost(&self, found: &Found<'_>) -> usize {
        let (mut compared, mut wild) = (0, 0);
        for matcher in self.matchers.iter() {
            let (one, wildcards) = matcher.weight();
            compared += one;
            wild += wildcards;
        }
        let mut comparisons = found.elements + found.leaves.len() * compared;
        if wild > 0 {
            let letters = |leaf: &super::leaves::Leaf<'_>| leaf.value.as_str().map_or(0, str::len);
            let read = found.leaves.iter().map(letters).sum::<usize>() / LETTERS;
            comparisons = comparisons.saturating_add(read.saturating_mul(wild));
        }
        1 + comparisons / COMPARISONS
    }
}

impl Matcher {
    /// The number of its values, and how many of them are wildcards.
    fn weight(&self) -> (usize, usize) {
        match self {
            Self::AnythingBut(refused) => {
                let wild = refused.iter().filter(|one| matches!(one, Self::Wildcard(_))).count();
                (refused.len(), wild)
            }
            Self::Wildcard(_) => (1, 1),
            _ => (1, 0),
        }
    }
}

/// How many values a list of alternatives holds.
pub(super) fn values(matchers: &[Matcher]) -> usize {
    matchers.iter().map(|matcher| matcher.weight().0).sum()
}

/// The size of the patterns of all rules and of the site file together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PatternLoad {
    pub(super) branches: usize,
    pub(super) values: usize,
}

impl PatternLoad {
    /// The size of these many branches and values.
    #[must_use]
    pub const fn of(branches: usize, values: usize) -> Self {
        Self { branches, values }
    }

    /// Is there more than there may be?
    #[must_use]
    pub(crate) fn is_spent(&self) -> bool {
        self.branches > BRANCHES_OF_ALL_MAX || self.values > VALUES_OF_ALL_MAX
    }

    /// Adds a pattern.
    ///
    /// # Errors
    /// The limit that is exceeded.
    pub fn take(&mut self, pattern: &Pattern) -> Result<(), String> {
        let fields = pattern.branches.iter().flat_map(|branch| &branch.fields);
        self.branches += pattern.branches.len();
        self.values += fields.map(|field| values(&field.matchers)).sum::<usize>();
        if self.branches > BRANCHES_OF_ALL_MAX {
            return Err(format!(
                "the patterns up to this one have {} combinations of `$or` together, {BRANCHES_OF_ALL_MAX} \
                 at most, those of rules and site file counted",
                self.branches
            ));
        }
        if self.values > VALUES_OF_ALL_MAX {
            return Err(format!(
                "the patterns up to this one have {} values in their combinations of `$or` together, \
                 {VALUES_OF_ALL_MAX} at most, those of rules and site file counted",
                self.values
            ));
        }
        Ok(())
    }
}
