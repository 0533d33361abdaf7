//! Alerts about events: everything a person needs at two in the morning.
//!
//! An [`Alert`] is built once and rendered for each channel. The caller may choose names, paths and user agents. An
//! alert holds them unchanged: alone as [`Hostile`](crate::text::hostile::Hostile), in sentences as
//! [`Line`](crate::text::line::Line). Only an escaper prints either. A new format is a variant of
//! [`Format`](crate::site::Format), a renderer beside `text.rs` and `json.rs`, and a line in `message.rs`.

mod age;
mod deed;
mod handed;
mod lesser;
mod links;
mod sent;
mod word;

mod step;

mod contents;

mod json;
mod phrase;
mod stored;
mod text;

mod build;
mod message;

pub use build::Circumstances;
pub use contents::{
    AffectedPlace, Alert, EntityLine, EventLine, HELD_BACK_MAX, Place, REASONS_MAX, RightsLines,
    RuleLine, Who, shown_lines, shown_name,
};
pub use message::{Message, SNS_SUBJECT_CHARS_MAX};
pub use sent::SentAlert;
pub use step::{Condition, NeedLine, Status, StepLine};
pub use word::KeptWord;
