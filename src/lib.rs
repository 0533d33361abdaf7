//! iam-responder: from a change of rights in an AWS account to an alert that people can act upon.
//!
//! Data flows one way. Everything above the wall is pure: no clock, no environment, no files, no
//! network, no `async`; facts in, decision out, and past the door ([`event`]) it cannot fail.
//!
//! ```text
//!  JSON ─▶ input ─▶ event ─▶ derive (facts) ─▶ rule (patterns) ─▶ decide ─▶ alert
//!                     ▲           ▲                  ▲              ▲  ╰─▶ plan
//!                  limits    catalogue,          pattern,        site: calendars,
//!                            principal           index           severity, silence
//!  ───────────────────────────────── garden wall ─────────────────────────────────
//!  respond: derive ─▶ match ─▶ count ─▶ decide ─▶ claim ─▶ publish ─▶ outcome
//!           over the traits of `effects`, in memory or on AWS (`aws`)
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

pub mod document;
mod nearest;

pub mod severity;
pub mod event;
pub mod input;
pub mod principal;
pub mod catalogue;
pub mod calendar;
pub mod pattern;
pub mod rule;
pub mod site;
pub mod derive;
pub mod plan;
pub mod decide;
pub mod alert;
pub mod engine;
pub mod outcome;
pub mod settings;

pub mod effects;
pub mod respond;

#[cfg(feature = "aws")]
pub mod aws;
