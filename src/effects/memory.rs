//! State in memory: for the command line, and for a function without a table, where it lasts as
//! long as the execution environment.

mod recent;

mod kept;

mod alerts;
mod counters;
mod deliveries;
mod notes;
mod prior_state;
mod windows;

pub use counters::EVENTS_PER_COUNTER_MAX;
pub use kept::{BYTES_MAX, Memory, REGISTERS_BYTES_MAX};
