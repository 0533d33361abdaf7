//! Prior state: what was in force before an event, by the earlier events.
//!
//! Each thing of each entity has a [`Register`]: the writes to it, ordered by the events' own time and ID, never by
//! their arrival. The event alone decides what it writes ([`writes`]) and what it needs to know ([`Questions`]).
//! [`answer()`] answers from the registers, across renames, deletion and re-creation. Unknown, absent and present are
//! three different answers. All of it is pure: `respond` reads the registers that an answer needs, and `effects` stores
//! them.
//!
//! IAM compares names without case, and managed policies by their names without the path:
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>

mod address;
mod known;
mod memo;
mod register;

mod ask;
mod given;
mod holdings;
mod index;
mod missing;
mod paired;

mod answer;
mod handed;

mod names;
mod reader;
mod session;

mod feeds;
mod reach;
mod tags;
mod worn;

mod write;

mod bearers;
pub mod seed;

mod held;
mod question;

mod inquiry;

#[cfg(test)]
mod tests;

pub use address::{Address, Thing};
pub use answer::{Registers, answer};
pub use ask::Ask;
pub use bearers::{Bearers, Shared};
pub use feeds::Fed;
pub use given::Given;
pub use handed::Handed;
pub(crate) use handed::at_work;
pub use held::{Beside, Held};
pub use holdings::{Boundary, Holdings};
pub use inquiry::{Answers, Inquiry};
pub use known::{Prior, Source, Taken, Why};
pub use memo::ReachMemo;
pub use missing::Missing;
pub use question::Questions;
pub(crate) use register::{LISTED_MAX, VALUE_BYTES_MAX};
pub use register::{Moment, Register, Value, Write};
pub use session::{Session, SessionBefore, opens_session};
pub use tags::Tagged;
pub use write::{Writer, writes};
