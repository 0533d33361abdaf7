//! From what happened to how loud to be: pure and total.

mod found;
mod least;
mod worlds;

mod decision;

pub use decision::{Decision, decide};
pub use found::BURST_MINUTES;
