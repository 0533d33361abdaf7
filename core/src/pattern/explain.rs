//! Why a pattern did or did not match: every field is judged, until the steps run out.

use serde::Serialize;
use serde_json::Value;

use super::compiled::{Branch, Field, Pattern};
use super::cost::{STEPS_OF_EVENT_MAX, Steps};
use super::leaves::{Leaf, collect};

/// Most values of one field shown in an explanation.
pub(super) const FOUND_MAX: usize = 5;

/// The answer of a pattern about an event, with reasons.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// The same as [`Pattern::matches`] says.
    pub matched: bool,
    /// Each field of the branch that came nearest to a match.
    pub fields: Vec<FieldExplanation>,
    /// Set where every field matches for itself, but not within one element of an array.
    pub inconsistent: bool,
    /// Set if the steps ran out. Then the fields are those of the nearest branch that was looked at, and empty if
    /// none was.
    pub cut: bool,
}

/// One field: what the pattern wants and what the event has.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FieldExplanation {
    /// Dotted path in the event.
    pub path: String,
    /// Whether this field matches, taken for itself.
    pub matched: bool,
    /// The alternatives, in words.
    pub expected: Vec<String>,
    /// The first values found; empty where the field is absent.
    pub found: Vec<Value>,
    /// How many values more there are.
    pub found_more: usize,
}

impl Explanation {
    /// The first field that does not match.
    #[must_use]
    pub fn first_failure(&self) -> Option<&FieldExplanation> {
        self.fields.iter().find(|field| !field.matched)
    }
}

impl Pattern {
    /// Gives for each field of the nearest branch what was expected and what was there.
    #[must_use]
    pub fn explain(&self, event: &Value) -> Explanation {
        let mut left = STEPS_OF_EVENT_MAX;
        self.explain_within(event, &mut left)
    }

    /// The same for one of many patterns, which share the steps that an event has: [`STEPS_OF_EVENT_MAX`] at first.
    #[must_use]
    pub fn explain_within(&self, event: &Value, left: &mut usize) -> Explanation {
        let decided = spend(left, |steps| self.decide(event, steps));
        let (nearest, looked_at_all) = spend(left, |steps| nearest(self, event, decided, steps));
        let fields: Vec<FieldExplanation> = nearest
            .map(|branch| branch.fields.iter().map(|field| explain_field(field, event)).collect())
            .unwrap_or_default();
        let matched = decided.unwrap_or(true);
        Explanation {
            inconsistent: !matched
                && !fields.is_empty()
                && fields.iter().all(|field| field.matched),
            matched,
            fields,
            cut: decided.is_none() || !looked_at_all,
        }
    }
}

/// Gives one search the steps of a pattern, and subtracts the used ones from those of the event.
fn spend<T>(left: &mut usize, search: impl FnOnce(&mut Steps) -> T) -> T {
    let mut steps = Steps::within(*left);
    let before = steps.left();
    let found = search(&mut steps);
    *left -= before - steps.left();
    found
}

/// The branch that matches, otherwise the one with the fewest failed fields; and whether all were looked at.
fn nearest<'p>(
    pattern: &'p Pattern,
    event: &Value,
    decided: Option<bool>,
    steps: &mut Steps,
) -> (Option<&'p Branch>, bool) {
    let mut nearest: Option<(&Branch, usize)> = None;
    for branch in &pattern.branches {
        let Some(failures) = failures(branch, event, steps) else {
            return (nearest.map(|(branch, _)| branch), false);
        };
        let matches = failures == 0
            && decided == Some(true)
            && branch.decide(event, steps).is_none_or(|matches| matches);
        if matches {
            return (Some(branch), true);
        }
        if nearest.is_none_or(|(_, fewest)| failures < fewest) {
            nearest = Some((branch, failures));
        }
    }
    (nearest.map(|(branch, _)| branch), true)
}

/// How many fields fail, each taken for itself. `None` if the steps ran out.
fn failures(branch: &Branch, event: &Value, steps: &mut Steps) -> Option<usize> {
    let mut failures = 0;
    for field in &branch.fields {
        if steps.left() == 0 {
            return None;
        }
        let found = collect(event, &field.path);
        if !steps.take(field.cost(&found)) {
            return None;
        }
        failures += usize::from(!holds(field, &found.leaves));
    }
    Some(failures)
}

fn holds(field: &Field, leaves: &[Leaf<'_>]) -> bool {
    let inside = leaves.iter().any(|leaf| !leaf.membership.is_empty());
    leaves.iter().any(|leaf| field.accepts(leaf))
        || (field.may_be_absent() && (leaves.is_empty() || inside))
}

fn explain_field(field: &Field, event: &Value) -> FieldExplanation {
    let leaves = collect(event, &field.path).leaves;
    FieldExplanation {
        path: field.path.text().to_owned(),
        matched: holds(field, &leaves),
        expected: field.matchers.iter().map(ToString::to_string).collect(),
        found: leaves.iter().take(FOUND_MAX).map(|leaf| leaf.value.clone()).collect(),
        found_more: leaves.len().saturating_sub(FOUND_MAX),
    }
}
