//! What is said about an event: everything a person needs at two in the morning.
//!
//! An [`Alert`] is built once and rendered for each channel. Names, paths and user agents are chosen by whoever is
//! being reported: they are [`Hostile`](crate::text::hostile::Hostile), which nothing prints but an escaper, and as they
//! are for formats of programs. Sentences have passed [`clean`](crate::text::clean::clean). A new format is a variant of [`Format`](crate::site::Format), a
//! renderer beside `text.rs` and `json.rs`, and a line in `message.rs`.

mod build;
mod contents;
mod json;
mod links;
mod message;
mod phrase;
mod sent;
mod step;
mod stored;
mod text;

pub use contents::{
    Alert, EntityLine, EventLine, HELD_MAX, NAME_CHARS_MAX, Place, REASONS_MAX, RightsLines,
    RuleLine, TEXT_CHARS_MAX, Who, shown_name,
};
pub use message::{Message, SNS_SUBJECT_CHARS_MAX};
pub use sent::SentAlert;
pub use step::{Status, StepLine};
