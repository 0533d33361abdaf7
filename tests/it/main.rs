//! All tests that use the library from outside, as one program: after a change of the library one is linked, not thirty.

#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

mod alerts;
#[cfg(feature = "aws")]
mod budget;
mod bus_rules;
mod calls;
mod check_faults;
mod check_topics;
mod cli;
mod contained;
mod context;
mod corpus;
mod cut;
mod docs;
mod exit_codes;
mod faults;
mod floors;
mod grants;
mod guarded;
mod handed;
mod headline;
mod limits;
mod night;
mod opened;
mod packed;
mod patterns;
mod plans;
mod properties;
mod quiet;
mod reached;
mod recorded;
mod rights;
mod rules;
#[cfg(feature = "aws")]
mod sdk;
mod second;
mod silencing;
mod state;
mod support;
mod targets;
mod tidy;
mod together;
mod trust;
mod undo;
mod undone;
mod who;
mod worn;
