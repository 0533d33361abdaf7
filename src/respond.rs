//! The one path from event to alert: open, ask, recognise, answer, assess, claim, send.
//!
//! The command line and the function differ only in the effects they hand in. Order matters: a
//! claim is made before publishing and knows its event, so that a retry after a failed publish is
//! not taken for a repetition.

mod ask;
pub mod caller;
mod counting;
mod handle;
pub mod lookup;
pub mod metrics;
mod once;
pub mod outcome;
pub mod own_alert;
mod patience;
mod prior;
pub mod remind;
mod responder;
#[cfg(test)]
mod sample;
mod second;
pub mod send;
pub mod silence;
pub mod stats;
pub mod suppressed;
mod topics;

pub use counting::BURST_WINDOW;
pub use responder::{Mode, Origin, Reminders, RespondError, Responder, Response};
pub use send::{PUBLISH_ATTEMPTS_MAX, PublishFailed};
pub use topics::Topics;
