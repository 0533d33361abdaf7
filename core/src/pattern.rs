//! EventBridge's event pattern language: compile, match, explain.
//!
//! Semantics are those of AWS's own matcher. An event is seen as its *leaves* (strings, numbers,
//! booleans, nulls) under a dotted path; arrays contribute each element. A pattern is a conjunction
//! of fields, each a list of alternatives; `$or` multiplies out into *branches*. Two fields in the
//! same array of objects must match in the same element ("array consistency").
//! `tests/data/patterns.ndjson.gz` holds 1,500 answers of AWS's matcher, and
//! `tests/data/pattern-language.ndjson` one case for each corner.
//!
//! A new operator is a variant of [`Matcher`] (what it accepts and how it prints), a word in
//! `compile.rs` (how it is written), what it costs AWS in `complexity/estimate.rs` and, where it can narrow the
//! candidates, a key in `anchors.rs`. Outside, `vocabulary/` has its schema and what it asks of a fact.
//!
//! Sources: <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html>
//! and the README of aws/event-ruler.

mod leaves;
mod matcher;

mod compiled;

mod complexity;
mod cost;

mod path_tree;

mod anchors;
mod compile;
mod explain;
mod matching;
mod specificity;

mod index;
mod source;

pub(crate) use anchors::{Anchors, Standing};
pub use anchors::{Entries, Found, Keys, PackedAnchors};
pub use compile::PatternFault;
pub use compiled::Pattern;
pub use complexity::COMPLEXITY_MAX;
pub(crate) use cost::Steps;
pub use cost::{
    BRANCHES_MAX, BRANCHES_OF_ALL_MAX, PatternLoad, STEPS_MAX, STEPS_OF_EVENT_MAX,
    VALUES_OF_ALL_MAX,
};
pub use explain::{Explanation, FieldExplanation};
pub use index::PatternIndex;
pub(crate) use leaves::{FieldPath, is_below};
pub use matcher::Matcher;
