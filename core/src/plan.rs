//! How a change would be undone: a plan before it is an act.
//!
//! What a step does to rights stands in the catalogue's table of steps. A step that would give rights,
//! or free somebody whom a policy holds back, is never proposed, and one that may hit what was rightful says so.

mod guard;

pub mod argument;
mod case;
pub mod journal;

pub mod next;
mod step;

mod command;
mod irreversible;
mod permission;

mod planned;
mod reverse;

mod back;
mod id;

mod table;
mod undo;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod samples;

pub use command::acknowledge;
pub use guard::Guard;
pub use id::PlanId;
pub use irreversible::{Irreversible, Lacking, NoReverse};
pub use permission::{Permission, Pin, Place};
pub use planned::{Planned, Proposal, Undo};
pub use step::Step;
pub use table::table;
pub use undo::undo;
pub(crate) use undo::{inverses, names_the_impossible};
