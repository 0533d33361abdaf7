//! Every word that a pattern may ask of `derived`: one table of the facts and of the values that each may have.
//!
//! The facts are made of these words. Rules and site files are checked against them, and the schemas and
//! `rules/README.md` are generated from them. A second part knows the fields of records, so that `check` reports a
//! pattern that no event can match.

mod shape;
mod word;

mod fact;

mod question;
#[cfg(feature = "schema")]
mod schema;
mod table;

mod doubt;

pub use doubt::{doubts, doubts_of_test};
pub use fact::{FACTS, Fact, Late, Values};
pub(crate) use fact::{Path, is_late};
pub(crate) use question::misspelt;
pub use question::{SiteNames, Vain};
#[cfg(feature = "schema")]
pub(crate) use schema::EventPattern;
pub use table::table;
pub use word::{
    Automation, Before, EnvironmentChange, Exempt, Guarded, HandedKind, Limits, OwnKind,
    OwnSession, OwnStack,
};
