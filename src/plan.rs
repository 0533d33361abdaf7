//! How a change would be undone: a plan before it is an act.
//!
//! What a step does to rights stands in the catalogue's table of steps. A step that would give rights,
//! or free whoever a policy holds back, is never proposed, and one that may hit what was rightful says so.

mod case;
mod command;
mod step;
mod undo;
mod value;

pub use step::{Guard, Status, Step};
pub use undo::{names_the_impossible, undo};
