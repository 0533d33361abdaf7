//! The pure half of iam-responder: from an event to a decision about it and its words.
//!
//! No clock, no environment, no files, no network, no `async`. The other package's `src/lib.rs` has the map of the
//! whole house and the floors above the wall; here are the floors below it, the ground first.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod text;

pub mod iam;

pub mod event;
pub mod pattern;

pub mod vocabulary;

pub mod own;
pub mod prior;
pub mod rule;

pub mod site;

pub mod facts;

pub mod plan;

pub mod assess;

pub mod alert;
