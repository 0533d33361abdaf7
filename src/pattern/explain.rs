//! Why a pattern did or did not match: nothing is cut short, every field is judged.

use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use super::leaves::{Leaf, collect};
use super::{Branch, Field, Pattern, Steps};

/// Most values of one field shown in an explanation.
pub const FOUND_MAX: usize = 5;

/// The verdict of a pattern on an event, with reasons.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    /// The same as [`Pattern::matches`] says.
    pub matched: bool,
    /// Each field of the branch that came nearest to a match.
    pub fields: Vec<FieldExplanation>,
    /// How many alternatives `$or` gives; the fields are those of the nearest.
    pub alternatives: usize,
    /// Set where every field matches for itself, but not within one element of an array.
    pub inconsistent: bool,
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

pub(super) fn explain(pattern: &Pattern, event: &Value) -> Explanation {
    let mut steps = Steps::new();
    let judged = |branch: &Arc<Branch>| -> (bool, Vec<FieldExplanation>) {
        let fields = branch.fields.iter().map(|field| explain_field(field, event)).collect();
        (branch.decide(event, &mut steps).unwrap_or(true), fields)
    };
    let distance = |(matched, fields): &(bool, Vec<FieldExplanation>)| {
        (!matched, fields.iter().filter(|field| !field.matched).count())
    };
    let nearest = pattern.branches.iter().map(judged).min_by_key(distance);
    let (matched, fields) = nearest.unwrap_or_default();
    let inconsistent = !matched && fields.iter().all(|field| field.matched);
    Explanation { matched, fields, alternatives: pattern.branches.len(), inconsistent }
}

fn explain_field(field: &Field, event: &Value) -> FieldExplanation {
    let leaves = collect(event, &field.path).leaves;
    let inside = leaves.iter().any(|leaf| !leaf.membership.is_empty());
    let accepted = leaves.iter().any(|leaf: &Leaf<'_>| field.accepts(leaf));
    FieldExplanation {
        path: field.path.text().to_owned(),
        matched: accepted || (field.may_be_absent() && (leaves.is_empty() || inside)),
        expected: field.matchers.iter().map(ToString::to_string).collect(),
        found: leaves.iter().take(FOUND_MAX).map(|leaf| leaf.value.clone()).collect(),
        found_more: leaves.len().saturating_sub(FOUND_MAX),
    }
}
