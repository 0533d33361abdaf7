//! From what happened to how loud to be: pure and total.

mod decision;
mod least;
mod worlds;

pub use decision::{Decision, decide};
