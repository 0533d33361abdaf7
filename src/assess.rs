//! From facts to a decision: which rules match, how loud an alert is, and what keeps it quiet.

pub mod decide;
pub mod engine;
