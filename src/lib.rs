//! iam-responder: from a change of rights in an AWS account to an alert that people can act upon.
//!
//! A folder is a station on the event's way, and imports only stations below it. The code below the wall is pure: no
//! clock, no environment, no files, no network, no `async`; facts in, decision out, and past the door ([`event`]) it
//! cannot fail. It is a separate package, `core/`, which the build also uses to compile the rules.
//! `tests/it/tidy.rs` reads the sources and proves all that.
//!
//! ```text
//!  13  operate  review     the operator's settings; questions about the rules themselves
//!  12  aws      respond    the SDK; the order of effects from an event to its alert
//!  11  effects  pack       the ports to the world, each with a twin in memory; the compiled rules
//!  ──────────────────────── the wall ────────────────────────
//!  10  alert               the words of an alert
//!   9  assess              which rules match, how loud, what keeps it quiet
//!   8  plan                the steps that would undo it
//!   7  facts               what follows from the event, the site and the prior state
//!   6  site                the owner's site file
//!   5  own  prior  rule    the tool's own resources; the state before an event; rules
//!   4  vocabulary          every fact that a pattern can match, and its words
//!   3  event  pattern      the input; EventBridge's pattern language
//!   2  iam                 AWS without any event
//!   1  text                text from people and attackers
//!
//!  JSON ─▶ event ─▶ facts ─▶ assess ─▶ alert          pure
//!            │        ▲        │  ╰▶ plan   │
//!  ──────────┼────────┼────────┼────────────┼──────────
//!            ╰▶ respond: begin, look up ─▶ count ─▶ claim ─▶ publish ─▶ outcome
//! ```
//!
//! Tenets, in this order: two alerts rather than none; an alert rather than a wrong act; every act
//! is reversible, or a human's. Nothing is dropped in silence: an unreadable event raises an alert, and
//! an unknown answer never silences one.
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

#[cfg(feature = "clients")]
pub mod aws;
pub mod respond;

pub mod operate;
pub mod review;
