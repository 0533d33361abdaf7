//! The wildcard complexity of a pattern, by which EventBridge refuses it.
//!
//! EventBridge answers "Rule is too complex. Try using fewer wildcard characters or smaller event patterns" where the
//! complexity is above [`COMPLEXITY_MAX`]. AWS's own matcher defines it: for each field, the largest number of
//! positions within wildcards that one value could be at, at the same time; the field with the largest number counts.
//! The matcher treats each branch of `$or` as a rule, so a wildcard outside of `$or` counts once for each branch.
//!
//! The figure here is that of AWS's matcher or above it, never below. `anything-but` with several
//! wildcards comes out one higher, as does a field behind one that must be absent.
//!
//! Source: aws/event-ruler, `MachineComplexityEvaluator`; the limit of 10 was found by trial.

mod positions;

mod walk;

mod automaton;

mod estimate;

pub use estimate::COMPLEXITY_MAX;
