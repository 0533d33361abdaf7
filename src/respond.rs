//! The one path from event to alert: screen, ask, recognise, answer, assess, claim, send.
//!
//! The command line and the function differ only in the effects they hand in. Order matters: a
//! claim is made before publishing and knows its event, so that a retry after a failed publish is
//! not taken for a repetition.

pub mod caller;
pub mod handled;
pub mod lookup;
pub mod stats;
mod topics;

pub mod send;

pub mod own_alert;
pub mod remind;
mod responder;

mod counting;
pub mod metrics;
mod once;
mod patience;
mod prior;
mod second;
mod sequence;

mod ask;
pub mod silence;

mod handle;
pub mod suppressed;

pub use counting::BURST_WINDOW;
pub use responder::{Mode, Origin, Reminders, RespondError, Responder, Response};
pub use send::{PUBLISH_ATTEMPTS_MAX, PublishFailed};
pub use topics::Topics;
