//! What is said about an event: everything a person needs at two in the morning.
//!
//! An [`Alert`] is built once and rendered for each channel. Every text in it has passed
//! [`clean`](crate::text::clean::clean): no renderer can forget that names, paths and user agents are chosen by
//! whoever is being reported. A new format is a variant of [`Format`](crate::site::Format), a
//! renderer beside `text.rs` and `json.rs`, and a line in `message.rs`.

mod build;
mod contents;
mod json;
mod links;
mod message;
mod phrase;
mod sent;
mod step;
mod text;

pub use contents::{
    ALLOWS_MAX, Alert, EntityLine, EventLine, HELD_MAX, NAME_CHARS_MAX, Place, REASONS_MAX,
    RULES_MAX, RightsLines, RuleLine, TEXT_CHARS_MAX, Who,
};
pub use message::{Message, SNS_BYTES_MAX, SNS_SUBJECT_CHARS_MAX};
pub use sent::SentAlert;
pub use step::{Status, StepLine};
