//! Rules: one detection a document, with its pattern, its words and its own tests.

mod spec;

mod compiled;

mod pack;

mod set;

mod load;
mod source;

pub use compiled::Rule;
pub use load::{Loading, TITLE_CHARS_MAX};
pub use pack::{FIELDS_OF_PEOPLE, PackedRule, PackedRules};
pub use set::{Matching, Possible, RuleSet};
pub use spec::{
    Attempts, Fires, GroupBy, Rank, RuleSpec, SequenceSpec, Span, THRESHOLD_MAX, TestEvent,
    TestSpec, ThresholdPart, ThresholdSpec, WINDOW_HOURS_MAX,
};
