//! Every word that a pattern may ask of `derived`: one table of the facts and of the values that each may have.
//!
//! The facts are made of these words, rules and site files are held against them, and the schemas and
//! `rules/README.md` are written from them.

mod fact;
mod question;
#[cfg(feature = "schema")]
mod schema;
mod table;
mod word;

pub use fact::{FACTS, Fact, Late, Values};
pub(crate) use fact::{Path, is_late};
pub(crate) use question::misspelt;
#[cfg(feature = "schema")]
pub(crate) use schema::EventPattern;
pub use table::table;
pub use word::{
    Automation, Before, EnvironmentChange, Exempt, Guarded, HandedKind, OwnKind, OwnSession,
    OwnStack,
};
