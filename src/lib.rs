//! iam-responder: from a change of rights in an AWS account to an alert that people can act upon.
//!
//! A folder is a station on the event's way, and imports only stations below it. What is below the wall is pure: no
//! clock, no environment, no files, no network, no `async`; facts in, decision out, and past the door ([`event`]) it
//! cannot fail. It is a package of its own, `core/`, which the build uses too, to compile the rules.
//! `tests/it/tidy.rs` reads the sources and proves all that.
//!
//! ```text
//!  13  operate  review     what who runs the function sets; questions about the rules themselves
//!  12  aws      respond    the SDK; the order of effects from an event to its alert
//!  11  effects  pack       what is asked of the world, in our words, with a twin in memory; the rules compiled in
//!  ──────────────────────── the wall ────────────────────────
//!  10  alert               what is said
//!   9  assess              which rules match, how loud, what keeps it quiet
//!   8  plan                how it would be undone
//!   7  facts               what follows from the event, the site and what was before
//!   6  site                what the owner says
//!   5  own  prior  rule    what is the tool's own; what was before an event; what a rule is
//!   4  vocabulary          every fact that a pattern may ask for, and its words
//!   3  event  pattern      what came in; EventBridge's language
//!   2  iam                 what AWS is, without any event
//!   1  text                what people and attackers write
//!
//!  JSON ─▶ event ─▶ facts ─▶ assess ─▶ alert          pure
//!            │        ▲        │  ╰▶ plan   │
//!  ──────────┼────────┼────────┼────────────┼──────────
//!            ╰▶ respond: begin, look up ─▶ count ─▶ claim ─▶ publish ─▶ outcome
//! ```
//!
//! Tenets, in this order: two alerts rather than none; an alert rather than a wrong act; every act
//! is reversible, or a human's. Nothing is dropped in silence: what cannot be read is alerted, what
//! cannot be known counts against silence.
//!
//! Deliberately absent: a rule language of our own (EventBridge's is enough), templates in rules,
//! plug-ins, a database in the core.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

// Below the wall.
pub use iam_responder_core::{
    alert, assess, event, facts, iam, own, pattern, plan, prior, rule, site, text, vocabulary,
};

pub mod effects;
pub mod pack;

#[cfg(feature = "aws")]
pub mod aws;
pub mod respond;

pub mod operate;
pub mod review;
