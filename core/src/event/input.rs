//! Files into events: envelopes, bare records, CloudTrail log files, NDJSON, `lookup-events`, what carried events, and
//! damaged files.
//!
//! Nothing is lost: every value found is an [`Event`](super::Event), an [`Unreadable`](super::Unreadable) with its place,
//! or a file of AWS that is known to hold no events.

mod fields;
mod gzip;
mod places;

mod payload;

mod piece;

mod damaged;

mod read;

#[cfg(test)]
mod shapes;

pub use piece::{Found, NoEvents};
pub use read::{Input, read, text};
