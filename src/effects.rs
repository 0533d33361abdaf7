//! The narrow edge: what the responder asks of the world, in its own words.
//!
//! Each trait has an AWS adapter (`aws`) and an in-memory twin here: the recorder is the test fake,
//! the fault injector and the dry run of the command line at once.

pub mod alerts;
pub mod memory;
pub mod offline;
mod ports;
mod recent;
pub mod recorder;

pub(crate) use ports::lock;
pub use ports::{
    CalendarState, Calls, Claim, Delivery, EffectError, Lookups, Publish, State,
    UNDER_WAY_SECS_MAX, Whose,
};
