//! State in memory: for the command line, and for a function without a table, where it lasts as
//! long as the execution environment.

mod alerts;
mod counters;
mod deliveries;
mod kept;
mod notes;
mod prior_state;
mod recent;
mod windows;

pub use counters::EVENTS_PER_COUNTER_MAX;
pub use kept::{BYTES_MAX, Memory, REGISTERS_BYTES_MAX};
